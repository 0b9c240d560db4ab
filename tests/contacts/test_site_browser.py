"""The tracking script in Chromium, on a page of another origin: who is tracked, and what is sent."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import expect

from contacts.links import identifying_url
from contacts.models import PageVisit, SiteMessage, SiteMessageFact, TrackedDomain, TrackingSettings, Visitor
from contacts.services import show_site_message
from contacts.services.site import hash_of_key
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory

PAGE = """<!doctype html><html><head><title>Page {path}</title>
<script>window.sitetrack=window.sitetrack||function(){{(sitetrack.q=sitetrack.q||[]).push(arguments)}}</script>
<script async src="{server}/track/site.js" data-account="{account}"></script>
<link rel="icon" href="data:,"></head><body><a href="/next">next</a></body></html>"""


@pytest.fixture
def process_environment():
    return {"TRIGGER_INDEX_TTL": "0"}


@pytest.fixture
def site(server):
    """A site on a port, and so an origin, of its own; `site` is its address."""
    account = TrackingSettings.current().account_number
    TrackedDomain.objects.create(domain="localhost")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = PAGE.format(path=self.path.split("?")[0], server=server.url, account=account).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://localhost:{web.server_address[1]}"
    web.shutdown()
    web.server_close()


@pytest.fixture
def sent(browser_page):
    """What the page sends to us, as (path, status) in order, with a wait for the next answers."""
    answers = []

    def note(response):
        if re.search(r"/track/(visit|identify)/", response.url):
            answers.append((response.url.split("/")[-2], response.status))

    browser_page.on("response", note)

    def wait(count):
        for _n in range(100):
            if len(answers) >= count:
                break
            browser_page.wait_for_timeout(50)
        browser_page.wait_for_timeout(150)
        return answers

    return wait


def pages():
    return list(PageVisit.objects.order_by("pk").values_list("url", "title"))


def cookie(page):
    return {c["name"]: c["value"] for c in page.context.cookies()}.get("_sitetrack")


def test_from_nobody_to_an_entry(browser_page, site, sent):
    ann = ContactFactory(email="ann@example.com")
    automation = build_automation(triggers=[("page_visited", {"url_is": "pattern", "url": "localhost*/pric*"})])
    browser_page.goto(f"{site}/pricing?a=1#top")
    assert sent(1) == [("visit", 204)]
    browser_page.click("a")
    assert sent(2)[1:] == [("visit", 204)]
    assert pages() == [(f"{site}/pricing?a=1#top", "Page /pricing"), (f"{site}/next", "Page /next")]
    assert list(PageVisit.objects.order_by("pk").values_list("referrer", flat=True)) == [
        "",
        f"{site}/pricing?a=1",
    ]
    visitor = Visitor.objects.get()
    assert visitor.contact is None and visitor.key_hash == hash_of_key(cookie(browser_page))
    assert passes(automation) == []
    browser_page.evaluate("sitetrack('identify', 'Ann@example.com')")
    assert sent(3)[2:] == [("identify", 204)]
    assert passes(automation) == ["ann@example.com"]
    assert set(PageVisit.objects.values_list("contact", flat=True)) == {ann.pk}


def test_a_link_in_an_email(browser_page, site, sent):
    ann = ContactFactory()
    browser_page.goto(identifying_url(f"{site}/offer?b=2#now", ann))
    sent(1)
    assert browser_page.url == f"{site}/offer?b=2#now", "the token is out of sight"
    assert browser_page.evaluate("history.length") <= 2
    assert (Visitor.objects.get().contact, Visitor.objects.get().proven) == (ann, True)
    assert pages()[0][0] == f"{site}/offer?b=2#now"


def test_pages_without_loading(browser_page, site, sent):
    browser_page.goto(f"{site}/app")
    sent(1)
    browser_page.evaluate("history.pushState({}, '', '/app/two'); document.title = 'Two'")
    sent(2)
    browser_page.evaluate("history.pushState({}, '', '#part')")
    browser_page.evaluate("history.replaceState({}, '', '?x=1')")
    browser_page.go_back()
    sent(2)
    browser_page.evaluate("history.pushState({}, '', '/app/three')")
    sent(3)
    browser_page.go_back()
    assert len(sent(4)) == 4
    assert [url.removeprefix(site) for url, _title in pages()] == ["/app", "/app/two", "/app/three", "/app/two"]
    assert pages()[1][1] == "Two"


REFUSALS = {
    "gpc": "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})",
    "dnt": "Object.defineProperty(navigator, 'doNotTrack', {get: () => '1'})",
}


@pytest.mark.parametrize("signal", REFUSALS)
def test_who_wants_no_tracking_is_not(browser_page, site, sent, signal):
    browser_page.add_init_script(REFUSALS[signal])
    browser_page.goto(identifying_url(f"{site}/a", ContactFactory()))
    browser_page.wait_for_function("sitetrack.on")
    assert browser_page.url == f"{site}/a"
    browser_page.evaluate("sitetrack('consent', true); sitetrack('identify', 'a@b.com')")
    assert sent(0) == [] and cookie(browser_page) is None
    assert not Visitor.objects.exists()


def test_consent(browser_page, site, sent):
    TrackingSettings.objects.update(wait_for_consent=True)
    browser_page.goto(f"{site}/one")
    browser_page.wait_for_function("sitetrack.on")
    browser_page.evaluate("sitetrack('identify', 'a@b.com')")
    assert sent(0) == [] and cookie(browser_page) is None
    browser_page.evaluate("sitetrack('consent', true)")
    assert sent(1) == [("visit", 204)]
    browser_page.goto(f"{site}/two")  # agreed once and for all
    sent(2)
    first = cookie(browser_page)
    browser_page.evaluate("sitetrack('consent', false)")
    assert cookie(browser_page) == "0"
    browser_page.evaluate("history.pushState({}, '', '/three')")
    browser_page.goto(f"{site}/four")
    browser_page.wait_for_function("sitetrack.on")
    assert len(sent(2)) == 2
    browser_page.evaluate("sitetrack('consent', true)")
    sent(3)
    assert re.fullmatch("[0-9a-f]{32}", cookie(browser_page)) and cookie(browser_page) != first
    assert [url.removeprefix(site) for url, _title in pages()] == ["/one", "/two", "/four"]


def test_calls_before_the_script_is_there(browser_page, site, sent):
    ann = ContactFactory(email="ann@example.com")
    browser_page.add_init_script(
        "window.sitetrack = function(){(sitetrack.q=sitetrack.q||[]).push(arguments)};"
        "sitetrack('identify', 'ann@example.com')"
    )
    browser_page.goto(f"{site}/a")
    assert sorted(sent(2)) == [("identify", 204), ("visit", 204)]
    assert Visitor.objects.get().contact == ann


def test_a_site_that_is_not_on_the_list(browser_page, site, sent, console_errors):
    TrackedDomain.objects.all().delete()
    console_errors.allow("403|CORS|ERR_FAILED")
    browser_page.goto(f"{site}/a")
    sent(1)
    expect(browser_page.locator("a")).to_be_visible()
    assert not Visitor.objects.exists()


def test_a_message_until_it_is_closed(browser_page, site, sent):
    hello = SiteMessage.objects.create(
        title="Hello", html="<p>Welcome <b>back</b></p>", button_text="Go", button_url=f"{site}/go"
    )
    ann = ContactFactory(email="ann@example.com")
    automation = build_automation(triggers=[("site_message_dismissed", {"message": hello.pk})])
    show_site_message(contacts=ann, message=hello)
    browser_page.goto(f"{site}/a")
    sent(1)
    expect(browser_page.get_by_role("dialog")).to_have_count(0)
    browser_page.goto(identifying_url(f"{site}/b", ann))
    box = browser_page.get_by_role("dialog", name="Hello")
    expect(box).to_contain_text("Welcome back")
    browser_page.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)
    browser_page.wait_for_timeout(500)
    assert list(SiteMessageFact.objects.order_by("pk").values_list("action", "view")) == [
        ("shown", 1),
        ("dismissed", 1),
    ]
    assert passes(automation) == ["ann@example.com"]
    browser_page.goto(f"{site}/c")
    sent(3)
    expect(box).to_have_count(0)


@pytest.mark.parametrize("position", ["corner", "top", "bottom", "centre"])
def test_a_message_that_is_clicked(browser_page, site, sent, position):
    hello = SiteMessage.objects.create(title="Hello", button_text="Go", button_url=f"{site}/go", position=position)
    ann = ContactFactory()
    show_site_message(contacts=ann, message=hello)
    browser_page.set_viewport_size({"width": 420, "height": 700})
    browser_page.goto(identifying_url(f"{site}/b", ann))
    expect(browser_page.get_by_role("dialog")).to_be_visible()
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 420
    browser_page.get_by_role("link", name="Go").click()
    browser_page.wait_for_url(f"{site}/go")
    browser_page.wait_for_timeout(500)
    assert SiteMessageFact.objects.filter(action="clicked").count() == 1
