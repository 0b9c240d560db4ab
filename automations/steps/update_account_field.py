"""Sets, clears or calculates a field of the contact's accounts (spec: update account field)."""

from collections.abc import Mapping, Sequence

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.fields import FieldChoice
from contacts.bulk import id_set
from contacts.models import AccountContact

from .base import STEPS, StepRun
from .field_update import FieldUpdateForm, FieldUpdateStep

WHICH = {
    "one": gettext_lazy("the account it entered with, or the contact's own"),
    "all": gettext_lazy("every account of the contact"),
}


@STEPS.register
class UpdateAccountFieldStep(FieldUpdateStep):
    slug = "update_account_field"
    label = gettext_lazy("Update an account field")
    summary = gettext_lazy("Sets, clears or calculates a field of the account.")
    family = "crm"
    icon = "domain"
    synonyms = (gettext_lazy("company"),)
    scope = "account"
    no_target = gettext_lazy("the contact belongs to no account")

    which = models.CharField(max_length=3, default="one")

    class Form(FieldUpdateForm):
        scope = "account"
        field_order = ["which", "field", "op", "value"]
        field = FieldChoice(scope="account", label=gettext_lazy("Field"))
        which = forms.ChoiceField(label=gettext_lazy("Which account"), choices=list(WHICH.items()), initial="one")

    def records_to_update(self, run: StepRun) -> Mapping[int, Sequence[int]]:
        if self.which == "one":
            found = run.record_ids("account")
            return {visit: [pk] for visit, pk in found.items()}
        rows = AccountContact.objects.filter(contact__in=id_set(run.contact_ids)).order_by("account_id")
        accounts: dict[int, list[int]] = {}
        for contact, account in rows.values_list("contact_id", "account_id"):
            accounts.setdefault(contact, []).append(account)
        return {visit.id: accounts.get(visit.contact_id, []) for visit in run.visits}

    def describe(self) -> str:
        return _("Account: %s") % super().describe()
