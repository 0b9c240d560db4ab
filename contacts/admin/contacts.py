"""Contacts: the list with its bulk actions, and the page of one person."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from contacts.models import Contact
from contacts.selectors.fields import contact_fields
from contacts.services import delete_contacts

from . import panels, person
from .base import BaseAdmin
from .bulk import list_actions
from .contact_form import ContactForm
from .custom_form import custom_fieldset, with_fields
from .filters import LanguageFilter, ListStatusFilter

SHOWN_TAGS = 3


@admin.register(Contact)
class ContactAdmin(BaseAdmin):
    list_display = ["person", "shown_tags", "owner", "language", "created"]
    list_select_related = ["owner"]
    list_filter = [
        ("tags", AutocompleteSelectFilter),
        ListStatusFilter,
        ("owner", RelatedDropdownFilter),
        LanguageFilter,
    ]
    search_fields = ["email", "first_name", "last_name"]
    search_help_text = _("Search by e-mail address or name")
    autocomplete_fields = ["owner"]
    change_form_outer_after_template = "admin/contacts/person.html"
    actions_detail = ["merge", "export_person", "erase"]
    actions_row = ["write_email"]

    # --- The list ---

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("owner")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = changelist.result_list.prefetch_related("tags")
        return changelist

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return list_actions(request)

    @display(description=_("contact"), header=True, ordering="email")
    def person(self, contact: Contact) -> list[str]:
        return [contact.name or contact.email, contact.email if contact.name else ""]

    @display(description=_("created"), ordering="created_at")
    def created(self, contact: Contact) -> str:
        return date_format(localtime(contact.created_at), "SHORT_DATE_FORMAT")

    @display(description=_("tags"))
    def shown_tags(self, contact: Contact) -> str:
        tags = list(contact.tags.all())
        shown = format_html_join(
            "",
            '<span class="c-chip is-short" title="{0}">{0}</span>',
            ((tag.name,) for tag in tags[:SHOWN_TAGS]),
        )
        more = format_html('<span class="c-muted">+{}</span>', len(tags) - SHOWN_TAGS)
        return format_html('<span class="c-chips">{}{}</span>', shown, more if len(tags) > SHOWN_TAGS else "")

    @action(description=_("Write an e-mail"), url_path="write-email", permissions=["write_email"])
    def write_email(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('personal:write')}?contact={object_id}&from=overview")

    def has_write_email_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("deals.add_personalemail")

    # --- One person ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=with_fields(ContactForm, "contact"), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        standard = [("first_name", "last_name"), ("email", "phone"), ("owner", "language"), "time_zone"]
        fieldsets: list[Any] = [(None, {"fields": standard})]
        # Who may only look finds the values of custom fields below, among what is known of the person.
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [*fieldsets, *(custom_fieldset(contact_fields()) if allowed else [])]

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        form.save_custom()

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        delete_contacts(contacts=obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        context = dict(extra_context or {})
        if object_id and request.method == "GET":
            contact = self.get_object(request, object_id)
            if contact is not None and self.has_view_permission(request, contact):
                context |= person.panel_context(request, contact)
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/panel/", wrap(self.panel_view), name="contacts_contact_panel"),
            path("<int:object_id>/timeline/", wrap(self.timeline_view), name="contacts_contact_timeline"),
        ]
        return own + super().get_urls()

    def panel_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return person.panel_view(self, request, object_id)

    def timeline_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return panels.timeline_view(self, request, object_id)

    def has_export_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("contacts.add_exportjob")

    @action(description=_("Merge"), url_path="merge", icon="merge", permissions=["change", "delete"])
    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return person.merge_view(self, request, object_id)

    @action(
        description=_("Export data"),
        url_path="export-person",
        icon="download",
        permissions=["export"],
    )
    def export_person(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return person.export_view(self, request, object_id)

    @action(
        description=_("Erase"), url_path="erase", icon="person_remove",
        permissions=["delete"], variant=ActionVariant.DANGER,
    )  # fmt: skip
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return person.erase_view(self, request, object_id)
