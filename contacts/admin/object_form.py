"""The form of a record of a custom object: title, fields, and what it is related to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets

from contacts.models import Contact, ObjectRecord, ObjectRelation, ObjectType
from contacts.services import create_record, update_record
from contacts.services.object_links import LinkParser

from .custom_form import WithCustomFields

LINK = "link_"
# A record with more links than this is changed over the API or by an import: the page would be endless.
MAX_SHOWN = 500


class LinkField(forms.CharField):
    """One a line: addresses of contacts, ids of the rest."""

    def __init__(self, relation: ObjectRelation) -> None:
        self.relation = relation
        if relation.target == "contact":
            about = gettext_lazy("Addresses, one a line.") if relation.many else gettext_lazy("An address.")
        else:
            about = gettext_lazy("Ids, one a line.") if relation.many else gettext_lazy("An id.")
        widget = (
            widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3})
            if relation.many
            else widgets.UnfoldAdminTextInputWidget()
        )
        super().__init__(label=relation.label, required=False, help_text=about, widget=widget)

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def clean(self, value: Any) -> Any:
        named = self.to_python(value)
        try:
            return LinkParser({self.relation.key: self.relation}, [{self.relation.key: named}]).parse(
                {self.relation.key: named}
            )[self.relation.key]
        except ValidationError as error:
            raise ValidationError(error.messages) from None


class RecordForm(WithCustomFields):
    #: The type of a new record; `with_relations` sets it.
    object_type: ObjectType | None = None

    class Meta:
        model = ObjectRecord
        fields = ["title", "external_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.type_id is None and self.object_type is not None:
            self.instance.type = self.object_type
        if self.instance.pk:
            linked = self.instance.linked
            for name, field in self.link_fields().items():
                ids = linked.get(field.relation.key, [])
                if len(ids) > MAX_SHOWN:
                    field.disabled, field.help_text = True, _("Too many to show; use the API or an import.")
                self.initial[name] = "\n".join(_named(field.relation, ids[:MAX_SHOWN]))
        for custom in self.custom_fields().values():
            custom.required = custom.custom.required

    def link_fields(self) -> dict[str, LinkField]:
        return {name: field for name, field in self.fields.items() if isinstance(field, LinkField)}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, field in self.custom_fields().items():
            if field.required and name not in self.errors and data.get(name) is None:
                self.add_error(name, ValidationError(_("Give a value."), code="required"))
        return data

    def write(self) -> ObjectRecord:
        """By the services: values, links and facts in one."""
        custom = {
            field.custom.key: field.custom.kind.to_json(self.cleaned_data[name])
            for name, field in self.custom_fields().items()
            if name in self.changed_data
        }
        links = {
            field.relation.key: self.cleaned_data[name]
            for name, field in self.link_fields().items()
            if not field.disabled
        }
        values: dict[str, Any] = {
            "title": self.cleaned_data["title"],
            "external_id": self.cleaned_data["external_id"],
            "custom": custom,
            "links": links,
        }
        if self.instance.pk:
            return update_record(record=self.instance, **values)
        return create_record(type=self.instance.type, **values)

    def _post_clean(self) -> None:
        """What is unique within the type, which is no field of the form."""
        super()._post_clean()  # type: ignore[misc]  # Django's, not in the stubs
        type, data = self.instance.type, self.cleaned_data
        others = ObjectRecord.objects.filter(type=type).exclude(pk=self.instance.pk)
        title, external_id = data.get("title", ""), data.get("external_id", "")
        if title and type.unique_titles and others.filter(title__iexact=title).exists():
            self.add_error("title", _("Another record has the title “%s”.") % title)
        if external_id and others.filter(external_id=external_id).exists():
            self.add_error("external_id", _("A record with this external id exists already."))


def with_relations(form: type[WithCustomFields], object_type: ObjectType) -> type[WithCustomFields]:
    """The form with a field for each relation of the type, for records of it."""
    declared: dict[str, Any] = {LINK + item.key: LinkField(item) for item in object_type.relations.all()}
    return type(f"{form.__name__}Related", (form,), {**declared, "object_type": object_type})


def relation_fieldset(object_type: ObjectType) -> list[Any]:
    names = [LINK + key for key in object_type.relations.values_list("key", flat=True)]
    return [(_("Related to"), {"fields": names})] if names else []


def _named(relation: ObjectRelation, ids: list[int]) -> list[str]:
    """As they are typed."""
    if relation.target != "contact":
        return [str(pk) for pk in ids]
    emails = dict(Contact.objects.filter(pk__in=ids).values_list("pk", "email"))
    return [emails[pk] for pk in ids if pk in emails]
