"""What a step is given, and what it can answer. A type adds a model, a form, `run` and `describe`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from automations.conditions.base import Moment
from automations.conditions.tree import Tree, matching, matching_each, tree_needs_record
from automations.delivery.rendering import personalise
from automations.events import Event
from automations.models import Step
from automations.reasons import Exit, Outcome
from automations.records import mentioned, values_for
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


def visits_meeting(tree: Tree, visits: Sequence[Visit], moment: Moment) -> set[int]:
    """Ids of the visits whose contacts meet the tree, each with the record that it entered with."""
    if not tree_needs_record(tree):
        met = matching(tree, [visit.contact_id for visit in visits], moment)
        return {visit.id for visit in visits if visit.contact_id in met}
    groups: dict[tuple[str, int] | None, list[Visit]] = defaultdict(list)
    for visit in visits:
        record = visit.event.get("record")
        groups[(record[0], record[1]) if record else None].append(visit)
    asked = [(tree, [v.contact_id for v in group], replace(moment, record=key)) for key, group in groups.items()]
    found = zip(groups.values(), matching_each(asked), strict=True)
    return {visit.id for group, met in found for visit in group if visit.contact_id in met}


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
        """Ids of the visits whose contacts meet the tree now; one query, or one for every 50 records."""
        return visits_meeting(tree, self.visits, self.moment)

    def records(self, *sources: str) -> dict[int, dict[str, Mapping[str, Any]]]:
        """{visit id: the values of its records that these texts may name}; a few queries for any number."""
        places = [(visit.contact_id, visit.event) for visit in self.visits]
        found = values_for(places, mentioned(*sources))
        return {visit.id: values for visit, values in zip(self.visits, found, strict=True)}

    def record_ids(self, kind: str) -> dict[int, int]:
        """{visit id: its record of the kind}: the one it entered with, what came along, or the contact's own."""
        found = values_for([(visit.contact_id, visit.event) for visit in self.visits], {kind})
        return {
            visit.id: values[kind]["id"]
            for visit, values in zip(self.visits, found, strict=True)
            if kind in values
        }

    def personalised(self, source: str, *, html: bool = False) -> dict[int, str]:
        """{visit id: the text for its contact}."""
        records = self.records(source)
        return {
            visit.id: personalise(
                source, self.contacts[visit.contact_id], visit.event, html=html, records=records[visit.id]
            )
            for visit in self.visits
        }

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
