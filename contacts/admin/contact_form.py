"""The contact's form: standard fields, and one form field for each custom field."""

from contacts.models import Contact

from .custom_form import WithCustomFields


class ContactForm(WithCustomFields):
    class Meta:
        model = Contact
        fields = ["email", "first_name", "last_name", "phone", "owner", "time_zone", "language"]
