"""What reaches the engine: kinds of event, and batches of them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from contacts.origin import Origin, current_origin


@dataclass(frozen=True, slots=True)
class EventKind:
    """`name` is stored with enrollments and refusals; kinds compare by it."""

    name: str

    def __str__(self) -> str:
        return self.name


CONTACT_CREATED = EventKind("contact_created")
TAG_ADDED = EventKind("tag_added")
TAG_REMOVED = EventKind("tag_removed")
LIST_SUBSCRIBED = EventKind("list_subscribed")
LIST_UNSUBSCRIBED = EventKind("list_unsubscribed")
FIELD_CHANGED = EventKind("field_changed")
FORM_SUBMITTED = EventKind("form_submitted")
EMAIL_OPENED = EventKind("email_opened")
EMAIL_LINK_CLICKED = EventKind("email_link_clicked")
EMAIL_SHARED = EventKind("email_shared")
EMAIL_FORWARDED = EventKind("email_forwarded")
EMAIL_REPLIED = EventKind("email_replied")
EVENT_RECORDED = EventKind("event_recorded")
PAGE_VISITED = EventKind("page_visited")
SITE_MESSAGE = EventKind("site_message")
APP_RECEIVED = EventKind("app_received")
ENTERED_AUTOMATION = EventKind("entered_automation")
LEFT_AUTOMATION = EventKind("left_automation")
GOAL_ACHIEVED = EventKind("goal_achieved")
SCORE_CHANGED = EventKind("score_changed")
CONVERSION_OCCURRED = EventKind("conversion_occurred")
DATE_REACHED = EventKind("date_reached")
FEED_UPDATED = EventKind("feed_updated")
FILE_DOWNLOADED = EventKind("file_downloaded")
SENTIMENT_CHANGED = EventKind("sentiment_changed")
ACCOUNT_FIELD_CHANGED = EventKind("account_field_changed")
ACCOUNT_CONTACTS_CHANGED = EventKind("account_contacts_changed")
DEAL_STAGE_CHANGED = EventKind("deal_stage_changed")
DEAL_STATUS_CHANGED = EventKind("deal_status_changed")
DEAL_VALUE_CHANGED = EventKind("deal_value_changed")
DEAL_OWNER_CHANGED = EventKind("deal_owner_changed")
DEAL_FIELD_CHANGED = EventKind("deal_field_changed")
DEAL_CONTACTS_CHANGED = EventKind("deal_contacts_changed")
PIPELINE_ENTERED = EventKind("pipeline_entered")
TASK_COMPLETED = EventKind("task_completed")
ORDER_PLACED = EventKind("order_placed")
ORDER_STATUS_CHANGED = EventKind("order_status_changed")
CART_ABANDONED = EventKind("cart_abandoned")
PAYMENT_CREATED = EventKind("payment_created")
PAYMENT_STATUS_CHANGED = EventKind("payment_status_changed")
# Whatever is new about somebody's orders, carts or payments, by an import too.
PURCHASES_RECORDED = EventKind("purchases_recorded")
OBJECT_CREATED = EventKind("custom_object_created")
OBJECT_UPDATED = EventKind("custom_object_updated")
OBJECT_LINKS_CHANGED = EventKind("custom_object_links_changed")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one or many contacts.

    key      what the trigger index discriminates by: a tag's id, a list's id, a field's key
    changes  {contact id: (old, new)} canonical texts, where a value changed
    record   ("app_label.model", id) of the record it is about, where it is about one (a deal, an order)
    primary  the record's primary contact, where it has one
    change   (old, new) canonical texts of what changed of the record
    data     JSON-able facts that steps may use; kept on each enrollment
    happened when it happened, where that is told later; automations that became active since don't hear of it
    """

    kind: EventKind
    contact_ids: Sequence[int]
    key: Hashable = None
    changes: Mapping[int, tuple[str, str]] | None = None
    record: tuple[str, int] | None = None
    primary: int | None = None
    change: tuple[str, str] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = field(default_factory=current_origin)
    at: datetime = field(default_factory=lambda: timezone.now())
    happened: datetime | None = None


#: By kind: what the data kept with an enrollment stand for, where that is too much to keep with each.
_told: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}


def tells(kind: EventKind, teller: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    _told[kind.name] = teller


def told(event: Mapping[str, Any]) -> dict[str, Any]:
    """What texts can name of an event as an enrollment keeps it."""
    data = dict(event.get("data") or {})
    teller = _told.get(str(event.get("kind")))
    return {**data, **teller(data)} if teller else data
