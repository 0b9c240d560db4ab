import pytest

from automations.services import PublishError, activate, add_step, add_to_automation, publish
from automations.steps.base import STEPS
from contacts.services import InUse, delete_unused, tag_contacts
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import log_of, refused, round_trip, sentence
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db


def has(tag):
    return {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}


def test_each_takes_its_branch(drain):
    from automations.models import Automation

    tag, yes, no = TagFactory(), ContactFactory(), ContactFactory()
    tag_contacts(contacts=yes, tag=tag)
    automation = Automation.objects.create(name="A")
    branch = add_step(automation=automation, type="if_else", settings={"conditions": has(tag)})
    for arm in ("yes", "no"):
        add_step(automation=automation, type="add_note", parent=branch.key, arm=arm, settings={"text": arm})
    publish(automation=automation)
    activate(automation=automation)
    add_to_automation(automation=automation, contacts=[yes, no])
    drain()
    assert (yes.notes.get().text, no.notes.get().text) == ("yes", "no")
    assert log_of(yes) == ["conditions_met", "done", "completed"]
    assert log_of(no) == ["conditions_not_met", "done", "completed"]


def test_decided_on_arrival_not_on_entry(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[("add_tag", {"tag": tag.pk}), ("if_else", {"conditions": has(tag)})])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert log_of(contact) == ["done", "conditions_met", "completed"]


def test_queries_do_not_grow(queries_for):
    settings = {"conditions": has(TagFactory())}
    assert queries_for(2, "if_else", settings) == queries_for(100, "if_else", settings)


def test_bad_settings():
    assert refused("if_else", {}) == {"conditions": ["Add at least one condition."]}
    assert refused("if_else", {"conditions": {}}) == {"conditions": ["Add at least one condition."]}
    assert "not valid JSON" in refused("if_else", {"conditions": "{"})["conditions"][0]
    tree = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": 999_999}]}
    (message,) = refused("if_else", {"conditions": tree})["conditions"]
    assert message == "Condition 1: Tag: it does not exist (any more); choose another."


def test_settings_and_sentences():
    settings = {"conditions": has(TagFactory(name="VIP"))}
    assert round_trip("if_else", settings) == settings
    assert sentence("if_else", settings) == "If the contact has the tag “VIP”"
    assert sentence("if_else") == "If … (no conditions yet)"
    assert [arm.name for arm in STEPS["if_else"]().arms()] == ["yes", "no"]


def test_a_tag_in_a_condition_stays_and_one_that_is_gone_is_named():
    tag = TagFactory(name="VIP")
    automation = build_automation(name="Welcome", steps=[("if_else", {"conditions": has(tag)})])
    with pytest.raises(InUse, match="Welcome"):
        delete_unused(record=tag)
    type(tag).objects.filter(pk=tag.pk)._raw_delete("default")
    assert automation.steps.get().describe() == "If the contact has the tag “(deleted)”"
    with pytest.raises(PublishError) as error:
        publish(automation=automation)
    assert error.value.messages == [
        "If / else: Conditions: Condition 1: Tag: it does not exist (any more); choose another."
    ]
