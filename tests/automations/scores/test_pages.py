"""Scores and rules in the admin, on the contact's page, and over the API."""

from typing import Any

import pytest
from django.urls import reverse

from automations.models import ScoreRule
from automations.services import save_score_rule
from contacts.models import CustomEvent, Score, ScoreChange
from contacts.selectors.scores import points_of
from contacts.services import adjust_scores, record_event, tag_contacts
from tests.factories import ContactFactory, TagFactory

# What pages draw is the same on both databases: one is enough.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def score() -> Score:
    return Score.objects.create(name="Interest <b>")


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def test_pages_empty_and_full(signed_in: Any, score: Score) -> None:
    empty = signed_in.get(page("contacts_score_change", score.pk)).content.decode()
    assert "No rules yet" in empty
    assert "Nobody has points yet" in empty
    event, ada = CustomEvent.objects.create(name="Bought"), ContactFactory(first_name="Ada", last_name="King")
    settings = {"event": event.pk, "value_is": "any"}
    values = {"score": score, "points": 7, "trigger": "event_recorded", "settings": settings, "limit": 1}
    rule = save_score_rule(rule=ScoreRule(), values=values)
    adjust_scores(contacts=ada, score=score, points=41)
    full = signed_in.get(page("contacts_score_change", score.pk)).content.decode()
    assert "+7: The event “Bought” is recorded, once per contact" in full
    assert "Ada King" in full
    for name in ("contacts_score_changelist", "contacts_contactscore_changelist"):
        content = signed_in.get(page(name)).content.decode()
        assert "Interest &lt;b&gt;" in content
        assert "Interest <b>" not in content
    assert signed_in.get(page("automations_scorerule_change", rule.pk)).status_code == 200
    assert signed_in.get(page("automations_scorerule_changelist"), follow=True).status_code == 200


def test_a_rule_by_hand(signed_in: Any, score: Score) -> None:
    event, ada = CustomEvent.objects.create(name="Bought"), ContactFactory()
    add = page("automations_scorerule_add")
    choose = signed_in.get(add, {"score": score.pk}).content.decode()
    assert "Conditions come true" in choose
    assert 'value="event_recorded"' in choose
    address = f"{add}?score={score.pk}&trigger=event_recorded"
    assert 'name="settings-event"' in signed_in.get(address).content.decode()
    filled = {"score": score.pk, "points": "5", "is_active": "on", "conditions": "{}"}
    answer = signed_in.post(address, {**filled, "settings-event": event.pk, "settings-value_is": "equals"})
    assert "Give the value" in answer.content.decode()
    assert not ScoreRule.objects.exists()
    good = {**filled, "settings-event": event.pk, "settings-value_is": "equals", "settings-value": "blue"}
    answer = signed_in.post(address, good)
    assert answer.url == page("contacts_score_change", score.pk)
    record_event(contacts=ada, event=event, value="blue")
    assert points_of([ada.pk])[ada.pk] == {score.key: 5}
    rule = ScoreRule.objects.get()
    signed_in.post(page("automations_scorerule_change", rule.pk), {**good, "points": "-2", "limit": "9"})
    rule.refresh_from_db()
    assert (rule.points, rule.limit, rule.settings["value"]) == (-2, 9, "blue")


def test_the_model_s_refusal_is_shown(signed_in: Any, score: Score) -> None:
    address = f"{page('automations_scorerule_add')}?score={score.pk}&trigger=score_changed"
    filled = {"score": score.pk, "points": "0", "is_active": "on", "conditions": "{}"}
    settings = {"settings-score": score.pk, "settings-direction": "above", "settings-value": "1"}
    assert "Give a number other than 0" in signed_in.post(address, {**filled, **settings}).content.decode()
    answer = signed_in.post(address, {**filled, "points": "1", **settings}).content.decode()
    assert "depend on what it changes itself" in answer


@pytest.mark.parametrize("trigger", ["", "no_such", "conditionss", "tag_added'"])
def test_an_unknown_type_asks_again(signed_in: Any, trigger: str) -> None:
    answer = signed_in.get(page("automations_scorerule_add"), {"trigger": trigger, "score": "9" * 30})
    assert "What does the rule answer?" in answer.content.decode()


def test_give_to_all(signed_in: Any, score: Score, drain: Any) -> None:
    tag, ada = TagFactory(), ContactFactory()
    tag_contacts(contacts=ada, tag=tag)
    conditions = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}
    rule = save_score_rule(rule=ScoreRule(), values={"score": score, "points": 7, "conditions": conditions})
    drain()
    address = page("automations_scorerule_give_to_all", rule.pk)
    assert "1 contact meets" in signed_in.get(address).content.decode()
    answer = signed_in.post(address, follow=True).content.decode()
    assert "1 contact got points" in answer
    assert points_of([ada.pk])[ada.pk] == {score.key: 7}


def test_points_on_the_contact_s_page(signed_in: Any, score: Score) -> None:
    ada = ContactFactory()
    address = page("contacts_contact_panel", ada.pk)
    for raw, ok in (("5", True), ("-2", True), ("0", False), ("many", False), ("1.5", False), ("9" * 9, False)):
        answer = signed_in.post(
            address, {"do": "give_points", "score": score.pk, "points": raw}, headers={"HX-Request": "true"}
        ).content.decode()
        assert ('role="alert"' not in answer) == ok, raw
    assert points_of([ada.pk])[ada.pk] == {score.key: 3}
    assert "went from 5 to 3 points" in signed_in.get(page("contacts_contact_change", ada.pk)).content.decode()


def test_api(api: Any, score: Score) -> None:
    made = api.post("/api/v1/scores/", {"name": "Lead score"}).json()
    assert made["key"] == "lead_score"
    assert api.patch(f"/api/v1/scores/{made['id']}/", {"key": "x"}).status_code == 400
    assert api.post("/api/v1/scores/", {"name": "LEAD SCORE"}).status_code == 400
    ada, bob = ContactFactory(), ContactFactory()
    address = f"/api/v1/scores/{made['id']}/contacts/"
    answer = api.post(address, {"ids": [ada.pk], "emails": [bob.email], "points": 3, "reason": "Fair"})
    assert answer.json() == {"changed": 2, "unchanged": 0}
    assert api.post(address, {"ids": [ada.pk], "op": "set", "points": 3}).json()["unchanged"] == 1
    for bad in ({"points": 1}, {"ids": [999_999], "points": 1}, {"ids": [ada.pk], "points": "x"},
                {"ids": [ada.pk], "points": 10**9}, {"ids": [ada.pk], "points": 1, "op": "times"}):  # fmt: skip
        assert api.post(address, bad).status_code == 400, bad
    assert list(ScoreChange.objects.values_list("source", "reason").distinct()) == [("api", "Fair")]
    rows = api.get("/api/v1/contact-scores/", {"score": made["id"], "above": 2}).json()["results"]
    assert [(row["contact"], row["points"]) for row in rows] == [(bob.pk, 3), (ada.pk, 3)]
    assert api.get("/api/v1/contact-scores/", {"above": 3}).json()["results"] == []


def test_api_of_rules(api: Any, score: Score) -> None:
    tag = TagFactory(name="VIP")
    body = {"score": score.pk, "points": 5, "trigger": "tag_added", "settings": {"tags": [tag.pk]}}
    made = api.post("/api/v1/score-rules/", body)
    assert made.status_code == 201
    assert made.json()["sentence"] == "The tag “VIP” is added"
    address = f"/api/v1/score-rules/{made.json()['id']}/"
    assert api.patch(address, {"limit": 2}).json()["limit"] == 2
    assert api.post(f"{address}give/").status_code == 400
    for bad in ({"settings": {"tags": [999_999]}}, {"trigger": "no_such"}, {"points": 0}, {"conditions": {"a": 1}},
                {"settings": "x"}, {"trigger": ""}):  # fmt: skip
        assert api.patch(address, bad).status_code == 400, bad
    assert api.delete(f"/api/v1/tags/{tag.pk}/").status_code == 409
    assert api.delete(address).status_code == 204
