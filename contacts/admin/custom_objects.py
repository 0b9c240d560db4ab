"""“Manage data”: custom objects with their fields and relations, their records, and the import of records."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from contacts.entities import related_to
from contacts.field_types import field_type_choices
from contacts.models import CustomField, ObjectRecord, ObjectRelation, ObjectType
from contacts.selectors.fields import fields_of
from contacts.selectors.timeline import timeline_of
from contacts.services import delete_records
from contacts.services.object_import import MAX_ROWS, Imported, import_records

from .base import BaseAdmin, messages_of
from .custom_form import custom_fieldset, with_fields
from .fields import LinesField
from .labels import count_of
from .object_form import RecordForm, relation_fieldset, with_relations
from .panels import timeline_view


class ObjectFieldForm(forms.ModelForm):
    type = forms.ChoiceField(label=gettext_lazy("type"), choices=field_type_choices)
    options = LinesField(
        required=False, label=gettext_lazy("options"), help_text=gettext_lazy("One a line, to choose from.")
    )

    class Meta:
        model = CustomField
        fields = ["label", "key", "type", "options", "required", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].widget.attrs["rows"] = 2
        self.instance.entity = CustomField.Entity.OBJECT
        if self.instance.pk:
            for name in ("key", "type"):
                self.fields[name].disabled = True


class RelationForm(forms.ModelForm):
    target = forms.ChoiceField(label=gettext_lazy("related to"))

    class Meta:
        model = ObjectRelation
        fields = ["label", "key", "target", "many", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = [(key, entity.label) for key, entity in related_to().items()]
        self.fields["target"].choices = targets  # type: ignore[attr-defined]  # a choice field
        if self.instance.pk:
            for name in ("key", "target"):
                self.fields[name].disabled = True


class FieldInline(TabularInline):
    model = CustomField
    form = ObjectFieldForm
    extra = 0
    verbose_name = gettext_lazy("field")
    verbose_name_plural = gettext_lazy("fields")


class RelationInline(TabularInline):
    model = ObjectRelation
    form = RelationForm
    extra = 0


class ImportForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("CSV file"), widget=widgets.UnfoldAdminFileFieldWidget())
    update_existing = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("Change records whose external id is known"),
        widget=widgets.UnfoldBooleanSwitchWidget(),
    )  # fmt: skip


@admin.register(ObjectType)
class ObjectTypeAdmin(BaseAdmin):
    list_display = ["plural", "key", "origin", "app", "record_count"]
    list_filter = [("origin", ChoicesDropdownFilter)]
    search_fields = ["key", "label", "plural", "app"]
    fieldsets = [
        (None, {"fields": [("label", "plural"), "key", "description", "icon", "unique_titles"]}),
        (gettext_lazy("Origin"), {"fields": [("origin", "app")]}),
    ]
    inlines = [FieldInline, RelationInline]
    actions_detail = ["records", "import_file"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(n=count_of(ObjectRecord.objects.all(), "type"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Texts and the API rely on it.
        return ["key"] if obj else []

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if not ObjectType.objects.exists() and request.method == "GET":
            self.message_user(
                request, _("No custom objects yet. Add one, such as “Booking”, with its fields and relations.")
            )
        return super().changelist_view(request, {"title": _("Manage data"), **(extra_context or {})})

    @display(description=gettext_lazy("records"))
    def record_count(self, type: Any) -> str:
        url = reverse("admin:contacts_objectrecord_changelist")
        return format_html('<a href="{}?type__id__exact={}">{}</a>', url, type.pk, type.n)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """A field or relation that is in use stays: the reason is shown, the rest is saved."""
        try:
            super().save_formset(request, form, formset, change)
        except ValidationError as error:
            self.tell(request, error)

    def has_import_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms(["contacts.add_objectrecord", "contacts.change_objectrecord"])

    def has_records_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("contacts.view_objectrecord")

    @action(description=gettext_lazy("Records"), url_path="records", icon="list", permissions=["records"])
    def records(self, request: HttpRequest, object_id: str) -> HttpResponse:
        type = self.found(request, object_id)
        if type is None:
            return self.to_list()
        url = reverse("admin:contacts_objectrecord_changelist")
        return HttpResponseRedirect(f"{url}?type__id__exact={type.pk}")

    @action(description=gettext_lazy("Import"), url_path="import", icon="upload_file", permissions=["import"])
    def import_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        type = self.found(request, object_id)
        if type is None:
            return self.to_list()
        form, done = ImportForm(request.POST or None, request.FILES or None), None
        if request.method == "POST" and form.is_valid():
            done = self._import(type, form)
        columns = ["external_id", "title", *fields_of(type.scope), *type.relations.values_list("key", flat=True)]
        context = self.page(
            request, title=_("Import: %s") % type.plural, original=type, form=form, done=done,
            columns=columns, max_rows=MAX_ROWS,
        )  # fmt: skip
        return TemplateResponse(request, "admin/contacts/object_import.html", context)

    def _import(self, type: ObjectType, form: ImportForm) -> Imported | None:
        data = form.cleaned_data
        try:
            return import_records(type=type, file=data["file"], update_existing=data["update_existing"])
        except ValidationError as error:
            form.add_error("file", messages_of(error))
            return None


@admin.register(ObjectRecord)
class ObjectRecordAdmin(BaseAdmin):
    list_display = ["name", "type", "external_id", "updated_at"]
    list_select_related = ["type"]
    list_filter = [("type", RelatedDropdownFilter)]
    search_fields = ["title", "external_id"]
    change_form_outer_after_template = "admin/contacts/object_record.html"

    @display(description=gettext_lazy("record"), ordering="title")
    def name(self, record: ObjectRecord) -> str:
        return str(record)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """First which custom object, then the form with its fields."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if self._type(request, None) is None:
            types = list(ObjectType.objects.all())
            context = self.page(request, title=_("Add a record"), types=types)
            return TemplateResponse(request, "admin/contacts/object_choice.html", context)
        return super().add_view(request, form_url, extra_context)

    def _type(self, request: HttpRequest, record: ObjectRecord | None) -> ObjectType | None:
        if record is not None:
            return record.type
        raw = request.GET.get("type", "")
        return ObjectType.objects.filter(pk=int(raw)).first() if raw.isdecimal() and len(raw) < 19 else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        type = self._type(request, obj)
        form: Any = RecordForm
        if type is not None:
            form = with_relations(with_fields(RecordForm, type.scope), type)
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        type = self._type(request, obj)
        standard = [(None, {"fields": [("title", "external_id")]})]
        # Who may only look finds the values below.
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if type is None or not allowed:
            return standard
        return [*standard, *custom_fieldset(fields_of(type.scope)), *relation_fieldset(type)]

    def save_model(self, request: HttpRequest, obj: ObjectRecord, form: Any, change: bool) -> None:
        obj.__dict__.update(form.write().__dict__)

    def delete_model(self, request: HttpRequest, obj: ObjectRecord) -> None:
        delete_records(records=ObjectRecord.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ObjectRecord]) -> None:
        delete_records(records=queryset)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = dict(extra_context or {})
        record = self.get_object(request, object_id) if object_id and request.method == "GET" else None
        if record is not None and self.has_view_permission(request, record):
            context |= {
                "record": record,
                "values": _values(record),
                "people": _people(record),
                "timeline": timeline_of(record=record),
                "timeline_url": self.url("timeline", record.pk),
            }
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/timeline/", wrap(self.timeline_view), name="contacts_objectrecord_timeline"),
        ]
        return own + super().get_urls()

    def timeline_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return timeline_view(self, request, object_id)


def _values(record: ObjectRecord) -> list[tuple[str, str]]:
    values = record.custom_values
    return [
        (field.label, field.to_text(values[key]).replace("\n", ", "))
        for key, field in fields_of(record.scope).items()
        if key in values
    ]


def _people(record: ObjectRecord) -> list[Any]:
    """The links to contacts that are shown, with their relations."""
    links = record.links.filter(contact__isnull=False).select_related("contact", "relation")
    return list(links.order_by("relation__position", "pk")[:50])
