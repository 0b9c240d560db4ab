"""app_receipt: what contacts did in connected apps; a near miss for each option."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from automations.conditions import Moment, clean_tree, describe_tree
from automations.conditions.tree import contacts_meeting
from contacts.models import AppReceipt
from tests.factories import ContactFactory
from tests.peers.apps import source

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Who did what, how many days ago."""
    form, other, meeting = source("typeform", "f"), source("typeform", "g"), source("calendly", "m")
    done = {"new": (form, 2), "old": (form, 20), "other": (other, 2), "booked": (meeting, 2)}
    for number, (name, (where, days)) in enumerate(done.items()):
        contact = ContactFactory(email=f"{name}@example.com")
        at = timezone.now() - timedelta(days=days)
        AppReceipt.objects.create(contact=contact, app_source=where, external_id=str(number), at=at)
    ContactFactory(email="nothing@example.com")
    return form


@pytest.mark.parametrize(
    ("op", "app", "one", "days", "expected"),
    [
        ("received", "typeform", False, None, "new old other"),
        ("received", "typeform", True, None, "new old"),
        ("received", "typeform", True, 10, "new"),
        ("received", "typeform", False, 10, "new other"),
        ("received", "calendly", False, 10, "booked"),
        ("received", "unbounce", False, None, ""),
        ("not_received", "typeform", True, 10, "booked nothing old other"),
        ("not_received", "typeform", False, None, "booked nothing"),
    ],
)
def test_options(people, op, app, one, days, expected):
    settings = {"type": "app_receipt", "op": op, "app": app, "source": people.pk if one else None, "days": days}
    tree = clean_tree({"match": "all", "conditions": [settings]})
    found = contacts_meeting(tree, Moment(now=timezone.now(), zone="UTC"))
    assert sorted(contact.email.partition("@")[0] for contact in found) == expected.split()
    assert "None" not in describe_tree(tree)


def test_a_source_of_another_app_is_refused(people):
    settings = {"type": "app_receipt", "op": "received", "app": "calendly", "source": people.pk}
    with pytest.raises(ValidationError, match="not one of Calendly"):
        clean_tree({"match": "all", "conditions": [settings]})
