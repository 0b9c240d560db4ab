"""What listens to events beside automations: rules that give points, definitions of conversions.

A responder stands in the trigger index like an automation's trigger and is matched by the same
`match`; what it does happens inside the transaction of the event.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from automations.events import Event, EventKind
from automations.models import Trigger
from contacts.origin import caused_by


@dataclass(frozen=True, slots=True)
class Responder:
    """`token` names it in the chain of causes, so that it never answers what it caused itself."""

    token: str
    trigger: Trigger
    respond: Callable[[Sequence[int], Event], None]


#: Each gives the responders that are at work, for a new index.
_providers: list[Callable[[], Iterable[Responder]]] = []
#: Each gives the kinds of event after which it wants contacts queued for a check.
_watchers: list[Callable[[], Iterable[EventKind]]] = []


def register_responders(provider: Callable[[], Iterable[Responder]]) -> None:
    _providers.append(provider)


def register_watcher(provider: Callable[[], Iterable[EventKind]]) -> None:
    _watchers.append(provider)


def all_responders() -> list[Responder]:
    return [responder for provider in _providers for responder in provider()]


def checked_kinds() -> set[EventKind]:
    return {kind for provider in _watchers for kind in provider()}


def answer(responder: Responder, contacts: Sequence[int], event: Event) -> None:
    """Let it do its work for these contacts of the event, unless it is among the event's causes."""
    if not contacts or responder.token in event.origin.rules:
        return
    with caused_by(replace(event.origin, rules=(*event.origin.rules, responder.token))):
        responder.respond(contacts, event)
