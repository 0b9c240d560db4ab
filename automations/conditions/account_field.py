"""A standard or custom field of an account."""

from django.utils.translation import gettext_lazy

from automations.events import ACCOUNT_CONTACTS_CHANGED, ACCOUNT_FIELD_CHANGED
from automations.fields import FieldChoice
from automations.records.account import ACCOUNT

from .field import FieldForm, FieldQuestion
from .records import RecordCondition, register_for_records


class AccountFieldForm(FieldForm):
    scope = "account"
    field = FieldChoice(scope="account", label=gettext_lazy("Field"))


@register_for_records
class AccountFieldCondition(FieldQuestion, RecordCondition):
    slug = "account_field"
    label = gettext_lazy("Account field")
    group = gettext_lazy("Accounts")
    kind = ACCOUNT
    Form = AccountFieldForm
    listens_to = (ACCOUNT_FIELD_CHANGED, ACCOUNT_CONTACTS_CHANGED)
