"""Pages that the contact visited, or did not: which, how often, how long ago."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, Count, Lookup, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import PAGE_VISITED
from automations.forms import SettingsForm
from contacts.models import PageVisit
from contacts.pages import MAX_PAGE, Pattern

from .base import CONDITIONS, Condition, Moment, Settings


@CharField.register_lookup
class Like(Lookup):
    """SQL's LIKE with the backslash as escape. SQLite folds ASCII case; stored pages are in lower case."""

    lookup_name = "like"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        # PostgreSQL's own default; named there, it would keep an index from being used.
        escape = "" if connection.vendor == "postgresql" else " ESCAPE '\\'"
        return f"{left} LIKE {right}{escape}", [*left_params, *right_params]


class PageForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("visited", gettext_lazy("visited")), ("not_visited", gettext_lazy("did not visit"))],
        initial="visited",
    )
    url = forms.CharField(
        label=gettext_lazy("Address (empty: any page; * stands for any text)"),
        max_length=MAX_PAGE,
        required=False,
    )
    times = forms.IntegerField(
        label=gettext_lazy("At least so many times (empty: once)"), min_value=1, max_value=10_000, required=False
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if any(character.isspace() for character in url):
            raise ValidationError(_("An address has no spaces."))
        return url


@CONDITIONS.register
class PageCondition(Condition):
    """Addresses are compared without http(s), “www.”, last slash, query, fragment and case."""

    slug = "page"
    label = gettext_lazy("Page visited")
    group = gettext_lazy("Site and events")
    Form = PageForm
    listens_to = (PAGE_VISITED,)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = PageVisit.objects.filter(contact__isnull=False).order_by()
        if settings.get("url"):
            rows = rows.filter(_pages(settings["url"]))
        if settings.get("days"):
            rows = rows.filter(at__gte=moment.now - timedelta(days=settings["days"]))
        people: Any = rows.values("contact_id")
        if (settings.get("times") or 1) > 1:
            often = people.annotate(times=Count("pk")).filter(times__gte=settings["times"])
            people = often.values("contact_id")
        found = Q(pk__in=people)
        return found if settings["op"] == "visited" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("visited %s") if settings["op"] == "visited" else _("did not visit %s")
        parts = [text % (settings.get("url") or _("any page"))]
        times, days = settings.get("times") or 1, settings.get("days")
        if times > 1:
            parts.append(ngettext("at least %d time", "at least %d times", times) % times)
        if days:
            parts.append(ngettext("within the last %d day", "within the last %d days", days) % days)
        return " ".join(parts)


def _pages(url: str) -> Q:
    pattern = Pattern(url)
    if len(pattern.pieces) == 1:
        return Q(page=pattern.pieces[0][:MAX_PAGE])
    found = Q()
    for like in pattern.like():
        found |= Q(page__like=like)
    return found
