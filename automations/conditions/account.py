"""Which account the contact belongs to, and as what."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import ACCOUNT_CONTACTS_CHANGED
from automations.forms import NamedRecordField, SettingsForm
from automations.names import name_of
from contacts.models import Account, AccountContact

from .base import CONDITIONS, Condition, Moment, Settings


class AccountForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("in", gettext_lazy("belongs to")), ("not_in", gettext_lazy("does not belong to"))],
        initial="in",
    )
    account = NamedRecordField(
        Account.objects.all(),
        label=gettext_lazy("Account"),
        required=False,
        help_text=gettext_lazy("Empty for any."),
    )
    job_title = forms.CharField(
        label=gettext_lazy("Job title contains"), max_length=100, required=False,
        help_text=gettext_lazy("Empty for any."),
    )  # fmt: skip
    primary = forms.BooleanField(label=gettext_lazy("As the primary contact"), required=False)


@CONDITIONS.register
class AccountCondition(Condition):
    slug = "account"
    label = gettext_lazy("Account")
    group = gettext_lazy("Accounts")
    Form = AccountForm
    listens_to = (ACCOUNT_CONTACTS_CHANGED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = AccountContact.objects.all()
        if settings.get("account"):
            rows = rows.filter(account=settings["account"])
        if settings.get("job_title"):
            rows = rows.filter(job_title__icontains=settings["job_title"])
        if settings.get("primary"):
            rows = rows.filter(is_primary=True)
        found = Q(pk__in=rows.order_by().values("contact_id"))
        return found if settings["op"] == "in" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        names: dict[str, Any] = {
            "account": _("the account “%s”") % name_of(Account, settings["account"])
            if settings.get("account")
            else _("any account"),
        }
        text = _("belongs to %(account)s") if settings["op"] == "in" else _("does not belong to %(account)s")
        parts = [text % names]
        if settings.get("job_title"):
            parts.append(_("as “%s”") % settings["job_title"])
        if settings.get("primary"):
            parts.append(_("as the primary contact"))
        return " ".join(parts)
