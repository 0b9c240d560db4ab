"""What the board shows: a pipeline's columns, their cards and totals, in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.bulk import id_set
from deals.models import Deal, DealContact, DealStatus, Pipeline, Stage, Task
from deals.money import shown

#: Cards drawn in a column; the rest are counted, and a link leads to them.
CARDS = 60
CLOSE_CHOICES = (
    ("overdue", _("expected close has passed")),
    ("week", _("expected in the next 7 days")),
    ("month", _("expected in the next 30 days")),
    ("none", _("without an expected close")),
)


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """`owner`: a user's id, "none" or ""; `status`: a DealStatus or "all"; `close`: one of CLOSE_CHOICES or ""."""

    owner: str = ""
    status: str = DealStatus.OPEN
    search: str = ""
    close: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.owner or self.search or self.close or self.status not in (DealStatus.OPEN, "all"))

    def apply(self, deals: QuerySet[Deal], today: date) -> QuerySet[Deal]:
        if self.status in DealStatus.values:
            deals = deals.filter(status=self.status)
        if self.owner == "none":
            deals = deals.filter(owner=None)
        elif self.owner.isdecimal() and len(self.owner) < 19:
            deals = deals.filter(owner=int(self.owner))
        if self.search:
            deals = deals.filter(Q(title__icontains=self.search) | Q(pk__in=_with_contact(self.search)))
        return deals.filter(_closing(self.close, today))


def _with_contact(text: str) -> QuerySet[Any]:
    named = (
        Q(contact__email__icontains=text)
        | Q(contact__first_name__icontains=text)
        | Q(contact__last_name__icontains=text)
    )
    return DealContact.objects.filter(named).values("deal_id")


def _closing(choice: str, today: date) -> Q:
    days = {"week": 7, "month": 30}
    if choice == "overdue":
        return Q(expected_close__lt=today)
    if choice == "none":
        return Q(expected_close=None)
    if choice in days:
        return Q(expected_close__range=(today, today + timedelta(days=days[choice])))
    return Q()


@dataclass(slots=True)
class Card:
    deal: Deal
    contact: Any = None
    more_contacts: int = 0
    next_task: Task | None = None
    is_late: bool = False


@dataclass(slots=True)
class Column:
    """`totals` are texts such as €1,200.00, one for each currency; `count` is of all its deals."""

    stage: Stage
    cards: list[Card] = field(default_factory=list)
    count: int = 0
    totals: list[str] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


def board_of(pipeline: Pipeline, chosen: BoardFilter) -> list[Column]:
    """The pipeline's columns in their order."""
    today = timezone.localdate()
    columns = {stage.pk: Column(stage) for stage in pipeline.stages.order_by("position", "pk")}
    deals = chosen.apply(Deal.objects.filter(pipeline=pipeline), today)
    _add_totals(columns, deals)
    shown_deals = _newest(deals)
    contacts = _contacts({deal.pk for deal in shown_deals})
    tasks = next_tasks({deal.pk for deal in shown_deals})
    for deal in shown_deals:
        first, count = contacts.get(deal.pk, (None, 0))
        late = deal.status == DealStatus.OPEN and deal.expected_close is not None and deal.expected_close < today
        card = Card(deal, first, max(count - 1, 0), tasks.get(deal.pk), late)
        columns[deal.stage_id].cards.append(card)
    return list(columns.values())


def _newest(deals: QuerySet[Deal]) -> list[Deal]:
    """The CARDS deals of each stage that came to it last."""
    place = Window(RowNumber(), partition_by=[F("stage_id")], order_by=[F("stage_since").desc(), F("pk").desc()])
    rows = deals.annotate(place=place).filter(place__lte=CARDS).select_related("owner")
    return list(rows.order_by("stage_id", "place"))


def _add_totals(columns: dict[int, Column], deals: QuerySet[Deal]) -> None:
    rows = deals.order_by().values("stage_id", "currency").annotate(count=Count("pk"), total=Sum("value"))
    sums: dict[int, list[tuple[Decimal, str]]] = defaultdict(list)
    for row in rows:
        columns[row["stage_id"]].count += row["count"]
        if row["total"]:
            sums[row["stage_id"]].append((row["total"], row["currency"]))
    for stage, amounts in sums.items():
        columns[stage].totals = [shown(*amount) for amount in sorted(amounts, reverse=True)]


def _contacts(deals: set[int]) -> dict[int, tuple[Any, int]]:
    """{deal: (its primary contact, how many contacts it has)}."""
    rows = DealContact.objects.filter(deal__in=id_set(deals)).select_related("contact")
    place = Window(RowNumber(), partition_by=[F("deal_id")], order_by=[F("is_primary").desc(), F("pk").asc()])
    count = Window(Count("pk"), partition_by=[F("deal_id")])
    rows = rows.annotate(place=place, count=count).filter(place=1)
    return {row.deal_id: (row.contact, row.count) for row in rows}


def next_tasks(deals: set[int]) -> dict[int, Task]:
    """The open task of each deal that is due first."""
    place = Window(RowNumber(), partition_by=[F("deal_id")], order_by=[F("due_at").asc(), F("pk").asc()])
    rows = Task.objects.filter(deal__in=id_set(deals), done_at=None).annotate(place=place).filter(place=1)
    return {int(task.deal_id or 0): task for task in rows.select_related("type")}
