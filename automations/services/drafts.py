"""Editing a draft. Every edit saves, even an incomplete one, and leaves a revision to go back to."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from automations.conditions.tree import clean_tree
from automations.models import Account, Automation, Revision, Step, Trigger
from automations.models.trigger import Runs
from automations.steps.base import STEPS
from automations.triggers.base import TRIGGERS
from contacts.origin import current_origin

from .snapshots import restore_snapshot, snapshot_of, steps_below, write_usages

P = ParamSpec("P")
R = TypeVar("R")


def remember(*, automation: Automation, label: str) -> None:
    """Write the draft as the next revision; what was undone before is forgotten."""
    write_usages(automation=automation, published=False)
    Revision.objects.filter(automation=automation, number__gt=automation.revision).delete()
    automation.revision += 1
    Revision.objects.create(
        automation=automation,
        number=automation.revision,
        label=label[:150],
        snapshot=snapshot_of(automation),
        created_by_id=current_origin().user_id,
    )
    automation.save(update_fields=["revision", "updated_at"])


def _edit(function: Callable[P, R]) -> Callable[P, R]:
    """One edit: serialised with others of the same automation, all or nothing."""

    @wraps(function)
    def edit(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            automation: Any = kwargs.get("automation") or kwargs.get("step") or kwargs.get("trigger")
            owner = automation if isinstance(automation, Automation) else automation.automation
            locked = Automation.objects.select_for_update().get(pk=owner.pk)
            owner.revision = locked.revision
            return function(*args, **kwargs)

    return edit


@_edit
def add_trigger(
    *,
    automation: Automation,
    type: str,
    settings: Mapping[str, Any] | None = None,
    runs: str = Runs.ONCE,
    segment: Mapping[str, Any] | None = None,
) -> Trigger:
    """Add a trigger. Given settings are validated by its form; without any it starts empty, to be filled in."""
    cls = TRIGGERS.get(type)
    if cls is None:
        raise ValidationError({"type": _("There is no trigger of the type “%s”.") % type})
    check_available(cls)
    _check_exclusive(automation, cls)
    trigger = cls(automation=automation, position=automation.triggers.count(), runs=_runs(cls, runs))
    trigger.segment = _segment(segment)
    if settings is not None:
        trigger.apply(cls.Form.validate(settings, owner=trigger))
    trigger.save()
    remember(automation=automation, label=_("Trigger added: %s") % cls.label)
    return trigger


@_edit
def update_trigger(
    *,
    trigger: Trigger,
    settings: Mapping[str, Any] | None = None,
    runs: str | None = None,
    segment: Mapping[str, Any] | None = None,
) -> Trigger:
    if settings is not None:
        trigger.apply(trigger.Form.validate(settings, owner=trigger))
    if runs is not None:
        trigger.runs = _runs(type(trigger), runs)
    if segment is not None:
        trigger.segment = _segment(segment)
    trigger.save()
    remember(automation=trigger.automation, label=_("Trigger changed: %s") % trigger.label)
    return trigger


@_edit
def delete_trigger(*, trigger: Trigger) -> None:
    automation, label = trigger.automation, trigger.label
    trigger.delete()
    remember(automation=automation, label=_("Trigger deleted: %s") % label)


@_edit
def add_step(
    *,
    automation: Automation,
    type: str,
    parent: str = "",
    arm: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Step:
    """Insert a step on an edge: after `parent`'s `arm` ("" and "": at the top). What was there follows it."""
    cls = STEPS.get(type)
    if cls is None:
        raise ValidationError({"type": _("There is no step of the type “%s”.") % type})
    check_available(cls)
    steps = {step.key: step for step in automation.steps.all()}
    _check_place(steps, parent, arm)
    step = cls(automation=automation, parent=parent, arm=arm)
    if settings is not None:
        step.apply(cls.Form.validate(settings, owner=step))
    following = next((s for s in steps.values() if (s.parent, s.arm) == (parent, arm)), None)
    if following is not None:
        if not step.arms():
            raise ValidationError(
                {"type": _("“%s” ends its path: put it at the end, or delete what follows first.") % cls.label}
            )
        _hang(following, step.key, step.arms()[0].name)
    step.save()
    remember(automation=automation, label=_("Step added: %s") % cls.label)
    return step


@_edit
def update_step(*, step: Step, settings: Mapping[str, Any] | None = None, enabled: bool | None = None) -> Step:
    """Change settings, or switch the step off and on. Arms that disappear must be empty."""
    if settings is not None:
        step.apply(step.Form.validate(settings, owner=step))
        _check_arms(step)
    if enabled is not None:
        step.enabled = enabled
    step.save()
    remember(automation=step.automation, label=_("Step changed: %s") % step.label)
    return step


@_edit
def delete_step(*, step: Step, keep_arm: str = "") -> None:
    """Delete a step; the path heals. Of a branch the arm `keep_arm` stays (default: the only one used)."""
    automation, label = step.automation, step.label
    steps = {other.key: other for other in automation.steps.all()}
    children = {child.arm: child for child in steps.values() if child.parent == step.key}
    if len(children) > 1 and keep_arm not in {arm.name for arm in step.arms()}:
        raise ValidationError(
            {"keep_arm": _("Say which path stays: %s.") % ", ".join(arm.name for arm in step.arms())}
        )
    kept = children.get(keep_arm) if keep_arm else next(iter(children.values()), None)
    for child in children.values():
        if child is not kept:
            automation.steps.filter(key__in=steps_below(steps, child.key)).delete()
    parent, arm = step.parent, step.arm
    step.delete()
    if kept is not None:
        _hang(kept, parent, arm)
    remember(automation=automation, label=_("Step deleted: %s") % label)


@transaction.atomic
def undo(*, automation: Automation) -> bool:
    return _go_to_revision(automation, -1)


@transaction.atomic
def redo(*, automation: Automation) -> bool:
    return _go_to_revision(automation, +1)


def _go_to_revision(automation: Automation, direction: int) -> bool:
    automation = Automation.objects.select_for_update().get(pk=automation.pk)
    revision = Revision.objects.filter(automation=automation, number=automation.revision + direction).first()
    empty = automation.revision + direction == 0
    if revision is None and not empty:
        return False
    snapshot = revision.snapshot if revision else {"triggers": [], "steps": []}
    restore_snapshot(automation=automation, snapshot=snapshot)
    Automation.objects.filter(pk=automation.pk).update(revision=F("revision") + direction)
    return True


def check_available(cls: Any) -> None:
    """ValidationError where the account's plan and add-ons don't include the type."""
    account = Account.current()
    if not cls.availability.allows(account.plan, account.addons):
        reason = cls.availability.locked_reason(cls.label)
        raise ValidationError({"type": ValidationError(reason, code="locked")})


def _check_exclusive(automation: Automation, cls: type[Trigger]) -> None:
    others = list(automation.triggers.all())
    if others and (cls.exclusive or any(other.exclusive for other in others)):
        text = _("A trigger of a custom object keeps an automation for itself: no other can stand beside it.")
        raise ValidationError({"type": ValidationError(text, code="exclusive")})


def _runs(cls: type[Trigger], runs: str) -> str:
    if runs not in Runs.values:
        raise ValidationError({"runs": _("“%s” is not a run rule; use once or multiple.") % runs})
    if cls.fixed_runs and runs != cls.fixed_runs:
        raise ValidationError({"runs": _("This trigger runs once per contact; that can't be changed.")})
    return runs


def _segment(tree: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        return clean_tree(tree or {})
    except ValidationError as error:
        raise ValidationError({"segment": error.messages}) from None


def _check_place(steps: Mapping[str, Step], parent: str, arm: str) -> None:
    if not parent:
        if arm:
            raise ValidationError({"arm": _("The first step hangs on nothing; leave the arm empty.")})
        return
    above = steps.get(parent)
    if above is None:
        raise ValidationError({"parent": _("There is no step “%s” in this automation.") % parent})
    names = [known.name for known in above.arms()]
    if arm not in names:
        raise ValidationError(
            {"arm": _("The step has these ways out: %s.") % (", ".join(names) or _("none, it ends the path"))}
        )


def _check_arms(step: Step) -> None:
    names = {arm.name for arm in step.arms()}
    lost = step.automation.steps.filter(parent=step.key).exclude(arm__in=names)
    if lost.exists():
        raise ValidationError(_("A path that would disappear still has steps; delete or move them first."))


def _hang(step: Step, parent: str, arm: str) -> None:
    step.parent, step.arm = parent, arm
    step.save(update_fields=["parent", "arm"])
