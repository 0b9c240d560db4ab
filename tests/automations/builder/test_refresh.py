"""Choices that depend on another choice: the server draws the form anew."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from automations.models import Automation
from automations.services import add_step, add_trigger, save_automation
from contacts.models import Campaign, CampaignLink

from .test_in_the_browser import SignIn


@pytest.fixture
def links(transactional_db: None) -> dict[str, CampaignLink]:
    """A link of each of two campaigns."""
    return {
        name: CampaignLink.objects.create(
            campaign=Campaign.objects.create(name=name), url=f"https://example.com/{name}"
        )
        for name in ("News", "Offer")
    }


@pytest.mark.browser
def test_links_follow_the_chosen_e_mail(
    links: dict[str, CampaignLink], browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    page, news, offer = browser_page, links["News"], links["Offer"]
    automation = save_automation(values={"name": "Welcome"})
    settings = {"scope": "campaign", "campaign": news.campaign_id, "link": news.pk}
    trigger = add_trigger(automation=automation, type="email_link_clicked", settings=settings)
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/")
    page.locator(f"#open-{trigger.key}").click()
    link = page.locator("#panel select[name=link]")
    expect(link.locator("option:checked")).to_have_text("https://example.com/News")
    page.locator("#panel select[name=campaign]").select_option(str(offer.campaign_id))
    expect(link.locator("option")).to_have_text(["any link", "https://example.com/Offer"])
    expect(link.locator("option:checked")).to_have_text("any link")
    link.select_option(str(offer.pk))
    expect(page.locator("[data-form-state]")).to_have_text("All changes saved")
    stored = Automation.objects.get(pk=automation.pk).triggers.get().settings()
    assert (stored["campaign"], stored["link"]) == (offer.campaign_id, offer.pk)


@pytest.mark.browser
def test_links_of_a_condition_follow_too(
    links: dict[str, CampaignLink], browser_page: Page, sign_in: SignIn, admin_user: Any
) -> None:
    page, news, offer = browser_page, links["News"], links["Offer"]
    automation = save_automation(values={"name": "Welcome"})
    condition = {"type": "email_activity", "op": "clicked", "campaign": news.campaign_id, "link": news.pk}
    conditions = {"match": "all", "conditions": [condition]}
    step = add_step(automation=automation, type="if_else", settings={"conditions": conditions})
    sign_in(admin_user)
    page.goto(f"/automations/{automation.pk}/")
    page.locator(f"#open-{step.key}").click()
    page.locator(".condition select[name$=campaign]").select_option(str(offer.campaign_id))
    link = page.locator(".condition select[name$=link]")
    expect(link.locator("option")).to_have_text(["any link", "https://example.com/Offer"])
    link.select_option(str(offer.pk))
    expect(page.locator(".conditions-sentence")).to_contain_text("https://example.com/Offer")
    expect(page.locator("[data-form-state]")).to_have_text("All changes saved")
    (stored,) = automation.steps.get().settings()["conditions"]["conditions"]
    assert (stored["campaign"], stored["link"]) == (offer.campaign_id, offer.pk)


@pytest.mark.parametrize(
    ("query", "status"),
    [("type=email_activity", 200), ("type=email_activity&settings=[]", 400), ("type=tag&settings=x", 400)],
)
def test_a_condition_with_settings(page: Any, query: str, status: int) -> None:
    assert page.get(f"/automations/conditions/new/?{query}").status_code == status
