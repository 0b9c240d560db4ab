"""The peers that other tests lean on do what they say."""

import smtplib
import time
from email.message import EmailMessage

import httpx
import pytest
from django_q.models import Success
from django_q.tasks import async_task

from tests.peers.http import Answer


def send(server, recipient="ada@example.com", subject="Hello", timeout=5):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "me@example.com", recipient
    message.set_content("Grüße\n")
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as client:
        client.send_message(message)


def test_smtp_server_keeps_what_it_got(smtp_server):
    send(smtp_server, subject="Ça va")
    (received,) = smtp_server.messages
    assert (received.subject, received.recipients) == ("Ça va", ("ada@example.com",))
    assert received.body() == "Grüße\n"


def test_smtp_server_refuses_as_told(smtp_server):
    smtp_server.refuse(550, "unknown", recipient="ada@example.com")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_server)
    send(smtp_server, "grace@example.com")
    smtp_server.refuse(451, at="data", times=1)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(smtp_server, "grace@example.com")
    assert refused.value.smtp_code == 451
    send(smtp_server, "grace@example.com")
    assert smtp_server.recipients() == {"grace@example.com": 2}


def test_smtp_server_hangs_and_drops_as_told(smtp_server):
    smtp_server.hang(2, times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(smtp_server, timeout=0.3)
    smtp_server.drop(times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert smtp_server.recipients()["ada@example.com"] == 0
    smtp_server.drop(keeps=True, times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert smtp_server.recipients()["ada@example.com"] == 1


def test_http_target_answers_as_scripted(http_target):
    http_target.script(Answer(status=503), Answer(seconds=1), Answer(drop=True))
    assert httpx.post(f"{http_target.url}/hook?a=1", json={"n": 1}).status_code == 503
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(http_target.url, timeout=0.2)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(http_target.url)
    assert httpx.get(http_target.url).status_code == 200
    first = http_target.requests[0]
    assert (first.method, first.path, first.json) == ("POST", "/hook?a=1", {"n": 1})
    assert len(http_target.requests) == 4


def wait_for_tasks(count, seconds=30):
    deadline = time.monotonic() + seconds
    while Success.objects.count() < count:
        assert time.monotonic() < deadline, "the worker did not run the task"
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_worker_runs_tasks_and_survives_a_kill(worker):
    worker.start()
    async_task("math.factorial", 5)
    wait_for_tasks(1)
    worker.kill()
    assert not worker.running
    async_task("math.factorial", 6)
    time.sleep(1)
    assert Success.objects.count() == 1
    worker.start()
    wait_for_tasks(2)
    worker.stop()
    assert "Traceback" not in worker.output()


@pytest.mark.django_db(transaction=True)
def test_server_serves_the_test_database(server, admin_user):
    response = httpx.get(f"{server.url}/admin/login/")
    assert response.status_code == 200
    token = response.cookies["csrftoken"]
    answer = httpx.post(
        f"{server.url}/admin/login/",
        data={"username": "admin", "password": "a good password", "csrfmiddlewaretoken": token},
        cookies=response.cookies,
    )
    assert answer.status_code == 302, answer.text


def test_browser_signs_in(browser_page, sign_in, admin_user):
    browser_page.goto("/admin/jsi18n/")
    assert "/admin/login/" in browser_page.url
    sign_in(admin_user)
    browser_page.goto("/admin/jsi18n/")
    assert browser_page.url.endswith("/admin/jsi18n/")


def test_browser_errors_are_seen(browser_page, console_errors):
    browser_page.goto("/admin/login/")
    browser_page.evaluate("setTimeout(() => { throw new Error('made by the test') })")
    browser_page.wait_for_timeout(200)
    assert any("made by the test" in text for text in console_errors.unexpected())
    console_errors.allow("made by the test")
