"""The main job, from a CSV file to e-mails at a real server, with the worker killed in the middle."""

import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.db.models import Q
from django.utils import timezone

from automations.models import Automation, Delivery, Enrollment, StepLog
from automations.models.delivery import DeliveryStatus
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import Contact, ContactTag, ImportJob, List, Tag
from tests.factories import CustomFieldFactory, ListFactory, TagFactory
from tests.peers.processes import Server, Worker
from tests.peers.smtp import SmtpServer

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.25)


def csv_of(prefix: str, count: int) -> bytes:
    """Half red, half blue, all with the tag “VIP”."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Email", "First name", "Colour", "Tags"])
    for number in range(count):
        colour = "Red" if number % 2 else "Blue"
        writer.writerow([f"{prefix}{number}@example.com", f"Name {number}", colour, "VIP"])
    return text.getvalue().encode()


class Importer:
    """The API as a program would use it."""

    def __init__(self, server: Server, token: str) -> None:
        self.http = httpx.Client(
            base_url=f"{server.url}/api/v1", headers={"Authorization": f"Token {token}"}, timeout=60
        )

    def __call__(self, content: bytes, mailing_list: List) -> int:
        files = {"file": ("people.csv", content, "text/csv")}
        job = self._done(self.http.post("/imports/", files=files))["id"]
        mapping = {"Email": "email", "First name": "first_name", "Colour": "colour", "Tags": "tags"}
        body = {"mapping": mapping, "options": {"lists": [mailing_list.pk]}}
        self._done(self.http.post(f"/imports/{job}/start/", json=body))
        return int(job)

    def _done(self, response: httpx.Response) -> Any:
        assert response.status_code < 300, response.text
        return response.json()


@pytest.fixture
def importer(server: Server, manager: Any) -> Iterator[Importer]:
    from rest_framework.authtoken.models import Token

    yield Importer(server, Token.objects.create(user=manager).key)


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


def undelivered() -> int:
    open_ones = [DeliveryStatus.PENDING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING]
    return Delivery.objects.filter(status__in=open_ones).count()


def settle_uncertain(smtp: SmtpServer) -> int:
    """What a person does with mails whose fate a crash left open: ask the receiver, then mark or resend."""
    arrived = smtp.recipients
    uncertain = list(Delivery.objects.filter(status=DeliveryStatus.UNCERTAIN))
    for delivery in uncertain:
        there = bool(arrived[delivery.target or delivery.contact.email])
        delivery.status = DeliveryStatus.SENT if there else DeliveryStatus.PENDING
        delivery.due_at = timezone.now()
        delivery.save()
    return len(uncertain)


def run_through(
    count: int,
    kills: int,
    worker: Worker,
    smtp: SmtpServer,
    importer: Importer,
    automation: Automation,
    served: Tag,
) -> None:
    news = ListFactory(name="News")
    worker.start()
    importer(csv_of("api", count), news)
    eventually(lambda: ImportJob.objects.filter(status="done").count() == 1, 180, "the import")
    assert Contact.objects.count() == count
    assert Enrollment.objects.filter(automation=automation).count() == count
    # The wait ends within the minute after its own: the schedule looks once a minute.
    eventually(lambda: len(smtp.messages) > count // 10, 200, "the first e-mails")
    for number in range(kills):
        worker.kill()
        before = len(smtp.messages)
        # The leases of the dead run out; waiting for that would only take time.
        Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
        worker.start()
        eventually(lambda before=before: len(smtp.messages) > before or not undelivered(), 120, f"mail {number}")
    eventually(lambda: not undelivered() and _all_through(automation), 600, "the rest")
    uncertain = settle_uncertain(smtp)
    # A kill leaves at most one mail of each worker process uncertain.
    assert uncertain <= kills * 2
    eventually(lambda: not undelivered(), 60, "what was sent again")
    check(count, smtp, automation, served)


def _all_through(automation: Automation) -> bool:
    return not Enrollment.objects.filter(automation=automation).exclude(status="completed").exists()


def check(count: int, smtp: SmtpServer, automation: Automation, served: Tag) -> None:
    assert smtp.recipients == Counter({f"api{number}@example.com": 1 for number in range(count)})
    subjects = {message.recipients[0]: message.subject for message in smtp.messages}
    for number in range(count):
        letter = "A" if number % 2 else "B"
        assert subjects[f"api{number}@example.com"] == f"{letter} for Name {number}"
    assert ContactTag.objects.filter(tag=served).count() == count
    # Each step once to each contact: waiting, wait over, decided, queued, tagged, completed.
    assert StepLog.objects.count() == count * 6
    assert not Enrollment.objects.filter(Q(status="parked") | Q(attempts__gt=0)).exists()


def test_every_email_arrives_once_though_the_worker_is_killed(
    smtp_server: SmtpServer, worker: Worker, importer: Importer
) -> None:
    CustomFieldFactory(key="colour", label="Colour", type="dropdown")
    vip, served = TagFactory(name="VIP"), TagFactory(name="Served")
    automation = build(vip, served)
    run_through(300, 2, worker, smtp_server, importer, automation, served)
