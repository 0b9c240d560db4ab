"""Triggers and steps: one list each, and pages for every registered type."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from polymorphic.admin import PolymorphicChildModelAdmin, PolymorphicParentModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from automations import steps, triggers
from automations.availability import why_locked
from automations.models import Account, Automation, Step, Trigger
from automations.models.configured import Configured
from automations.names import remembered_names
from automations.registry import Registry
from automations.services import delete_step, delete_trigger
from automations.services.drafts import check_available
from automations.steps.go_to import give_titles
from automations.trigger_rules import rules_of

from .base import AutomationsAdmin, automation_link
from .forms import PartForm, StepForm, TriggerForm


def chosen_automation(request: HttpRequest) -> Automation | None:
    raw = request.GET.get("automation", "")
    return Automation.objects.filter(pk=int(raw)).first() if raw.isdecimal() and len(raw) < 19 else None


class ParentAdmin(PolymorphicParentModelAdmin, AutomationsAdmin):
    """The list of all types, and the page on which a type is chosen."""

    registry: ClassVar[Registry[Any]]
    families: ClassVar[Mapping[str, Any]]
    polymorphic_list = True
    list_display = ["sentence", "type_label", "automation"]
    list_filter = [("automation", AutocompleteSelectFilter)]
    list_select_related = ["automation"]
    search_fields = ["automation__name"]
    search_help_text = gettext_lazy("Search by the automation's name")

    def get_child_models(self) -> Any:
        return list(self.registry)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)  # type: ignore[no-untyped-call]  # polymorphic's
        return rows.select_related("automation")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        with remembered_names():
            response: Any = super().changelist_view(request, extra_context)
            if hasattr(response, "render"):
                self.prepare(response)
                response.render()
        return response

    def prepare(self, response: TemplateResponse) -> None:
        """Read at once what the sentences of the page need."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        raw = request.GET.get("ct_id", "")
        if not (raw.isdecimal() and len(raw) < 10) or chosen_automation(request) is None:
            return self.add_type_view(request)
        return super().add_view(request, form_url, extra_context)  # type: ignore[no-untyped-call]  # polymorphic's

    def add_type_view(self, request: HttpRequest, form_url: str = "") -> Any:
        """The types that the account's plan includes, by family; the automation is chosen with them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AutomationForm(initial={"automation": chosen_automation(request)})
        context = self.page(
            request,
            title=_("Add %s") % self.opts.verbose_name,
            form=form,
            families=self._families(),
            any_automation=Automation.objects.exists(),
        )
        return TemplateResponse(request, "admin/automations/add_type.html", context)

    def _families(self) -> "list[tuple[Any, list[tuple[int, Any]]]]":
        account = Account.current()
        found: dict[str, list[tuple[int, Any]]] = {}
        for part in self.registry:
            if not why_locked(part, account):
                kind = ContentType.objects.get_for_model(part, for_concrete_model=False)
                found.setdefault(part.family, []).append((kind.pk, part))
        return [(self.families[name], found[name]) for name in self.families if name in found]

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for part in queryset:
            self.remove(part)

    def remove(self, part: Any) -> None:
        raise NotImplementedError  # pragma: no cover - both lists have it

    @display(description=gettext_lazy("what it does"))
    def sentence(self, part: Any) -> str:
        return str(part.describe())

    @display(description=gettext_lazy("type"))
    def type_label(self, part: Any) -> str:
        return str(part.label)


class AutomationForm(forms.Form):
    automation = forms.ModelChoiceField(
        Automation.objects.order_by("name"), label=gettext_lazy("Automation"), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from contacts.admin.base import styled

        super().__init__(*args, **kwargs)
        styled(self)


class ChildAdmin(PolymorphicChildModelAdmin, AutomationsAdmin):
    """The pages of one type. Permissions are those of the base: triggers, or steps."""

    base_part_form: ClassVar[type[PartForm]]
    common: ClassVar[tuple[str, ...]]
    readonly_fields = ["automation_shown", "sentence", "problems_shown"]

    @property
    def part(self) -> type[Configured]:
        return self.model  # type: ignore[return-value]  # registered for these alone

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        attrs: dict[str, Any] = dict(self.part.Form.base_fields)
        attrs |= {"part": self.model, "automation": obj.automation if obj else chosen_automation(request)}
        meta = type("Meta", (), {"model": self.model, "fields": []})
        return type(f"{self.model.__name__}Form", (self.base_part_form,), {**attrs, "Meta": meta})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """For those who only look, the settings themselves are masked: their page shows them without a form."""
        part: Any = super().get_object(request, object_id, from_field)
        if part is not None and not self.has_change_permission(request, part):
            part.apply(part.shown_settings())
        return part

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        common = [name for name in self.common if obj is None or name != "place"]
        about = ["automation_shown", "sentence", "problems_shown"] if obj else ["automation_shown"]
        return [
            (None, {"fields": about}),
            (self.part.label, {"fields": list(self.part.Form.base_fields)}),
            (_("Rules"), {"fields": list(common)}),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        if chosen_automation(request) is None:
            return HttpResponseRedirect(self._base_url("add"))
        try:
            check_available(self.part)
        except ValidationError as error:
            self.tell(request, error)
            return HttpResponseRedirect(self._base_url("add"))
        return super().add_view(request, form_url, {**(extra_context or {}), "title": self.part.label})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(self._base_url("changelist"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.__dict__.update(form.write().__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._parent().remove(obj)

    def delete_view(self, request: HttpRequest, object_id: str, context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, context)  # type: ignore[no-untyped-call]  # polymorphic's
        except ValidationError as error:
            self.tell(request, error)
            return self.to_change(object_id)

    def _parent(self) -> Any:
        return self.admin_site._registry[self.base_model or self.part]

    def _base_url(self, page: str) -> str:
        base = self._parent().opts
        return reverse(f"admin:{base.app_label}_{base.model_name}_{page}")

    def _allowed(self, request: HttpRequest, verb: str) -> bool:
        base = self._parent().opts
        return request.user.has_perm(f"{base.app_label}.{verb}_{base.model_name}")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._allowed(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "delete")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "view") or self._allowed(request, "change")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=gettext_lazy("automation"))
    def automation_shown(self, part: Any) -> str:
        return automation_link(part.automation)

    @display(description=gettext_lazy("what it does"))
    def sentence(self, part: Any) -> str:
        return str(part.describe())

    @display(description=gettext_lazy("keeps it from being published"))
    def problems_shown(self, part: Any) -> str:
        return format_html_join("", "<p>{}</p>", ((text,) for text in part.problems())) or _("nothing")


@admin.register(Trigger)
class TriggerAdmin(ParentAdmin):
    registry = triggers.TRIGGERS
    families = triggers.FAMILIES
    list_display = ["sentence", "type_label", "automation", "runs"]

    def remove(self, part: Trigger) -> None:
        delete_trigger(trigger=part)


@admin.register(Step)
class StepAdmin(ParentAdmin):
    registry = steps.STEPS
    families = steps.FAMILIES
    list_display = ["sentence", "type_label", "automation", "enabled"]

    def remove(self, part: Step) -> None:
        delete_step(step=part)

    def prepare(self, response: TemplateResponse) -> None:
        changelist: Any = (response.context_data or {}).get("cl")
        give_titles({step.automation_id for step in changelist.result_list} if changelist else set())


class TriggerChildAdmin(ChildAdmin):
    base_model = Trigger
    base_part_form = TriggerForm

    @property
    def common(self) -> tuple[str, ...]:  # type: ignore[override]  # the types differ in what concerns them
        return rules_of(self.model)  # type: ignore[arg-type]  # registered for triggers alone


class StepChildAdmin(ChildAdmin):
    base_model = Step
    base_part_form = StepForm
    common = ("place", "enabled")


def _register(registry: "Registry[Any]", base: type[ChildAdmin]) -> None:
    for part in registry:
        admin.site.register(part, type(f"{part.__name__}Admin", (base,), {}))


_register(triggers.TRIGGERS, TriggerChildAdmin)
_register(steps.STEPS, StepChildAdmin)
