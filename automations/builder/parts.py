"""Triggers and steps: picker, settings form, and everything that is done with a card."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from automations.availability import why_locked
from automations.conditions.tree import describe_tree
from automations.forms import SettingsForm, form_data
from automations.models import Account, Automation, Step, Trigger
from automations.models.trigger import Recipients, Runs
from automations.names import remembered_names
from automations.services import (
    add_step,
    add_trigger,
    delete_step,
    delete_trigger,
    duplicate_step,
    move_step,
    update_step,
    update_trigger,
)
from automations.steps.base import FAMILIES as STEP_FAMILIES
from automations.steps.base import STEPS
from automations.triggers.base import FAMILIES as TRIGGER_FAMILIES
from automations.triggers.base import TRIGGERS

from .base import CHANGE, VIEW, can_edit, get_automation, get_part, may, refused, updated
from .forms import TriggerRulesForm
from .picker import grouped

RULES = "rules"


@may(CHANGE, "GET")
def pick(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    automation = get_automation(pk)
    registry: Any = {"triggers": TRIGGERS, "steps": STEPS}[kind]
    families = {"triggers": TRIGGER_FAMILIES, "steps": STEP_FAMILIES}[kind]
    context = {
        "automation": automation,
        "kind": kind,
        "groups": grouped(registry, families, Account.current()),
        "parent": request.GET.get("parent", ""),
        "arm": request.GET.get("arm", ""),
    }
    return render(request, "automations/builder/picker.html", context)


@may(CHANGE, "POST")
def add(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    automation = get_automation(pk)
    slug = request.POST.get("type", "")
    part: Trigger | Step
    try:
        if kind == "triggers":
            settings = _chosen_settings(request.POST.get("settings", ""))
            part = add_trigger(
                automation=automation, type=slug, runs=_first_rule(slug), settings=settings, incomplete=True
            )
        else:
            parent, arm = request.POST.get("parent", ""), request.POST.get("arm", "")
            part = add_step(automation=automation, type=slug, parent=parent, arm=arm)
    except ValidationError as error:
        return refused(error)
    return updated(request, automation, panel=_build(request, automation, part, kind), select=part.key)


def _chosen_settings(raw: str) -> dict[str, Any] | None:
    """What a variant in the picker has set already; None for a plain type."""
    try:
        settings = json.loads(raw or "null")
    except ValueError:
        settings = None
    return settings if isinstance(settings, dict) else None


def _first_rule(slug: str) -> str:
    cls = TRIGGERS.get(slug)
    return (cls.fixed_runs if cls else "") or "once"


@may(VIEW, "GET", "POST")
def build(request: HttpRequest, pk: int, kind: str, key: str) -> HttpResponse:
    """The settings form of a card; POST saves what can be saved, and says at the fields what can't."""
    automation = get_automation(pk)
    part = get_part(automation, kind, key)
    if request.method == "GET":
        return HttpResponse(_build(request, automation, part, kind))
    if not can_edit(request):
        return HttpResponse(status=403)
    posted = _Posted(part, request)
    if not posted.wrong:
        try:
            posted.save()
        except ValidationError as error:
            posted.wrong["__all__"] = error.messages
    event = {"key": key, "saved": not posted.wrong, "wrong": posted.wrong, "missing": posted.missing}
    if posted.wrong:
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"builder:form": event})})
    panel = _build(request, automation, part, kind) if posted.redraws else ""
    return updated(request, automation, panel=panel, events={"builder:form": event})


@may(VIEW, "POST")
def sentence(request: HttpRequest, pk: int, kind: str, key: str) -> HttpResponse:
    """The sentence that the form, as typed so far, would have. Nothing is saved."""
    part = get_part(get_automation(pk), kind, key)
    posted = _Posted(part, request)
    part.apply(posted.right)
    return HttpResponse(_sentence_html(part, posted.rules()))


@may(VIEW, "POST")
def probe(request: HttpRequest, pk: int, kind: str, key: str) -> HttpResponse:
    """What the settings, as typed so far, say to the example in the form's box. Nothing is saved."""
    part = get_part(get_automation(pk), kind, key)
    part.apply(_Posted(part, request).right)
    text = request.POST.get("probe", "").strip()
    matches, answer = part.probe(text) if text or part.probe_alone else (False, "")
    context = {"text": answer, "matches": matches}
    return render(request, "automations/builder/panels/probe.html", context)


class _Posted:
    """A posted settings form, sorted into what is right, wrong, and missing."""

    def __init__(self, part: Trigger | Step, request: HttpRequest) -> None:
        self.part = part
        fields = part.Form(owner=part).fields
        self.raw = {
            name: field.widget.value_from_datadict(request.POST, request.FILES, name)
            for name, field in fields.items()
        }
        self.redraws = self._drop_outdated()
        form = part.Form(form_data(self.raw), owner=part)
        self.missing, self.wrong = form.sorted_errors()
        self.right = form.cleaned_settings()
        self.rules_form: TriggerRulesForm | None = None
        if isinstance(part, Trigger):
            self.rules_form = TriggerRulesForm(request.POST, trigger=part, prefix=RULES)
            for name, texts in self.rules_form.errors.items():
                self.wrong[f"{RULES}-{name}"] = [str(text) for text in texts]

    def _drop_outdated(self) -> bool:
        """Blank what was chosen among choices that are others now; whether there may have been such."""
        before = form_data(self.part.settings())
        changed = [name for name in self.part.Form.refreshes if (self.raw[name] or "") != before.get(name, "")]
        for name in changed:
            for dependent in self.part.Form.refreshes[name]:
                self.raw[dependent] = None
        return bool(changed)

    def rules(self) -> dict[str, Any]:
        return self.rules_form.cleaned_data if self.rules_form is not None else {}

    def save(self) -> None:
        if isinstance(self.part, Trigger):
            update_trigger(trigger=self.part, settings=self.raw, incomplete=True, **self.rules())
        else:
            update_step(step=self.part, settings=self.raw, incomplete=True)


def _build(request: HttpRequest, automation: Automation, part: Trigger | Step, kind: str) -> str:
    form = _filled(part)
    missing, wrong = form.sorted_errors()
    rules, initial = None, {}
    if isinstance(part, Trigger):
        initial = {
            "segment": part.segment,
            "runs": part.fixed_runs or part.runs,
            "recipients": part.recipients,
            "record_segment": part.record_segment,
        }
        rules = TriggerRulesForm(trigger=part, prefix=RULES, initial=initial)
    with remembered_names():
        context = {
            "automation": automation,
            "part": part,
            "kind": kind,
            "form": form,
            "missing": missing,
            "wrong": wrong,
            "form_errors": wrong.get("__all__", []),
            "rules": rules,
            "can_edit": can_edit(request),
            "arms": part.arms() if isinstance(part, Step) else (),
            "sentence": _sentence_html(part, initial),
            "locked": _locked(part),
        }
        return render_to_string("automations/builder/panels/build.html", context, request=request)


def _filled(part: Trigger | Step) -> SettingsForm:
    """The type's form with the saved settings; what was never set shows the field's initial value."""
    data = form_data(part.shown_settings())
    for name, field in part.Form.base_fields.items():
        if not data.get(name) and field.initial not in (None, ""):
            data[name] = str(field.initial)
    form = part.Form(data, owner=part)
    form.show_what_is_not_chosen()
    return form


def _locked(part: Trigger | Step) -> str:
    return why_locked(part, Account.current())


def _sentence_html(part: Trigger | Step, rules: dict[str, Any]) -> str:
    notes = []
    if rules.get("record_segment") and isinstance(part, Trigger):
        notes.append(_("only where it %s") % describe_tree(rules["record_segment"], part.record))
    if rules.get("recipients") == Recipients.PRIMARY:
        notes.append(str(Recipients.PRIMARY.label))
    if rules.get("segment"):
        notes.append(_("only contacts who: %s") % describe_tree(rules["segment"]))
    if rules.get("runs"):
        notes.append(str(Runs(rules["runs"]).label))
    context = {"text": part.describe(), "notes": notes}
    return render_to_string("automations/builder/panels/sentence.html", context)


@may(CHANGE, "POST")
def delete(request: HttpRequest, pk: int, kind: str, key: str) -> HttpResponse:
    """A branch with several paths in use asks first which one stays."""
    automation = get_automation(pk)
    part = get_part(automation, kind, key)
    if isinstance(part, Trigger):
        delete_trigger(trigger=part)
        return updated(request, automation, select="", toast=_("Trigger deleted."))
    used = set(automation.steps.filter(parent=part.key).values_list("arm", flat=True))
    keep = request.POST.get("keep_arm", "")
    if len(used) > 1 and not keep:
        paths = [(arm, _path_length(automation, part.key, arm.name)) for arm in part.arms() if arm.name in used]
        context = {"automation": automation, "part": part, "paths": paths, "can_edit": True}
        html = render_to_string("automations/builder/panels/delete.html", context, request=request)
        return updated(request, automation, panel=html, select=key)
    try:
        delete_step(step=part, keep_arm=keep)
    except ValidationError as error:
        return refused(error)
    return updated(request, automation, select="", toast=_("Step deleted."))


def _path_length(automation: Automation, parent: str, arm: str) -> int:
    from automations.services.snapshots import steps_below

    steps: dict[str, Step] = {step.key: step for step in automation.steps.all()}
    first = next((step.key for step in steps.values() if (step.parent, step.arm) == (parent, arm)), "")
    return len(steps_below(steps, first)) if first else 0


def _step(request: HttpRequest, pk: int, key: str) -> tuple[Automation, Step]:
    automation = get_automation(pk)
    part = get_part(automation, "steps", key)
    if not isinstance(part, Step):
        raise Http404
    return automation, part


@may(CHANGE, "POST")
def toggle(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    automation, step = _step(request, pk, key)
    update_step(step=step, enabled=not step.enabled)
    return updated(request, automation, panel=_build(request, automation, step, "steps"), select=key)


@may(CHANGE, "POST")
def duplicate(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    automation, step = _step(request, pk, key)
    try:
        copy = duplicate_step(step=step)
    except ValidationError as error:
        return refused(error)
    return updated(request, automation, panel=_build(request, automation, copy, "steps"), select=copy.key)


@may(CHANGE, "POST")
def move(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    automation, step = _step(request, pk, key)
    try:
        move_step(step=step, parent=request.POST.get("parent", ""), arm=request.POST.get("arm", ""))
    except ValidationError as error:
        return refused(error)
    return updated(request, automation, select=key)
