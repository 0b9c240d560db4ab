"""Automations' part in merging, exporting and erasing people, in their timeline, and in bulk actions."""

import json

import pytest

from automations.models import Delivery, Enrollment, EntryRefusal
from automations.services import activate, add_to_automation
from contacts.models import BulkJob
from contacts.selectors.timeline import timeline
from contacts.services.jobs import run_bulk_action, run_bulk_job
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from tests.automations.samples import new_automation, published
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [
        ("not_inside", ["held", "exited"]),
        ("any", ["held", "held"]),
    ],
)
def test_merge_moves_passes(policy, statuses):
    both, only = published(entry_policy=policy), published(name="Other")
    keep, drop = ContactFactory(), ContactFactory()
    add_to_automation(automation=both, contacts=[keep.pk, drop.pk])
    add_to_automation(automation=only, contacts=drop)
    EntryRefusal.objects.create(automation=both, contact=drop, reason="loop")
    Delivery.objects.create(channel="email", automation=both, contact=drop)
    merge_contacts(keep=keep, drop=drop)
    rows = Enrollment.objects.filter(automation=both).order_by("number")
    assert [(row.contact_id, row.number, row.status) for row in rows] == [
        (keep.pk, 1, statuses[0]),
        (keep.pk, 2, statuses[1]),
    ]
    assert rows[1].exit_reason == ("merged" if statuses[1] == "exited" else "")
    moved = Enrollment.objects.get(automation=only)
    assert (moved.contact_id, moved.number, moved.status) == (keep.pk, 1, "held")
    assert EntryRefusal.objects.get().contact_id == keep.pk
    assert Delivery.objects.get().contact_id == keep.pk


def test_export_has_passes_and_messages():
    automation, contact = published(), ContactFactory()
    add_to_automation(automation=automation, contacts=contact)
    Delivery.objects.create(
        channel="webhook", automation=automation, contact=contact, target="https://x.example/", payload={"a": 1}
    )
    data = json.loads(json.dumps(export_person(contact=contact)))
    assert data["automations"][0]["automation"] == "Welcome"
    assert data["messages"][0]["data"] == {"a": 1}


def test_erasing_leaves_no_name_in_the_ledger():
    automation, contact = published(), ContactFactory()
    add_to_automation(automation=automation, contacts=contact)
    for status in ("pending", "sent"):
        Delivery.objects.create(
            channel="webhook", automation=automation, contact=contact, status=status, target=contact.email,
            subject="Dear Ada", payload={"email": contact.email}, error="Ada", message_id="ada",
        )  # fmt: skip
    erase_person(contact=contact)
    rows = list(Delivery.objects.order_by("pk"))
    assert [row.status for row in rows] == ["skipped", "sent"]
    for row in rows:
        assert (row.target, row.subject, row.payload, row.error, row.message_id) == ("", "", {}, "", "")
    assert not Enrollment.objects.exists()


def test_timeline_tells_of_entering_leaving_and_messages(drain):
    from automations.services import end_passes

    automation, contact = published(), ContactFactory()
    activate(automation=automation)
    add_to_automation(automation=automation, contacts=contact)
    Delivery.objects.create(
        channel="email", automation=automation, contact=contact, subject="Hello", status="sent"
    )
    end_passes(enrollments=Enrollment.objects.all())
    entries = {entry.provider: entry for entry in timeline(contact=contact).entries}
    assert entries["automation_entered"].title == "Entered the automation “Welcome”."
    assert entries["automation_left"].title == "Left the automation “Welcome”."
    assert entries["automation_left"].text == "ended by hand"
    assert entries["deliveries"].title == "Email “Hello”: sent."
    first = timeline(contact=contact, size=2)
    second = timeline(contact=contact, size=50, cursor=first.next)
    seen = [(entry.provider, entry.pk) for entry in (*first.entries, *second.entries)]
    assert len(seen) == len(set(seen)) == len(timeline(contact=contact, size=50).entries)


def test_timeline_page_costs_the_same_for_many_passes():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    contact, automation = ContactFactory(), published(entry_policy="any")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            timeline(contact=contact)
        return len(queries)

    add_to_automation(automation=automation, contacts=contact)
    few = cost()
    for _n in range(10):
        add_to_automation(automation=automation, contacts=contact)
    assert cost() == few


def test_bulk_add_and_end():
    automation = published()
    contacts = [ContactFactory().pk for _n in range(3)]
    params = {"automation": automation.pk}
    assert run_bulk_action(action="add_to_automation", contacts=contacts, params=params).changed == 3
    assert run_bulk_action(action="add_to_automation", contacts=contacts, params=params).changed == 0
    assert run_bulk_action(action="end_automation", contacts=contacts[:2], params=params).changed == 2
    assert Enrollment.objects.filter(status="held").count() == 1


def test_bulk_add_of_many_runs_in_the_worker():
    from contacts.models import Contact

    automation = published()
    Contact.objects.bulk_create(Contact(email=f"c{n}@example.com") for n in range(600))
    outcome = run_bulk_action(
        action="add_to_automation", contacts=Contact.objects.all(), params={"automation": automation.pk}
    )
    run_bulk_job(job_id=outcome.job.pk)
    job = BulkJob.objects.get()
    assert (job.status, job.changed_count) == ("done", 600)
    assert Enrollment.objects.count() == 600


@pytest.mark.parametrize("params", [{}, {"automation": "x"}, {"automation": 999_999}])
def test_bulk_add_refuses_junk(params):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError) as caught:
        run_bulk_action(action="add_to_automation", contacts=[ContactFactory().pk], params=params)
    assert "automation" in caught.value.message_dict


def test_bulk_add_refuses_an_unpublished_automation():
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="never published"):
        run_bulk_action(
            action="add_to_automation", contacts=[ContactFactory().pk], params={"automation": new_automation().pk}
        )
