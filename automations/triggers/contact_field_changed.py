"""A standard or custom contact field changes (spec: contact_field_changed)."""

from django.utils.translation import gettext_lazy

from automations.availability import PLUS_AND_UP, Availability
from automations.events import FIELD_CHANGED

from .base import TRIGGERS
from .field_change import FieldChangeForm, FieldChangeTrigger


@TRIGGERS.register
class ContactFieldChangedTrigger(FieldChangeTrigger):
    slug = "contact_field_changed"
    label = gettext_lazy("Contact field changes")
    summary = gettext_lazy("A standard or custom field of a contact gets another value.")
    family = "contacts"
    icon = "edit_note"
    synonyms = (gettext_lazy("custom field"), gettext_lazy("attribute"), gettext_lazy("value"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = FIELD_CHANGED

    class Form(FieldChangeForm):
        pass
