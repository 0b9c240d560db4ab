"""Pipelines with their ordered stages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from contacts.admin.labels import count_of
from deals.models import Deal, DealStatus, Pipeline, Stage


class StageInline(TabularInline):
    """Rows are dragged into their order."""

    model = Stage
    fields = ["name", "probability", "color", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    ordering = ["position", "id"]
    extra = 0
    min_num = 1


@admin.register(Pipeline)
class PipelineAdmin(BaseAdmin):
    list_display = ["name", "currency", "stage_count", "open_count", "board"]
    search_fields = ["name"]
    fields = ["name", "currency"]
    inlines = [StageInline]
    ordering_field = "position"
    hide_ordering_field = True

    def get_queryset(self, request: HttpRequest) -> Any:
        open_deals = Deal.objects.filter(status=DealStatus.OPEN)
        rows = super().get_queryset(request)
        return rows.annotate(n=count_of(Stage.objects.all(), "pipeline"), m=count_of(open_deals, "pipeline"))

    @display(description=_("stages"))
    def stage_count(self, pipeline: Any) -> int:
        return int(pipeline.n)

    @display(description=_("open deals"))
    def open_count(self, pipeline: Any) -> int:
        return int(pipeline.m)

    @display(description=_("board"))
    def board(self, pipeline: Pipeline) -> str:
        return format_html('<a href="{}">{}</a>', reverse("deals:pipeline", args=[pipeline.pk]), _("Open"))


@admin.register(Stage)
class StageAdmin(BaseAdmin):
    """Stages are changed on their pipeline's page; this one is for choosing them elsewhere."""

    list_display = ["name", "pipeline", "position", "probability", "color"]
    list_select_related = ["pipeline"]
    list_filter = ["pipeline"]
    search_fields = ["name", "pipeline__name"]
    fields = ["pipeline", "name", "position", "probability", "color"]
