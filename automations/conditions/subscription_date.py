"""How long the contact has been active on a list, or on any list."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import LIST_SUBSCRIBED, LIST_UNSUBSCRIBED
from automations.names import name_of
from contacts.models import List, Subscription
from contacts.models.lists import SubscriptionStatus

from .base import CONDITIONS, Condition, Moment, Settings
from .since import SinceForm, ago, since


class SubscriptionDateForm(SinceForm):
    list = forms.ModelChoiceField(
        label=gettext_lazy("List"),
        queryset=List.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any list"),
    )
    field_order = ("list", "op", "days")


@CONDITIONS.register
class SubscriptionDateCondition(Condition):
    slug = "subscription_date"
    label = gettext_lazy("Subscription date")
    Form = SubscriptionDateForm
    listens_to = (LIST_SUBSCRIBED, LIST_UNSUBSCRIBED)
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = Subscription.objects.filter(since("changed_at", settings, moment), status=SubscriptionStatus.ACTIVE)
        if settings.get("list"):
            rows = rows.filter(list=settings["list"])
        return Q(pk__in=rows.values("contact_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        name = name_of(List, settings["list"]) if settings.get("list") else ""
        return _("became active on %(list)s %(ago)s") % {
            "list": _("the list “%s”") % name if name else _("any list"),
            "ago": ago(settings),
        }
