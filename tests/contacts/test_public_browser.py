"""The public pages in a real browser: leaving, taking it back, choosing; light, dark, narrow, by keyboard."""

import pytest
from playwright.sync_api import expect

from contacts.links import preferences_url, unsubscribe_url
from contacts.services import subscribe_contacts
from tests.factories import ContactFactory, ListFactory


@pytest.fixture
def ada(server):
    contact = ContactFactory(email="ada@example.com")
    for name, about in (("Monthly letter", "What we learnt, once a month."), ("Offers", "")):
        subscribe_contacts(contacts=contact, list=ListFactory(name=name, description=about))
    ListFactory(name="Events near you", description="Meetings and talks in your town, about four times a year.")
    return contact


def path(url):
    return "/" + url.split("/", 3)[3]


def active(contact):
    return sorted(contact.subscriptions.filter(status="active").values_list("list__name", flat=True))


def test_leaving_and_taking_it_back(browser_page, ada):
    news = ada.subscriptions.get(list__name="Monthly letter").list_id
    browser_page.goto(path(unsubscribe_url(ada, [news])))
    browser_page.get_by_role("button", name="Unsubscribe").click()
    expect(browser_page.get_by_role("heading", name="You have unsubscribed")).to_be_visible()
    assert active(ada) == ["Offers"]
    browser_page.get_by_role("button", name="Undo").click()
    expect(browser_page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert active(ada) == ["Monthly letter", "Offers"]


def test_choosing_by_keyboard(browser_page, ada):
    browser_page.goto(path(preferences_url(ada)))
    browser_page.keyboard.press("Tab")  # Events near you
    browser_page.keyboard.press("Space")
    for _field in range(3):
        browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("status")).to_have_text("Your choice is saved.")
    assert active(ada) == ["Events near you", "Monthly letter", "Offers"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_overflows_and_text_can_be_read(width, scheme, browser_page, ada):
    """Contrast of at least 4.5 to 1 for every text (WCAG AA)."""
    ListFactory(name="A" * 100, description="Donaudampfschifffahrtsgesellschaftskapitän " * 5)
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_viewport_size({"width": width, "height": 700})
    for url in (preferences_url(ada), unsubscribe_url(ada), "http://x/u/preview/"):
        browser_page.goto(path(url))
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
        assert browser_page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return Math.min(...texts.map((element) => {
    const pair = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  }));
}"""
