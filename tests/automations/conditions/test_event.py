"""The condition `event`: which event, how often, how long ago."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting
from contacts.models import CustomEvent, EventRecord
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

TABLE = [
    # settings, who of: never, once (today), twice (today, 10 days ago), other (another event)
    ({"op": "did"}, "once twice"),
    ({"op": "did_not"}, "never other"),
    ({"op": "did", "times": 2}, "twice"),
    ({"op": "did", "times": 3}, ""),
    ({"op": "did_not", "times": 2}, "never once other"),
    ({"op": "did", "days": 10}, "once twice"),
    ({"op": "did", "times": 2, "days": 11}, "twice"),
    ({"op": "did", "times": 2, "days": 9}, ""),
]


@pytest.mark.parametrize(("settings", "wanted"), TABLE)
def test_who_meets_it(settings, wanted) -> None:
    now = timezone.now()
    bought, looked = (CustomEvent.objects.create(name=name) for name in ("Bought", "Looked"))
    people = {name: ContactFactory(first_name=name) for name in ("never", "once", "twice", "other")}
    for name, event, days in (
        ("once", bought, 0),
        ("twice", bought, 0),
        ("twice", bought, 10),
        ("other", looked, 0),
        ("other", looked, 1),
    ):
        at = now - timedelta(days=days, minutes=1)
        EventRecord.objects.create(contact=people[name], event=event, at=at)
    tree = clean_tree({"match": "all", "conditions": [{"type": "event", "event": bought.pk, **settings}]})
    found = contacts_meeting(tree, Moment(now=now)).values_list("first_name", flat=True)
    assert sorted(found) == sorted(wanted.split())
