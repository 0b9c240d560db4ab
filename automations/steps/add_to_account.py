"""Lets the contact belong to an account (spec: add to / remove from account)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import validate_template
from automations.forms import NamedRecordField, SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import Account
from contacts.services import add_to_account, upsert_accounts

from .base import STEPS, StepError, StepRun


@STEPS.register
class AddToAccountStep(Step):
    slug = "add_to_account"
    label = gettext_lazy("Add to an account")
    summary = gettext_lazy("Lets the contact belong to an account, which may be made from a name.")
    family = "crm"
    icon = "domain_add"
    synonyms = (gettext_lazy("company"),)

    # One account, or the one of the name that the text makes for each contact.
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("account")
    )
    name = models.CharField(max_length=200, blank=True)
    job_title = models.CharField(max_length=100, blank=True)

    class Form(SettingsForm):
        account = NamedRecordField(Account.objects.all(), label=gettext_lazy("Account"), required=False)
        name = forms.CharField(
            label=gettext_lazy("Or the account of this name"), max_length=200, required=False,
            validators=[validate_template],
            help_text=gettext_lazy("May be personalised: {{ contact.fields.company }}. Made where missing."),
        )  # fmt: skip
        job_title = forms.CharField(label=gettext_lazy("Job title"), max_length=100, required=False)

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if self.errors:
                return data
            if bool(data.get("account")) == bool(data.get("name")):
                code = "required" if not data.get("account") else "invalid"
                raise ValidationError(
                    {"account": ValidationError(_("Choose an account, or give a name."), code=code)}
                )
            return data

    def run(self, run: StepRun) -> None:
        title = self.job_title or None
        if self.account_id is not None:
            run.check_exists(Account, self.account_id, _("The account does not exist any more."))
            run.go_all(add_to_account(account=self.account_id, contacts=run.contact_ids, job_title=title))
            return
        names = run.personalised(self.name)
        by_name: dict[str, list[int]] = {}
        for visit in run.visits:
            name = " ".join(names[visit.id].split())
            if name:
                by_name.setdefault(name, []).append(visit.contact_id)
        added: set[int] = set()
        for name, account in _accounts(list(by_name)).items():
            added |= add_to_account(account=account, contacts=by_name[name], job_title=title)
        run.go_all(added, _("belongs to it already, or the name is empty"))

    def describe(self) -> str:
        if self.account_id:
            return _("Add to the account “%s”") % name_of(Account, self.account_id)
        return (
            _("Add to the account named “%s”") % self.name
            if self.name
            else _("Add to an account (not chosen yet)")
        )


def _accounts(names: list[str]) -> dict[str, int]:
    """The accounts of these names; those that are missing are made."""
    found: dict[str, int] = {}
    results = upsert_accounts(rows=[{"name": name} for name in names], update_existing=False)
    for name, result in zip(names, results, strict=True):
        if result.id is None and result.error is not None and "duplicate" not in _codes(result.error):
            raise StepError(" ".join(result.error.messages))
        if result.id is not None:
            found[name] = result.id
    ids = {name.casefold(): pk for name, pk in found.items()}
    return {name: ids[name.casefold()] for name in names}


def _codes(error: ValidationError) -> set[str | None]:
    return {item.code for items in error.error_dict.values() for item in items}
