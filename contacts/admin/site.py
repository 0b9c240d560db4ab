"""Site tracking: the domains that may report visits, and the visits."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from contacts.models import PageVisit, TrackedDomain

from .base import BaseAdmin, ShownOnly


@admin.register(TrackedDomain)
class TrackedDomainAdmin(BaseAdmin):
    list_display = ["domain", "subdomains", "created_at"]
    search_fields = ["domain"]
    fields = ["domain", "subdomains"]


class KnownFilter(admin.SimpleListFilter):
    title = _("visitor")
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("known contacts")), ("no", _("nobody known"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(contact__isnull=value == "no") if value else queryset


@admin.register(PageVisit)
class PageVisitAdmin(ShownOnly, BaseAdmin):
    """Facts: to be looked at only."""

    list_display = ["shown", "who", "at"]
    list_select_related = ["contact"]
    list_filter = [KnownFilter, ("contact", AutocompleteSelectFilter)]
    search_fields = ["contact__email", "page"]
    search_help_text = _("A contact's address, or part of a page's")
    ordering = ["-id"]
    fields = ["link", "title", "contact", "at", "referrer", "source"]

    @display(description=_("page"), header=True)
    def shown(self, visit: PageVisit) -> list[str]:
        return [visit.title or visit.page, visit.page if visit.title else ""]

    @display(description=_("contact"), ordering="contact")
    def who(self, visit: PageVisit) -> Any:
        return visit.contact or _("not known")

    @display(description=_("address"))
    def link(self, visit: PageVisit) -> str:
        return format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', visit.url)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
