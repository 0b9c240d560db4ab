"""Writing to a contact, and what comes back: one conversation, on real mail servers."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.models import Delivery
from automations.models.delivery import DeliveryStatus
from automations.services.personal_emails import Writing, send_personal_email
from contacts.models import EmailActivity, Suppression
from contacts.services import suppress_address
from deals.models import Mailbox, PersonalEmail
from deals.services.mail_polling import poll_mailbox, queue_due
from tests.automations.mail.conftest import clicks, fetch, pixel
from tests.deals.mailboxes import make_deal, written
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return ContactFactory(email="ann@example.org", first_name="Ann")


def actions(contact):
    return list(EmailActivity.objects.filter(contact=contact).order_by("pk").values_list("action", flat=True))


def incoming(**filters):
    return PersonalEmail.objects.filter(direction="in", **filters)


# --- Sending ---


def test_goes_out_by_the_mailbox(post, ann):
    post.mailbox.signature = "Sue\nSeller & Co"
    post.mailbox.save()
    row = post.write(ann, "Dear {{ contact.first_name }},\n\nsee https://example.com/offer.\nBye")
    got = post.last()
    assert got.recipients == ("ann@example.org",) and got.sender == "sue@example.com"
    assert got.message["From"] == "Sue Seller <sue@example.com>"
    assert got.subject == "Our offer"
    assert got.message["Message-ID"] == row.message_id == row.thread
    assert "<p>Dear Ann,</p>" in got.body("html") and "Seller &amp; Co" in got.body("html")
    assert "Dear Ann," in got.body() and "unsubscribe" not in got.body().lower()
    assert "List-Unsubscribe" not in got.message
    assert Delivery.objects.get(pk=row.delivery).status == DeliveryStatus.SENT
    assert row.email.kind == "personal" and row.email.sent_at
    assert (row.sent_from, row.user) == ("contact", post.mailbox.user)


def test_opens_and_clicks_are_counted(post, ann):
    post.write(ann, '<p><a href="https://example.com/offer">offer</a></p>')
    (link,) = clicks(post.last())
    assert fetch(pixel(post.last())).status_code == 200
    assert fetch(link)["Location"] == "https://example.com/offer"
    assert actions(ann) == ["open", "click"]


def test_counts_nothing_that_it_is_not_to_count(post, ann):
    post.write(ann, "See https://example.com/offer", track_opens=False, track_links=False)
    html = post.last().body("html")
    assert 'href="https://example.com/offer"' in html and "/o/" not in html


def test_values_of_contacts_are_no_templates_and_no_html(post, ann):
    ann.first_name = "<b>{{ contact.email }}</b>"
    ann.save()
    post.write(ann, "<p>Hi {{ contact.first_name }}</p><script>alert(1)</script>")
    html = post.last().body("html")
    assert "&lt;b&gt;{{ contact.email }}&lt;/b&gt;" in html and "alert" not in html


def test_names_the_deal_in_the_ledger(post, ann):
    deal = make_deal(ann)
    row = post.write(ann, deal=deal)
    assert (row.deal, row.sent_from) == (deal, "deal")
    assert row.email.details == {"sent_from": "deal", "mailbox": post.mailbox.pk, "deal": deal.pk, "links": 0}


def test_without_a_mailbox_the_system_sends_in_the_users_name(smtp_server, ann, settings):
    settings.DEFAULT_FROM_EMAIL = "Marketing <news@example.com>"
    user = UserFactory(first_name="Sue", last_name="Seller", email="sue@example.com")
    send_personal_email(writing=Writing(user=user, contact=ann, subject="Hello", body="Hi"))
    deliver_due(now=timezone.now)
    (got,) = smtp_server.messages
    assert got.message["From"] == "Sue Seller <news@example.com>" and got.message["Reply-To"] == "sue@example.com"


BAD = [
    ({"subject": " "}, "subject", "Write something"),
    ({"subject": "x" * 251}, "subject", "At most 250"),
    ({"body": ""}, "body", "Write something"),
    ({"body": "x" * 100_001}, "body", "At most 100000"),
    ({"body": "{{ contact.first_name"}, "body", "doesn't parse"),
    ({"subject": "{{ contact.phone }}"}, "__all__", "empty for this contact"),
]


@pytest.mark.parametrize(("values", "field", "words"), BAD)
def test_bad_input_writes_nothing(post, ann, values, field, words):
    given = {"mailbox": post.mailbox, "subject": "Hello", "body": "Hi", **values}
    with pytest.raises(ValidationError) as error:
        send_personal_email(writing=Writing(user=post.mailbox.user, contact=ann, **given))
    found = error.value.message_dict if hasattr(error.value, "error_dict") else {"__all__": error.value.messages}
    assert list(found) == [field] and words in " ".join(found[field])
    assert not PersonalEmail.objects.exists() and not Delivery.objects.exists()


def test_who_may_not_be_written_to(post, ann):
    user, deal = post.mailbox.user, make_deal(ContactFactory())
    cases = [
        ({"user": UserFactory(), "mailbox": post.mailbox}, "mailbox"),
        ({"user": user, "deal": deal}, "contact"),
        ({"user": user, "answers": post.write(ContactFactory())}, "answers"),
    ]
    for values, field in cases:
        with pytest.raises(ValidationError) as error:
            send_personal_email(writing=Writing(contact=ann, subject="Hello", body="Hi", **values))
        assert list(error.value.message_dict) == [field]
    suppress_address(address=ann.email, reason=Suppression.Reason.BOUNCED)
    with pytest.raises(ValidationError) as error:
        send_personal_email(writing=Writing(user=user, contact=ann, subject="Hello", body="Hi"))
    assert "suppressed" in error.value.message_dict["contact"][0]


def test_one_broken_mailbox_holds_nobody_else_up(post, ann, own_smtp):
    """Its e-mails wait, and leave once it works again; the other's leave at once."""
    broken = Mailbox.objects.get(pk=post.mailbox.pk)
    broken.pk, broken.name, broken.smtp_password = None, "Broken", "wrong"
    broken.save(force_insert=True)
    for number, box in enumerate([broken, broken, post.mailbox]):
        writing = Writing(user=box.user, contact=ann, subject=f"Mail {number}", body="Hi", mailbox=box)
        send_personal_email(writing=writing)
    deliver_due(now=timezone.now)
    assert [got.subject for got in own_smtp.messages] == ["Mail 2"]
    states = dict(Delivery.objects.values_list("subject", "status"))
    assert states == {"Mail 0": "pending", "Mail 1": "pending", "Mail 2": "sent"}
    assert "refused the log-in" in Delivery.objects.get(subject="Mail 0").error
    broken.smtp_password = post.mailbox.smtp_password
    broken.save()
    deliver_due(now=lambda: timezone.now() + timedelta(minutes=5))
    assert sorted(got.subject for got in own_smtp.messages) == ["Mail 0", "Mail 1", "Mail 2"]


def test_a_mailbox_that_is_gone_sends_nothing(post, ann):
    writing = Writing(user=post.mailbox.user, contact=ann, subject="Hello", body="Hi", mailbox=post.mailbox)
    row = send_personal_email(writing=writing)
    Mailbox.objects.update(is_active=False)
    post.deliver()
    delivery = Delivery.objects.get(pk=row.delivery)
    assert (delivery.status, delivery.skip_reason) == ("skipped", "no_mailbox")
    assert not post.smtp.messages


def test_a_silent_server_leaves_it_uncertain_and_sends_nothing_twice(post, ann, settings):
    settings.MAILBOX_TIMEOUT = 0.5
    post.smtp.hang(2, at="data", keeps=True, times=1)
    row = post.write(ann)
    assert Delivery.objects.get(pk=row.delivery).status == DeliveryStatus.UNCERTAIN
    deliver_due(now=lambda: timezone.now() + timedelta(hours=1))
    assert len(post.smtp.wait_for(1)) == 1
    fetch(pixel(post.last()))  # it did arrive
    assert Delivery.objects.get(pk=row.delivery).status == DeliveryStatus.SENT


# --- What comes back ---


def test_an_answer_joins_the_conversation(post, ann):
    deal = make_deal(ann)
    first = post.write(ann, deal=deal)
    post.answer("Yes, please!\n\nOn Monday Sue wrote:\n> Hello Ann")
    answer = incoming().get()
    assert (answer.contact, answer.deal, answer.thread) == (ann, deal, first.thread)
    assert (answer.in_reply_to, answer.subject) == (first.message_id, "Re: Our offer")
    assert actions(ann) == ["reply"]
    # And on from there, though only the answer is named, and from a deal that has others meanwhile.
    make_deal(ann, title="Another")
    second = post.write(ann, "Gladly.", deal=deal, answers=answer, subject="Re: Our offer")
    assert second.thread == first.thread
    assert post.last().message["In-Reply-To"] == answer.message_id
    assert post.last().message["References"] == f"{first.message_id} {answer.message_id}"
    post.answer("Great.")
    assert set(PersonalEmail.objects.values_list("thread", "deal")) == {(first.thread, deal.pk)}
    assert actions(ann) == ["reply", "reply"]


AUTOMATIC = [
    {"Auto_Submitted": "auto-replied"},
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
]


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_an_automatic_answer_is_kept_but_is_none(post, ann, headers):
    post.write(ann, deal=make_deal(ann))
    post.answer("I am on holiday. Terrible weather!", **headers)
    row = incoming().get()
    assert row.automatic and row.sentiment == "" and actions(ann) == []


def test_an_encoded_french_subject_is_understood(post, ann):
    post.write(ann)
    message = written("ann@example.org", "Je suis absente.", subject="Réponse automatique : congés d'été")
    post.receive(message)
    assert incoming().get().automatic


def test_who_is_found_by_the_address_alone(post, ann):
    deal = make_deal(ann)
    make_deal(ann, title="Over", status="won")
    post.receive(written("Ann <ANN@example.org>", "A question"))
    row = incoming().get()
    assert (row.contact, row.deal, row.in_reply_to) == (ann, deal, "")
    make_deal(ann, title="Second")
    post.receive(written("ann@example.org", "Another question"))
    assert incoming().latest("pk").deal is None  # which of the two, nobody knows
    assert actions(ann) == []


def test_nobodys_mail_is_not_kept(post, ann):
    post.write(ann)
    post.receive(
        written("stranger@example.net", "Buy this"),
        written("sue@example.com", "A note to myself"),
        written("", "Nobody"),
        # Somebody else who has seen, or guessed, the Message-ID.
        written("stranger@example.net", "Yes", In_Reply_To=str(post.last().message["Message-ID"])),
    )
    assert not incoming().exists() and actions(ann) == []


def test_the_ids_of_another_users_mail_open_nothing(post, ann):
    other = UserFactory()
    row = send_personal_email(writing=Writing(user=other, contact=ann, subject="Private", body="Hi"))
    post.receive(written("ann@example.org", "Yes", In_Reply_To=row.message_id))
    assert incoming().get().in_reply_to == ""


def test_what_was_there_before_is_not_read(mailbox, imap_server, own_smtp):
    contact = ContactFactory(email="ann@example.org")
    imap_server.put("sue", written("ann@example.org", "Years ago"))
    poll_mailbox(mailbox_id=mailbox.pk, now=timezone.now())
    assert not incoming().exists()
    imap_server.put("sue", written("ann@example.org", "Today"))
    poll_mailbox(mailbox_id=mailbox.pk, now=timezone.now(), force=True)
    assert incoming().get().contact == contact


def test_a_mail_is_taken_in_once(post, ann):
    message = written("ann@example.org", "Hello", Message_ID="<one@example.org>")
    post.receive(message)
    post.poll()
    post.receive(message.as_bytes())  # delivered twice
    Mailbox.objects.update(last_uid=0)
    post.poll()  # read from the beginning
    assert incoming().count() == 1


def test_renumbered_mails_are_read_on_without_loss(post, ann):
    post.receive(written("ann@example.org", "One", Message_ID="<one@example.org>"))
    before = post.mailbox.uid_validity
    post.imap.forget_uids("sue")
    post.receive(written("ann@example.org", "Two", Message_ID="<two@example.org>"))
    assert post.mailbox.uid_validity != before
    assert sorted(incoming().values_list("message_id", flat=True)) == ["<one@example.org>", "<two@example.org>"]


def test_one_bad_mail_stops_nothing(post, ann, monkeypatch):
    from deals.services import mail_incoming

    real = mail_incoming.text_of

    def picky(message):
        if message["X-Bad"]:
            raise RuntimeError("this one can't be read")
        return real(message)

    monkeypatch.setattr(mail_incoming, "text_of", picky)
    odd = b"From: ann@example.org\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe hello"
    post.receive(
        written("ann@example.org", "One"),
        written("ann@example.org", "Bad", X_Bad="yes"),
        odd,
        written("ann@example.org", "Three"),
    )
    assert [row.text for row in incoming().order_by("pk")] == ["One", "\ufffd\ufffd hello", "Three"]
    assert post.mailbox.skipped == 1 and "can't be read" in post.mailbox.skip_error
    assert (post.mailbox.failures, post.mailbox.error) == (0, "")


def test_a_huge_mail_comes_without_its_text(post, ann, settings):
    settings.MAILBOX_MAX_BYTES = 500
    post.receive(written("ann@example.org", "x " * 1_000, subject="Huge"))
    row = incoming().get()
    assert (row.subject, row.text) == ("Huge", "")


def test_the_mail_stays_unread_in_the_mailbox(post, ann):
    post.receive(written("ann@example.org", "Hello"))
    client = post.imap.client("sue")
    assert client.search(None, "UNSEEN")[1] == [b"1"]
    client.logout()


def test_names_the_files_that_came(post, ann):
    message = written("ann@example.org", "See the file")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="signé.pdf")
    post.receive(message)
    assert incoming().get().files == ["signé.pdf"]


def test_a_bounce_is_of_the_e_mail_and_suppresses_the_address(post, ann):
    post.write(ann)
    post.receive(bounce(post.last(), "ann@example.org"))
    assert actions(ann) == ["bounce"] and not incoming().exists()
    assert Suppression.objects.filter(address="ann@example.org").exists()


def test_a_forged_bounce_is_none(post, ann):
    post.write(ann)
    post.receive(bounce(post.last(), "other@example.org"))
    assert actions(ann) == [] and not Suppression.objects.exists()


def bounce(received, address):
    text = (
        "From: MAILER-DAEMON@example.com\r\nTo: sue@example.com\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {received.message['Message-ID']}\r\n\r\n--b--\r\n"
    )
    return text.encode()


# --- Reading in good and bad times ---


def test_pauses_grow_while_reading_fails(post):
    post.imap.halt()
    now, waits = timezone.now(), []
    for _time in range(4):
        Mailbox.objects.update(next_poll_at=now)
        assert poll_mailbox(mailbox_id=post.mailbox.pk, now=now)
        post.mailbox.refresh_from_db()
        waits.append((post.mailbox.next_poll_at - now).total_seconds())
    assert waits == [60, 300, 900, 3_600]
    assert post.mailbox.failures == 4 and "can't be reached" in post.mailbox.error
    post.imap.start_again()
    Mailbox.objects.update(next_poll_at=now)
    assert poll_mailbox(mailbox_id=post.mailbox.pk, now=now)
    post.mailbox.refresh_from_db()
    assert (post.mailbox.failures, post.mailbox.error) == (0, "")


def test_is_read_when_it_is_due_and_by_one_at_a_time(post, django_capture_on_commit_callbacks):
    now = timezone.now()
    with django_capture_on_commit_callbacks():
        assert queue_due(now=now) == 0  # it was just read
        assert queue_due(now=now + timedelta(minutes=2)) == 1
    assert not poll_mailbox(mailbox_id=post.mailbox.pk, now=now)
    Mailbox.objects.update(is_active=False)
    assert not poll_mailbox(mailbox_id=post.mailbox.pk, now=now + timedelta(minutes=2))
