"""/forms/, and /form-submissions/: what visitors sent with them."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from contacts.models import Contact, CustomField, Form, FormSubmission, List, Tag
from contacts.models.forms import SubmissionStatus
from contacts.selectors.fields import contact_fields
from contacts.selectors.forms import embed_code, form_url, html_code
from contacts.services import save_form
from contacts.values import fold_email

from .base import ReadOnlyViewSet, RecordViewSet
from .filters import MomentFilter, YesNoFilter
from .labels import LabelFilter
from .strict import StrictModelSerializer

LINKS = ("lists", "tags", "leave_lists", "remove_tags")
FIELDS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["field"],
        "additionalProperties": False,
        "properties": {
            "field": {
                "type": "string",
                "description": "email, first_name, last_name, phone or a key.",
            },
            "label": {"type": "string", "maxLength": 150, "description": "Empty: the field's own."},
            "required": {"type": "boolean"},
        },
    },
}


@extend_schema_field(FIELDS)
class FieldsField(serializers.JSONField):
    """The model says what is wrong, by row."""


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ValuesField(serializers.JSONField):
    """The model says what is wrong, by field."""


class FormSerializer(StrictModelSerializer):
    fields = FieldsField(  # type: ignore[assignment]  # DRF takes it off the class
        required=False, help_text="In their order. The e-mail address is always asked for."
    )
    set_values = ValuesField(required=False, help_text="{field: value} that everyone who submits it gets.")
    lists = serializers.PrimaryKeyRelatedField(queryset=List.objects.all(), many=True, required=False)
    tags = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all(), many=True, required=False)
    leave_lists = serializers.PrimaryKeyRelatedField(queryset=List.objects.all(), many=True, required=False)
    remove_tags = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all(), many=True, required=False)
    address = serializers.SerializerMethodField(help_text="The hosted page.")
    embed_code = serializers.SerializerMethodField(help_text="A script element that shows the form in its place.")
    html_code = serializers.SerializerMethodField(help_text="The form as plain HTML.")

    class Meta:
        model = Form
        fields = [
            "id", "name", "is_active", "title", "description", "fields", "button",
            "lists", "tags", "leave_lists", "remove_tags", "set_values",
            "notify_submitted", "notify_confirmed", "thank_you", "redirect_url",
            "double_opt_in", "confirm_subject", "confirm_text",
            "address", "embed_code", "html_code", "created_at", "updated_at",
        ]  # fmt: skip

    def get_address(self, form: Form) -> str:
        return form_url(form)

    def get_embed_code(self, form: Form) -> str:
        return embed_code(form)

    def get_html_code(self, form: Form) -> str:
        return html_code(form, self._custom())

    def _custom(self) -> dict[str, CustomField]:
        """Read once an answer, however many forms are in it."""
        root: Any = self.root
        if not hasattr(root, "_custom_fields"):
            root._custom_fields = contact_fields()
        return root._custom_fields  # type: ignore[no-any-return]  # set above


class FormFilter(LabelFilter):
    is_active = YesNoFilter()
    double_opt_in = YesNoFilter()


@extend_schema_view(
    list=extend_schema(summary="Forms, newest first"),
    retrieve=extend_schema(summary="One form, with its address and embed codes"),
    create=extend_schema(
        summary="Make a form",
        description="`lists`, `tags`, `leave_lists`, `remove_tags` and `set_values` wait with `double_opt_in` "
        "for the confirmation; without, they happen at once.",
    ),
    partial_update=extend_schema(
        summary="Change a form", description="Lists and tags that are given replace all."
    ),
    destroy=extend_schema(summary="Delete a form and what was sent with it; 409 while something uses it"),
)
class FormViewSet(RecordViewSet):
    queryset = Form.objects.prefetch_related(*LINKS)
    serializer_class = FormSerializer
    filterset_class = FormFilter

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        self._save(Form(), serializer)

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        instance: Any = serializer.instance
        self._save(instance, serializer)

    def _save(self, form: Form, serializer: serializers.BaseSerializer[Any]) -> None:
        values = dict(serializer.validated_data)
        links = {name: values.pop(name) for name in LINKS if name in values}
        saved = save_form(form=form, values=values, **links)
        serializer.instance = self.get_queryset().get(pk=saved.pk)


class FormSubmissionSerializer(serializers.ModelSerializer):
    data = ValuesField(  # type: ignore[assignment]  # as `fields`
        read_only=True, help_text="{field: value} as it was sent."
    )

    class Meta:
        model = FormSubmission
        fields = ["id", "form", "contact", "status", "data", "source_url", "mail_status", "at", "confirmed_at"]
        read_only_fields = fields


class FormSubmissionFilter(django_filters.FilterSet):
    form = django_filters.ModelChoiceFilter(
        queryset=Form.objects.all(),
        help_text="A form's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no form %(value)s.")},
    )
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    email = django_filters.CharFilter(method="by_email", help_text="The contact's whole address, in any case.")
    status = django_filters.ChoiceFilter(choices=SubmissionStatus.choices)
    at_from = MomentFilter(field_name="at", lookup_expr="gte")
    at_to = MomentFilter(field_name="at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = FormSubmission
        fields: list[str] = []

    def by_email(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(contact__email=fold_email(value))


@extend_schema_view(
    list=extend_schema(summary="Form submissions, newest first"),
    retrieve=extend_schema(summary="One form submission"),
)
class FormSubmissionViewSet(ReadOnlyViewSet):
    queryset = FormSubmission.objects.all()
    serializer_class = FormSubmissionSerializer
    filterset_class = FormSubmissionFilter
