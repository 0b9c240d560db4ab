"""Batches of facts about deals and tasks, as `contacts.signals.facts_recorded` carries them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: The fields of a deal by which DealsChanged is told apart, besides the keys of custom fields.
TITLE, VALUE, OWNER, STATUS = "title", "value", "owner", "status"
STAGE, PIPELINE, EXPECTED_CLOSE, ACCOUNT = "stage", "pipeline", "expected_close", "account"
#: A contact who joined (new) or left (old), for the timeline; announced as DealContactsChanged.
CONTACT = "contact"
#: No custom field has one of these as its key.
NAMES = frozenset(
    {TITLE, VALUE, OWNER, STATUS, STAGE, PIPELINE, EXPECTED_CLOSE, ACCOUNT, CONTACT, "currency", "id", "contacts"}
)


@dataclass(frozen=True, slots=True)
class DealsChanged:
    """`changes` maps a deal to its (old, new) canonical texts (see DealChange). A pipeline's old text is ""
    where the deal was made in it."""

    field: str
    changes: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DealScoresChanged:
    """`changes` maps a deal to its (old, new) points."""

    score_id: int
    changes: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class DealContactsChanged:
    """These contacts came to a deal, or left one."""

    contact_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class TasksCompleted:
    task_ids: Sequence[int]
