"""Picker, settings forms and what is done with a card."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from automations.models import Account, Automation, Step, Trigger
from automations.steps.base import STEPS
from automations.triggers.base import TRIGGERS
from contacts.models import Tag
from tests.automations import samples
from tests.factories import CustomFieldFactory, TagFactory
from tests.peers.apps import source

# What pages draw is the same on both databases: one is enough.
pytestmark = pytest.mark.sqlite

Url = Callable[..., str]
Add = Callable[..., Step]


def events(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer["HX-Trigger"])
    return found


# --- Picker --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "registry"), [("triggers", TRIGGERS), ("steps", STEPS)])
def test_the_picker_offers_every_type_with_its_synonyms(page: Client, url: Url, kind: str, registry: Any) -> None:
    html = page.get(url("pick", kind)).content.decode()
    for cls in registry:
        assert f'data-choice="{cls.slug}"' in html
        assert all(str(word).casefold() in html for word in cls.synonyms), cls.slug


def test_a_locked_type_is_shown_with_its_reason_and_can_not_be_added(
    page: Client, url: Url, automation: Automation
) -> None:
    Account(plan="starter", addons=[]).save()
    html = page.get(url("pick", "triggers")).content.decode()
    choice = html.split('id="choice-contact_field_changed"')[1].split("</button>")[0]
    assert ("aria-disabled" in choice, "not part of your plan" in choice, "hx-post" in choice) == (
        True,
        True,
        False,
    )
    assert page.post(url("add", "triggers"), {"type": "contact_field_changed"}).status_code == 422
    assert automation.triggers.count() == 0


@pytest.mark.parametrize("slug", sorted(cls.slug for cls in TRIGGERS))
def test_every_trigger_can_be_added_empty_and_opened(
    page: Client, url: Url, automation: Automation, slug: str
) -> None:
    samples.sample_of(samples.TRIGGERS, slug).settings(automation)  # makes what the type needs to be there
    answer = page.post(url("add", "triggers"), {"type": slug})
    trigger = automation.triggers.get()
    assert (trigger.slug, events(answer)["builder:select"]["key"]) == (slug, trigger.key)
    html = page.get(url("build", "triggers", trigger.key)).content.decode()
    for bound in trigger.Form(owner=trigger):
        assert bound.is_hidden or f'data-field="{bound.name}"' in html
    assert ('name="rules-segment"' in html, 'name="rules-runs"' in html) == (True, True)


@pytest.mark.parametrize("slug", sorted(cls.slug for cls in STEPS))
def test_every_step_can_be_added_empty_opened_and_saved_as_it_is(
    page: Client, url: Url, automation: Automation, slug: str
) -> None:
    page.post(url("add", "steps"), {"type": slug, "parent": "", "arm": ""})
    step = automation.steps.get()
    html = page.get(url("build", "steps", step.key)).content.decode()
    for name in step.Form.base_fields:
        assert f'data-field="{name}"' in html
    assert page.post(url("sentence", "steps", step.key), {}).status_code == 200
    assert page.get(url("page")).status_code == 200


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("steps", {"type": "nonsense"}),
        ("steps", {"type": "add_note", "parent": "nowhere", "arm": "next"}),
        ("steps", {"type": "add_note", "parent": "", "arm": "next"}),
        ("triggers", {"type": ""}),
    ],
)
def test_a_bad_addition_is_refused_with_a_reason(
    page: Client, url: Url, automation: Automation, kind: str, data: dict[str, str]
) -> None:
    answer = page.post(url("add", kind), data)
    assert (answer.status_code, events(answer)["builder:toast"]["bad"]) == (422, True)
    assert (automation.steps.count(), automation.triggers.count()) == (0, 0)


def test_a_step_is_added_on_the_edge_that_was_clicked(page: Client, url: Url, ready: Automation) -> None:
    wait = ready.steps.get(parent="")
    page.post(url("add", "steps"), {"type": "add_note", "parent": wait.key, "arm": "next"})
    note = ready.steps.get(parent=wait.key)
    assert (note.slug, ready.steps.get(parent=note.key).slug) == ("add_note", "add_tag")


def test_a_choice_not_made_yet_is_shown_as_none(page: Client, url: Url, automation: Automation) -> None:
    """A browser shows the first choice of a list without an empty one, and choosing it would change nothing."""
    goal = samples.a_goal()
    page.post(url("add", "triggers"), {"type": "goal_achieved"})
    key = automation.triggers.get().key

    def select() -> str:
        html = page.get(url("build", "triggers", key)).content.decode()
        return html.split('data-field="goal"')[1].split("</select>")[0]

    assert select().count('<option value="" selected>') == 1
    page.post(url("build", "triggers", key), {"goal": goal.key, "outcome": "reached", "rules-runs": "once"})
    assert ('<option value=""' in select(), f'<option value="{goal.key}" selected>' in select()) == (False, True)


# --- Settings ------------------------------------------------------------------------------------


def test_saving_a_trigger_with_its_rules(page: Client, url: Url, ready: Automation) -> None:
    trigger, tag = ready.triggers.get(), TagFactory(name="VIP")
    segment = json.dumps({"match": "any", "conditions": [{"type": "tag", "op": "has", "tag": str(tag.pk)}]})
    data = {"tags": [tag.pk], "rules-runs": "multiple", "rules-segment": segment}
    answer = page.post(url("build", "triggers", trigger.key), data)
    trigger = ready.triggers.get()
    assert events(answer)["builder:form"]["saved"] is True
    assert (trigger.tags, trigger.runs) == ([tag.pk], "multiple")
    assert trigger.segment["conditions"] == [{"type": "tag", "op": "has", "tag": tag.pk}]
    assert "The tag “VIP” is added" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tags": ["999999"]}, "tags"),
        ({"rules-runs": "sometimes"}, "rules-runs"),
        ({"rules-segment": "no json"}, "rules-segment"),
        ({"rules-segment": '{"conditions": [{"type": "nonsense"}]}'}, "rules-segment"),
        ({"rules-segment": '{"conditions": [{"type": "tag", "op": "has", "tag": ""}]}'}, "rules-segment"),
    ],
)
def test_wrong_trigger_settings_are_named_at_their_field_and_nothing_is_saved(
    page: Client, url: Url, ready: Automation, change: dict[str, Any], field: str
) -> None:
    trigger = ready.triggers.get()
    before = (trigger.tags, trigger.runs, trigger.segment)
    data = {"tags": trigger.tags, "rules-runs": "once", "rules-segment": "{}", **change}
    answer = page.post(url("build", "triggers", trigger.key), data)
    form = events(answer)["builder:form"]
    assert (answer.status_code, form["saved"], list(form["wrong"])) == (204, False, [field])
    trigger = ready.triggers.get()
    assert (trigger.tags, trigger.runs, trigger.segment) == before


def test_an_unfinished_form_is_saved_and_says_what_is_missing(page: Client, url: Url, step: Add) -> None:
    mail = step("send_email")
    form = events(page.post(url("build", "steps", mail.key), {"subject": "Hello"}))["builder:form"]
    assert (form["saved"], list(form["missing"])) == (True, ["html"])
    assert Step.objects.get().subject == "Hello"
    assert "Send the e-mail “Hello”" in page.get(url("page")).content.decode()
    assert "has-problems" in page.get(url("page")).content.decode()


def test_wrong_settings_are_refused_as_a_whole(page: Client, url: Url, step: Add) -> None:
    mail = step("send_email", subject="Before", html="<p>x</p>")
    data = {"subject": "After", "html": "{{ broken", "from_email": "nobody"}
    form = events(page.post(url("build", "steps", mail.key), data))["builder:form"]
    assert (form["saved"], sorted(form["wrong"])) == (False, ["from_email", "html"])
    assert Step.objects.get().subject == "Before"


def test_a_setting_that_would_cut_off_steps_is_refused(page: Client, url: Url, step: Add) -> None:
    split = step("split", weights="50, 50")
    step("add_note", split, "b", text="x")
    assert events(page.post(url("build", "steps", split.key), {"weights": "40, 30, 30"}))["builder:form"]["saved"]
    step("add_note", split, "c", text="y")
    form = events(page.post(url("build", "steps", split.key), {"weights": "50, 50"}))["builder:form"]
    assert (form["saved"], "still has steps" in form["wrong"]["__all__"][0]) == (False, True)


def test_the_sentence_follows_what_is_typed_and_saves_nothing(page: Client, url: Url, step: Add) -> None:
    wait = step("wait", mode="period", amount=1, unit="days")
    html = page.post(url("sentence", "steps", wait.key), {"mode": "period", "amount": "5", "unit": "hours"})
    assert "Wait 5 hours" in html.content.decode()
    html = page.post(url("sentence", "steps", wait.key), {"mode": "period", "amount": "many", "unit": "hours"})
    assert "Wait 1 hour" in html.content.decode()
    assert Step.objects.get().settings()["amount"] == 1


def test_the_sentence_of_a_trigger_names_segment_and_rule(page: Client, url: Url, ready: Automation) -> None:
    trigger, tag = ready.triggers.get(), Tag.objects.get(name="Done")
    segment = json.dumps({"conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]})
    data = {"tags": trigger.tags, "rules-segment": segment, "rules-runs": "multiple"}
    html = page.post(url("sentence", "triggers", trigger.key), data).content.decode()
    assert ("has the tag “Done”" in html, "every time" in html) == (True, True)


def test_a_form_shows_what_is_saved_and_which_fields_depend_on_others(page: Client, url: Url, step: Add) -> None:
    wait = step("wait", mode="date", on_date="2027-03-31", clock="09:00")
    html = page.get(url("build", "steps", wait.key)).content.decode()
    date = html.split('data-field="on_date"')[1].split("</div>")[0]
    assert ('value="2027-03-31"' in date, 'data-depends="mode"' in date, 'data-when="date"' in date) == (
        True,
        True,
        True,
    )


def test_what_users_typed_is_escaped(page: Client, url: Url, automation: Automation, step: Add) -> None:
    TagFactory(name="<b>bold</b>")
    Automation.objects.filter(pk=automation.pk).update(name="<script>alert(1)</script>")
    mail = step("send_email", subject="<img src=x>", html="<p>x</p>")
    for html in (page.get(url("page")), page.get(url("build", "steps", mail.key)), page.get("/automations/")):
        text = html.content.decode()
        assert ("<img src=x>" in text, "<script>alert" in text, "<b>bold" in text) == (False, False, False)


def test_a_deleted_card_is_not_found(page: Client, url: Url) -> None:
    for kind in ("steps", "triggers"):
        assert page.get(url("build", kind, "nothere")).status_code == 404
        assert page.post(url("delete", kind, "nothere")).status_code == 404


# --- What is done with cards ------------------------------------------------------------------------


def test_deleting_heals_the_path(page: Client, url: Url, ready: Automation) -> None:
    page.post(url("delete", "steps", ready.steps.get(parent="").key))
    assert [(step.slug, step.parent) for step in ready.steps.all()] == [("add_tag", "")]


def test_deleting_a_branch_with_two_paths_asks_which_one_stays(
    page: Client, url: Url, automation: Automation, step: Add
) -> None:
    fork = step("if_else")
    yes = step("add_note", fork, "yes", text="a")
    step("add_note", yes, text="b")
    step("add_note", fork, "no", text="c")
    html = page.post(url("delete", "steps", fork.key)).content.decode()
    assert ("Which path stays?" in html, "2 steps stay" in html, automation.steps.count()) == (True, True, 4)
    page.post(url("delete", "steps", fork.key), {"keep_arm": "yes"})
    assert sorted(step.text for step in automation.steps.all()) == ["a", "b"]
    assert page.post(url("delete", "steps", fork.key)).status_code == 404


def test_deleting_a_trigger(page: Client, url: Url, ready: Automation) -> None:
    page.post(url("delete", "triggers", ready.triggers.get().key))
    assert not Trigger.objects.exists()


def test_switching_a_step_off_and_on(page: Client, url: Url, ready: Automation) -> None:
    key = ready.steps.get(parent="").key
    assert "switched off" in page.post(url("toggle", key)).content.decode()
    assert ready.steps.get(key=key).enabled is False
    page.post(url("toggle", key))
    assert ready.steps.get(key=key).enabled is True


def test_copying_and_moving(page: Client, url: Url, automation: Automation, step: Add) -> None:
    first = step("add_note", text="a")
    last = step("add_note", first, text="b")
    page.post(url("duplicate", first.key))
    assert automation.steps.filter(parent=first.key).get().text == "a"
    page.post(url("move", last.key), {"parent": "", "arm": ""})
    assert automation.steps.get(parent="").key == last.key
    assert page.post(url("move", last.key), {"parent": last.key, "arm": "next"}).status_code == 422


def test_a_go_to_names_its_target_on_the_card(page: Client, url: Url, step: Add) -> None:
    note = step("add_note", text="Hello")
    step("go_to", note, target=note.key)
    assert f'data-target="{note.key}"' in page.get(url("page")).content.decode()


# --- Conditions ---------------------------------------------------------------------------------------

NEW, CHECK = "/automations/conditions/new/", "/automations/conditions/check/"


def test_every_condition_has_a_fragment_with_fields_of_its_own(page: Client) -> None:
    from automations.conditions.base import CONDITIONS

    for condition in CONDITIONS:
        one, two = (page.get(NEW, {"type": condition.slug}).content.decode() for _time in range(2))
        for name in condition.Form.base_fields:
            assert f'data-name="{name}"' in one
        assert one.split('data-prefix="')[1][:20] != two.split('data-prefix="')[1][:20]
    assert "data-group" in page.get(NEW, {"type": "group"}).content.decode()
    assert page.get(NEW, {"type": "nonsense"}).status_code == 404


def test_a_tree_is_counted_and_put_into_words(page: Client, with_permissions: Any) -> None:
    from contacts.services import tag_contacts
    from tests.factories import ContactFactory

    tag, contact = TagFactory(name="VIP"), ContactFactory()
    ContactFactory()
    tag_contacts(contacts=contact, tag=tag)
    tree = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": str(tag.pk)}]}
    html = page.post(CHECK, {"tree": json.dumps(tree)}).content.decode()
    assert ("has the tag “VIP”" in html, "1 contact meets this now" in html) == (True, True)
    assert "Everyone: 2 contacts" in page.post(CHECK, {"tree": "{}"}).content.decode()
    page.force_login(with_permissions("view_automation"))
    assert page.post(CHECK, {"tree": "{}"}).status_code == 403


def test_errors_are_named_at_their_place(page: Client) -> None:
    bad = {"type": "field", "field": "gone", "op": "is", "value": "x"}
    tree = {"conditions": [{"match": "any", "conditions": [{"type": "now", "after_time": "09:00"}, bad]}]}
    answer = page.post(CHECK, {"tree": json.dumps(tree)})
    assert list(answer.context["places"]) == ["1.2"]
    assert list(answer.context["places"]["1.2"]) == ["field"]
    assert page.post(CHECK, {"tree": "no json"}).status_code == 400


def test_saved_conditions_are_drawn_again_with_unknown_types_told(page: Client, url: Url, step: Add) -> None:
    CustomFieldFactory(key="plan", label="Plan")
    tag = TagFactory()
    inner = {"match": "any", "conditions": [{"type": "tag", "op": "has_not", "tag": tag.pk}]}
    tree = {"match": "all", "conditions": [{"type": "field", "field": "plan", "op": "is", "value": "Pro"}, inner]}
    fork = step("if_else", conditions=tree)
    html = page.get(url("build", "steps", fork.key)).content.decode()
    assert html.count('data-condition="') == 2
    assert 'value="Pro"' in html
    type(fork).objects.filter(pk=fork.pk).update(conditions={"conditions": [{"type": "vanished"}]})
    assert "does not exist any more" in page.get(url("build", "steps", fork.key)).content.decode()


def test_an_app_that_is_not_connected_is_locked_with_its_reason(page: Client, url: Url) -> None:
    html = page.get(url("pick", "triggers")).content.decode()
    assert "Connect Calendly first, on the page “Apps”." in html
    source("calendly", "one")
    html = page.get(url("pick", "triggers")).content.decode()
    assert "Connect Calendly first" not in html and "Connect Typeform first" in html
