"""The condition `page`: which pages, how often, how long ago."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting
from contacts.models import PageVisit
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
HOME = "https://www.site.com"

TABLE = [
    # settings, who of: never, once (/a today), twice (/a today, /a/ 10 days ago), other (/b_c and /50% today)
    ({"op": "visited", "url": "site.com/a"}, "once twice"),
    ({"op": "visited", "url": "http://site.com/A/?x=1"}, "once twice"),
    ({"op": "not_visited", "url": "site.com/a"}, "never other"),
    ({"op": "visited", "url": "site.com/a*"}, "once twice"),
    ({"op": "visited", "url": "site.com/a/*"}, "once twice"),
    ({"op": "visited", "url": "site.com/*"}, "once twice other"),
    ({"op": "visited", "url": "site.com/*/*"}, "once twice other"),
    ({"op": "visited", "url": "*/a"}, "once twice"),
    ({"op": "visited", "url": "site.com/"}, ""),
    ({"op": "visited", "url": "site.com/b_c"}, "other"),
    ({"op": "visited", "url": "*b_*"}, "other"),
    ({"op": "visited", "url": "*b%_c*"}, ""),
    ({"op": "visited", "url": "*bxc"}, ""),
    ({"op": "visited", "url": "site.com/5_*"}, ""),
    ({"op": "visited", "url": "site.com/50%*"}, "other"),
    ({"op": "visited", "url": "*\\*"}, ""),
    ({"op": "visited"}, "once twice other"),
    ({"op": "not_visited"}, "never"),
    ({"op": "visited", "url": "site.com/a", "times": 2}, "twice"),
    ({"op": "not_visited", "url": "site.com/a", "times": 2}, "never once other"),
    ({"op": "visited", "url": "site.com/a", "times": 2, "days": 11}, "twice"),
    ({"op": "visited", "url": "site.com/a", "times": 2, "days": 9}, ""),
]


@pytest.mark.parametrize(("settings", "wanted"), TABLE)
def test_who_meets_it(settings, wanted) -> None:
    now = timezone.now()
    people = {name: ContactFactory(first_name=name) for name in ("never", "once", "twice", "other")}
    for name, path, days in (
        ("once", "a", 0),
        ("twice", "a", 0),
        ("twice", "a/", 10),
        ("other", "b_c", 0),
        ("other", "50%25", 0),
    ):
        at = now - timedelta(days=days, minutes=1)
        PageVisit.objects.create(contact=people[name], url=f"{HOME}/{path}", at=at)
    # Visits of nobody, which must not make NOT IN hold for nobody.
    PageVisit.objects.create(url=f"{HOME}/a", at=now)
    tree = clean_tree({"match": "all", "conditions": [{"type": "page", **settings}]})
    found = contacts_meeting(tree, Moment(now=now)).values_list("first_name", flat=True)
    assert sorted(found) == sorted(wanted.split())
