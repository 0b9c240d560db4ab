"""Spreadsheets that steps add rows to, with what they hold or whom to let in; and the rows that are kept here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.messages import SUCCESS
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from automations import services
from automations.masks import SecretField
from automations.models import Spreadsheet, SpreadsheetRow
from automations.services.spreadsheets import SETTINGS
from automations.spreadsheets import BACKENDS, backend_of
from contacts.admin.base import ShownOnly

from .base import AutomationsAdmin
from .forms import themed

#: Of the newest first.
SHOWN = 10


class SpreadsheetForm(forms.ModelForm):
    kind = forms.ChoiceField(label=gettext_lazy("Where it is kept"))
    key = SecretField(
        label=gettext_lazy("Key of the service account"), required=False, max_length=20_000,
        help_text=gettext_lazy("The whole JSON file. Hidden once it is saved: paste another to replace it."),
    )  # fmt: skip

    class Meta:
        model = Spreadsheet
        fields = ["name", "document", "tab"]
        help_texts = {
            "document": gettext_lazy("The address, as it stands in the browser."),
            "tab": gettext_lazy("Empty: the first one."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" not in self.fields:
            return  # to be looked at only
        new = self.instance._state.adding
        kinds = list(BACKENDS) if new else [BACKENDS[self.instance.kind]]
        self.fields["kind"].choices = [(kind.slug, kind.label) for kind in kinds]  # type: ignore[attr-defined]  # a choice field
        self.initial.setdefault("kind", self.instance.kind)
        for name in set(SETTINGS).difference(*(kind.settings for kind in kinds)):
            self.fields.pop(name, None)
        if "key" in self.fields:
            field: Any = self.fields["key"]
            field.kept = self.instance.key
            self.initial["key"] = field.shown(self.instance.key)
        if new:
            _show_with_their_kind(self.fields)
        themed(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = BACKENDS.get(data.get("kind", ""))
        if self.errors or kind is None:
            return data
        try:
            data |= kind().clean({name: data.get(name) or "" for name in SETTINGS})
        except ValidationError as error:
            self.add_error(None, error)
        return data


def _show_with_their_kind(fields: dict[str, forms.Field]) -> None:
    """Settings of one kind only are shown while it is chosen."""
    for name in SETTINGS:
        kinds = [backend.slug for backend in BACKENDS if name in backend.settings]
        fields[name].widget.attrs |= {"data-depends": "kind", "data-when": " ".join(kinds)}


@admin.register(Spreadsheet)
class SpreadsheetAdmin(AutomationsAdmin):
    form = SpreadsheetForm
    list_display = ["name", "kept", "last_row", "created_at"]
    search_fields = ["name"]
    change_form_outer_before_template = "admin/automations/spreadsheet.html"

    class Media:
        js = ["automations/forms.js"]

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/try/", wrap(self.try_view), name="automations_spreadsheet_try"),
            path("<int:object_id>/csv/", wrap(self.csv_view), name="automations_spreadsheet_csv"),
        ]
        return [*own, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if not self.has_change_permission(request):
            return ["name", "document", "tab"]
        own = [name for name in SETTINGS if obj is None or name in backend_of(obj).settings]
        return ["name", "kind", *own]

    def save_model(self, request: HttpRequest, obj: Spreadsheet, form: Any, change: bool) -> None:
        names = [name for name in ("name", "kind", *backend_of(obj).settings) if name in form.cleaned_data]
        services.save_spreadsheet(spreadsheet=obj, values={name: form.cleaned_data[name] for name in names})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        spreadsheet = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(self._panel(request, spreadsheet) if spreadsheet else {})}
        return super().change_view(request, object_id, form_url, context)

    def _panel(self, request: HttpRequest, spreadsheet: Spreadsheet) -> dict[str, Any]:
        backend = backend_of(spreadsheet)
        may_read = request.user.has_perm("automations.view_spreadsheetrow")
        rows = spreadsheet.rows.order_by("-pk").values_list("cells", flat=True) if may_read else ()
        columns = spreadsheet.columns
        return {
            "spreadsheet": spreadsheet,
            "keeps_rows": backend.keeps_rows,
            "guest": backend.guest(spreadsheet),
            "may_read": may_read,
            "may_try": self.has_change_permission(request),
            "rows": [[cells.get(column, "") for column in columns] for cells in rows[:SHOWN]],
            "shown": SHOWN,
        }

    def try_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        spreadsheet = self.found(request, str(object_id))
        if spreadsheet is None:
            return self.to_list()
        try:
            text = services.try_spreadsheet(spreadsheet=spreadsheet)
        except ValidationError as error:
            self.tell(request, error)
        else:
            self.message_user(request, text, SUCCESS)
        return self.to_change(object_id)

    def csv_view(self, request: HttpRequest, object_id: int) -> Any:
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not request.user.has_perms(["automations.view_spreadsheet", "automations.view_spreadsheetrow"]):
            raise PermissionDenied
        spreadsheet = self.found(request, str(object_id))
        if spreadsheet is None:
            return self.to_list()
        name = f"{slugify(spreadsheet.name) or 'spreadsheet'}-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            services.spreadsheet_lines(spreadsheet=spreadsheet),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        newest = SpreadsheetRow.objects.filter(spreadsheet=OuterRef("pk")).order_by("-pk").values("created_at")[:1]
        return super().get_queryset(request).annotate(last_at=Subquery(newest))

    @display(description=gettext_lazy("last row"))
    def last_row(self, spreadsheet: Any) -> Any:
        """Of a file kept here; what goes elsewhere is in the deliveries."""
        return spreadsheet.last_at or "–"

    @display(description=gettext_lazy("kept"))
    def kept(self, spreadsheet: Spreadsheet) -> str:
        return str(backend_of(spreadsheet).label)


@admin.register(SpreadsheetRow)
class SpreadsheetRowAdmin(ShownOnly, AutomationsAdmin):
    """To be looked at; a row may be deleted."""

    list_display = ["__str__", "spreadsheet", "contact", "created_at"]
    list_select_related = ["spreadsheet", "contact"]
    list_filter = [("spreadsheet", RelatedDropdownFilter)]
    search_fields = ["contact__email"]
    fields = ["spreadsheet", "contact", "shown_cells", "created_at"]
    readonly_fields = fields

    @display(description=gettext_lazy("cells"))
    def shown_cells(self, row: SpreadsheetRow) -> str:
        return format_html_join("", "<div>{}: {}</div>", row.in_order()) or "-"
