"""The active triggers in memory, found by (event kind, key).

The database holds a token that changes with every publish, activation or deactivation. A batch
reads it each time; a single save at most once in TRIGGER_INDEX_TTL seconds, so an event that
nobody listens to costs nothing. Whoever finds a listener reads the token again before entering
anyone, so that no automation that was just switched off is entered.
"""

import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.crypto import get_random_string

from automations.events import CONVERSION_OCCURRED, LIST_UNSUBSCRIBED, Event, EventKind
from automations.models import Account, Automation, IndexVersion, Trigger

from .plan import Plan, build_plan
from .responders import Responder, all_responders, checked_kinds


@dataclass(frozen=True, slots=True)
class Listener:
    """An active trigger, with what entering through it needs to know."""

    automation_id: int
    policy: str
    plan: Plan
    trigger: Trigger
    #: Ids of the lists the automation is associated with; shared by its listeners, grows with events.
    lists: set[int] = field(default_factory=set)
    #: When the automation became active, and so began to listen.
    since: datetime | None = None


@dataclass(slots=True)
class Index:
    token: str
    zone: str
    by_key: dict[tuple[EventKind, Hashable], list[Listener]] = field(default_factory=dict)
    watchers: dict[EventKind, list[int]] = field(default_factory=dict)
    responders_by_key: dict[tuple[EventKind, Hashable], list[Responder]] = field(default_factory=dict)
    #: Kinds of event after which rules with conditions are asked again.
    checked: set[EventKind] = field(default_factory=set)

    def hears(self, event: Event) -> bool:
        """Whether anything at all listens."""
        return bool(
            self.listeners(event)
            or event.kind in self.watchers
            or event.kind in self.checked
            or self.responders(event)
        )

    def responders(self, event: Event) -> list[Responder]:
        """As `listeners`, of what stands beside automations."""
        exact = self.responders_by_key.get((event.kind, event.key), []) if event.key is not None else []
        return [*exact, *self.responders_by_key.get((event.kind, None), [])]

    def every_listener(self) -> list[Listener]:
        """Each active trigger once, however many keys it stands under."""
        found = {
            (listener.automation_id, listener.trigger.key): listener
            for listeners in self.by_key.values()
            for listener in listeners
        }
        return [found[key] for key in sorted(found)]

    def awaits(self, kind: EventKind) -> bool:
        """Whether any event of this kind could matter to anyone."""
        return kind in self.watchers or any(listened == kind for listened, _key in self.by_key)

    def hears_kind(self, kind: EventKind) -> bool:
        """Whether anything at all listens to events of this kind, whatever their key."""
        return (
            kind in self.checked
            or self.awaits(kind)
            or any(listened == kind for listened, _key in self.responders_by_key)
        )

    def listeners(self, event: Event) -> list[Listener]:
        """Triggers for this key, then those for any key, in a stable order."""
        exact = self.by_key.get((event.kind, event.key), []) if event.key is not None else []
        found = [*exact, *self.by_key.get((event.kind, None), [])]
        if event.happened is None:
            return found
        return [listener for listener in found if listener.since and listener.since <= event.happened]


_index: Index | None = None
_checked_at = 0.0


def current_index(*, fresh: bool) -> Index:
    """The index; `fresh` compares the token with the database now."""
    global _index, _checked_at
    now = time.monotonic()
    if _index is not None and not fresh and now - _checked_at < settings.TRIGGER_INDEX_TTL:
        return _index
    token = _read_token()
    if _index is None or _index.token != token:
        _index = _build(token)
    _checked_at = now
    return _index


def _read_token() -> str:
    # By hand: this is the one query that a batch nobody listens to costs.
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM automations_indexversion WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else ""


def forget_index() -> None:
    """Make the next event of this process read the token."""
    global _checked_at
    _checked_at = 0.0


def touch_index() -> None:
    """Tell every process that what is active has changed. Call it inside the changing transaction."""
    IndexVersion.objects.update_or_create(pk=1, defaults={"token": get_random_string(20)})
    forget_index()
    transaction.on_commit(forget_index)


@receiver(post_save, sender=Account)
def _account_saved(**kwargs: Any) -> None:
    """Its zone, plan and add-ons are in the index."""
    touch_index()


def _build(token: str) -> Index:
    account = Account.current()
    index = Index(token=token, zone=account.zone)
    by_key: dict[tuple[EventKind, Hashable], list[Listener]] = defaultdict(list)
    watchers: dict[EventKind, list[int]] = defaultdict(list)
    lists = _associations()
    for automation in _active():
        assert automation.version is not None  # noqa: S101 the query asks for it
        plan = build_plan(automation.pk, automation.version.pk, automation.version.snapshot)
        for trigger in plan.triggers:
            if trigger.locked(account.plan, account.addons):
                continue
            listener = Listener(
                automation.pk,
                automation.entry_policy,
                plan,
                trigger,
                lists[automation.pk],
                automation.activated_at,
            )
            for key in trigger.index_keys():
                by_key[(trigger.listens_to, key)].append(listener)
        for kind in _watched(automation, plan):
            watchers[kind].append(automation.pk)
    index.by_key, index.watchers = dict(by_key), dict(watchers)
    index.responders_by_key, index.checked = _responders(), checked_kinds()
    return index


def _responders() -> dict[tuple[EventKind, Hashable], list[Responder]]:
    by_key: dict[tuple[EventKind, Hashable], list[Responder]] = defaultdict(list)
    for responder in all_responders():
        for key in responder.trigger.index_keys():
            by_key[(responder.trigger.listens_to, key)].append(responder)
    return dict(by_key)


def _active() -> Sequence[Automation]:
    active = Automation.objects.filter(is_active=True, version__isnull=False)
    return list(active.select_related("version").order_by("pk"))


def _associations() -> dict[int, set[int]]:
    lists: dict[int, set[int]] = defaultdict(set)
    for automation_id, list_id in Automation.lists.through.objects.values_list("automation_id", "list_id"):
        lists[automation_id].add(list_id)
    return lists


def _watched(automation: Automation, plan: Plan) -> set[EventKind]:
    kinds = {kind for step in plan.steps.values() if step.enabled for kind in step.watches()}
    if automation.exit_on_unsubscribe:
        kinds.add(LIST_UNSUBSCRIBED)
    if automation.exit_conversion_id:
        kinds.add(CONVERSION_OCCURRED)
    return kinds
