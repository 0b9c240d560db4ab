"""Postmark servers and answers in the admin: who sees what, and what is said of bad input."""

import time

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import EmailActivity, EmailReply, PostmarkServer
from contacts.services import create_contact
from tests.contacts import mail
from tests.peers.http import Answer

pytestmark = pytest.mark.django_db


def page(user, name, *args, data=None):
    client = Client()
    client.force_login(user)
    url = reverse(f"admin:contacts_{name}", args=args)
    return client.post(url, data) if data is not None else client.get(url)


def test_set_up(manager):
    response = page(manager, "postmarkserver_add", data={"name": " Shop ", "new_token": "abc"})
    server = PostmarkServer.objects.get()
    assert (server.name, server.token) == ("Shop", "abc")
    assert response.url == reverse("admin:contacts_postmarkserver_change", args=[server.pk])
    shown = page(manager, "postmarkserver_change", server.pk).content.decode()
    assert f"/postmark/{server.pk}/{server.key}/" in shown
    assert "abc" not in shown.replace("abcdef", "")
    key = server.key
    page(manager, "postmarkserver_change", server.pk, data={"name": "Shop 2", "new_token": ""})
    server.refresh_from_db()
    assert (server.name, server.token, server.key) == ("Shop 2", "abc", key)
    page(manager, "postmarkserver_change", server.pk, data={"name": "Shop 2", "new_key": "on"})
    server.refresh_from_db()
    assert server.key != key


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": ""}, "required"),
        ({"name": "Taken"}, "exists already"),
        ({"name": "New", "new_token": "a b"}, "copy it again"),
        ({"name": "New", "new_token": "ключ"}, "copy it again"),
    ],
)
def test_bad_input(manager, given, message):
    PostmarkServer.objects.create(name="Taken")
    response = page(manager, "postmarkserver_add", data={"new_token": "", **given})
    assert (response.status_code, message in response.content.decode()) == (200, True)
    assert PostmarkServer.objects.count() == 1


@pytest.mark.parametrize("group", ["viewer", "editor"])
def test_others_look_without_the_address(group, request):
    server = PostmarkServer.objects.create(name="Shop")
    user = request.getfixturevalue(group)
    shown = page(user, "postmarkserver_change", server.pk)
    assert (shown.status_code, server.key in shown.content.decode()) == (200, False)
    assert page(user, "postmarkserver_add").status_code == 403
    assert page(user, "postmarkserver_change", server.pk, data={"name": "x"}).status_code == 403


def test_the_token_is_encrypted():
    from django.db import connection

    PostmarkServer.objects.create(name="Shop", token="server-token")
    with connection.cursor() as cursor:
        cursor.execute("select token from contacts_postmarkserver")
        assert "server-token" not in cursor.fetchone()[0]


def test_answers(viewer, editor):
    email = mail.sent_email()
    reply = EmailReply.objects.create(contact=email.contact, email=email, subject="Re: News", text="<b>Yes</b>")
    assert "Re: News" in page(viewer, "emailreply_changelist").content.decode()
    shown = page(viewer, "emailreply_change", reply.pk).content.decode()
    assert "&lt;b&gt;Yes" in shown
    assert page(viewer, "emailreply_delete", reply.pk, data={"post": "yes"}).status_code == 403
    assert page(editor, "emailreply_delete", reply.pk, data={"post": "yes"}).status_code == 302


BAD = [
    (b"{", 400),
    (b"[]", 400),
    (b'{"RecordType": "Open"}', 400),
    (b'{"RecordType": "Open", "MessageID": "x"}', 400),
    (b'{"RecordType": ["Open"], "MessageID": "x", "Recipient": "a@example.com"}', 400),
    (b'{"RecordType": "Open", "MessageID": 1, "Recipient": "a@example.com"}', 400),
    (b'{"RecordType": "Sent", "MessageID": "x", "Recipient": "a@example.com"}', 200),
    (b'{"RecordType": "Open", "MessageID": "x\\u0000", "Recipient": "no address"}', 200),
    (b'{"a": "' + b"x" * 70_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BAD)
def test_odd_notices(body, status):
    server = PostmarkServer.objects.create(name="Shop")
    url = reverse("contacts:postmark_webhook", args=[server.pk, server.key])
    assert Client().post(url, body, content_type="application/json").status_code == status


def test_who_may_post(settings):
    server = PostmarkServer.objects.create(name="Shop")
    other = PostmarkServer.objects.create(name="Other")
    url = reverse("contacts:postmark_webhook", args=[server.pk, server.key])
    notice = mail.postmark("Open")
    wrong = reverse("contacts:postmark_webhook", args=[server.pk, other.key])
    assert Client().post(wrong, notice, content_type="application/json").status_code == 404
    assert Client().post(url, notice, content_type="text/plain").status_code == 415
    assert Client().get(url).status_code == 405
    settings.POSTMARK_RATE = 0
    assert Client().post(url, notice, content_type="application/json").status_code == 429


@pytest.mark.slow
def test_a_worker_asks_for_the_subject(worker, server, http_target, process_environment):
    """Postmark's API is played by a real HTTP server; the notice comes over HTTP."""
    create_contact(email="ann@example.com")
    shop = PostmarkServer.objects.create(name="Shop", token="server-token")
    process_environment |= {"POSTMARK_API_URL": http_target.url, "WEBHOOK_ALLOW_PRIVATE": "yes"}
    worker.environment |= process_environment
    http_target.default = Answer(body=b'{"Subject": "Your order"}')
    notice = mail.postmark("Open")
    url = server.url + reverse("contacts:postmark_webhook", args=[shop.pk, shop.key])
    assert mail.post(url, notice) == 200
    assert http_target.requests == [] and not EmailActivity.objects.exists()
    worker.start()
    deadline = time.monotonic() + 30
    while not EmailActivity.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    (asked,) = http_target.requests
    assert asked.path == f"/messages/outbound/{notice['MessageID']}/details"
    assert asked.headers["x-postmark-server-token"] == "server-token"
    activity = EmailActivity.objects.select_related("email").get()
    assert (activity.action, activity.email.subject) == ("open", "Your order")


def test_what_postmark_reports_of_an_address(settings):
    """Bounce and complaint of a transactional e-mail; a failing API loses nothing."""
    from django.utils import timezone

    from contacts.models import ProviderNotice, SentEmail, Suppression
    from contacts.services.postmark import WAITS, settle_postmark, settle_the_rest

    settings.POSTMARK_API_URL = "http://127.0.0.1:9"  # private: refused before it is called
    contact = create_contact(email="ann@example.com")
    server = PostmarkServer.objects.create(name="Shop", token="t")
    url = reverse("contacts:postmark_webhook", args=[server.pk, server.key])
    answer = Client().post(url, mail.postmark("Open"), content_type="application/json")
    assert answer.json() == {"outcome": "waiting"}
    settings.WEBHOOK_ALLOW_PRIVATE = True  # now nobody answers there
    pk = ProviderNotice.objects.get(due_at__isnull=False).pk
    assert settle_the_rest(now=timezone.now() + timezone.timedelta(hours=1)) == 1
    assert [settle_postmark(notice_id=pk) for _try in range(len(WAITS) + 2)] == [False] * len(WAITS) + [
        True,
        False,
    ]
    email = SentEmail.objects.get()
    assert (email.contact, email.subject, email.kind) == (contact, "", "transactional")
    assert list(EmailActivity.objects.values_list("action", flat=True)) == ["open"]
    Client().post(url, mail.postmark("Bounce", email), content_type="application/json")
    assert Suppression.objects.get().address == "ann@example.com"
