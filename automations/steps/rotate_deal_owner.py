"""Gives deals to users in turn (spec: round-robin owner)."""

from django import forms
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import RecordsField
from automations.names import names_of
from contacts.bulk import id_set
from deals.models import Deal
from deals.services import assign_in_turn

from .base import STEPS, StepError, StepRun
from .deal_target import DealStep, WhichDealForm, which_deal


@STEPS.register
class RotateDealOwnerStep(DealStep):
    slug = "rotate_deal_owner"
    label = gettext_lazy("Give deals to users in turn")
    summary = gettext_lazy("Each deal gets the next one of some users as its owner.")
    icon = "sync_alt"
    synonyms = (gettext_lazy("round robin"), gettext_lazy("assign"), gettext_lazy("distribute"))

    users = models.JSONField(default=list)
    keep = models.BooleanField(default=True)

    class Form(WhichDealForm):
        users = RecordsField(
            label=gettext_lazy("Users"),
            queryset=get_user_model()._default_manager.filter(is_active=True),
            error_messages={"required": gettext_lazy("Choose at least one user.")},
        )
        keep = forms.BooleanField(
            label=gettext_lazy("Only deals that have no owner"), required=False, initial=True
        )

    def run(self, run: StepRun) -> None:
        users = get_user_model()._default_manager.filter(pk__in=self.users, is_active=True)
        there = set(users.values_list("pk", flat=True))
        turns = [int(pk) for pk in self.users if int(pk) in there]
        if not turns:
            raise StepError(_("None of the users is there any more."))
        deals = self.deals(run)
        wanted = Deal.objects.filter(pk__in=id_set({pk for found in deals.values() for pk in found}))
        if self.keep:
            wanted = wanted.filter(owner=None)
        ids = list(wanted.order_by("pk").values_list("pk", flat=True))
        rotation = f"{run.plan.automation_id}:{self.key}"
        changes = assign_in_turn(deals=ids, users=turns, rotation=rotation)
        changed = {pk for part in changes.values() for pk in part}
        self.answer(run, deals, changed, _("it has an owner"))

    def describe(self) -> str:
        if not self.users:
            return _("Give deals to users in turn (nobody chosen yet)")
        names = {"deal": which_deal(self.which), "users": names_of(get_user_model(), self.users)}
        return _("Give %(deal)s to the next one: %(users)s") % names
