"""The board in a browser: dragging, the menu by keyboard, and a card that somebody else moved."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from contacts.models import Contact
from deals.models import Deal, Pipeline, Stage
from deals.services import create_deal, move_deal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stages() -> list[Stage]:
    pipeline = Pipeline.objects.create(name="Sales")
    return [
        Stage.objects.create(pipeline=pipeline, name=name, position=n) for n, name in enumerate(("New", "Talks"))
    ]


@pytest.fixture
def deal(stages: list[Stage]) -> Deal:
    ann = Contact.objects.create(email="ann@example.com")
    return create_deal(title="Boat", stage=stages[0], value="1200", contacts=[ann])


def column(page: Page, stage: Stage) -> Locator:
    return page.locator(f'.d-cards[data-stage="{stage.pk}"]')


def drag(page: Page, card: Locator, target: Locator) -> None:
    card.locator(".d-value").hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box
    for part in (0.3, 0.6, 1):
        page.mouse.move(box["x"] + box["width"] / 2 * part, box["y"] + 20, steps=4)
    page.mouse.up()


def test_a_card_is_dragged_and_a_contact_enters(
    browser_page: Page, sign_in: Callable[[Any], None], admin_user: Any, deal: Deal, stages: list[Stage]
) -> None:
    from automations.models import Enrollment
    from automations.services import activate, add_step, add_trigger, publish, save_automation

    automation = save_automation(values={"name": "Talks have begun"})
    settings = {"pipeline": stages[1].pipeline_id, "new_stage": stages[1].pk}
    add_trigger(automation=automation, type="deal_stage_changed", settings=settings)
    add_step(automation=automation, type="wait", settings={"mode": "period", "amount": 1, "unit": "days"})
    publish(automation=automation)
    activate(automation=automation)

    sign_in(admin_user)
    browser_page.goto(f"/deals/board/{deal.pipeline_id}/")
    drag(browser_page, column(browser_page, stages[0]).locator(".d-card"), column(browser_page, stages[1]))
    expect(browser_page.locator("#d-told")).to_have_text("“Boat” is in “Talks” now.")
    expect(column(browser_page, stages[1]).locator(".d-card")).to_have_count(1)
    deal.refresh_from_db()
    assert deal.stage == stages[1]
    assert Enrollment.objects.get(automation=automation).contact.email == "ann@example.com"


def test_by_keyboard_and_after_somebody_else(
    browser_page: Page,
    sign_in: Callable[[Any], None],
    editor: Any,
    deal: Deal,
    stages: list[Stage],
    console_errors: Any,
) -> None:
    console_errors.allow(r"409")
    sign_in(editor)
    page = browser_page
    page.goto(f"/deals/board/{deal.pipeline_id}/")
    menu = page.locator(f"#menu-{deal.pk}")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Move to").select_option(label="Talks")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    expect(column(page, stages[1]).locator(".d-card")).to_have_count(1)
    expect(menu).to_be_focused()

    move_deal(deal=deal, stage=stages[0])
    drag(page, column(page, stages[1]).locator(".d-card"), column(page, stages[0]))
    expect(page.locator("#d-told")).to_have_text("“Boat” is in “New” now.")
    third = Stage.objects.create(pipeline=deal.pipeline, name="Offer", position=9)
    move_deal(deal=deal, stage=third)
    drag(page, column(page, stages[0]).locator(".d-card"), column(page, stages[1]))
    expect(page.locator("#d-told")).to_have_class(re.compile("is-bad"))
    expect(column(page, third).locator(".d-card")).to_have_count(1)
