"""What the contact did in connected apps: booked, answered or submitted, ever or within days."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import APP_RECEIVED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.connectors import CONNECTORS
from contacts.models import AppReceipt, AppSource

from .base import CONDITIONS, Condition, Moment, Settings


class AppReceiptForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("received", gettext_lazy("was received")), ("not_received", gettext_lazy("was not received"))],
        initial="received",
    )
    app = forms.ChoiceField(label=gettext_lazy("App"), choices=CONNECTORS.choices)
    source = forms.ModelChoiceField(
        label=gettext_lazy("Meeting type, form or page (empty: any)"),
        queryset=AppSource.objects.select_related("connection"),
        required=False,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        app, source = data.get("app"), data.get("source")
        if app and source is not None and source.connection.app != app:
            self.add_error("source", _("This is not one of %s.") % CONNECTORS[app].label)
        return data


@CONDITIONS.register
class AppReceiptCondition(Condition):
    slug = "app_receipt"
    label = gettext_lazy("App")
    group = gettext_lazy("Apps")
    Form = AppReceiptForm
    listens_to = (APP_RECEIVED,)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = AppReceipt.objects.order_by()
        if settings.get("source"):
            rows = rows.filter(app_source=settings["source"])
        else:
            rows = rows.filter(app_source__connection__app=settings["app"])
        if settings.get("days"):
            rows = rows.filter(at__gte=moment.now - timedelta(days=settings["days"]))
        found = Q(pk__in=rows.values("contact_id"))
        return found if settings["op"] == "received" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        app = CONNECTORS[settings["app"]].label
        about = {"app": app}
        if settings.get("source"):
            about["source"] = name_of(AppSource, settings["source"])
            text = _("received “%(source)s” from %(app)s")
            if settings["op"] != "received":
                text = _("did not receive “%(source)s” from %(app)s")
        elif settings["op"] == "received":
            text = _("received anything from %(app)s")
        else:
            text = _("received nothing from %(app)s")
        days = settings.get("days")
        parts = [text % about]
        if days:
            parts.append(ngettext("within the last %d day", "within the last %d days", days) % days)
        return " ".join(parts)
