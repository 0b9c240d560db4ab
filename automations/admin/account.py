"""The one page of the account's settings."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from automations.availability import AddOn
from automations.models import Account
from automations.services import update_account

from .base import AutomationsAdmin


class AccountForm(forms.ModelForm):
    addons = forms.MultipleChoiceField(
        label=_("Add-ons"),
        choices=AddOn.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("Types that plan and add-ons lack start nobody, and can't be activated."),
    )

    class Meta:
        model = Account
        fields = ["plan", "addons", "time_zone"]


@admin.register(Account)
class AccountAdmin(AutomationsAdmin):
    form = AccountForm
    fields = ["plan", "addons", "time_zone"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.to_change(1)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, or the defaults that hold until it is saved the first time."""
        return Account.current() if object_id == "1" else None

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        saved = update_account(values=form.cleaned_data)
        obj.__dict__.update(saved.__dict__)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
