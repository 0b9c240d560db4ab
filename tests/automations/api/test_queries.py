"""A list costs the same number of queries with 1 automation and with 1,000."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.models import Automation, Delivery, Enrollment, Feed, FeedItem, Step, Version
from automations.services.snapshots import snapshot_of
from contacts.models import Campaign, EmailTemplate, Segment
from tests.automations.samples import TREE, published
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db
PATHS = [
    "automations", "triggers", "steps", "enrollments", "deliveries", "segments", "campaigns", "email-templates",
    "feeds", "feed-items",
]  # fmt: skip


def fill(template, count, contact, news):
    """Copies of an automation, with what hangs on it, in a few statements."""
    from automations.steps.add_note import AddNoteStep
    from automations.triggers.tag_added import TagAddedTrigger

    start = Automation.objects.count()
    made = Automation.objects.bulk_create(
        Automation(name=f"Automation {start + n}", is_active=True) for n in range(count)
    )
    versions = Version.objects.bulk_create(
        Version(automation=a, number=1, snapshot=snapshot_of(template)) for a in made
    )
    for automation, version in zip(made, versions, strict=True):
        automation.version = version
        TagAddedTrigger(automation=automation, tags=[]).save()
        AddNoteStep(automation=automation, text="x").save()
    Automation.objects.bulk_update(made, ["version"])
    Automation.lists.through.objects.bulk_create(Automation.lists.through(automation=a, list=news) for a in made)
    Enrollment.objects.bulk_create(Enrollment(automation=a, contact=contact) for a in made)
    Delivery.objects.bulk_create(Delivery(channel="email", automation=a, contact=contact) for a in made)
    campaigns = Campaign.objects.bulk_create(Campaign(name=f"Campaign {n}") for n in range(count))
    Campaign.lists.through.objects.bulk_create(Campaign.lists.through(campaign=c, list=news) for c in campaigns)
    EmailTemplate.objects.bulk_create(EmailTemplate(name=f"Template {start + n}") for n in range(count))
    feeds = Feed.objects.bulk_create(Feed(url=f"https://example.com/{start + n}") for n in range(count))
    now = timezone.now()
    FeedItem.objects.bulk_create(FeedItem(feed=feed, key="1", found_at=now, seen_at=now) for feed in feeds)
    Segment.objects.bulk_create(Segment(name=f"Segment {start + n}", conditions=TREE) for n in range(count))


@pytest.mark.slow
def test_lists_cost_the_same_however_many(api):
    template, contact, news = published(), ContactFactory(), ListFactory()

    def costs():
        found = {}
        for path in PATHS:
            with CaptureQueriesContext(connection) as queries:
                rows = api.get(f"/api/v1/{path}/", {"page_size": 500}).json()["results"]
            found[path] = len(queries), len(rows)
        return found

    fill(template, 1, contact, news)
    costs()
    few = costs()
    fill(template, 999, contact, news)
    many = costs()
    assert {rows for _count, rows in many.values()} == {500}
    # The short page of steps has one type more: the template's.
    assert all(many[path][0] <= few[path][0] for path in PATHS), (few, many)
    assert max(count for count, _rows in many.values()) <= 9
    assert Step.objects.count() == 1_001


@pytest.mark.sqlite
def test_schema_has_no_warnings(tmp_path):
    import yaml
    from django.core.management import call_command

    path = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    schemas = yaml.safe_load(path.read_text())["components"]["schemas"]
    assert schemas["Trigger"]["discriminator"]["propertyName"] == "type"
    assert schemas["WaitStep"]["properties"]["unit"]["enum"] == ["minutes", "hours", "days", "weeks", "months"]
