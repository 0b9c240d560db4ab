"""Counts what became of the ledger's rows where their owner looks: a step's figures, a campaign's report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from automations.models import Delivery, StepCount
from contacts.models import CampaignCount


@dataclass(frozen=True, slots=True)
class Outcomes:
    """`metrics` of one row of the ledger: a final status, “skip:<reason>”; `amount` -1 takes one back."""

    automation_id: int | None
    step_key: str
    campaign_id: int | None
    metrics: tuple[str, ...]
    amount: int = 1

    @classmethod
    def of(cls, delivery: Delivery, *metrics: str, amount: int = 1) -> Self:
        return cls(delivery.automation_id, delivery.step_key, delivery.campaign_id, metrics, amount)


def count_outcomes(outcomes: Sequence[Outcomes], *, at: datetime) -> None:
    """One statement for each kind of owner, however many rows."""
    for tally in TALLIES:
        tally(outcomes, at)


def _count_steps(outcomes: Sequence[Outcomes], at: datetime) -> None:
    StepCount.objects.bulk_create(
        StepCount(automation_id=row.automation_id, step_key=row.step_key, metric=metric, amount=row.amount)
        for row in outcomes
        if row.automation_id
        for metric in row.metrics
    )


def _count_campaigns(outcomes: Sequence[Outcomes], at: datetime) -> None:
    """All but “sent”, which counts with the e-mail's own record (`note_sent`), for automations' e-mails too."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    CampaignCount.objects.bulk_create(
        CampaignCount(campaign_id=row.campaign_id, metric=metric, at=hour, amount=row.amount)
        for row in outcomes
        if row.campaign_id
        for metric in row.metrics
        if metric != "sent"
    )


TALLIES: tuple[Callable[[Sequence[Outcomes], datetime], None], ...] = (_count_steps, _count_campaigns)
