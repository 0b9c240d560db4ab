"""Forms on another site's page, sent by a real browser: framed by the script, and as plain HTML."""

import re

import pytest
from playwright.sync_api import expect

from contacts.links import confirmation_token
from contacts.models import Contact, FormSubmission
from contacts.selectors.forms import embed_code, form_url, html_code
from contacts.services import save_form
from tests.automations.conftest import build_automation, passes
from tests.contacts.test_public_browser import CONTRAST
from tests.factories import CustomFieldFactory, FormFactory, ListFactory, TagFactory
from tests.peers.http import Answer

KINDS = ("text", "textarea", "dropdown", "multiselect", "checkbox", "radio", "date", "datetime")


@pytest.fixture
def site(http_target, server, settings):
    """`site(html)` shows a page of another site and returns its address."""
    settings.SITE_URL = server.url

    def show(html: str) -> str:
        page = f"<!doctype html><meta charset=utf-8><title>Shop</title><h1>A shop</h1>{html}<p>The end of the page"
        http_target.default = Answer(body=page.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))
        return http_target.url.replace("127.0.0.1", "localhost") + "/page"

    return show


def make_form(**values):
    form = FormFactory(name="Sign up", lists=[ListFactory(name="News")], tags=[TagFactory(name="VIP")])
    fields = [{"field": key, "label": "", "required": False} for key in ("email", "first_name")]
    return save_form(form=form, values={"fields": fields, **values})


def entering(form):
    steps = [("add_note", {"text": "was here"})]
    return build_automation(triggers=[("form_submitted", {"form": form.pk})], steps=steps)


def test_framed_by_the_script_with_double_opt_in(browser_page, site, worker, smtp_server):
    form = make_form(double_opt_in=True, thank_you="You are in.")
    automation = entering(form)
    browser_page.goto(site(embed_code(form)))
    frame = browser_page.frame_locator("iframe")
    frame.get_by_label("E-mail").fill("ann@example.com")
    frame.get_by_label("First name").fill("Ann")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("heading", name="One more step")).to_be_visible()
    expect(browser_page.get_by_text("The end of the page")).to_be_visible()
    submission = FormSubmission.objects.get()
    assert (submission.status, passes(automation)) == ("pending", [])
    assert submission.source_url.startswith("http://localhost:")

    worker.start()
    mail = smtp_server.wait_for(1)[0]
    browser_page.goto(re.search(r"/f/confirm/\S+/", mail.body()).group())
    browser_page.get_by_role("button", name="Confirm").click()
    expect(browser_page.get_by_text("You are in.")).to_be_visible()
    assert passes(automation) == ["ann@example.com"]
    ann = Contact.objects.get()
    assert (ann.subscriptions.get().status, ann.tags.get().name) == ("active", "VIP")


def test_errors_show_within_the_frame_and_the_owners_page_is_opened_by_a_press(browser_page, site, console_errors):
    console_errors.allow("422")
    form = make_form(redirect_url="http://localhost:1/thanks")
    automation = entering(form)
    browser_page.goto(site(embed_code(form)))
    frame = browser_page.frame_locator("iframe")
    frame.get_by_label("E-mail").fill("nobody")
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("#error-email")).to_be_visible()
    assert passes(automation) == []
    frame.get_by_label("E-mail").fill("ann@example.com")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("link", name="Go on")).to_have_attribute("href", "http://localhost:1/thanks")
    assert passes(automation) == ["ann@example.com"]


def test_plain_html_leads_to_the_owners_page(browser_page, site):
    form = make_form()
    address = site("")
    save_form(form=form, values={"redirect_url": address.replace("/page", "/thanks")})
    automation = entering(form)
    browser_page.goto(site(html_code(form)))
    browser_page.get_by_label("E-mail").fill("ann@example.com")
    browser_page.get_by_role("button", name="Send").click()
    browser_page.wait_for_url("**/thanks")
    assert passes(automation) == ["ann@example.com"]
    # Its confirmation's post redirects off our origin too, which the page's policy has to allow.
    save_form(form=form, values={"double_opt_in": True})
    browser_page.goto(form_url(form))
    browser_page.get_by_label("E-mail").fill("bob@example.com")
    browser_page.get_by_role("button", name="Send").click()
    expect(browser_page.get_by_role("heading", name="One more step")).to_be_visible()
    assert passes(automation) == ["ann@example.com"]
    browser_page.goto(f"/f/confirm/{confirmation_token(FormSubmission.objects.first().pk)}/")
    browser_page.get_by_role("button", name="Confirm").click()
    browser_page.wait_for_url("**/thanks")
    assert sorted(passes(automation)) == ["ann@example.com", "bob@example.com"]


def test_a_bot_that_fills_in_everything_enters_nothing(browser_page, site):
    form = make_form()
    automation = entering(form)
    browser_page.goto(site(html_code(form)))
    browser_page.get_by_label("E-mail").fill("bot@example.com")
    browser_page.evaluate("document.querySelector('[name=_more]').value = 'cheap'")
    browser_page.get_by_role("button", name="Send").click()
    expect(browser_page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert (passes(automation), Contact.objects.count()) == ([], 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_the_page_can_be_read_and_nothing_overflows(width, scheme, browser_page, site):
    site("")
    for kind in KINDS:
        CustomFieldFactory(key=f"f_{kind}", type=kind, label="Donaudampfschifffahrtsgesellschaft " + kind)
    fields = [{"field": f"f_{kind}", "label": "", "required": True} for kind in KINDS]
    form = make_form(fields=fields, title="W" * 150)
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_viewport_size({"width": width, "height": 700})
    browser_page.goto(form_url(form))
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
    assert browser_page.evaluate(CONTRAST) >= 4.5
