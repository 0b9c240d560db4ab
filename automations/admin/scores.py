"""Scores with their rules, and who has how many points."""

from typing import Any

from django.contrib import admin
from django.contrib.messages import SUCCESS
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeNumericFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from automations.models import ScoreRule
from automations.names import remembered_names
from automations.services import give_now, give_now_count, save_score_rule
from contacts.admin.labels import count_of
from contacts.models import ContactScore, Score
from contacts.services.jobs import BulkOutcome

from .base import AutomationsAdmin, ReadOnlyAdmin
from .rules import RuleAdmin

TOP = 10


@admin.register(Score)
class ScoreAdmin(AutomationsAdmin):
    list_display = ["name", "subject", "description", "rule_count", "contact_count", "is_active"]
    search_fields = ["name", "description"]
    change_form_outer_after_template = "admin/automations/score.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.annotate(
            n_rules=count_of(ScoreRule.objects.all(), "score"),
            n_contacts=count_of(ContactScore.objects.exclude(points=0), "score"),
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "key", "subject", "description", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["key", "subject"] if obj else []

    @display(description=gettext_lazy("rules"))
    def rule_count(self, score: Any) -> int:
        return int(score.n_rules)

    @display(description=gettext_lazy("contacts with points"))
    def contact_count(self, score: Any) -> str:
        url = reverse("admin:contacts_contactscore_changelist")
        return format_html('<a href="{}?score__id__exact={}">{}</a>', url, score.pk, score.n_contacts)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        score = self.get_object(request, object_id)
        with remembered_names():
            context = {**(extra_context or {}), **(self._panel(request, score) if score else {})}
            response: Any = super().change_view(request, object_id, form_url, context)
            return response.render() if hasattr(response, "render") else response

    def _panel(self, request: HttpRequest, score: Score) -> dict[str, Any]:
        if score.subject != Score.Subject.CONTACT:
            return {}
        rules = list(score.rules.select_related("score"))
        people = score.contact_scores.select_related("contact").order_by("-points", "-pk")
        return {
            "score": score,
            "rules": [(rule, rule.summary()) for rule in rules],
            "people": people.exclude(points=0)[:TOP],
            "owner_query": f"score={score.pk}",
            "may_add_rule": request.user.has_perm("automations.add_scorerule"),
        }


@admin.register(ScoreRule)
class ScoreRuleAdmin(RuleAdmin):
    owner_field = "score"
    own_fields = ("points", "limit", "expires_days")
    takes_conditions = True
    actions_detail = ["give_to_all"]

    def write(self, rule: Any, values: dict[str, Any]) -> None:
        save_score_rule(rule=rule, values=values)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self.message_user(request, _("The rule was deleted; points it gave stay."), SUCCESS)
        return self.to_list()

    def has_give_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of a rule with conditions only: an event is over when it is over."""
        raw = str(getattr(object_id, "pk", object_id) or "")
        valid = raw.isascii() and raw.isdecimal() and len(raw) < 19
        return (
            request.user.has_perm("automations.change_scorerule")
            and valid
            and ScoreRule.objects.filter(pk=raw, trigger="").exists()
        )

    @action(
        description=gettext_lazy("Give to all who meet it now"), url_path="give", icon="group_add",
        permissions=["give"],
    )  # fmt: skip
    def give_to_all(self, request: HttpRequest, object_id: str) -> HttpResponse:
        rule: ScoreRule | None = self.found(request, object_id)
        if rule is None:
            return self.to_list()
        if request.method == "POST":
            try:
                outcome = give_now(rule=rule)
            except ValidationError as error:
                self.tell(request, error)
            else:
                self.message_user(request, _given(outcome), SUCCESS)
            return self.back(rule)
        context = self.page(
            request, title=_("Give points to all who meet it now"), original=rule, rule=rule,
            sentence=rule.summary(), count=give_now_count(rule=rule),
        )  # fmt: skip
        return TemplateResponse(request, "admin/automations/give_points.html", context)


def _given(outcome: BulkOutcome) -> str:
    if outcome.job is not None:
        return _("The worker gives points to %d contacts.") % outcome.selected
    return ngettext("%d contact got points.", "%d contacts got points.", outcome.changed) % outcome.changed


@admin.register(ContactScore)
class ContactScoreAdmin(ReadOnlyAdmin):
    list_display = ["contact", "score", "points"]
    list_select_related = ["contact", "score"]
    list_filter = [("score", RelatedDropdownFilter), ("points", RangeNumericFilter)]
    search_fields = ["contact__email"]
    ordering = ["-points", "-id"]
    fields = ["contact", "score", "points"]
