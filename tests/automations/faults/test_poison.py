"""One contact among 10,000 whose step can't be done."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.engine.pump import turn
from automations.engine.run import PAUSES
from automations.models import Enrollment, StepLog
from automations.steps.add_note import AddNoteStep
from contacts.models import Note
from contacts.services import ContactDraft, save_contacts, tag_contacts
from tests.factories import TagFactory

PEOPLE = 10_000
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def poisoned(monkeypatch):
    """A step of which the database refuses one contact's row, whatever its group does."""
    found: list[int] = []
    run = AddNoteStep.run

    def refuse_one(step, asked):
        run(step, asked)
        if found and found[0] in asked.contact_ids:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO contacts_note (id) VALUES (NULL)")

    monkeypatch.setattr(AddNoteStep, "run", refuse_one)
    return found


def test_a_poisoned_row_among_ten_thousand(build, poisoned):
    tag = TagFactory()
    automation = build(
        triggers=[("tag_added", {"tags": [tag.pk]})],
        steps=[("add_note", {"text": "first"}), ("add_note", {"text": "second"})],
    )
    ids = save_contacts(drafts=[ContactDraft(email=f"p{number}@example.com") for number in range(PEOPLE)]).created
    poisoned.append(ids[PEOPLE // 2])
    tag_contacts(contacts=ids, tag=tag)
    start = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        while turn(clock=lambda: start):
            pass
    assert Enrollment.objects.filter(automation=automation, status="completed").count() == PEOPLE - 1
    assert Note.objects.count() == 2 * (PEOPLE - 1)
    # 50 batches of 200; finding the one takes the halves of one batch: 2 · log2(200).
    assert len(queries) < 50 * 40 + 16 * 20
    _parks(automation, poisoned[0], start)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the check of foreign keys at the end reads whole tables for each row


def _parks(automation, contact, start):
    """It alone is tried again, and waits for a person in the end."""
    moment = start
    for pause in (*PAUSES, PAUSES[-1]):
        moment += pause
        while turn(clock=lambda moment=moment: moment):
            pass
    (left,) = automation.enrollments.exclude(status="completed")
    assert (left.contact_id, left.status, left.attempts) == (contact, "parked", 6)
    assert left.error
    outcomes = list(StepLog.objects.filter(enrollment=left).order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["retry"] * 5 + ["parked"]
    assert Note.objects.count() == 2 * (PEOPLE - 1)
