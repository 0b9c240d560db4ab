"""What is asked of who writes to a contact."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from automations.personal import PersonalText
from contacts.models import Contact
from deals.models import Mailbox


class Recipients(forms.ModelChoiceField):
    """“Ann Lovelace <ann@example.com>”."""

    def label_from_instance(self, obj: Contact) -> str:
        return f"{obj.name} <{obj.email}>" if obj.name else obj.email


class WriteForm(forms.Form):
    contact = Recipients(label=_("To"), queryset=Contact.objects.none(), empty_label=None)
    mailbox = forms.ModelChoiceField(
        label=_("From"),
        queryset=Mailbox.objects.none(),
        required=False,
        empty_label=_("the system, in my name (answers are not seen here)"),
    )
    subject = forms.CharField(label=_("Subject"), max_length=250)
    body = forms.CharField(
        label=_("Message"),
        max_length=100_000,
        widget=PersonalText(attrs={"rows": 14}, links=False),
        help_text=_("Plain text or HTML. Personalise with {{ contact.first_name }} and the like."),
    )
    track_opens = forms.BooleanField(label=_("Count opens"), required=False, initial=True)
    track_links = forms.BooleanField(label=_("Count clicks"), required=False, initial=True)

    def __init__(self, *args: Any, contacts: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact: Any = self.fields["contact"]
        mailbox: Any = self.fields["mailbox"]
        contact.queryset = contacts
        mailbox.queryset = Mailbox.objects.filter(user=user.pk, is_active=True)
