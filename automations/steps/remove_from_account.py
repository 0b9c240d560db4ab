"""Lets the contact no longer belong to an account (spec: add to / remove from account)."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import NamedRecordField, SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.bulk import id_set
from contacts.models import Account, AccountContact
from contacts.services import remove_from_account

from .base import STEPS, StepRun

WHICH = {
    "account": gettext_lazy("the account"),
    "one": gettext_lazy("the account it entered with, or the contact's own"),
    "all": gettext_lazy("every account of the contact"),
}


@STEPS.register
class RemoveFromAccountStep(Step):
    slug = "remove_from_account"
    label = gettext_lazy("Remove from an account")
    summary = gettext_lazy("Lets the contact no longer belong to an account.")
    family = "crm"
    icon = "domain_disabled"
    synonyms = (gettext_lazy("company"),)

    which = models.CharField(max_length=7, default="account")
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("account")
    )

    class Form(SettingsForm):
        depends = {"account": ("which", ("account",))}

        which = forms.ChoiceField(
            label=gettext_lazy("Which account"), choices=list(WHICH.items()), initial="account"
        )
        account = NamedRecordField(Account.objects.all(), label=gettext_lazy("Account"), required=False)

        def clean(self) -> dict[str, object]:
            data = super().clean() or {}
            if data.get("which") != "account":
                data["account"] = None
            elif not data.get("account") and "account" not in self.errors:
                self.add_error("account", forms.ValidationError(_("Choose the account."), code="required"))
            return data

    def run(self, run: StepRun) -> None:
        leaving = self._leaving(run)
        removed: set[int] = set()
        for account in sorted(leaving):
            removed |= remove_from_account(account=account, contacts=leaving[account])
        run.go_all(removed, _("did not belong to it"))

    def _leaving(self, run: StepRun) -> dict[int, list[int]]:
        """{account: the contacts who leave it}."""
        if self.which == "account":
            return {self.account_id: run.contact_ids} if self.account_id else {}
        leaving: dict[int, list[int]] = {}
        if self.which == "one":
            found = run.record_ids("account")
            pairs = [(found[visit.id], visit.contact_id) for visit in run.visits if visit.id in found]
        else:
            rows = AccountContact.objects.filter(contact__in=id_set(run.contact_ids)).order_by()
            pairs = list(rows.values_list("account_id", "contact_id"))
        for account, contact in pairs:
            leaving.setdefault(account, []).append(contact)
        return leaving

    def describe(self) -> str:
        if self.which != "account":
            return _("Remove from %s") % WHICH.get(self.which, self.which)
        if not self.account_id:
            return str(_("Remove from an account (not chosen yet)"))
        return _("Remove from the account “%s”") % name_of(Account, self.account_id)
