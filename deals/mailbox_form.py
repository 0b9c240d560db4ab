"""The form of a mailbox, in the admin and on the user's own page. Passwords go in and never come out."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.models import Mailbox
from deals.services.mailboxes import SECRETS, Prepared, prepare_mailbox, store_mailbox

FIELDS = (
    "name", "address", "sender_name", "signature", "is_active",
    "smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password",
    "imap_host", "imap_port", "imap_security", "imap_user", "imap_password",
)  # fmt: skip


def _password(label: Any) -> forms.CharField:
    attrs = {"autocomplete": "new-password", "spellcheck": "false"}
    return forms.CharField(
        label=label, required=False, strip=False, max_length=500, widget=forms.PasswordInput(attrs=attrs)
    )


class MailboxForm(forms.ModelForm):
    """Checks by logging in to both servers; `keep()` saves what was checked."""

    prepared: Prepared | None = None

    smtp_password = _password(gettext_lazy("SMTP password"))
    imap_password = _password(gettext_lazy("IMAP password"))

    class Meta:
        model = Mailbox
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SECRETS:
            if name in self.fields:
                self.initial.pop(name, None)
                if not self.instance._state.adding:
                    self.fields[name].help_text = _("One is stored; it is not shown. Fill this in to replace it.")

    def _post_clean(self) -> None:
        """The service checks, on a mailbox of its own: what is in the database must still be known."""
        if self.errors:
            return
        mailbox = self._stored()
        try:
            self.prepared = prepare_mailbox(mailbox=mailbox, values=dict(self.cleaned_data))
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                self.add_error(name if name in self.fields else None, texts)

    def _stored(self) -> Mailbox:
        if self.instance.pk:
            return Mailbox.objects.get(pk=self.instance.pk)
        user = self.cleaned_data.get("user") or self.instance.user
        return Mailbox(user=user)

    def save(self, commit: bool = True) -> Mailbox:
        assert self.prepared is not None  # noqa: S101 only a valid form is saved
        mailbox = store_mailbox(prepared=self.prepared) if commit else self.prepared.mailbox
        self.instance = mailbox
        return mailbox

    def keep(self) -> Mailbox:
        return self.save()

    def save_m2m(self) -> None:
        """The admin calls it; a mailbox has none."""
