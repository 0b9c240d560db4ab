"""Notes of all contacts; those of one stand on the contact's page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from contacts.models import Note

from .base import BaseAdmin


@admin.register(Note)
class NoteAdmin(BaseAdmin):
    list_display = ["excerpt", "contact", "author", "created_at"]
    list_select_related = ["contact", "author"]
    list_filter = [("author", RelatedDropdownFilter)]
    search_fields = ["text", "contact__email"]
    autocomplete_fields = ["contact"]
    fields = ["contact", "text", "author", "created_at"]
    readonly_fields = ["author", "created_at"]

    @display(description=_("note"))
    def excerpt(self, note: Note) -> str:
        return note.text if len(note.text) <= 80 else f"{note.text[:79]}…"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["author", "created_at", *(["contact"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Note, form: Any, change: bool) -> None:
        if not change:
            obj.author_id = request.user.pk
        super().save_model(request, obj, form, change)
