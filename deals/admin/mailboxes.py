"""Mailboxes of all users, for who administers them; everybody has their own on /personal/mailboxes/."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin, styled
from deals.mailbox_form import FIELDS, MailboxForm
from deals.models import Mailbox
from deals.services.mailboxes import delete_mailbox

STATE = ("polled_at", "next_poll_at", "failures", "error", "skipped", "skip_error")


class AdminMailboxForm(MailboxForm):
    user = forms.ModelChoiceField(
        label=gettext_lazy("User"), queryset=get_user_model()._default_manager.filter(is_active=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        styled(self)


@admin.register(Mailbox)
class MailboxAdmin(BaseAdmin):
    form = AdminMailboxForm
    list_display = ["name", "address", "user", "is_active", "state", "polled_at"]
    list_select_related = ["user"]
    list_filter = ["is_active", ("user", RelatedDropdownFilter)]
    search_fields = ["name", "address", "user__username"]
    readonly_fields = STATE
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        """Who doesn't administer users sees their own."""
        rows = super().get_queryset(request)
        return rows if request.user.has_perm("auth.change_user") else rows.filter(user=request.user.pk)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        changes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        names = [name for name in FIELDS if changes or not name.endswith("password")]
        sender = [name for name in names if not name.startswith(("smtp_", "imap_"))]
        sets: list[Any] = [
            (None, {"fields": ["user", *sender]}),
            (_("Sending (SMTP)"), {"fields": [name for name in names if name.startswith("smtp_")]}),
            (_("Receiving (IMAP)"), {"fields": [name for name in names if name.startswith("imap_")]}),
        ]
        return [*sets, (_("Reading"), {"fields": list(STATE)})] if obj else sets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm
        form = super().get_form(request, obj, change, **kwargs)
        if "user" in form.base_fields and not request.user.has_perm("auth.change_user"):
            form.base_fields["user"].queryset = get_user_model()._default_manager.filter(pk=request.user.pk or 0)
        return form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The form's own checked mailbox; `save_model` keeps it."""
        return form.save(commit=False)

    def save_model(self, request: HttpRequest, obj: Mailbox, form: Any, change: bool) -> None:
        form.keep()

    def delete_model(self, request: HttpRequest, obj: Mailbox) -> None:
        delete_mailbox(mailbox=obj)

    @display(description=gettext_lazy("state"), label={"on": "success", "off": "warning", "bad": "danger"})
    def state(self, mailbox: Mailbox) -> tuple[str, str]:
        if not mailbox.is_active:
            return "off", _("not connected")
        return ("bad", _("can't be read")) if mailbox.error else ("on", _("connected"))
