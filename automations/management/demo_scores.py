"""The demo's scores and conversions, with the rules behind them and an automation for each trigger."""

from typing import Any

from automations.models import Automation, ConversionRule, ScoreRule, Step
from automations.services import activate, add_step, add_trigger, give_now, publish, save_score_rule
from contacts.models import Conversion, CustomEvent, Score, Tag
from contacts.services.records import save_record


def define_scores() -> None:
    """What gives points, and what counts as a conversion. Needs the events, tags, fields and contacts."""
    interest = Score.objects.create(name="Interest", description="How much a contact looks at the product.")
    fit = Score.objects.create(name="Fit", description="How well the product suits the contact.")
    opened = CustomEvent.objects.get(name="Price list opened")
    exported = CustomEvent.objects.get(name="Report exported")
    _rule(interest, 10, "event_recorded", {"event": opened.pk, "value_is": "any"}, expires_days=30)
    _rule(interest, 5, "event_recorded", {"event": exported.pk, "value_is": "any"}, limit=3)
    _rule(interest, -10, "list_unsubscribed", {"list": None})
    business = {"type": "field", "field": "plan", "op": "is", "value": "Business"}
    give_now(rule=_rule(fit, 15, conditions={"match": "all", "conditions": [business]}, limit=1))
    upgrade = Conversion.objects.create(
        name="Upgrade", description="From the free plan to a paid one.", counts="every", value=240
    )
    change = {"field": "plan", "old": "value", "old_value": "Free", "new": "any"}
    _definition(upgrade, "contact_field_changed", change)
    onboarded = Conversion.objects.create(name="Onboarded", description="Knows how it works.")
    _definition(onboarded, "tag_added", {"tags": [Tag.objects.get(name="Onboarded").pk]})


def add_automations() -> None:
    interest, upgrade = Score.objects.get(name="Interest"), Conversion.objects.get(name="Upgrade")
    text = "{{ contact.name }} has {{ contact.scores.interest }} points."
    notice = {"who": "address", "address": "sales@example.com", "subject": "Hot lead", "text": text}
    _automation(
        "Hot leads",
        "Sales hears of a contact as the interest rises above 15 points.",
        ("score_changed", {"score": interest.pk, "direction": "above", "value": 15}),
        [
            ("notify", notice),
            ("add_tag", {"tag": Tag.objects.get(name="Needs a call").pk}),
            ("wait", {"mode": "period", "amount": 7, "unit": "days"}),
            ("adjust_score", {"score": interest.pk, "op": "set", "points": 0}),
        ],
        runs="multiple",
    )
    mail = {"subject": "What your new plan can do", "html": "<p>Hello {{ contact.first_name }},</p><p>look!</p>"}
    _automation(
        "After an upgrade",
        "Starts at the conversion; who is onboarded meanwhile leaves.",
        ("conversion_occurred", {"conversion": upgrade.pk}),
        [("wait", {"mode": "period", "amount": 3, "unit": "days"}), ("send_email", mail)],
        exit_conversion=Conversion.objects.get(name="Onboarded"),
    )


def _rule(score: Score, points: int, trigger: str = "", settings: Any = None, **more: Any) -> ScoreRule:
    values = {"score": score, "points": points, "trigger": trigger, "settings": settings or {}, **more}
    return save_score_rule(rule=ScoreRule(), values=values)


def _definition(conversion: Conversion, trigger: str, settings: Any) -> None:
    values = {"conversion": conversion, "trigger": trigger, "settings": settings}
    save_record(record=ConversionRule(), values=values)


def _automation(
    name: str,
    description: str,
    trigger: tuple[str, dict[str, Any]],
    steps: list[tuple[str, dict[str, Any]]],
    runs: str = "once",
    **fields: Any,
) -> None:
    automation = Automation.objects.create(name=name, description=description, **fields)
    add_trigger(automation=automation, type=trigger[0], settings=trigger[1], runs=runs)
    above: Step | None = None
    for kind, settings in steps:
        parent, arm = (above.key, above.arms()[0].name) if above else ("", "")
        above = add_step(automation=automation, type=kind, parent=parent, arm=arm, settings=settings)
    publish(automation=automation)
    activate(automation=automation)
