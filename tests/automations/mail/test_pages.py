"""Mailboxes, writing and conversations on their pages, in the admin and over the API."""

import html
import re
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from automations.models import Delivery
from contacts.models import Account
from deals.models import FileDownload, MailAttachment, Mailbox, PersonalEmail
from tests.deals.mailboxes import mailbox_values, make_deal, written
from tests.factories import ContactFactory, UserFactory
from tests.peers.processes import free_port

# What pages draw is the same on both databases: one is enough.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def ann():
    return ContactFactory(email="ann@example.org", first_name="Ann")


@pytest.fixture
def sue(post):
    """The mailbox's user, an editor, in a browser."""
    post.mailbox.user.groups.add(Group.objects.get(name="editor"))
    client = Client()
    client.force_login(post.mailbox.user)
    return client


def where(**query):
    return f"/personal/write/?{urlencode(query)}"


def text_of(answer):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


# --- Mailboxes ---


def test_connects_a_mailbox_on_the_own_page(client, editor, own_smtp, imap_server):
    client.force_login(editor)
    assert "You have no mailbox yet" in text_of(client.get("/personal/mailboxes/"))
    values = mailbox_values(own_smtp, imap_server, is_active="on")
    wrong = client.post("/personal/mailboxes/new/", values | {"imap_password": "wrong"})
    assert wrong.status_code == 422 and "refused the log-in" in wrong.content.decode()
    assert values["smtp_password"] not in wrong.content.decode()  # it is typed again
    assert not Mailbox.objects.exists()
    answer = client.post("/personal/mailboxes/new/", values)
    assert answer.status_code == 302
    mailbox = Mailbox.objects.get()
    assert mailbox.user == editor
    page = client.get(f"/personal/mailboxes/{mailbox.pk}/").content.decode()
    assert values["smtp_password"] not in page and values["imap_password"] not in page
    kept = values | {"name": "Office", "smtp_password": "", "imap_password": ""}
    assert client.post(f"/personal/mailboxes/{mailbox.pk}/", kept).status_code == 302
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.smtp_password) == ("Office", values["smtp_password"])


def test_the_page_says_how_reading_goes(sue, post):
    url = f"/personal/mailboxes/{post.mailbox.pk}/read/"
    assert "was read" in text_of(sue.post(url, follow=True))
    post.imap.halt()
    page = text_of(sue.post(url, follow=True))
    assert "can't be reached" in page and "tried again at" in page
    Mailbox.objects.update(skipped=2, skip_error="RuntimeError: odd")
    assert "2 mails could not be taken in" in text_of(sue.get("/personal/mailboxes/"))


def test_the_mailboxes_of_others_are_not_there(client, post):
    other = UserFactory()
    other.groups.add(Group.objects.get(name="editor"))
    client.force_login(other)
    pk = post.mailbox.pk
    assert "Work" not in text_of(client.get("/personal/mailboxes/"))
    assert client.get(f"/personal/mailboxes/{pk}/").status_code == 404
    assert client.post(f"/personal/mailboxes/{pk}/delete/").status_code == 404
    assert client.get(f"/admin/deals/mailbox/{pk}/change/").status_code == 302
    assert Mailbox.objects.exists()


def test_in_the_admin(client, admin_user, own_smtp, imap_server):
    client.force_login(admin_user)
    user = UserFactory()
    values = mailbox_values(own_smtp, imap_server, user=user.pk, is_active="on", signature="")
    wrong = client.post("/admin/deals/mailbox/add/", values | {"smtp_password": "wrong"})
    assert wrong.status_code == 200 and "refused the log-in" in wrong.content.decode()
    assert client.post("/admin/deals/mailbox/add/", values).status_code == 302
    mailbox = Mailbox.objects.get()
    assert mailbox.user == user
    page = client.get(f"/admin/deals/mailbox/{mailbox.pk}/change/").content.decode()
    assert "sue@example.com" in page and values["smtp_password"] not in page
    changed = values | {"name": "Office", "smtp_password": "", "imap_password": ""}
    assert client.post(f"/admin/deals/mailbox/{mailbox.pk}/change/", changed).status_code == 302
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.imap_password) == ("Office", values["imap_password"])
    assert "connected" in text_of(client.get("/admin/deals/mailbox/"))


def test_over_the_api(api_client, editor, manager, own_smtp, imap_server):
    api = api_client(editor)
    values = mailbox_values(own_smtp, imap_server)
    wrong = api.post("/api/v1/mailboxes/", values | {"smtp_password": "wrong"})
    assert wrong.status_code == 400 and list(wrong.json()["error"]["fields"]) == ["smtp_password"]
    made = api.post("/api/v1/mailboxes/", values)
    assert made.status_code == 201 and "smtp_password" not in made.json()
    url = f"/api/v1/mailboxes/{made.json()['id']}/"
    assert api.patch(url, {"signature": "Sue"}).json()["signature"] == "Sue"
    assert list(api.patch(url, {"smtp_host": "localhost"}).json()["error"]["fields"]) == ["smtp_password"]
    assert api.post(f"{url}test/").status_code == 204
    Mailbox.objects.update(smtp_port=free_port())
    assert list(api.post(f"{url}test/").json()["error"]["fields"]) == ["smtp_host"]
    assert api_client(UserFactory()).get(url).status_code == 403
    stranger = UserFactory()
    stranger.groups.add(Group.objects.get(name="editor"))
    assert api_client(stranger).get(url).status_code == 404
    assert api_client(manager).get(url).status_code == 200
    assert api.delete(url).status_code == 204


# --- Writing ---


def test_writes_with_a_file_and_a_preview(sue, post, ann):
    deal = make_deal(ann)
    url = where(deal=deal.pk)
    page = sue.get(url).content.decode()
    assert "ann@example.org" in page and "sue@example.com" in page
    letter = {
        "contact": ann.pk,
        "mailbox": post.mailbox.pk,
        "subject": "Hi",
        "body": "Dear {{ contact.first_name }}",
    }
    files = {"files": SimpleUploadedFile("offer.pdf", b"%PDF")}
    attached = sue.post(url, {"contact": ann.pk, "subject": "", "body": "", "do": "attach", **files})
    assert attached.status_code == 200 and "offer.pdf" in attached.content.decode()
    file = MailAttachment.objects.get()
    show = url.replace("/write/", "/write/preview/")
    preview = sue.post(show, letter | {"do": "preview", "attachments": [file.pk]})
    assert "Dear Ann" in text_of(preview) and "offer.pdf" in text_of(preview)
    assert "sandbox" in preview["Content-Security-Policy"] and preview["X-Frame-Options"] == "SAMEORIGIN"
    assert not Delivery.objects.exists()
    wrong = sue.post(show, letter | {"body": "{{ x"})
    assert wrong.status_code == 422 and "parse" in text_of(wrong)
    answer = sue.post(url, letter | {"do": "send", "attachments": [file.pk], "track_opens": "on"}, follow=True)
    assert "on its way" in text_of(answer) and "offer.pdf" in text_of(answer)
    row = PersonalEmail.objects.get()
    assert (row.deal, row.sent_from, row.attachments.get()) == (deal, "deal", file)
    assert "pending" in text_of(answer)
    post.deliver()
    assert "pending" not in text_of(sue.get(f"/personal/thread/{row.pk}/"))
    assert post.last().subject == "Hi"


def test_what_is_wrong_is_said_and_nothing_is_lost(sue, ann):
    url = where(contact=ann.pk)
    bad = {
        "files": SimpleUploadedFile("run.exe", b"MZ"),
        "contact": ann.pk,
        "subject": "Hi",
        "body": "{{ x",
        "do": "send",
    }
    answer = sue.post(url, bad)
    assert answer.status_code == 422 and "can't be attached" in text_of(answer)
    answer = sue.post(url, {"contact": ann.pk, "subject": "Hi", "body": "{{ x", "do": "send"})
    assert answer.status_code == 422 and "parse" in text_of(answer) and 'value="Hi"' in answer.content.decode()
    assert not PersonalEmail.objects.exists()
    assert sue.get("/personal/write/").status_code == 404
    assert sue.get(where(contact="x")).status_code == 404
    assert sue.get(where(deal=999_999)).status_code == 404


PLACES = ["contact", "account", "deal", "overview"]


@pytest.mark.parametrize("place", PLACES)
def test_knows_where_it_was_written(sue, post, ann, place):
    company = Account.objects.create(name="Example Ltd")
    company.contacts.add(ann)
    query = {
        "contact": {"contact": ann.pk},
        "account": {"account": company.pk},
        "deal": {"deal": make_deal(ann).pk},
        "overview": {"contact": ann.pk, "from": "overview"},
    }[place]
    letter = {"contact": ann.pk, "mailbox": post.mailbox.pk, "subject": "Hi", "body": "Hello", "do": "send"}
    assert sue.post(where(**query), letter).status_code == 302
    assert PersonalEmail.objects.get().sent_from == place


def test_the_list_of_contacts_leads_to_it(sue, ann):
    answer = sue.get(f"/admin/contacts/contact/{ann.pk}/write-email/")
    assert answer["Location"] == where(contact=ann.pk, **{"from": "overview"})


def test_answers_in_the_conversation_and_corrects_the_sentiment(sue, post, ann):
    deal = make_deal(ann)
    first = post.write(ann, deal=deal)
    post.answer("This is terrible!")
    row = PersonalEmail.objects.get(direction="in")
    page = sue.get(f"/personal/thread/{first.pk}/")
    assert "This is terrible!" in text_of(page) and "negative" in text_of(page)
    (link,) = re.findall(r'href="(/personal/write/[^"]+)"', page.content.decode())
    form = sue.get(link.replace("&amp;", "&")).content.decode()
    assert 'value="Re: Our offer"' in form
    letter = {"contact": ann.pk, "mailbox": post.mailbox.pk, "subject": "Re", "body": "Sorry", "do": "send"}
    sue.post(link.replace("&amp;", "&"), letter)
    last = PersonalEmail.objects.latest("pk")
    assert (last.in_reply_to, last.thread, last.deal) == (row.message_id, first.thread, deal)
    sue.post(f"/personal/thread/{row.pk}/sentiment/", {"sentiment": "neutral"})
    row.refresh_from_db()
    assert row.sentiment == "neutral"
    assert "no such sentiment" in text_of(
        sue.post(f"/personal/thread/{row.pk}/sentiment/", {"sentiment": "blue"}, follow=True)
    )


def test_hostile_mail_is_shown_as_text(sue, post, ann):
    post.receive(written(ann.email, "<script>alert(1)</script>", subject="<img src=x onerror=alert(1)>"))
    page = sue.get(f"/personal/thread/{PersonalEmail.objects.get().pk}/").content.decode()
    assert "<script>alert(1)" not in page and "<img src=x" not in page


@pytest.mark.parametrize("kind", ["contact", "account", "deal"])
def test_pages_of_records_show_the_conversations(sue, post, ann, kind, django_assert_max_num_queries):
    company, deal = Account.objects.create(name="Example Ltd"), make_deal(ann)
    company.contacts.add(ann)
    record = {"contact": ann, "account": company, "deal": deal}[kind]
    url = f"/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"
    assert "No personal e-mail yet" in text_of(sue.get(url))
    for number in range(3):
        values = {"deal": deal} if kind == "deal" else {"account": company} if kind == "account" else {}
        post.write(ann, subject=f"Mail {number}", **values)
    page = sue.get(url)
    assert "Mail 0" in text_of(page) and "Mail 2" in text_of(page)
    assert f"/personal/write/?{kind}={record.pk}" in page.content.decode()


def test_who_only_looks_writes_nothing(client, viewer, post, ann):
    row = post.write(ann)
    client.force_login(viewer)
    assert client.get(where(contact=ann.pk)).status_code == 403
    assert client.get("/personal/mailboxes/new/").status_code == 403
    page = client.get(f"/personal/thread/{row.pk}/")
    assert page.status_code == 200 and "/personal/write/" not in page.content.decode()
    assert "/personal/write/" not in client.get(f"/admin/contacts/contact/{ann.pk}/change/").content.decode()


def test_facts_in_the_admin(client, admin_user, post, ann):
    client.force_login(admin_user)
    make_deal(ann)
    row = post.write(ann)
    post.answer("Excellent!")
    FileDownload.objects.create(contact=ann, email=row, file_name="offer.pdf")
    for model in ("personalemail", "filedownload", "sentimentchange"):
        page = client.get(f"/admin/deals/{model}/")
        assert page.status_code == 200
        assert client.get(f"/admin/deals/{model}/add/").status_code == 403
    assert client.get(f"/admin/deals/personalemail/{row.pk}/change/").status_code == 200
    assert client.get(f"/admin/deals/personalemail/?contact__id__exact={ann.pk}").status_code == 200


# --- The API ---


def test_writes_and_reads_over_the_api(api_client, post, ann):
    user = post.mailbox.user
    user.groups.add(Group.objects.get(name="editor"))
    api, deal = api_client(user), make_deal(ann)
    upload = api.post(
        "/api/v1/attachments/", {"file": SimpleUploadedFile("offer.pdf", b"%PDF")}, format="multipart"
    )
    assert upload.status_code == 201, upload.content
    bad = api.post("/api/v1/attachments/", {"file": SimpleUploadedFile("run.exe", b"MZ")}, format="multipart")
    assert bad.status_code == 400 and list(bad.json()["error"]["fields"]) == ["file"]
    letter = {
        "contact": ann.pk, "deal": deal.pk, "mailbox": post.mailbox.pk, "subject": "Hi",
        "body": "Dear {{ contact.first_name }}", "attachments": [upload.json()["id"]],
    }  # fmt: skip
    made = api.post("/api/v1/personal-emails/", letter)
    assert made.status_code == 201, made.content
    assert (made.json()["state"], made.json()["sent_from"]) == ("pending", "deal")
    post.deliver()
    url = f"/api/v1/personal-emails/{made.json()['id']}/"
    assert api.get(url).json()["state"] == "sent"
    post.answer("Excellent, thank you!")
    (row,) = api.get(f"/api/v1/personal-emails/?deal={deal.pk}&direction=in").json()["results"]
    assert (row["state"], row["sentiment"], row["thread"]) == ("received", "positive", made.json()["thread"])
    corrected = api.post(f"/api/v1/personal-emails/{row['id']}/sentiment/", {"sentiment": "mixed"})
    assert corrected.json()["sentiment"] == "mixed"
    changes = api.get(f"/api/v1/sentiment-changes/?deal={deal.pk}").json()["results"]
    assert [(one["old"], one["new"]) for one in changes] == [("positive", "mixed"), ("", "positive")]
    for field, values in [
        ("body", {"body": "{{ x"}), ("attachments", {"attachments": [999_999]}), ("contact", {"contact": 999_999}),
        ("mailbox", {"mailbox": Mailbox.objects.create(user=UserFactory(), name="x", address="x@example.com").pk}),
        ("deal", {"deal": 999_999}), ("colour", {"colour": "blue"}),
    ]:  # fmt: skip
        refused = api.post("/api/v1/personal-emails/", {**letter, "attachments": [], **values})
        assert refused.status_code == 400 and list(refused.json()["error"]["fields"]) == [field], refused.content
    assert api.get("/api/v1/file-downloads/").json()["results"] == []


def test_a_repeated_request_sends_once(api_client, post, ann):
    user = post.mailbox.user
    user.groups.add(Group.objects.get(name="editor"))
    letter = {"contact": ann.pk, "subject": "Hi", "body": "Hello", "mailbox": post.mailbox.pk}
    for _time in range(2):
        answer = api_client(user).post("/api/v1/personal-emails/", letter, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 201
    post.deliver()
    assert len(post.smtp.messages) == 1
