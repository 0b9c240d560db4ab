"""An automation is built by clicking, as a person would."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from automations.models import Automation
from tests.factories import CustomFieldFactory, TagFactory

SignIn = Callable[[Any], None]


def pick(page: Page, opener: Locator, word: str) -> None:
    """Open the picker, type a word, take the first choice by keyboard."""
    opener.click()
    search = page.get_by_role("combobox", name="Search")
    expect(search).to_be_focused()
    search.fill(word)
    search.press("Enter")
    expect(page.locator("#picker")).to_be_hidden()


def saved(page: Page) -> None:
    expect(page.locator("[data-form-state]")).to_have_text("All changes saved")


def choose_tag(page: Page, name: str) -> None:
    page.locator(".panel .chips-input").fill(name)
    page.locator(".panel .chips-list").get_by_role("option", name=name).click()


def edge(page: Page, card: Locator, arm: str = "next") -> Locator:
    """The “+” behind a card."""
    key = card.get_attribute("data-key")
    return page.locator(f'[data-edge][data-parent="{key}"][data-arm="{arm}"] .plus')


def write_mail(page: Page, subject: str) -> None:
    page.locator("#panel").get_by_label("Subject").fill(subject)
    page.locator("#panel").get_by_label("Content (HTML)").fill(f"<p>{subject}</p>")
    page.locator("#panel").get_by_label("Content (HTML)").press("Tab")
    saved(page)


@pytest.fixture
def records(transactional_db: None) -> None:
    TagFactory(name="Start")
    TagFactory(name="Done")
    CustomFieldFactory(key="plan", label="Plan", type="dropdown", options=["Free", "Pro"])


@pytest.mark.browser
def test_an_automation_is_built_published_and_switched_on_by_clicking(
    records: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    page = browser_page
    sign_in(admin_user)
    page.goto("/automations/")
    page.get_by_label("Name of the new automation").fill("By clicking")
    page.get_by_role("button", name="Create").click()

    pick(page, page.locator("#add-trigger"), "tagged")
    choose_tag(page, "Start")
    saved(page)
    expect(page.locator(".card.is-triggers")).to_contain_text("The tag “Start” is added")

    pick(page, page.locator("#add-first-step"), "delay")
    page.locator("#panel").get_by_label("Unit").select_option("minutes")
    expect(page.locator("#sentence")).to_contain_text("Wait 1 minute")
    expect(page.get_by_label("Date field")).to_be_hidden()
    saved(page)
    wait = page.locator(".card", has_text="Wait 1 minute")

    pick(page, edge(page, wait), "if /")
    page.locator("[data-add-condition]").select_option("field")
    condition = page.locator("[data-condition=field]")
    condition.get_by_label("Field").select_option("plan")
    condition.get_by_label("Value").select_option("Pro")
    expect(page.locator("[data-conditions-state]")).to_contain_text("0 contacts meet this now")
    saved(page)
    fork = page.locator(".card", has_text="If the contact")
    expect(fork).to_contain_text("“Pro”")

    pick(page, edge(page, fork, "yes"), "e-mail")
    write_mail(page, "Mail A")
    pick(page, edge(page, fork, "no"), "e-mail")
    write_mail(page, "Mail B")
    pick(page, edge(page, page.locator(".card", has_text="Mail A")), "add a tag")
    expect(page.locator(".card.has-problems")).to_have_count(1)

    page.get_by_role("button", name="Publish").click()
    problem = page.locator(".problems a")
    expect(problem).to_have_count(1)
    problem.click()
    page.locator(".panel").get_by_label("Tag").select_option(label="Done")
    saved(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".toast")).to_contain_text("Published as v1")
    page.get_by_role("switch").click()
    expect(page.locator("[data-state=on]")).to_have_text("Active v1")

    automation = Automation.objects.select_related("version").get()
    shape = {
        step["key"]: (step["type"], step["parent"], step["arm"]) for step in automation.version.snapshot["steps"]
    }
    kinds = {key: kind for key, (kind, _parent, _arm) in shape.items()}
    found = sorted((kind, kinds.get(parent, ""), arm) for kind, parent, arm in shape.values())
    assert found == [
        ("add_tag", "send_email", "next"),
        ("if_else", "wait", "next"),
        ("send_email", "if_else", "no"),
        ("send_email", "if_else", "yes"),
        ("wait", "", ""),
    ]
    assert automation.is_active


@pytest.mark.browser
def test_steps_are_moved_by_keyboard_and_mouse_and_undone(
    records: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    from automations.services import add_step, save_automation

    automation = save_automation(values={"name": "To be moved"})
    above = None
    for text in ("one", "two", "three"):
        place = {"parent": above.key, "arm": "next"} if above else {}
        above = add_step(automation=automation, type="add_note", settings={"text": text}, **place)
    page = browser_page
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/")
    sentences = page.locator(".card-sentence")

    def order(*texts: str) -> None:
        expect(sentences).to_have_text([f"Add the note “{text}”" for text in texts])

    one = page.locator(".card", has_text="“one”")
    one.locator("summary").click()
    one.get_by_role("button", name="Move to…").click()
    expect(page.locator(".may-drop")).to_have_count(2)
    page.keyboard.press("Enter")
    order("two", "one", "three")
    three, first_edge = page.locator(".card", has_text="“three”"), page.locator("[data-edge]").first
    three.drag_to(first_edge)
    order("three", "two", "one")
    page.locator("body").press("Control+z")
    order("two", "one", "three")
    page.locator(".card", has_text="“two”").locator("summary").click()
    page.keyboard.press("Escape")


@pytest.mark.browser
def test_what_is_wrong_is_shown_at_its_field_and_what_was_typed_stays(
    records: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    from automations.services import add_step, save_automation

    automation = save_automation(values={"name": "Wrong"})
    step = add_step(automation=automation, type="send_email")
    page = browser_page
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/?card={step.key}")
    page.locator("#panel").get_by_label("Subject").fill("Hello {{ broken")
    page.locator("#panel").get_by_label("Subject").press("Tab")
    expect(page.locator("[data-field=subject] [data-error]")).not_to_be_empty()
    expect(page.locator("[data-form-state]")).to_have_text("Not saved: mend what is marked")
    expect(page.locator("#panel").get_by_label("Subject")).to_have_value("Hello {{ broken")
    page.locator("#panel").get_by_label("Subject").fill("Hello")
    page.locator("#panel").get_by_label("Subject").press("Tab")
    expect(page.locator("[data-form-state]")).to_contain_text("Content (HTML)")
    expect(page.locator(".card-sentence")).to_have_text("Send the e-mail “Hello”")


@pytest.mark.browser
def test_on_a_small_screen_the_panel_comes_up_when_there_is_something_to_say(
    records: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    from automations.services import add_step, save_automation

    automation = save_automation(values={"name": "Small"})
    add_step(automation=automation, type="send_email")
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/")
    expect(page.locator("#panel")).to_be_hidden()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".problems a")).to_have_count(2)
    expect(page.locator("#panel")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.browser
def test_what_the_panel_showed_goes_with_its_card(
    records: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    from automations.services import add_step, save_automation

    automation = save_automation(values={"name": "Delete"})
    step = add_step(automation=automation, type="add_note", settings={"text": "x"})
    page = browser_page
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/?card={step.key}")
    expect(page.locator("#panel").get_by_label("Note")).to_have_value("x")
    page.locator(".panel-foot summary").click()
    page.locator(".panel-foot").get_by_role("button", name="Delete").click()
    expect(page.locator("#panel form")).to_have_count(0)
    expect(page.locator("#panel .metrics").first).to_be_visible()
    page.locator("body").press("Control+z")
    expect(page.locator(".card")).to_have_count(1)


FIELDS = {"birthday": "date", "seen": "datetime", "amount": "number", "price": "money", "vip": "checkbox",
          "plan": "dropdown", "colours": "multiselect", "remark": "text"}  # fmt: skip


@pytest.fixture
def fields_of_all_kinds(transactional_db: None) -> None:
    options = {"plan": ["Free", "Pro"], "colours": ["Red", "Blue"]}
    for key, kind in FIELDS.items():
        CustomFieldFactory(key=key, label=key.title(), type=kind, options=options.get(key, []))


def control_of(box: Locator) -> str:
    """The type of the value's control: text, number, date …; a select's choices, comma-separated."""
    control = box.locator("[name$=value]")
    if control.evaluate("node => node.tagName") == "SELECT":
        return ",".join(control.evaluate("node => [...node.options].map((option) => option.value)")).strip(",")
    return str(control.evaluate("node => node.type"))


@pytest.mark.browser
def test_a_condition_s_value_is_typed_as_its_field_asks(
    fields_of_all_kinds: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    page = browser_page
    sign_in(admin_user)
    page.goto("/admin/contacts/segment/add/")
    page.get_by_label("Name").fill("Birthdays")
    page.locator("[data-add-condition]").select_option("field")
    condition = page.locator("[data-condition=field]")
    found = {}
    for key in FIELDS:
        condition.get_by_label("Field").select_option(key)
        found[key] = control_of(condition)
    assert found == {
        "birthday": "date",
        "seen": "date",
        "amount": "number",
        "price": "number",
        "vip": "yes,no",
        "plan": "Free,Pro",
        "colours": "Red,Blue",
        "remark": "text",
    }
    condition.get_by_label("Field").select_option("plan")
    for op, control in {"contains": "text", "is_not": "Free,Pro"}.items():
        condition.get_by_label("Comparison").select_option(op)
        assert control_of(condition) == control
    condition.get_by_label("Field").select_option("birthday")
    condition.get_by_label("Comparison").select_option("last_days")
    assert control_of(condition) == "number"
    condition.get_by_label("Comparison").select_option("after")
    condition.get_by_label("Value").fill("2026-05-01")
    condition.get_by_label("Value").press("Tab")
    expect(page.locator("[data-conditions-state]")).to_contain_text("0 contacts meet this now")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#result_list").get_by_role("link", name="Birthdays").click()
    assert control_of(condition) == "date"
    expect(condition.get_by_label("Value")).to_have_value("2026-05-01")


@pytest.mark.browser
def test_a_trigger_s_from_and_to_follow_the_field_and_keep_what_is_saved(
    fields_of_all_kinds: None, browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    from automations.services import add_step, add_trigger, save_automation

    automation = save_automation(values={"name": "Follows"})
    settings = {"field": "seen", "old": "any", "new": "value", "new_value": "2026-05-01T10:00:00+00:00"}
    add_trigger(automation=automation, type="contact_field_changed", settings=settings)
    step = add_step(
        automation=automation, type="update_field", settings={"field": "plan", "op": "set", "value": "Pro"}
    )
    page = browser_page
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/")
    page.locator(".card.is-triggers").click()
    value = page.locator("#panel [name=new_value]")
    expect(value).to_have_value("2026-05-01T10:00:00+00:00")
    page.locator("#panel [name=field]").select_option("plan")
    value.select_option("Pro")
    saved(page)
    assert automation.triggers.get().new_value == "Pro"

    page.locator(f'.card[data-key="{step.key}"]').click()
    value = page.locator("#panel [name=value]")
    expect(value).to_have_value("Pro")
    choices = "input => [...input.list.options].map((option) => option.value)"
    assert value.evaluate(choices) == ["Free", "Pro"]
    value.fill("{{ contact.first_name }}")
    value.press("Tab")
    saved(page)
    step.refresh_from_db()
    assert step.value == "{{ contact.first_name }}"
