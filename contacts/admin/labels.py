"""Lists and tags: what contacts are sorted by."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from contacts.models import ContactTag, List, Subscription, Tag
from contacts.models.lists import SubscriptionStatus

from .base import BaseAdmin


def count_of(rows: QuerySet[Any], field: str) -> Coalesce:
    """How many of `rows` point to the outer record; counted only for the rows of the page."""
    counted = rows.filter(**{field: OuterRef("pk")}).order_by().values(field).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def contacts_link(count: int, query: str) -> str:
    if not count:
        return "0"
    return format_html('<a href="{}?{}">{}</a>', reverse("admin:contacts_contact_changelist"), query, count)


@admin.register(Tag)
class TagAdmin(BaseAdmin):
    list_display = ["name", "description", "contact_count", "created_at"]
    search_fields = ["name", "description"]
    fields = ["name", "description"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(n=count_of(ContactTag.objects.all(), "tag"))

    @display(description=_("contacts"))
    def contact_count(self, tag: Any) -> str:
        return contacts_link(tag.n, f"tags__id__exact={tag.pk}")


@admin.register(List)
class ListAdmin(BaseAdmin):
    list_display = ["name", "description", "is_public", "active_count", "gone_count", "created_at"]
    list_filter = ["is_public"]
    search_fields = ["name", "description"]
    fields = ["name", "description", "is_public"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = Subscription.objects
        active = rows.filter(status=SubscriptionStatus.ACTIVE)
        gone = rows.filter(status=SubscriptionStatus.UNSUBSCRIBED)
        return super().get_queryset(request).annotate(active=count_of(active, "list"), gone=count_of(gone, "list"))

    @display(description=_("active"))
    def active_count(self, mailing_list: Any) -> str:
        return contacts_link(mailing_list.active, f"list={mailing_list.pk}&status=active")

    @display(description=_("unsubscribed"))
    def gone_count(self, mailing_list: Any) -> str:
        return contacts_link(mailing_list.gone, f"list={mailing_list.pk}&status=unsubscribed")
