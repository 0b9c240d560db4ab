"""Deals: the list, and the page of one with its contacts, tasks, notes and timeline."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from contacts.admin.custom_form import WithCustomFields, custom_fieldset, with_fields
from contacts.admin.panels import answer_panel, timeline_view
from contacts.models import Contact
from contacts.selectors.fields import fields_of
from deals.models import Deal, DealContact, DealNote, DealStatus, Stage
from deals.money import plain
from deals.services import add_deal_contacts, delete_deals, set_status, together, update_deals

from . import panel


class StageChoice(forms.ModelChoiceField):
    """Stages by pipeline: “Sales: Talks”."""

    def label_from_instance(self, obj: Stage) -> str:
        return f"{obj.pipeline}: {obj}"


class DealForm(WithCustomFields):
    class Meta:
        model = Deal
        fields = ["title", "value", "currency", "stage", "status", "owner", "account", "expected_close"]
        field_classes = {"stage": StageChoice}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["value"] = plain(self.instance.value)
        if "stage" in self.fields:
            self.fields["stage"].queryset = (  # type: ignore[attr-defined]  # a choice of records
                Stage.objects.select_related("pipeline").order_by(
                    "pipeline__position", "pipeline", "position", "pk"
                )
            )


class NewDealForm(DealForm):
    contact = forms.ModelChoiceField(
        label=_("Primary contact"),
        queryset=Contact.objects.all(),
        required=False,
        help_text=_("More contacts can be added on the deal's page."),
        widget=AutocompleteSelect(DealContact.contact.field, admin.site),
    )


@admin.register(Deal)
class DealAdmin(BaseAdmin):
    list_display = ["deal_title", "shown_value", "status", "stage", "pipeline", "owner", "expected_close"]
    list_select_related = ["stage", "pipeline", "owner"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("pipeline", RelatedDropdownFilter),
        ("stage", RelatedDropdownFilter),
        ("owner", RelatedDropdownFilter),
    ]
    search_fields = ["title", "contacts__email"]
    search_help_text = _("Search by title or a contact's e-mail address")
    autocomplete_fields = ["owner", "account"]
    change_form_outer_after_template = "admin/deals/deal.html"
    actions = ["mark_won", "mark_lost", "take"]

    # --- The list ---

    @display(description=_("deal"), ordering="title")
    def deal_title(self, deal: Deal) -> str:
        return deal.title

    @display(description=_("value"), ordering="value")
    def shown_value(self, deal: Deal) -> str:
        return deal.shown_value

    @admin.action(description=_("Mark as won"), permissions=["change"])
    def mark_won(self, request: HttpRequest, queryset: Any) -> None:
        self._tell_changed(request, set_status(deals=queryset, status=DealStatus.WON))

    @admin.action(description=_("Mark as lost"), permissions=["change"])
    def mark_lost(self, request: HttpRequest, queryset: Any) -> None:
        self._tell_changed(request, set_status(deals=queryset, status=DealStatus.LOST))

    @admin.action(description=_("Make me the owner"), permissions=["change"])
    def take(self, request: HttpRequest, queryset: Any) -> None:
        self._tell_changed(request, update_deals(deals=queryset, owner=request.user.pk))

    def _tell_changed(self, request: HttpRequest, changes: Any) -> None:
        count = len({pk for part in changes.values() for pk in part})
        self.message_user(request, _("%d deals were changed.") % count)

    # --- One deal ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = with_fields(DealForm if obj else NewDealForm, "deal")
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields: list[Any] = [
            "title",
            ("value", "currency"),
            "stage",
            "status",
            ("owner", "account"),
            "expected_close",
        ]
        if obj is None:
            fields.append("contact")
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [(None, {"fields": fields}), *(custom_fieldset(fields_of("deal")) if allowed else [])]

    def save_model(self, request: HttpRequest, obj: Deal, form: Any, change: bool) -> None:
        # Who starts something of it is to see its contacts and fields, too.
        with together():
            super().save_model(request, obj, form, change)
            if form.cleaned_data.get("contact"):
                add_deal_contacts(deal=obj, contacts=form.cleaned_data["contact"])
            form.save_custom()

    def delete_model(self, request: HttpRequest, obj: Deal) -> None:
        delete_deals(deals=obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        delete_deals(deals=queryset)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = dict(extra_context or {})
        if object_id and request.method == "GET":
            deal = self.get_object(request, object_id)
            if deal is not None and self.has_view_permission(request, deal):
                context |= panel.panel_context(request, deal)
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/panel/", wrap(self.panel_view), name="deals_deal_panel"),
            path("<int:object_id>/timeline/", wrap(self.timeline_view), name="deals_deal_timeline"),
        ]
        return own + super().get_urls()

    def panel_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return answer_panel(
            self, request, object_id, panel.VERBS, panel.panel_context, "admin/deals/deal_panel.html"
        )

    def timeline_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return timeline_view(self, request, object_id)


@admin.register(DealNote)
class DealNoteAdmin(BaseAdmin):
    list_display = ["excerpt", "deal", "author", "created_at"]
    list_select_related = ["deal", "author"]
    list_filter = [("author", RelatedDropdownFilter)]
    search_fields = ["text", "deal__title"]
    autocomplete_fields = ["deal"]
    fields = ["deal", "text", "author", "created_at"]

    @display(description=_("note"))
    def excerpt(self, note: DealNote) -> str:
        return note.text if len(note.text) <= 80 else f"{note.text[:79]}…"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["author", "created_at", *(["deal"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: DealNote, form: Any, change: bool) -> None:
        if not change:
            obj.author_id = request.user.pk
        super().save_model(request, obj, form, change)
