"""Conversions with the rules that define them, what was recorded, and the report."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.messages import SUCCESS
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from automations.models import Account, ConversionRule
from automations.names import remembered_names
from contacts.admin.labels import count_of
from contacts.models import Conversion, ConversionRecord
from contacts.selectors.conversions import report
from contacts.services.records import save_record

from .base import AutomationsAdmin, ReadOnlyAdmin
from .rules import RuleAdmin

PERIODS = (7, 30, 90, 365)
# The plot is drawn in these units, and scales.
WIDTH, HEIGHT = 900, 160


@admin.register(Conversion)
class ConversionAdmin(AutomationsAdmin):
    list_display = ["name", "description", "counts", "rule_count", "record_count"]
    search_fields = ["name", "description"]
    fields = ["name", "description", "counts", "value_from", ("value", "currency")]
    change_form_outer_after_template = "admin/automations/conversion.html"
    actions_list = ["report"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_rules=count_of(ConversionRule.objects.all(), "conversion"),
                n_records=count_of(ConversionRecord.objects.all(), "conversion"),
            )
        )

    @display(description=gettext_lazy("rules"))
    def rule_count(self, conversion: Any) -> int:
        return int(conversion.n_rules)

    @display(description=gettext_lazy("recorded"))
    def record_count(self, conversion: Any) -> str:
        url = reverse("admin:contacts_conversionrecord_changelist")
        return format_html(
            '<a href="{}?conversion__id__exact={}">{}</a>', url, conversion.pk, conversion.n_records
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        conversion = self.get_object(request, object_id)
        with remembered_names():
            context = {**(extra_context or {}), **(self._panel(request, conversion) if conversion else {})}
            response: Any = super().change_view(request, object_id, form_url, context)
            return response.render() if hasattr(response, "render") else response

    def _panel(self, request: HttpRequest, conversion: Conversion) -> dict[str, Any]:
        return {
            "conversion": conversion,
            "rules": [(rule, rule.describe()) for rule in conversion.rules.all()],
            "owner_query": f"conversion={conversion.pk}",
            "may_add_rule": request.user.has_perm("automations.add_conversionrule"),
        }

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.report_view)
        return [path("figures/", view, name="contacts_conversion_figures"), *super().get_urls()]

    @action(description=gettext_lazy("Report"), url_path="report", icon="bar_chart", permissions=["view"])
    def report(self, request: HttpRequest) -> HttpResponse:
        return self.report_view(request)

    def report_view(self, request: HttpRequest) -> HttpResponse:
        """By day (plotted), conversion, first and last touch; the period and one conversion may be chosen."""
        if not request.user.has_perm("contacts.view_conversionrecord"):
            raise PermissionDenied
        chosen = request.GET.get("conversion", "")
        kind = None
        if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
            kind = Conversion.objects.filter(pk=chosen).first()
        days = next((period for period in PERIODS if str(period) == request.GET.get("days")), 30)
        now = timezone.now().astimezone(ZoneInfo(Account.current().zone))
        found = report(now=now, days=days, conversion=kind.pk if kind else None)
        context = self.page(
            request, title=_("Conversions"), report=found, bars=_bars(found.days, found.most), days=days,
            periods=PERIODS, conversions=Conversion.objects.order_by("name"), chosen=kind,
            width=WIDTH, height=HEIGHT,
        )  # fmt: skip
        return TemplateResponse(request, "admin/automations/conversion_report.html", context)


def _bars(days: Any, most: int) -> list[dict[str, Any]]:
    """Rectangles of the plot, from the left."""
    step = WIDTH / len(days)
    bars = []
    for number, (day, count) in enumerate(days):
        high = HEIGHT * count / most
        bars.append(
            {"x": f"{number * step:.2f}", "y": f"{HEIGHT - high:.2f}", "width": f"{max(step * 0.8, 1):.2f}",
             "height": f"{high:.2f}", "day": day, "count": count}
        )  # fmt: skip
    return bars


@admin.register(ConversionRule)
class ConversionRuleAdmin(RuleAdmin):
    owner_field = "conversion"
    own_fields = ()

    def write(self, rule: Any, values: dict[str, Any]) -> None:
        save_record(record=rule, values=values)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self.message_user(request, _("The rule was deleted; what was recorded stays."), SUCCESS)
        return self.to_list()


@admin.register(ConversionRecord)
class ConversionRecordAdmin(ReadOnlyAdmin):
    list_display = ["conversion", "contact", "worth", "first_touch", "last_touch", "at"]
    list_select_related = ["conversion", "contact"]
    list_filter = [("conversion", RelatedDropdownFilter)]
    search_fields = ["contact__email"]
    ordering = ["-id"]
    fields = ["conversion", "contact", "worth", "detail", "first_touch", "last_touch", "at", "source"]
    readonly_fields = ["worth"]

    @display(description=gettext_lazy("value"))
    def worth(self, row: ConversionRecord) -> str:
        return f"{row.value} {row.currency}"
