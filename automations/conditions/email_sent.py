"""E-mails that the contact was sent, by an automation or by any."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.forms import SettingsForm
from automations.models import Automation, Delivery
from automations.models.delivery import DeliveryStatus
from automations.names import name_of

from .base import CONDITIONS, Condition, Moment, Settings


class EmailSentForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("sent", gettext_lazy("was sent")), ("not_sent", gettext_lazy("was not sent"))],
        initial="sent",
    )
    automation = forms.ModelChoiceField(
        label=gettext_lazy("An e-mail of"),
        queryset=Automation.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any automation"),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )


@CONDITIONS.register
class EmailSentCondition(Condition):
    """Counts what was handed over; no event announces it, so it is looked at again as time goes on."""

    slug = "email_sent"
    label = gettext_lazy("E-mail sent")
    group = gettext_lazy("Automations")
    Form = EmailSentForm
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        # Erased contacts leave rows without a contact, and NOT IN a set with NULL holds for nobody.
        rows = Delivery.objects.filter(channel="email", status=DeliveryStatus.SENT, contact__isnull=False)
        if settings.get("automation"):
            rows = rows.filter(automation=settings["automation"])
        if settings.get("days"):
            rows = rows.filter(sent_at__gte=moment.now - timedelta(days=settings["days"]))
        found = Q(pk__in=rows.values("contact_id"))
        return found if settings["op"] == "sent" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("was sent %s") if settings["op"] == "sent" else _("was not sent %s")
        return str(text % _what(settings))


def _what(settings: Settings) -> Any:
    source, days = settings.get("automation"), settings.get("days")
    what = _("an e-mail of “%s”") % name_of(Automation, source) if source else _("an e-mail")
    if not days:
        return what
    within = ngettext("%(what)s within the last %(days)d day", "%(what)s within the last %(days)d days", days)
    return within % {"what": what, "days": days}
