"""Sets, clears or calculates a field of a record of a custom object (spec: update record)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import ENTERPRISE_ONLY, Availability
from automations.fields import FieldChoice
from automations.names import name_of
from contacts.bulk import id_set
from contacts.models import ObjectLink, ObjectType

from .base import STEPS, StepRun
from .field_update import FieldUpdateForm, FieldUpdateStep

WHICH = {
    "one": gettext_lazy("the record it entered with, or the contact's latest"),
    "all": gettext_lazy("every record of the contact"),
}


@STEPS.register
class UpdateRecordStep(FieldUpdateStep):
    slug = "update_record"
    label = gettext_lazy("Update a custom object")
    summary = gettext_lazy("Sets, clears or calculates a field of the contact's record.")
    family = "crm"
    icon = "deployed_code_update"
    availability = Availability(plans=ENTERPRISE_ONLY)
    no_target = gettext_lazy("the contact has no such record")

    object_type = models.ForeignKey(
        ObjectType, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("custom object")
    )
    which = models.CharField(max_length=3, default="one")

    class Form(FieldUpdateForm):
        refreshes = {"object_type": ("field", "value")}
        field_order = ["object_type", "which", "field", "op", "value"]

        object_type = forms.ModelChoiceField(ObjectType.objects.all(), label=gettext_lazy("Custom object"))
        which = forms.ChoiceField(label=gettext_lazy("Which record"), choices=list(WHICH.items()), initial="one")
        field = FieldChoice(scope="object", label=gettext_lazy("Field"))

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields["field"].use(self.whose())  # type: ignore[attr-defined]  # a FieldChoice

        def whose(self) -> str:
            return f"object:{self.chosen('object_type') or 0}"

    def whose(self) -> str:
        return f"object:{self.object_type_id or 0}"

    def records_to_update(self, run: StepRun) -> Mapping[int, Sequence[int]]:
        if self.which == "one":
            key = ObjectType.objects.filter(pk=self.object_type_id or 0).values_list("key", flat=True).first()
            return {visit: [pk] for visit, pk in run.record_ids(key).items()} if key else {}
        rows = ObjectLink.objects.filter(
            contact__in=id_set(run.contact_ids), record__type=self.object_type_id or 0
        )
        records: dict[int, dict[int, None]] = {}
        for contact, record in rows.order_by("record_id").values_list("contact_id", "record_id"):
            records.setdefault(contact, {})[record] = None
        return {visit.id: list(records.get(visit.contact_id, ())) for visit in run.visits}

    def describe(self) -> str:
        if not self.object_type_id:
            return str(_("Update a custom object (not chosen yet)"))
        return f"{name_of(ObjectType, self.object_type_id)}: {super().describe()}"
