"""Peers of the fault tests: clusters to kill, a mail server that counts, people on their way."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django_q.tasks import async_task

from automations.models import Automation, Delivery, Enrollment
from contacts.models import List, Tag
from contacts.services import ContactDraft, save_contacts, subscribe_contacts, tag_contacts
from tests.automations.conftest import build_automation
from tests.factories import CustomFieldFactory, ListFactory, TagFactory
from tests.peers.processes import Worker
from tests.peers.smtp import SmtpServer

OPEN = ("pending", "claimed", "sending")
EMAIL = {"subject": "Hello {{ contact.first_name }}", "html": "<p>Dear {{ contact.first_name }}</p>"}


@pytest.fixture
def durable(transactional_db: None) -> Iterator[None]:
    """The tests' PostgreSQL doesn't wait for its log; a kill of the server must find it written all the same."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    for change in ("SET synchronous_commit = on", "RESET synchronous_commit"):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} {change}")
        connection.close()
        if change.startswith("SET"):
            yield


@pytest.fixture
def process_environment(smtp_server: SmtpServer) -> dict[str, str]:
    return {"EMAIL_URL": smtp_server.url, "EMAIL_TIMEOUT": "5", "DELIVERY_LEASE_SECONDS": "6", "Q_WORKERS": "1"}


@pytest.fixture
def clusters(transactional_db: None, process_environment: dict[str, str]) -> Iterator[list[Worker]]:
    """Two clusters with one worker each, running."""
    found = [Worker(**process_environment) for _number in range(2)]
    for cluster in found:
        cluster.hatch()
    yield found
    for cluster in found:
        cluster.kill()


@pytest.fixture
def five_steps(transactional_db: None) -> Callable[[int], tuple[Automation, Tag]]:
    """`five_steps(n)`: n contacts on their way through five steps, one of which is an e-mail; nothing has run.

    The counter shows a step that was done twice, the note one that was left out.
    """

    def make(count: int) -> tuple[Automation, Tag]:
        start, served, news = TagFactory(), TagFactory(), ListFactory()
        CustomFieldFactory(key="visits", label="Visits", type="number")
        automation = build_automation(
            triggers=[("tag_added", {"tags": [start.pk]})],
            steps=[
                ("update_field", {"field": "visits", "op": "increment", "value": "1"}),
                ("add_tag", {"tag": served.pk}),
                ("send_email", EMAIL),
                ("add_note", {"text": "was here"}),
                ("remove_tag", {"tag": start.pk}),
            ],
        )
        enter(count, start, news)
        return automation, served

    return make


def enter(count: int, tag: Tag, news: List) -> None:
    drafts = [ContactDraft(email=f"p{n}@example.com", standard={"first_name": f"Ada {n}"}) for n in range(count)]
    ids = save_contacts(drafts=drafts).created
    subscribe_contacts(contacts=ids, list=news)
    tag_contacts(contacts=ids, tag=tag)


def wake() -> None:
    """What the schedule does once a minute."""
    async_task("automations.tasks.work")


def eventually(
    reached: Callable[[], bool], seconds: float, what: Callable[[], Any], *, meanwhile: Callable[[], None] = wake
) -> None:
    deadline = time.monotonic() + seconds
    woken = 0.0
    while not reached():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what()}"
        if time.monotonic() - woken > 1:
            meanwhile()
            woken = time.monotonic()
        time.sleep(0.1)


def through(automation: Automation) -> bool:
    """All contacts have left, and nothing is on its way."""
    inside = Enrollment.objects.filter(automation=automation, status="active").exists()
    return not inside and not Delivery.objects.filter(status__in=OPEN).exists()
