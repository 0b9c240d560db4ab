"""What is left in the ledger of an erased person holds nobody up, in no channel, whoever wakes it."""

import pytest
from django.utils import timezone

from automations.delivery.outbox import lease, reap_leases
from automations.models import Delivery, SenderState, Spreadsheet
from automations.services import resend_deliveries, save_spreadsheet
from contacts.services.privacy import erase_person
from tests.peers.google import DOCUMENT, account_key

pytestmark = pytest.mark.django_db
NOTICE = {"who": "address", "address": "team@example.com", "subject": "News", "text": "Look"}


def _google():
    values = {"name": "Leads", "kind": "google", "document": DOCUMENT, "key": account_key()}
    spreadsheet = save_spreadsheet(spreadsheet=Spreadsheet(), values=values)
    return {"spreadsheet": spreadsheet.pk, "cells": "Name: {{ contact.first_name }}"}


STEPS = [
    ("send_email", lambda: {"subject": "Hello", "html": "<p>Hello</p>"}),
    ("send_sms", lambda: {"text": "Hello"}),
    ("notify", lambda: NOTICE),
    ("webhook", lambda: {"url": "https://hook.example.com/"}),
    ("add_spreadsheet_row", _google),
]


@pytest.mark.parametrize(("step", "settings"), STEPS)
@pytest.mark.parametrize("woken", ["by a person", "after a crash"])
def test_they_are_passed_by(step, settings, woken, queue, people, deliver, monkeypatch):
    # Nothing leaves here: it is about what is prepared before.
    monkeypatch.setattr("automations.delivery.outbox._begin", lambda delivery, now: False)
    ann, ben = people(2, phone="+33612345678")
    rows = Delivery.objects.filter(
        pk__in=[row.pk for row in queue(contacts=[ann, ben], steps=[(step, settings())])]
    )
    assert rows.count() == 2
    first = rows.get(contact=ann)
    if woken == "by a person":
        rows.filter(pk=first.pk).update(status="failed")
        erase_person(contact=ann)
        assert resend_deliveries(deliveries=[first.pk]) == [first.pk]
    else:
        rows.filter(pk=first.pk).update(status="claimed", lease_until=timezone.now() - lease())
        erase_person(contact=ann)
        reap_leases(now=timezone.now())
    assert deliver() == 2
    first.refresh_from_db()
    assert (first.status, first.skip_reason, first.payload) == ("skipped", "contact_gone", {})
    assert rows.exclude(pk=first.pk).get().status == "pending", "given back, as its turn was cut short here"
    assert not SenderState.objects.filter(failures__gt=0).exists()
