from datetime import timedelta

import pytest
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.engine.run import run_due
from automations.models import Enrollment, StepCount
from automations.services import add_to_automation
from contacts.models import Contact
from contacts.services import subscribe_contacts
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import refused, round_trip, sentence
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db
DELETE = ("delete_contact", {"confirmed": True})
WAIT = ("wait", {"mode": "period", "amount": 1, "unit": "days"})


def test_deletes_whoever_comes_and_nobody_else(drain):
    contact, other = ContactFactory(), ContactFactory()
    elsewhere = build_automation(steps=[WAIT])
    automation = build_automation(steps=[("add_note", {"text": "Goodbye"}), DELETE])
    add_to_automation(automation=elsewhere, contacts=[contact, other])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert list(Contact.objects.all()) == [other]
    assert list(Enrollment.objects.values_list("contact", "automation")) == [(other.pk, elsewhere.pk)]
    left = StepCount.objects.filter(automation=automation, step_key="", metric="left")
    assert sum(left.values_list("amount", flat=True)) == 1


def test_in_one_batch_with_others_of_the_same_contact(drain):
    """Two automations reach it at once: the second finds nobody, and nothing breaks."""
    contacts = [ContactFactory() for _number in range(3)]
    for _number in range(2):
        automation = build_automation(steps=[("add_note", {"text": "Bye"}), DELETE])
        add_to_automation(automation=automation, contacts=contacts)
    drain()
    assert not Contact.objects.exists() and not Enrollment.objects.exists()


def test_an_e_mail_before_it_leaves_first(drain, mailoutbox):
    contact = ContactFactory()
    subscribe_contacts(contacts=contact, list=ListFactory())
    mail = ("send_email", {"subject": "Goodbye", "html": "<p>Bye</p>"})
    add_to_automation(automation=build_automation(steps=[mail, DELETE]), contacts=contact)
    while run_due(now=timezone.now()):
        pass
    enrollment = Enrollment.objects.get()
    assert enrollment.arrived and enrollment.due_at > timezone.now()
    deliver_due(now=timezone.now)
    assert [message.to for message in mailoutbox] == [[contact.email]]
    run_due(now=timezone.now() + timedelta(minutes=2))
    assert not Contact.objects.exists()


def test_settings_and_sentences():
    assert refused("delete_contact", {}) == {"confirmed": ["Confirm that contacts are deleted here."]}
    assert round_trip("delete_contact", {"confirmed": True}) == {"confirmed": True}
    assert sentence("delete_contact") == "Delete the contact"
