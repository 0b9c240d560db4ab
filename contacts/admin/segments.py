"""Saved segments."""

from django.contrib import admin

from contacts.models import Segment

from .base import BaseAdmin


@admin.register(Segment)
class SegmentAdmin(BaseAdmin):
    list_display = ["name", "description", "updated_at"]
    search_fields = ["name", "description"]
    fields = ["name", "description", "conditions"]
