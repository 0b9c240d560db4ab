"""Batches of facts, as `contacts.signals.facts_recorded` carries them. A single save is a batch of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ContactsCreated:
    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class TagChanged:
    tag_id: int
    added: bool
    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """`old` holds each contact's status before ("" when there was none)."""

    list_id: int
    new: str
    old: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class FieldChanged:
    """`changes` maps a contact to its (old, new) canonical texts."""

    field: str
    changes: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FormSubmitted:
    """Counts from the confirmation on where the form asks for one. `lists`: those that the form subscribes to."""

    form_id: int
    submission_id: int
    contact_ids: Sequence[int]
    lists: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class EventRecorded:
    """`event_id` is a CustomEvent's."""

    event_id: int
    value: str
    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class PageVisited:
    """`happened`: when, where it is told later than it happened."""

    url: str
    title: str
    contact_ids: Sequence[int]
    happened: datetime | None = None


@dataclass(frozen=True, slots=True)
class SiteMessageActed:
    """`action` is a SiteMessageAction's; `view` counts from 1."""

    message_id: int
    action: str
    view: int
    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class ScoreChanged:
    """`changes` maps a contact to its (old, new) points."""

    score_id: int
    changes: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ConversionRecorded:
    """`value` is a plain decimal."""

    conversion_id: int
    value: str
    currency: str
    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class AccountFieldChanged:
    """`changes` maps an account to its (old, new) canonical texts."""

    field: str
    changes: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AccountContactsChanged:
    """Contacts came to an account (`added`) or left it."""

    account_id: int
    added: bool
    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class ObjectRecordsCreated:
    """Records of a custom object were made, their values and links with them."""

    type_id: int
    record_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class ObjectFieldChanged:
    """`changes` maps a record of the type to its (old, new) canonical texts."""

    type_id: int
    field: str
    changes: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ObjectLinksChanged:
    """Contacts were related to a record of the type, or no longer are."""

    type_id: int
    contact_ids: Sequence[int]
