"""Whose deal it is."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, DEAL_OWNER_CHANGED, PIPELINE_ENTERED
from automations.names import name_of
from automations.records.deal import DEAL

from .base import Moment, Settings
from .owner import OwnerForm
from .records import RecordCondition, register_for_records


class DealOwnerForm(OwnerForm):
    """As of contacts."""


@register_for_records
class DealOwnerCondition(RecordCondition):
    slug = "deal_owner"
    label = gettext_lazy("Deal's owner")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = DealOwnerForm
    listens_to = (DEAL_OWNER_CHANGED, PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op = settings["op"]
        if op in ("set", "unset"):
            return Q(owner__isnull=op == "unset")
        # A deal without an owner is not this user's either.
        mine = Q(owner=settings["user"])
        return mine if op == "is" else ~mine

    @classmethod
    def describe(cls, settings: Settings) -> str:
        if settings["op"] == "set":
            return _("has an owner")
        if settings["op"] == "unset":
            return _("has no owner")
        text = _("belongs to %s") if settings["op"] == "is" else _("does not belong to %s")
        return text % name_of(get_user_model(), settings["user"])
