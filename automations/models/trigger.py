from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from automations.events import Event, EventKind
from contacts.models import Contact

from .automation import Automation
from .configured import Configured

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Runs(models.TextChoices):
    ONCE = "once", _("once per contact")
    MULTIPLE = "multiple", _("every time")


@dataclass(frozen=True, slots=True)
class Turn:
    """One look at the clock: the moment, the account's time zone, and since when the automation is active."""

    now: datetime
    zone: str
    active_since: datetime


class Recipients(models.TextChoices):
    ALL = "all", _("every contact of the record")
    PRIMARY = "primary", _("only the primary contact")


class Trigger(Configured):
    """What starts an automation. Types live in `automations.triggers`, one module each."""

    #: The one kind of event that can start it.
    listens_to: ClassVar[EventKind]
    #: The kind of record that its events are about (a name in `automations.records`), or "".
    record: ClassVar[str] = ""
    #: That record may have several contacts.
    multi_contact: ClassVar[bool] = False
    #: Keeps an automation for itself: no other trigger beside it.
    exclusive: ClassVar[bool] = False
    #: It may also define what gives points or what is a conversion: its events go through `raise_event`.
    suits_rules: ClassVar[bool] = True
    #: The run rule that can't be changed, or "".
    fixed_runs: ClassVar[str] = ""

    automation = models.ForeignKey(
        Automation, models.CASCADE, related_name="triggers", verbose_name=_("automation")
    )
    runs = models.CharField(_("runs"), max_length=8, choices=Runs, default=Runs.ONCE)
    segment = models.JSONField(_("segment"), default=dict, blank=True)
    # Which contacts of a record, and which records: empty for types that are about none.
    recipients = models.CharField(_("which contacts"), max_length=8, choices=Recipients, default=Recipients.ALL)
    record_segment = models.JSONField(_("which records"), default=dict, blank=True)
    position = models.PositiveIntegerField(default=0, editable=False)
    # `exclusive`, where the database can see it: `automations.guards` refuses a second trigger.
    stands_alone = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["automation", "key"], name="trigger_key")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.stands_alone = self.exclusive
        super().save(*args, **kwargs)

    def index_keys(self) -> Iterable[Hashable]:
        """The events' `key`s that can match; None stands for every key."""
        return [None]

    def match(self, event: Event) -> Sequence[int]:
        """The contacts of the event whom it concerns. The index has matched kind and key already."""
        return event.contact_ids if self.concerns(event) else ()

    def concerns(self, event: Event) -> bool:
        """Whether the event as a whole fits; what a type about records answers, instead of `match`."""
        return True

    def worth(self, event: Event) -> tuple[str, str]:
        """(value, currency) that an event of this kind brings with it, as plain texts; "" for none."""
        return str(event.data.get("value") or ""), str(event.data.get("currency") or "")

    def lists(self) -> set[int]:
        """Ids of the lists that the settings associate the automation with (spec: List associations)."""
        return set()

    def lists_of(self, event: Event) -> set[int]:
        """Ids of the lists that an event associates it with, where the settings leave the list open."""
        return set()

    def sweep(self, turn: Turn) -> int:
        """What only the clock tells: find whom it concerns by now, and raise the events.

        Called every minute, maybe by two schedulers at once, and after a crash once more: it must
        raise nothing twice. Returns how many contacts or records it raised events for.
        """
        return 0

    def meets_now(self) -> "QuerySet[Contact] | None":
        """Contacts who meet it now, for the backfill; None where that makes no sense."""
        return None
