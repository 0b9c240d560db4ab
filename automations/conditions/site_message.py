"""What the contact did with site messages: saw, closed or clicked one, or any."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import SITE_MESSAGE
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import SiteMessage, SiteMessageAction, SiteMessageFact

from .base import CONDITIONS, Condition, Moment, Settings

ACTIONS = {
    "seen": SiteMessageAction.SHOWN,
    "dismissed": SiteMessageAction.DISMISSED,
    "clicked": SiteMessageAction.CLICKED,
}


class SiteMessageForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[
            ("seen", gettext_lazy("has seen")),
            ("not_seen", gettext_lazy("has not seen")),
            ("dismissed", gettext_lazy("has closed")),
            ("not_dismissed", gettext_lazy("has not closed")),
            ("clicked", gettext_lazy("has clicked")),
            ("not_clicked", gettext_lazy("has not clicked")),
        ],
        initial="seen",
    )
    message = forms.ModelChoiceField(
        label=gettext_lazy("Site message"),
        queryset=SiteMessage.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any site message"),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )


@CONDITIONS.register
class SiteMessageCondition(Condition):
    slug = "site_message"
    label = gettext_lazy("Site message")
    group = gettext_lazy("Site and events")
    Form = SiteMessageForm
    listens_to = (SITE_MESSAGE,)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op = settings["op"]
        rows = SiteMessageFact.objects.filter(action=ACTIONS[op.removeprefix("not_")]).order_by()
        if settings.get("message"):
            rows = rows.filter(message=settings["message"])
        if settings.get("days"):
            rows = rows.filter(at__gte=moment.now - timedelta(days=settings["days"]))
        found = Q(pk__in=rows.values("contact_id"))
        return ~found if op.startswith("not_") else found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        texts = {
            "seen": _("has seen %s"),
            "not_seen": _("has not seen %s"),
            "dismissed": _("has closed %s"),
            "not_dismissed": _("has not closed %s"),
            "clicked": _("has clicked %s"),
            "not_clicked": _("has not clicked %s"),
        }
        chosen, days = settings.get("message"), settings.get("days")
        what = _("the site message “%s”") % name_of(SiteMessage, chosen) if chosen else _("a site message")
        text = texts[settings["op"]] % what
        if days:
            text += " " + ngettext("within the last %d day", "within the last %d days", days) % days
        return text
