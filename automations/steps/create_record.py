"""Makes a record of a custom object, related to the contact (spec: create record)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import ENTERPRISE_ONLY, Availability
from automations.delivery.rendering import validate_template
from automations.fields import custom_fields
from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import ObjectRelation, ObjectType
from contacts.services import upsert_records

from .base import STEPS, StepError, StepRun
from .lines import parse_lines


class RelationChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.type}: {obj.label}"


@STEPS.register
class CreateRecordStep(Step):
    slug = "create_record"
    label = gettext_lazy("Create a custom object")
    summary = gettext_lazy("Makes a record that is related to the contact.")
    family = "crm"
    icon = "deployed_code"
    availability = Availability(plans=ENTERPRISE_ONLY)

    object_type = models.ForeignKey(
        ObjectType, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("custom object")
    )
    relation = models.ForeignKey(
        ObjectRelation, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("relation")
    )
    title = models.CharField(max_length=500, blank=True)
    # One field a line: “key: value”, values may be personalised.
    values = models.TextField(blank=True)

    class Form(SettingsForm):
        refreshes = {"object_type": ("relation",)}

        object_type = forms.ModelChoiceField(ObjectType.objects.all(), label=gettext_lazy("Custom object"))
        relation = RelationChoice(
            ObjectRelation.objects.filter(target="contact"), label=gettext_lazy("The contact is its")
        )
        title = forms.CharField(
            label=gettext_lazy("Title"), max_length=500, required=False, validators=[validate_template]
        )
        values = forms.CharField(
            label=gettext_lazy("Fields"), required=False, max_length=10_000, widget=forms.Textarea,
            validators=[validate_template],
            help_text=gettext_lazy("One a line, “key: value”. Values may be personalised."),
        )  # fmt: skip

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            chosen = self.chosen("object_type")
            relations = ObjectRelation.objects.filter(target="contact", type=chosen or 0).select_related("type")
            self.fields["relation"].queryset = relations  # type: ignore[attr-defined]  # a model choice

        def clean_values(self) -> str:
            text: str = self.cleaned_data["values"]
            type_id = self.chosen("object_type")
            _check_values(parse_lines(text), type_id or 0)
            return text

    def run(self, run: StepRun) -> None:
        type = ObjectType.objects.filter(pk=self.object_type_id or 0).first()
        relation = ObjectRelation.objects.filter(pk=self.relation_id or 0, type=type).first()
        if type is None or relation is None:
            raise StepError(_("The custom object, or its relation, does not exist any more."))
        titles = run.personalised(self.title)
        texts = {key: run.personalised(value) for key, value in parse_lines(self.values).items()}
        rows = [
            {
                "title": titles[visit.id],
                "fields": {key: made[visit.id] for key, made in texts.items()},
                "links": {relation.key: [visit.contact_id]},
            }
            for visit in run.visits
        ]
        for result in upsert_records(type=type, rows=rows):
            if result.error is not None:
                raise StepError(_describe_error(result.error))
        for visit in run.visits:
            run.go(visit)

    def describe(self) -> str:
        if not self.object_type_id:
            return str(_("Create a custom object (not chosen yet)"))
        name = name_of(ObjectType, self.object_type_id)
        return _("Create a “%(type)s” “%(title)s”") % {"type": name, "title": self.title or "…"}


def _check_values(values: dict[str, str], type_id: int) -> None:
    """Whether there are these fields, and plain values fit; personal ones can be checked only later."""
    fields = custom_fields(f"object:{type_id}")
    for key, value in values.items():
        if key not in fields:
            known = ", ".join(fields) or "–"
            raise ValidationError(_("There is no field “%(key)s”; the fields are: %(known)s.") % {
                "key": key[:60], "known": known,
            })  # fmt: skip
        if "{" not in value:
            fields[key].parse(value)
    missing = [field.label for key, field in fields.items() if field.required and not values.get(key)]
    if missing:
        raise ValidationError(_("These fields are required: %s.") % ", ".join(missing))


def _describe_error(error: ValidationError) -> str:
    return " ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
