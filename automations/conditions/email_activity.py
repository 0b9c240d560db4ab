"""What the contact did with e-mails, or did not do: opened, clicked, shared, forwarded, answered."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from automations.events import (
    EMAIL_FORWARDED,
    EMAIL_LINK_CLICKED,
    EMAIL_OPENED,
    EMAIL_REPLIED,
    EMAIL_SHARED,
    EventKind,
)
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import Campaign, CampaignLink, EmailActivity

from .base import CONDITIONS, Condition, Moment, Settings

#: Setting -> (EmailAction, the event after which the answer may change)
ACTIONS: dict[str, tuple[str, EventKind]] = {
    "opened": ("open", EMAIL_OPENED),
    "clicked": ("click", EMAIL_LINK_CLICKED),
    "shared": ("share", EMAIL_SHARED),
    "forwarded": ("forward", EMAIL_FORWARDED),
    "replied": ("reply", EMAIL_REPLIED),
}
OPS = {
    "opened": pgettext_lazy("condition", "opened"),
    "not_opened": gettext_lazy("did not open"),
    "clicked": gettext_lazy("clicked a link of"),
    "not_clicked": gettext_lazy("clicked no link of"),
    "shared": pgettext_lazy("condition", "shared"),
    "not_shared": gettext_lazy("did not share"),
    "forwarded": pgettext_lazy("condition", "forwarded"),
    "not_forwarded": gettext_lazy("did not forward"),
    "replied": gettext_lazy("answered"),
    "not_replied": gettext_lazy("did not answer"),
}


class EmailActivityForm(SettingsForm):
    depends = {"link": ("op", ("clicked", "not_clicked"))}
    refreshes: ClassVar[Any] = {"campaign": ("link",)}

    op = forms.ChoiceField(label="", choices=list(OPS.items()), initial="opened")
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("E-mail"),
        queryset=Campaign.objects.all(),
        required=False,
        empty_label=gettext_lazy("any e-mail"),
    )
    link = forms.ModelChoiceField(
        label=gettext_lazy("Link"),
        queryset=CampaignLink.objects.all(),
        required=False,
        empty_label=gettext_lazy("any link"),
    )
    times = forms.IntegerField(
        label=gettext_lazy("At least so many times (empty: once)"), min_value=1, max_value=10_000, required=False
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        link: Any = self.fields["link"]
        link.queryset = CampaignLink.objects.filter(campaign=self.chosen("campaign"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("op") not in ("clicked", "not_clicked"):
            data["link"] = None
        return data


@CONDITIONS.register
class EmailActivityCondition(Condition):
    """Counts what people did; what machines fetched is left out."""

    slug = "email_activity"
    label = gettext_lazy("E-mail activity")
    group = gettext_lazy("E-mail")
    Form = EmailActivityForm

    @classmethod
    def events(cls, settings: Settings) -> Collection[EventKind]:
        return (ACTIONS[_positive(settings)][1],)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = EmailActivity.objects.filter(action=ACTIONS[_positive(settings)][0], machine=False).order_by()
        for name in ("campaign", "link"):
            if settings.get(name):
                rows = rows.filter(**{name: settings[name]})
        if settings.get("days"):
            rows = rows.filter(at__gte=moment.now - timedelta(days=settings["days"]))
        people: Any = rows.values("contact_id")
        if (settings.get("times") or 1) > 1:
            often = people.annotate(times=Count("pk")).filter(times__gte=settings["times"])
            people = often.values("contact_id")
        found = Q(pk__in=people)
        return ~found if settings["op"].startswith("not_") else found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        campaign, link = settings.get("campaign"), settings.get("link")
        email = _("the e-mail “%s”") % name_of(Campaign, campaign) if campaign else _("an e-mail")
        parts = [str(OPS[settings["op"]]), email]
        if link:
            url = name_of(CampaignLink, link)
            parts.append(_("(the link “%s”)") % (url if len(url) <= 100 else f"{url[:99]}…"))
        times, days = settings.get("times") or 1, settings.get("days")
        if times > 1:
            parts.append(ngettext("at least %d time", "at least %d times", times) % times)
        if days:
            parts.append(ngettext("within the last %d day", "within the last %d days", days) % days)
        return " ".join(parts)


def _positive(settings: Settings) -> str:
    return str(settings["op"]).removeprefix("not_")
