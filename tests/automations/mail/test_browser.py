"""A deal's e-mail is written, looked at and sent in a browser; the policy of the page is kept."""

import pytest

from deals.models import PersonalEmail
from tests.deals.mailboxes import mailbox_without_servers, make_deal
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_writes_from_a_deal(browser_page, sign_in):
    user = UserFactory(username="sue", is_superuser=True)
    mailbox = mailbox_without_servers(user, signature="Sue Seller")
    deal = make_deal(ContactFactory(email="ann@example.org", first_name="Ann"))
    sign_in(user)
    page = browser_page
    page.goto(f"/admin/deals/deal/{deal.pk}/change/")
    page.get_by_role("link", name="Write an e-mail").click()
    page.get_by_label("Subject").fill("Our offer")
    page.get_by_label("Message").fill("Dear {{ contact.first_name }},\n\nhere it is.")
    page.get_by_label("Files").set_input_files(
        {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    )
    page.get_by_role("button", name="Attach").click()
    page.get_by_text("offer.pdf").first.wait_for()
    page.get_by_role("button", name="Preview").click()
    frame = page.frame_locator("iframe[name=preview]")
    frame.get_by_text("Dear Ann,").wait_for()
    frame.get_by_text("Sue Seller").wait_for()
    page.get_by_role("button", name="Send").click()
    page.get_by_text("is on its way").wait_for()
    row = PersonalEmail.objects.get()
    assert (row.deal, row.mailbox, row.sent_from) == (deal, mailbox, "deal")
    assert row.attachments.get().name == "offer.pdf"
    page.goto("/personal/mailboxes/")
    page.locator("#content").get_by_text("sue@example.com").wait_for()
