"""The main job, from a CSV file to e-mails at a real server, with the worker killed in the middle."""

import csv
import io
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task
from playwright.sync_api import Page, expect
from rest_framework.authtoken.models import Token

from automations.models import Automation, Delivery, Enrollment, StepLog
from automations.models.delivery import DeliveryStatus
from automations.reasons import Entry
from automations.selectors.why import why
from automations.services import (
    activate,
    add_step,
    add_trigger,
    mark_deliveries_sent,
    publish,
    resend_deliveries,
)
from contacts.models import Contact, ContactTag, ImportJob, List, Tag
from tests.automations.builder.test_in_the_browser import choose_tag, edge, pick, saved, write_mail
from tests.factories import CustomFieldFactory, ListFactory, TagFactory
from tests.peers.processes import Server, Worker
from tests.peers.smtp import SmtpServer

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FIELDS = {"Email": "email", "First name": "first_name", "Colour": "colour", "Tags": "tags"}


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.25)


def csv_of(count: int) -> bytes:
    """Half red, half blue, all with the tag “VIP”."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for number in range(count):
        writer.writerow([f"c{number}@example.com", f"Name {number}", "Red" if number % 2 else "Blue", "VIP"])
    return text.getvalue().encode()


def import_by_api(url: str, token: str, content: bytes, mailing_list: List) -> None:
    """As a program would do it."""
    headers = {"Authorization": f"Token {token}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60) as http:
        answer = http.post("/imports/", files={"file": ("people.csv", content, "text/csv")})
        assert answer.status_code == 201, answer.text
        body = {"mapping": FIELDS, "options": {"lists": [mailing_list.pk]}}
        answer = http.post(f"/imports/{answer.json()['id']}/start/", json=body)
        assert answer.status_code < 300, answer.text


def import_by_page(page: Page, path: Path, mailing_list: List) -> None:
    """As a person would do it: upload, look, try, go."""
    page.goto("/admin/contacts/importjob/add/")
    page.set_input_files("input[type=file]", path)
    page.click("form button:has-text('Upload')")
    page.wait_for_selector("text=What goes where?")
    page.locator("select[name=lists]").select_option(label=mailing_list.name, force=True)
    page.click("text=Try it")
    page.wait_for_selector("text=This was a dry run", timeout=120_000)
    assert not Contact.objects.exists()
    page.click("text=Import now")
    page.wait_for_selector("text=The import is finished", timeout=240_000)


def imports_done(count: int) -> bool:
    return ImportJob.objects.filter(status="done").count() == count


@pytest.fixture
def token(manager: Any) -> str:
    return str(Token.objects.create(user=manager).key)


@pytest.fixture
def records(transactional_db: None) -> tuple[Tag, Tag, List]:
    CustomFieldFactory(key="colour", label="Colour", type="dropdown")
    return TagFactory(name="VIP"), TagFactory(name="Served"), ListFactory(name="News")


def build(vip: Tag, served: Tag) -> Automation:
    """Tag added -> wait 1 minute -> if colour is Red -> e-mail A, else e-mail B -> tag."""
    automation = Automation.objects.create(name="Main job")
    add_trigger(automation=automation, type="tag_added", settings={"tags": [vip.pk]})
    wait = add_step(
        automation=automation, type="wait", settings={"mode": "period", "amount": 1, "unit": "minutes"}
    )
    is_red = {"match": "all", "conditions": [{"type": "field", "field": "colour", "op": "is", "value": "Red"}]}
    choice = add_step(
        automation=automation, type="if_else", parent=wait.key, arm="next", settings={"conditions": is_red}
    )
    for arm, subject in (("yes", "A"), ("no", "B")):
        content = {"subject": f"{subject} for {{{{ contact.first_name }}}}", "html": f"<p>{subject}</p>"}
        mail = add_step(automation=automation, type="send_email", parent=choice.key, arm=arm, settings=content)
        add_step(automation=automation, type="add_tag", parent=mail.key, arm="next", settings={"tag": served.pk})
    publish(automation=automation)
    activate(automation=automation)
    return automation


def build_by_clicking(page: Page) -> Automation:
    """The same, in the builder."""
    page.goto("/automations/")
    page.get_by_label("Name of the new automation").fill("Main job")
    page.get_by_role("button", name="Create").click()
    pick(page, page.locator("#add-trigger"), "tagged")
    choose_tag(page, "VIP")
    saved(page)
    pick(page, page.locator("#add-first-step"), "delay")
    page.locator("#panel").get_by_label("Unit").select_option("minutes")
    saved(page)
    pick(page, edge(page, page.locator(".card", has_text="Wait 1 minute")), "if /")
    page.locator("[data-add-condition]").select_option("field")
    condition = page.locator("[data-condition=field]")
    condition.get_by_label("Field").select_option("colour")
    condition.get_by_label("Value").select_option("Red")
    saved(page)
    fork = page.locator(".card", has_text="If the contact")
    for arm, letter in (("yes", "A"), ("no", "B")):
        pick(page, edge(page, fork, arm), "e-mail")
        write_mail(page, f"{letter} for {{{{ contact.first_name }}}}")
        pick(page, edge(page, page.locator(".card", has_text=f"{letter} for")), "add a tag")
        page.locator(".panel").get_by_label("Tag").select_option(label="Served")
        saved(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".toast")).to_contain_text("Published as v1")
    page.get_by_role("switch").click()
    expect(page.locator("[data-state=on]")).to_have_text("Active v1")
    return Automation.objects.get()


def undelivered() -> int:
    open_ones = [DeliveryStatus.PENDING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING]
    return Delivery.objects.filter(status__in=open_ones).count()


def settle_uncertain(smtp: SmtpServer) -> int:
    """What a person does with mails whose fate a crash left open: ask the receiver, then mark or resend."""
    arrived = smtp.recipients()
    uncertain = list(Delivery.objects.filter(status=DeliveryStatus.UNCERTAIN).select_related("contact"))
    there = [delivery for delivery in uncertain if arrived[delivery.contact.email]]
    mark_deliveries_sent(deliveries=there)
    resend_deliveries(deliveries=[delivery for delivery in uncertain if delivery not in there])
    return len(uncertain)


def kill_and_go_on(worker: Worker, smtp: SmtpServer) -> None:
    worker.kill()
    before = len(smtp.messages)
    # The leases of the dead run out; waiting for that would only take time.
    Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
    worker.start()
    # What the schedule does once a minute.
    async_task("automations.tasks.work")
    eventually(lambda: len(smtp.messages) > before or not undelivered(), 120, "mail after a kill")


def serve(count: int, kills: int, worker: Worker, smtp: SmtpServer, automation: Automation) -> None:
    """From the end of the waits to the last e-mail, with the worker killed in between."""
    # The wait ends within the minute after its own: the schedule looks once a minute.
    for number in range(kills):
        wanted = count * (number + 1) // (kills + 2)
        eventually(lambda wanted=wanted: len(smtp.messages) > wanted, 400, f"{wanted} e-mails")
        kill_and_go_on(worker, smtp)
    eventually(lambda: not undelivered() and _all_through(automation), 600, "the rest")
    # A kill leaves at most one mail of each worker process uncertain.
    assert settle_uncertain(smtp) <= kills * 2
    async_task("automations.tasks.work")
    eventually(lambda: not undelivered(), 90, "what was sent again")


def _all_through(automation: Automation) -> bool:
    return not Enrollment.objects.filter(automation=automation).exclude(status="completed").exists()


def check(count: int, smtp: SmtpServer, automation: Automation, served: Tag) -> None:
    assert smtp.recipients() == Counter({f"c{number}@example.com": 1 for number in range(count)})
    subjects = {message.recipients[0]: message.subject for message in smtp.messages}
    for number in range(count):
        letter = "A" if number % 2 else "B"
        assert subjects[f"c{number}@example.com"] == f"{letter} for Name {number}"
    assert ContactTag.objects.filter(tag=served).count() == count
    # Each step once to each contact: waiting, wait over, decided, queued, tagged, completed.
    assert StepLog.objects.count() == count * 6
    assert not Enrollment.objects.filter(Q(status="parked") | Q(attempts__gt=0)).exists()
    for person in Contact.objects.order_by("?")[:5]:
        answer = why(automation, person)
        assert Entry.ENTERED in {reason.code for reason in answer.past}


@pytest.mark.sqlite  # on PostgreSQL the one below
def test_every_email_arrives_once_though_the_worker_is_killed(
    smtp_server: SmtpServer, worker: Worker, server: Server, token: str, records: tuple[Tag, Tag, List]
) -> None:
    vip, served, news = records
    automation = build(vip, served)
    worker.start()
    import_by_api(server.url, token, csv_of(300), news)
    eventually(lambda: imports_done(1), 120, "the import")
    assert Enrollment.objects.filter(automation=automation).count() == 300
    serve(300, 1, worker, smtp_server, automation)
    check(300, smtp_server, automation, served)


def test_ten_thousand_through_the_pages(
    smtp_server: SmtpServer,
    worker: Worker,
    server: Server,
    browser_page: Page,
    sign_in: Callable[[Any], None],
    manager: Any,
    token: str,
    records: tuple[Tag, Tag, List],
    tmp_path: Path,
) -> None:
    """Built by clicking, imported through the page and again through the API, killed twice."""
    _vip, served, news = records
    count = 10_000
    path = tmp_path / "people.csv"
    path.write_bytes(csv_of(count))
    sign_in(manager)
    automation = build_by_clicking(browser_page)
    worker.start()
    import_by_page(browser_page, path, news)
    import_by_api(server.url, token, path.read_bytes(), news)
    eventually(lambda: imports_done(2), 240, "the second import")
    assert Contact.objects.count() == count
    assert Enrollment.objects.filter(automation=automation).count() == count
    serve(count, 2, worker, smtp_server, automation)
    check(count, smtp_server, automation, served)
