"""Personal e-mails, their files, downloads and changes of sentiment: to be looked at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin, ShownOnly
from deals.models import FileDownload, PersonalEmail, SentimentChange


class ReadOnlyAdmin(ShownOnly, BaseAdmin):
    """Facts: to be looked at only."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PersonalEmail)
class PersonalEmailAdmin(ReadOnlyAdmin):
    """They are written on the pages of contacts, accounts and deals."""

    list_display = ["subject_line", "direction", "contact", "deal", "sent_from", "sentiment", "at"]
    list_select_related = ["contact", "deal"]
    list_filter = [
        ("direction", ChoicesDropdownFilter),
        ("sent_from", ChoicesDropdownFilter),
        ("sentiment", ChoicesDropdownFilter),
        ("mailbox", RelatedDropdownFilter),
    ]
    search_fields = ["subject", "contact__email"]
    ordering = ["-id"]
    fields = [
        "conversation", "direction", "sent_from", "sender", "recipient", "at", "contact", "account", "deal",
        "mailbox", "user", "subject", "text", "automatic", "sentiment", "attached",
    ]  # fmt: skip
    readonly_fields = ["conversation", "attached"]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        own = ("contact__id__exact", "account__id__exact", "deal__id__exact")
        return lookup in own or super().lookup_allowed(lookup, value, request)

    @display(description=gettext_lazy("subject"), ordering="subject")
    def subject_line(self, email: PersonalEmail) -> str:
        return str(email)

    @display(description=gettext_lazy("conversation"))
    def conversation(self, email: PersonalEmail) -> str:
        return format_html('<a href="{}">{}</a>', reverse("personal:thread", args=[email.pk]), _("Open"))

    @display(description=gettext_lazy("files"))
    def attached(self, email: PersonalEmail) -> str:
        names = [*email.files, *email.attachments.values_list("name", flat=True)]
        return ", ".join(names) or "–"


@admin.register(FileDownload)
class FileDownloadAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "contact", "email", "at"]
    list_select_related = ["contact", "email"]
    search_fields = ["file_name", "contact__email"]
    ordering = ["-id"]
    fields = ["file_name", "contact", "email", "at"]


@admin.register(SentimentChange)
class SentimentChangeAdmin(ReadOnlyAdmin):
    list_display = ["deal", "old", "new", "at"]
    list_select_related = ["deal"]
    list_filter = [("new", ChoicesDropdownFilter)]
    search_fields = ["deal__title"]
    ordering = ["-id"]
    fields = ["deal", "email", "old", "new", "at", "source"]
