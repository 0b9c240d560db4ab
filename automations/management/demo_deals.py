"""The demo's pipeline: deals that move, tasks that are done, and an automation for each trigger about them."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from automations.models import Automation, Step
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import Contact, CustomField, Score
from deals.models import Deal, DealStatus, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services import (
    add_deal_notes,
    add_task,
    adjust_deal_scores,
    assign_in_turn,
    complete_tasks,
    create_deal,
    move_deals,
    set_status,
    update_deal,
    update_deals,
)

PIPELINES: dict[str, list[tuple[str, int, str]]] = {
    "Sales": [
        ("New", 10, "grey"),
        ("Contacted", 25, "blue"),
        ("Offer sent", 50, "violet"),
        ("Negotiation", 75, "amber"),
    ],
    "Renewals": [("Due soon", 60, "teal"), ("In talks", 80, "orange")],
}
TEAM = (("ida", "Ida", "Berg"), ("olaf", "Olaf", "Stone"))
GOODS = ("Annual licence", "Training, two days", "Website relaunch", "Support contract", "Pilot", "Migration")
OUTCOMES: tuple[tuple[str, str | None], ...] = (
    ("Reached", "Call"),
    ("No answer", "Call"),
    ("Held", "Meeting"),
    ("Not needed any more", None),
)
ANY = {"old": "any", "new": "any"}
Line = list[tuple[str, dict[str, Any]]]


def make_pipelines() -> None:
    """Pipelines, the people who sell, outcomes of tasks, a field and a score of deals."""
    for position, (name, stages) in enumerate(PIPELINES.items()):
        pipeline = Pipeline.objects.create(name=name, position=position)
        for number, (stage, probability, color) in enumerate(stages):
            Stage.objects.create(
                pipeline=pipeline, name=stage, position=number, probability=probability, color=color
            )
    for username, first, last in TEAM:
        get_user_model()._default_manager.get_or_create(
            username=username,
            defaults={"first_name": first, "last_name": last, "email": f"{username}@example.com"},
        )
    for position, (name, kind) in enumerate(OUTCOMES):
        of_type = TaskType.objects.get(name=kind) if kind else None
        TaskOutcome.objects.create(name=name, type=of_type, position=position)
    CustomField.objects.create(
        entity="deal", key="competitor", label="Competitor", type="dropdown", options=["Acme", "Initech", "None"]
    )
    Score.objects.create(name="Heat", subject="deal", description="How likely a deal seems to close soon.")


def add_automations() -> None:
    """One for each trigger about deals and tasks, so that each can be seen at work."""
    stages = {stage.name: stage for stage in Stage.objects.select_related("pipeline")}
    call, reached = TaskType.objects.get(name="Call"), TaskOutcome.objects.get(name="Reached")
    heat, team = Score.objects.get(name="Heat"), _team()
    sales = Pipeline.objects.get(name="Sales")
    notice = {"who": "address", "address": "sales@example.com"}
    ring = {
        "about": "deal", "which": "one", "title": "Ring {{ contact.name }} about {{ deal.title }}",
        "task_type": call.pk, "due_days": 1, "due_time": "09:00", "assignee": "deal", "remind": True,
    }  # fmt: skip
    _automation(
        "New deals find an owner",
        "Whoever's turn it is gets the deal, and a call to make.",
        ("pipeline_entered", {"pipeline": sales.pk}),
        [("rotate_deal_owner", {"which": "one", "users": team, "keep": True}), ("add_task", ring)],
        recipients="primary",
    )
    _automation(
        "Offer sent, what next",
        "A mail on the day after an offer went out, to everyone who takes part.",
        ("deal_stage_changed", {"pipeline": sales.pk, "new_stage": stages["Offer sent"].pk}),
        [
            ("wait", {"mode": "period", "amount": 1, "unit": "days"}),
            ("send_email", _mail("Our offer: {{ deal.title }}", "Do you have questions about {{ deal.amount }}?")),
        ],
    )
    _automation(
        "Won: a warm welcome",
        "The renewal is put on the board as soon as a deal of sales is won.",
        ("deal_status_changed", {"old": "any", "new": "won"}),
        [
            ("add_deal_note", {"which": "entered", "text": "Won. {{ contact.name }} was told."}),
            ("add_deal", {
                "title": "Renewal: {{ deal.title }}", "stage": stages["Due soon"].pk, "value": "0",
                "owner": "nobody", "close_days": 365,
            }),
        ],
        recipients="primary",
        record_segment=_all({"type": "deal_stage", "op": "in", "pipeline": sales.pk}),
    )  # fmt: skip
    _automation(
        "Big deals heat up",
        "A value above 10,000 EUR counts as a sign of interest.",
        ("deal_value_changed", {**ANY, "currency": "EUR"}),
        [("adjust_deal_score", {"which": "entered", "score": heat.pk, "op": "add", "points": 10})],
        recipients="primary",
        record_segment=_all({"type": "deal_value", "op": "above", "value": "10000", "currency": "EUR"}),
        runs="multiple",
    )
    _automation(
        "A new face",
        "The new owner is introduced to the primary contact.",
        ("deal_owner_changed", {"old": "any", "new": "user", "new_user": team[0]}),
        [("send_email", _mail("Your new contact", "{{ deal.owner.name }} takes care of {{ deal.title }}."))],
        recipients="primary",
    )
    _automation(
        "Against Acme",
        "Sales hears of it where Acme is named as a competitor.",
        ("deal_field_changed", {"field": "competitor", "old": "any", "new": "value", "new_value": "Acme"}),
        [("notify", {**notice, "subject": "Acme again", "text": "{{ deal.title }}, {{ deal.amount }}"})],
        recipients="primary",
    )
    _automation(
        "After a call",
        "Somebody was reached: a mail that sums it up.",
        ("task_completed", {}),
        [
            ("send_email", _mail("Thank you for your time", "It was good to talk.")),
            ("adjust_deal_score", {"which": "one", "score": heat.pk, "op": "add", "points": 5}),
        ],
        record_segment=_all({"type": "task_outcome", "op": "is", "outcome": reached.pk}),
    )
    _automation(
        "Hot deals",
        "Sales hears of a deal as its heat rises above 12 points.",
        ("score_changed", {"score": heat.pk, "direction": "above", "value": 12}),
        [("notify", {**notice, "subject": "Hot: {{ deal.title }}", "text": "{{ deal.scores.heat }} points."})],
        recipients="primary",
    )


def deals_of_a_day(pick: random.Random, ids: Sequence[int]) -> None:
    """A few new deals; some of the others move, change, are won or lost; tasks are done."""
    now = timezone.now()
    stages = list(Stage.objects.filter(pipeline__name="Sales").order_by("position"))
    for _number in range(pick.randint(1, 3)):
        company = Contact.objects.get(pk=pick.choice(ids)).last_name
        create_deal(
            title=f"{pick.choice(GOODS)} for {company}",
            stage=stages[0],
            value=pick.randint(4, 160) * 100,
            contacts=pick.sample(list(ids), pick.randint(1, 3)),
            expected_close=now.date() + timedelta(days=pick.randint(5, 60)),
        )
    open_deals = list(Deal.objects.filter(status=DealStatus.OPEN, pipeline__name="Sales").order_by("pk"))
    for deal in pick.sample(open_deals, min(len(open_deals), 4)):
        _a_step_further(pick, deal, stages)
    calls = list(Task.objects.filter(done_at=None, created_at__lt=now).order_by("pk"))
    for task in pick.sample(calls, min(len(calls), 2)):
        outcomes = list(TaskOutcome.objects.filter(type=task.type_id).order_by("pk"))
        complete_tasks(tasks=task, outcome=pick.choice(outcomes) if outcomes else None, at=now)


def _a_step_further(pick: random.Random, deal: Deal, stages: Sequence[Stage]) -> None:
    place = next(number for number, stage in enumerate(stages) if stage.pk == deal.stage_id)
    if place + 1 < len(stages):
        move_deals(deals=deal, stage=stages[place + 1])
    else:
        set_status(deals=deal, status=pick.choice([DealStatus.WON, DealStatus.WON, DealStatus.LOST]))
    what = pick.randrange(5)
    if what == 0:
        update_deal(deal=deal, value=deal.value + pick.randint(1, 60) * 100)
    elif what == 1:
        update_deal(deal=deal, custom={"competitor": pick.choice(["Acme", "Initech", "None"])})
    elif what == 2:
        add_deal_notes(deals=deal, text=pick.choice(["Wants it before spring.", "Asked for a discount."]))
        adjust_deal_scores(deals=deal, score=Score.objects.get(name="Heat"), points=pick.randint(1, 5))
    elif what == 3:
        update_deals(deals=[deal], owner=pick.choice(_team()))
    else:
        assign_in_turn(deals=[deal], users=_team(), rotation="demo")
        kind = TaskType.objects.get(name=pick.choice(["Call", "Meeting", "E-mail"]))
        due = timezone.now() + timedelta(days=pick.randint(1, 9))
        owner = Deal.objects.get(pk=deal.pk).owner_id
        add_task(title=f"Talk about {deal.title}", type=kind, due_at=due, deal=deal, assignee_id=owner)


def _team() -> list[int]:
    names = [username for username, _first, _last in TEAM]
    users = get_user_model()._default_manager.filter(username__in=names)
    return list(users.order_by("username").values_list("pk", flat=True))


def _all(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "conditions": list(conditions)}


def _mail(subject: str, text: str) -> dict[str, str]:
    return {"subject": subject, "html": f"<p>Hello {{{{ contact.first_name }}}},</p><p>{text}</p>"}


def _automation(name: str, description: str, trigger: tuple[str, Any], line: Line, **rules: Any) -> None:
    automation = Automation.objects.create(name=name, description=description)
    add_trigger(automation=automation, type=trigger[0], settings=trigger[1], **rules)
    above: Step | None = None
    for kind, settings in line:
        place = {"parent": above.key, "arm": above.arms()[0].name} if above else {}
        above = add_step(automation=automation, type=kind, settings=settings, **place)
    publish(automation=automation)
    activate(automation=automation)
