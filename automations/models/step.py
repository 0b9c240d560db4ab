from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from automations.events import EventKind
from contacts.models.campaigns import CampaignKind

from .automation import Automation
from .configured import Configured

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from automations.conditions.base import Moment
    from automations.engine.plan import Plan
    from automations.steps.base import StepRun, Visit
    from contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Arm:
    """A way out of a step. Steps with more than one show its label on the canvas."""

    name: str
    label: Any = ""


NEXT = (Arm("next"),)


class Step(Configured):
    """What an automation does with a contact. Types live in `automations.steps`, one module each.

    Steps form a tree: each hangs on an arm of its parent, the first on nothing.
    """

    #: Contacts may stand here for a while: an endless pass without one is stopped.
    waits: ClassVar[bool] = False
    #: It has nothing after it (an end, a go-to).
    terminal: ClassVar[bool] = False

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="steps", verbose_name=_("automation"))
    parent = models.CharField(_("after step"), max_length=12, blank=True, editable=False)
    arm = models.CharField(_("arm"), max_length=12, blank=True, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["automation", "key"], name="step_key"),
            models.UniqueConstraint(fields=["automation", "parent", "arm"], name="step_one_on_each_arm"),
        ]

    def arms(self) -> tuple[Arm, ...]:
        """The ways out, in the order in which they are drawn."""
        return () if self.terminal else NEXT

    def holds(self) -> bool:
        """Whether contacts may stand here for a while, as it is configured."""
        return self.waits and self.enabled

    def run(self, run: "StepRun") -> None:
        """Do it for a group of contacts, inside a savepoint, and answer for each visit."""
        raise NotImplementedError  # every type has its own; the registry's contract test runs each

    def watches(self) -> set[EventKind]:
        """Events after which contacts of the automation must be looked at again (waits, goals)."""
        return set()

    def draws_from(self, plan: "Plan") -> set[str]:
        """Keys of the steps whose contacts may be drawn to this one (goals)."""
        return set()

    def draws(self, visits: "Sequence[Visit]", moment: "Moment") -> set[int]:
        """Ids of those among `visits` that are drawn here now (goals)."""
        return set()

    def meeting(self, moment: "Moment") -> "QuerySet[Contact] | None":
        """Everyone, inside or not, whom it would draw now (goals); None for steps that draw nobody."""
        return None

    def met_by_time(self) -> bool:
        """Whether time alone can make someone meet it (goals)."""
        return False

    def message_content(self) -> dict[str, Any] | None:
        """What `delivery.message` makes an e-mail to the contact of; None for steps that send none."""
        return None

    def counted_as(self) -> tuple[str, str, dict[str, Any]] | None:
        """(kind of campaign, name, content) of the e-mail whose opens and clicks are counted; None for none."""
        content = self.message_content()
        return (CampaignKind.AUTOMATION, str(content["subject"]), content) if content else None

    def targets(self) -> set[str]:
        """Keys of other steps that the settings name (go to)."""
        return set()
