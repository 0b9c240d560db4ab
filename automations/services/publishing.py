"""From a draft to a version: everything checked first, nothing half published."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.availability import why_locked
from automations.conditions.base import CONTACT
from automations.conditions.tree import clean_tree
from automations.delivery.campaigns import name_campaigns
from automations.engine.index import touch_index
from automations.models import Account, Automation, Enrollment, Step, Trigger, Version
from automations.models.enrollment import INSIDE, EnrollmentStatus
from automations.reasons import Exit
from contacts.origin import current_origin

from .snapshots import snapshot_of, write_usages

END = "end"


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way of publishing, and on which card; `on_card` is what the card itself says."""

    key: str
    message: str
    on_card: str = ""


class PublishError(ValidationError):
    """`problems` lists them all; each names the card to mend."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__([problem.message for problem in problems], code="publish")
        self.problems = problems


def problems_of(automation: Automation) -> list[Problem]:
    """Everything that keeps the draft from being published; empty when it may be."""
    account = Account.current()
    triggers, steps = list(automation.triggers.all()), list(automation.steps.all())
    found: list[Problem] = []
    if not steps:
        found.append(Problem("", _("Add at least one step: without one, contacts go straight through.")))
    return found + [
        problem for problems in problems_by_part(triggers, steps, account).values() for problem in problems
    ]


def problems_by_part(triggers: list[Trigger], steps: list[Step], account: Account) -> dict[str, list[Problem]]:
    """{key of a trigger or step: what is wrong with it}, with an empty list for those that are right."""
    found: dict[str, list[Problem]] = {}
    parts: list[Trigger | Step] = [*triggers, *steps]
    for part in parts:
        found[part.key] = [_of_settings(part, message) for message in part.problems()]
        if locked := why_locked(part, account):
            found[part.key].append(Problem(part.key, locked))
    for trigger in triggers:
        found[trigger.key] += [_of_settings(trigger, message) for message in _segment_problems(trigger)]
    if len(triggers) > 1 and any(trigger.exclusive for trigger in triggers):
        message = _("A trigger of a custom object can't stand beside another trigger.")
        found[triggers[0].key].append(Problem(triggers[0].key, message))
    for problem in _endless(steps):
        found[problem.key].append(problem)
    return found


def _of_settings(part: Trigger | Step, message: str) -> Problem:
    return Problem(part.key, f"{part.label}: {message}", on_card=message)


def _segment_problems(trigger: Trigger) -> list[str]:
    found: list[str] = []
    for tree, subject in ((trigger.segment, CONTACT), (trigger.record_segment, trigger.record)):
        try:
            clean_tree(tree, subject)
        except ValidationError as error:
            found += error.messages
    return found


def _endless(steps: list[Step]) -> list[Problem]:
    """Go-to steps on a round that no step on it holds up."""
    by_key = {step.key: step for step in steps}
    following: dict[str, set[str]] = {step.key: _targets(step) for step in steps}
    for step in steps:
        if step.parent in by_key:
            following[step.parent].add(step.key)
    return [
        Problem(step.key, _("This goes round without a wait on the way; put one between."))
        for step in steps
        if step.key in _reached(_targets(step), following, by_key)
    ]


def _targets(step: Step) -> set[str]:
    return step.targets() if step.enabled else set()


def _reached(start: Collection[str], following: Mapping[str, set[str]], by_key: Mapping[str, Step]) -> set[str]:
    """The steps that a contact can come to from `start` without being held up."""
    found: set[str] = set()
    ahead = [key for key in start if key in by_key]
    while ahead:
        key = ahead.pop()
        if key not in found and not by_key[key].holds():
            found.add(key)
            ahead += following[key]
    return found


@transaction.atomic
def publish(*, automation: Automation, removed: Mapping[str, str] | None = None) -> Version:
    """Freeze the draft into the next version, which runs from now on.

    Contacts inside go on at the same step. Where the new version lacks the step that contacts
    stand at, `removed` says what becomes of them: {step key: "end" or the key of another step};
    PublishError names the steps that have no answer.
    """
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    found = problems_of(automation)
    found += _stranded(automation, removed or {})
    if found:
        raise PublishError(found)
    last = automation.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = Version.objects.create(
        automation=automation,
        number=last + 1,
        snapshot=snapshot_of(automation),
        created_by_id=current_origin().user_id,
    )
    _move(automation, removed or {})
    automation.version = version
    automation.published_revision = automation.revision
    automation.save(update_fields=["version", "published_revision", "updated_at"])
    automation.lists.add(*{pk for trigger in automation.triggers.all() for pk in trigger.lists()})
    write_usages(automation=automation, published=True)
    name_campaigns(automation, automation.steps.all())
    touch_index()
    return version


def waiting_at_removed(automation: Automation) -> dict[str, int]:
    """{key of a published step that the draft lacks: contacts who stand at it}."""
    keys = set(automation.steps.values_list("key", flat=True))
    rows = (
        Enrollment.objects.filter(automation=automation, status__in=INSIDE)
        .exclude(step_key__in=[*keys, ""])
        .order_by()
        .values_list("step_key")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def _stranded(automation: Automation, removed: Mapping[str, str]) -> list[Problem]:
    keys = set(automation.steps.values_list("key", flat=True))
    return [
        Problem(
            key,
            _("%d contacts stand at a step that is gone; say whether they end or go on at another step.") % count,
        )
        for key, count in waiting_at_removed(automation).items()
        if removed.get(key) != END and removed.get(key) not in keys
    ]


def _move(automation: Automation, removed: Mapping[str, str]) -> None:
    now = timezone.now()
    for key, answer in removed.items():
        inside = Enrollment.objects.filter(automation=automation, step_key=key, status__in=INSIDE)
        if answer == END:
            inside.update(
                status=EnrollmentStatus.EXITED,
                exit_reason=Exit.STEP_REMOVED,
                ended_at=now,
                due_at=None,
                step_key="",
            )
        else:
            inside.update(step_key=answer, arrived=False, due_at=now, limit_at=None)
