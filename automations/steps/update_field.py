"""Sets, clears, increments a contact field, or does date arithmetic on it (spec: update a field)."""

from django.utils.translation import gettext_lazy

from .base import STEPS
from .field_update import FieldUpdateForm, FieldUpdateStep


@STEPS.register
class UpdateFieldStep(FieldUpdateStep):
    slug = "update_field"
    label = gettext_lazy("Update a field")
    summary = gettext_lazy("Sets, clears or calculates a field of the contact.")
    family = "contacts"
    icon = "edit"

    class Form(FieldUpdateForm):
        pass
