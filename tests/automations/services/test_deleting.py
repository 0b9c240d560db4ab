"""Deleting an automation with everything it has done."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.models import Automation, Delivery, Enrollment, EntryRefusal, StepCount, StepLog, Version
from automations.services import deactivate, delete_automation
from contacts.services import subscribe_contacts, tag_contacts
from tests.factories import ContactFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db

EMAIL = ("send_email", {"subject": "Hello", "html": "<p>x</p>"})
HISTORY = (Enrollment, StepLog, Delivery, EntryRefusal, StepCount, Version)


@pytest.fixture
def worked(build, drain):
    """An automation that `count` contacts have passed, and were refused by once."""

    def make(count):
        tag, other = TagFactory(), TagFactory()
        automation = build(
            triggers=[("tag_added", {"tags": [tag.pk]}), ("tag_added", {"tags": [other.pk]})],
            steps=[EMAIL, ("wait", {"mode": "period", "amount": 1, "unit": "days"})],
        )
        contacts = [ContactFactory().pk for _number in range(count)]
        subscribe_contacts(contacts=contacts, list=ListFactory())
        tag_contacts(contacts=contacts, tag=tag)
        drain()
        tag_contacts(contacts=contacts, tag=other)
        deactivate(automation=automation)
        return automation

    return make


def test_an_active_one_is_refused(build):
    with pytest.raises(ValidationError, match="deactivate it"):
        delete_automation(automation=build())
    assert Automation.objects.exists()


def test_its_history_goes_and_no_other(worked):
    kept, gone = worked(2), worked(3)
    delete_automation(automation=gone)
    assert list(Automation.objects.all()) == [kept]
    assert Enrollment.objects.count() == EntryRefusal.objects.count() == Delivery.objects.count() == 2
    assert set(StepLog.objects.values_list("enrollment__automation", flat=True)) == {kept.pk}
    delete_automation(automation=kept)
    assert [model for model in HISTORY if model.objects.exists()] == []


def test_it_costs_the_same_for_many_contacts(worked):
    def queries(automation):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            delete_automation(automation=automation)
        return len(seen)

    assert queries(worked(150)) == queries(worked(1))
