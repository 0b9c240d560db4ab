"""Which plans and add-ons include which type, and whether the account has them (spec: Availability)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from automations.models import Account
    from automations.models.configured import Configured


class Plan(models.TextChoices):
    STARTER = "starter", gettext_lazy("Starter")
    PLUS = "plus", gettext_lazy("Plus")
    PROFESSIONAL = "professional", gettext_lazy("Professional")
    ENTERPRISE = "enterprise", gettext_lazy("Enterprise")


class AddOn(models.TextChoices):
    PIPELINES = "pipelines", gettext_lazy("Pipelines")
    SALES_ENGAGEMENT = "sales_engagement", gettext_lazy("Sales Engagement")
    TRANSACTIONAL = "transactional", gettext_lazy("Transactional e-mail")


EVERY_PLAN = tuple(Plan)
PLUS_AND_UP = (Plan.PLUS, Plan.PROFESSIONAL, Plan.ENTERPRISE)
PROFESSIONAL_AND_UP = (Plan.PROFESSIONAL, Plan.ENTERPRISE)
ENTERPRISE_ONLY = (Plan.ENTERPRISE,)


def why_locked(part: "Configured | type[Configured]", account: "Account") -> str:
    """Why the account can't use the type, as it is set: its plan, or what the type lacks; "" where it can."""
    if not part.availability.allows(account.plan, account.addons):
        return part.availability.locked_reason(part.label)
    if not isinstance(part, type) and (locked := part.locked(account.plan, account.addons)):
        return locked
    return part.unavailable_reason()


@dataclass(frozen=True, slots=True)
class Availability:
    """Any one of the plans or any one of the add-ons is enough."""

    plans: tuple[Plan, ...] = EVERY_PLAN
    addons: tuple[AddOn, ...] = ()

    def allows(self, plan: str, addons: "list[str] | tuple[str, ...]") -> bool:
        return plan in self.plans or any(addon in self.addons for addon in addons)

    def locked_reason(self, label: Any) -> str:
        have = [str(plan.label) for plan in self.plans] + [_("add-on %s") % addon.label for addon in self.addons]
        return _("“%(type)s” is not part of your plan; it comes with: %(have)s.") % {
            "type": label,
            "have": ", ".join(have),
        }
