"""The pages in a browser, under their content security policies: whatever one forbids is an error on the console,
and an error there fails the test (see `browser_page`)."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import Campaign
from tests.automations.samples import published
from tests.deals.mailboxes import make_deal
from tests.factories import ContactFactory, FormFactory, TagFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def pages() -> list[str]:
    automation, contact = published(), ContactFactory()
    deal, tag = make_deal(contact), TagFactory()
    draft, sent = Campaign.objects.create(name="Draft"), Campaign.objects.create(name="Sent", status="sent")
    return [
        reverse("admin:index"),
        reverse("admin:contacts_contact_changelist"),
        reverse("admin:contacts_contact_change", args=[contact.pk]),
        reverse("admin:contacts_tag_change", args=[tag.pk]),
        reverse("admin:contacts_tag_history", args=[tag.pk]),
        reverse("admin:deals_deal_change", args=[deal.pk]),
        reverse("admin:auth_user_add"),
        reverse("builder:list"),
        reverse("builder:page", args=[automation.pk]),
        reverse("builder:metrics", args=[automation.pk]),
        reverse("campaigns:list"),
        reverse("campaigns:editor", args=[draft.pk]),
        reverse("campaigns:report", args=[sent.pk]),
        reverse("deals:board"),
        reverse("deals:tasks"),
        reverse("personal:mailboxes"),
    ]


def test_pages_keep_to_their_policy(browser_page: Page, sign_in, admin_user) -> None:
    addresses = pages()
    sign_in(admin_user)
    for address in addresses:
        answer = browser_page.goto(address, wait_until="networkidle")
        assert answer is not None and answer.status == 200, address
        assert "content-security-policy" in answer.headers, address


def test_the_documentation_of_the_api(browser_page: Page, sign_in, admin_user) -> None:
    sign_in(admin_user)
    answer = browser_page.goto("/api/docs/", wait_until="networkidle")
    assert answer is not None and "unsafe-eval" not in answer.headers["content-security-policy"]
    expect(browser_page.get_by_text("Marketing automation API").first).to_be_visible()


def test_a_policy_is_in_force(browser_page: Page, sign_in, admin_user, console_errors) -> None:
    """An injected script does not run; so the tests above can fail."""
    console_errors.allow("Content Security Policy")
    sign_in(admin_user)
    browser_page.goto(reverse("admin:index"))
    browser_page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s); }"
    )
    assert browser_page.evaluate("() => window.ran") is None
    assert console_errors.found


def test_a_hosted_form(browser_page: Page) -> None:
    form = FormFactory(name="Sign up")
    answer = browser_page.goto(reverse("contacts:form", args=[form.token]), wait_until="networkidle")
    assert answer is not None and answer.status == 200
    assert "script-src" not in answer.headers["content-security-policy"]
