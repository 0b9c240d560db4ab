"""A campaign written, tried, sent and followed by a person in a browser, with a worker and a mail server."""

import re

import pytest
from django.urls import reverse

from contacts.models import Campaign
from contacts.services import subscribe_contacts
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def readers(transactional_db):
    news = ListFactory(name="Monthly letter")
    people = [ContactFactory(email=f"reader{n}@example.com", first_name=f"Reader{n}") for n in range(3)]
    subscribe_contacts(contacts=[person.pk for person in people], list=news)
    return people


def test_from_the_first_word_to_the_report(smtp_server, worker, browser_page, sign_in, editor, readers):
    page = browser_page
    sign_in(editor)
    page.goto(reverse("campaigns:list"))
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name").fill("May letter")
    page.get_by_text("Announcement").click()
    page.get_by_role("button", name="Write it").click()

    # What is written is seen at once, for the contact that is chosen.
    page.get_by_role("combobox", name="Lists").click()
    page.get_by_role("option", name="Monthly letter").click()
    page.get_by_text("3 recipients at the moment").wait_for()
    page.get_by_label("Subject").fill("Good news, {{ contact.first_name }}")
    page.get_by_label("Preview as").fill("reader1@example.com")
    frame = page.frame_locator("iframe[name=preview]")
    frame.get_by_text("Hello Reader1").wait_for()
    page.get_by_label("Content (HTML)").fill("<p>Dear {{ contact.first_name }}, it is here.</p>")
    frame.get_by_text("Dear Reader1, it is here.").wait_for()

    # The test goes to oneself, unsaved as it is.
    page.get_by_role("button", name="Send test").click()
    page.get_by_text(f"Sent to {editor.email}.").wait_for()
    (test,) = smtp_server.wait_for(1)
    assert (test.subject, test.recipients) == ("[Test] Good news, Reader1", (editor.email,))
    smtp_server.clear()

    # The confirmation names the number.
    page.get_by_role("button", name="Save and review").click()
    worker.start()
    page.get_by_role("button", name="Send to 3 contacts now").click()
    page.wait_for_url("**/report/")
    assert {received.subject for received in smtp_server.wait_for(3)} == {
        f"Good news, Reader{n}" for n in range(3)
    }
    sent = page.locator(".tile", has_text="Sent").locator("strong")
    for _attempt in range(40):
        if sent.inner_text() == "3":
            break
        page.wait_for_timeout(250)
        page.reload()
    assert sent.inner_text() == "3"
    page.locator(".tile", has_text="Sent").click()
    page.get_by_text("reader2@example.com").wait_for()
    assert Campaign.objects.get().name == "May letter"


def test_leaving_unsaved_asks_and_mistakes_stay(browser_page, sign_in, editor, readers, console_errors):
    console_errors.allow("422")
    page = browser_page
    sign_in(editor)
    page.goto(reverse("campaigns:new"))
    page.get_by_label("Name").fill("Draft")
    page.get_by_role("button", name="Write it").click()
    page.get_by_label("Subject").fill("{{ oops")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text(re.compile("personalisation doesn't parse")).first.wait_for()
    assert page.get_by_label("Subject").input_value() == "{{ oops"
    page.get_by_label("Subject").fill("Better")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator('a[href="/campaigns/"]').first.click()
    page.wait_for_url("**/campaigns/")
    assert asked == ["beforeunload"]
