"""Editing a draft. Every edit saves, even an incomplete one, and leaves a revision to go back to."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from automations.availability import why_locked
from automations.conditions.tree import clean_tree
from automations.models import Account, Automation, Revision, Step, Trigger
from automations.models.trigger import Recipients, Runs
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
    recipients: str = Recipients.ALL,
    record_segment: Mapping[str, Any] | None = None,
    incomplete: bool = False,
) -> Trigger:
    """Add a trigger. Given settings are validated by its form; without any it starts empty, to be filled in.

    `incomplete` as with `update_step`.
    """
    cls = TRIGGERS.get(type)
    if cls is None:
        raise ValidationError({"type": _("There is no trigger of the type “%s”.") % type})
    check_available(cls)
    _check_exclusive(automation, cls)
    trigger = cls(automation=automation, position=automation.triggers.count(), runs=_runs(cls, runs))
    trigger.segment = _segment(segment)
    trigger.recipients = _recipients(cls, recipients)
    trigger.record_segment = _record_segment(cls, record_segment)
    if settings is not None:
        _apply(trigger, settings, incomplete)
        _check_unlocked(trigger)
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
    recipients: str | None = None,
    record_segment: Mapping[str, Any] | None = None,
    incomplete: bool = False,
) -> Trigger:
    """Change settings or rules; `incomplete` as with `update_step`."""
    if settings is not None:
        _apply(trigger, settings, incomplete)
    if runs is not None:
        trigger.runs = _runs(type(trigger), runs)
    if segment is not None:
        trigger.segment = _segment(segment)
    if recipients is not None:
        trigger.recipients = _recipients(type(trigger), recipients)
    if record_segment is not None:
        trigger.record_segment = _record_segment(type(trigger), record_segment)
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
def update_step(
    *,
    step: Step,
    settings: Mapping[str, Any] | None = None,
    enabled: bool | None = None,
    incomplete: bool = False,
) -> Step:
    """Change settings, or switch the step off and on. Arms that disappear must be empty.

    With `incomplete` required settings may still be missing (a draft that is being filled in);
    what is given must be right all the same.
    """
    if settings is not None:
        _apply(step, settings, incomplete)
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


@_edit
def duplicate_step(*, step: Step) -> Step:
    """Put a copy right behind the step (a branch: on its first path), with new key and the same settings."""
    arms = step.arms()
    if not arms:
        raise ValidationError(_("“%s” ends its path: a copy behind it would never be reached.") % step.label)
    copy = type(step).from_settings(
        step.settings(), automation=step.automation, enabled=step.enabled, parent=step.key, arm=arms[0].name
    )
    following = step.automation.steps.filter(parent=step.key, arm=arms[0].name).first()
    if following is not None:
        _hang(following, copy.key, copy.arms()[0].name)
    copy.save()
    remember(automation=step.automation, label=_("Step copied: %s") % step.label)
    return copy


@_edit
def move_step(*, step: Step, parent: str = "", arm: str = "") -> Step:
    """Put a step on another edge; `parent` and `arm` as with `add_step`.

    A step with one way out moves alone, and the path it leaves heals; a branch takes its paths
    along. What was on the edge follows the step. Nothing can move below itself.
    """
    steps = {other.key: other for other in step.automation.steps.all()}
    step = steps[step.key]
    _check_place(steps, parent, arm)
    if (parent, arm) == (step.parent, step.arm):
        return step
    arms = step.arms()
    alone = len(arms) <= 1
    if parent == step.key or (not alone and parent in steps_below(steps, step.key)):
        raise ValidationError({"parent": _("A step can't be moved below itself.")})
    at = {(other.parent, other.arm): other for other in steps.values()}
    following = at.get((parent, arm))
    if following is not None and not arms:
        raise ValidationError({"parent": _("“%s” ends its path: move it to the end of one.") % step.label})
    if following is not None and not alone and (step.key, arms[0].name) in at:
        raise ValidationError({"parent": _("A branch with steps on its first path can only move to an end.")})
    old = (step.parent, step.arm)
    # Off the tree first: two steps can't hang on one arm, not even for a moment.
    _hang(step, step.key, "")
    child = at.get((step.key, arms[0].name)) if alone and arms else None
    if child is not None:
        _hang(child, *old)
    if following is not None:
        _hang(following, step.key, arms[0].name)
    _hang(step, parent, arm)
    remember(automation=step.automation, label=_("Step moved: %s") % step.label)
    return step


@_edit
def discard_changes(*, automation: Automation) -> None:
    """Make the draft what is published. It is an edit like others: undo brings the changes back."""
    version = automation.version
    if version is None:
        raise ValidationError(_("Nothing is published yet, so there is nothing to go back to."))
    restore_snapshot(automation=automation, snapshot=version.snapshot)
    remember(automation=automation, label=_("Changes discarded"))
    automation.published_revision = automation.revision
    automation.save(update_fields=["published_revision"])


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


def _apply(part: Trigger | Step, settings: Mapping[str, Any], incomplete: bool) -> None:
    account = Account.current()
    was_locked = part.locked(account.plan, account.addons)
    _take(part, settings, incomplete)
    if not was_locked:  # what was locked already may still be mended
        _check_unlocked(part)


def _take(part: Trigger | Step, settings: Mapping[str, Any], incomplete: bool) -> None:
    if not incomplete:
        part.apply(part.Form.validate(settings, owner=part))
        return
    cleaned = part.Form.validate_draft(settings, owner=part)
    empty = type(part)().settings()
    part.apply({**{name: empty[name] for name in empty if name in settings}, **cleaned})


def check_available(cls: Any) -> None:
    """ValidationError where the plan does not include the type, or the type lacks what it needs."""
    account = Account.current()
    if reason := why_locked(cls, account):
        raise ValidationError({"type": ValidationError(reason, code="locked")})


def _check_unlocked(part: Trigger | Step) -> None:
    """ValidationError where the settings choose what the account's plan and add-ons don't include."""
    account = Account.current()
    if locked := part.locked(account.plan, account.addons):
        raise ValidationError({"type": ValidationError(locked, code="locked")})


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


def _recipients(cls: type[Trigger], recipients: str) -> str:
    if recipients not in Recipients.values:
        known = ", ".join(Recipients.values)
        raise ValidationError(
            {"recipients": _("“%(one)s” is none of: %(all)s.") % {"one": recipients, "all": known}}
        )
    if recipients != Recipients.ALL and not cls.multi_contact:
        raise ValidationError({"recipients": _("This trigger is about one contact; leave “recipients” at “all”.")})
    return recipients


def _record_segment(cls: type[Trigger], tree: Mapping[str, Any] | None) -> dict[str, Any]:
    if not tree:
        return {}
    if not cls.record:
        raise ValidationError({"record_segment": _("This trigger is about no record; leave it empty.")})
    try:
        return clean_tree(tree, cls.record)
    except ValidationError as error:
        raise ValidationError({"record_segment": error.messages}) from None


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
