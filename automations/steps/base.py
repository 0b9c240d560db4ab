"""What a step is given, and what it can answer. A type adds a model, a form, `run` and `describe`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from automations.conditions.base import Moment
from automations.conditions.tree import Tree, matching
from automations.events import Event
from automations.models import Step
from automations.reasons import Exit, Outcome
from automations.registry import Registry
from contacts.models import Contact
from contacts.origin import Origin, Source

if TYPE_CHECKING:
    from automations.delivery.outbox import DeliveryDraft
    from automations.engine.plan import Plan

STEPS: Registry[Step] = Registry("step", required=("label", "summary", "family", "Form"))

FAMILIES: dict[str, Any] = {
    "sending": _("Sending"),
    "flow": _("Conditions and flow"),
    "contacts": _("Contacts"),
    "crm": _("CRM"),
    "apps": _("Apps"),
}


class StepError(Exception):
    """A step can't do its work for a contact; the message is shown to people. It is tried again."""


@dataclass(slots=True)
class Visit:
    """One enrollment at one step, as read from its row."""

    id: int
    automation_id: int
    contact_id: int
    number: int
    status: str
    step_key: str
    arrived: bool
    visit: int
    due_at: datetime | None
    limit_at: datetime | None
    attempts: int
    error: str
    trigger_key: str
    event: dict[str, Any]
    chain: list[int]
    entered_at: datetime
    ended_at: datetime | None = None
    exit_reason: str = ""
    hops: int = 0
    #: Goals this batch has announced; the log knows those of earlier ones.
    announced: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Move:
    """What becomes of a visit: `arm` or `jump_to` goes on, `until` waits, `exit_reason` ends."""

    outcome: Outcome
    detail: str = ""
    arm: str = ""
    jump_to: str = ""
    until: datetime | None = None
    limit: datetime | None = None
    exit_reason: str = ""
    waits: bool = False


@dataclass
class StepRun:
    """A group of visits that stand at the same step, with what the step may ask and answer.

    Every visit needs an answer: `go`, `jump`, `wait` or `end`; one without goes on as done.
    """

    step: Step
    plan: "Plan"
    visits: Sequence[Visit]
    now: datetime
    zone: str
    moves: dict[int, Move] = field(default_factory=dict)

    @property
    def contact_ids(self) -> list[int]:
        return [visit.contact_id for visit in self.visits]

    @property
    def moment(self) -> Moment:
        return Moment(now=self.now, zone=self.zone)

    @cached_property
    def contacts(self) -> dict[int, Contact]:
        """The group's contacts by id, with owners, custom values and points: five queries for any number."""
        from contacts.selectors.fields import values_of
        from contacts.selectors.scores import points_of

        contacts = Contact.objects.select_related("owner").in_bulk(self.contact_ids)
        values, points = values_of(list(contacts)), points_of(list(contacts))
        for contact in contacts.values():
            contact.custom_values = values.get(contact.pk, {})
            contact.score_points = points.get(contact.pk, {})
        return contacts

    @property
    def origin(self) -> Origin:
        """The cause of what the step changes: the chain that led here, then this automation."""
        return Origin(source=Source.AUTOMATION, chain=(*self.visits[0].chain, self.plan.automation_id))

    def check_exists(self, model: type[Model], pk: int | None, message: str) -> None:
        """StepError with `message` when the record is gone.

        Deletion of what is in use is refused; should it still happen, PostgreSQL would notice only
        at commit, and the whole batch would fail instead of this step.
        """
        if not model._default_manager.filter(pk=pk or 0).exists():
            raise StepError(message)

    def meeting(self, tree: Tree) -> set[int]:
        """Ids of the group's contacts that meet the tree now; one query."""
        return matching(tree, self.contact_ids, self.moment)

    def go(self, visit: Visit, arm: str = "next", outcome: Outcome = Outcome.DONE, detail: str = "") -> None:
        self.moves[visit.id] = Move(outcome, detail[:250], arm=arm)

    def go_all(self, done: Iterable[int], empty: str = "") -> None:
        """Everyone goes on; those whose contact is not in `done` needed nothing (`empty` says why)."""
        changed = set(done)
        for visit in self.visits:
            hit = visit.contact_id in changed
            self.go(visit, outcome=Outcome.DONE if hit else Outcome.NOTHING_TO_DO, detail="" if hit else empty)

    def jump(self, visit: Visit, key: str, outcome: Outcome = Outcome.JUMPED, detail: str = "") -> None:
        self.moves[visit.id] = Move(outcome, detail[:250], jump_to=key)

    def wait(self, visit: Visit, until: datetime | None, limit: datetime | None = None, detail: str = "") -> None:
        """Stay here until `until` (None: until something happens); `limit` is the wait's own end."""
        self.moves[visit.id] = Move(Outcome.WAITING, detail[:250], until=until, limit=limit, waits=True)

    def end(self, visit: Visit, reason: str = Exit.ENDED_BY_STEP, outcome: Outcome = Outcome.ENDED) -> None:
        self.moves[visit.id] = Move(outcome, exit_reason=reason)

    def announce(self, event: Event) -> None:
        """Raise an event of the step's own making; who listens to it enters in this transaction."""
        from automations.engine.match import raise_event

        raise_event(event)

    def deliver(self, drafts: "Sequence[DeliveryDraft]") -> set[int]:
        """Write outside effects to the ledger; returns the enrollments for which it is the first time."""
        from automations.delivery.outbox import enqueue

        return enqueue(drafts=drafts, run=self)
