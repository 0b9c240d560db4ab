"""A contact's state on a list, or on any list."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import LIST_SUBSCRIBED, LIST_UNSUBSCRIBED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import List, Subscription
from contacts.models.lists import SubscriptionStatus

from .base import CONDITIONS, Condition, Moment, Settings


class SubscriptionForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not"))], initial="is"
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=SubscriptionStatus, initial=SubscriptionStatus.ACTIVE
    )
    list = forms.ModelChoiceField(
        label=gettext_lazy("List"),
        queryset=List.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any list"),
    )


@CONDITIONS.register
class SubscriptionCondition(Condition):
    slug = "subscription"
    label = gettext_lazy("List subscription")
    Form = SubscriptionForm
    listens_to = (LIST_SUBSCRIBED, LIST_UNSUBSCRIBED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = Subscription.objects.filter(status=settings["status"])
        if settings.get("list"):
            rows = rows.filter(list=settings["list"])
        found = Q(pk__in=rows.values("contact_id"))
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("is %(status)s on %(list)s") if settings["op"] == "is" else _("is not %(status)s on %(list)s")
        name = name_of(List, settings["list"]) if settings.get("list") else ""
        return text % {
            "status": SubscriptionStatus(settings["status"]).label,
            "list": _("the list “%s”") % name if name else _("any list"),
        }
