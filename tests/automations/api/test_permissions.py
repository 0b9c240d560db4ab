"""Who may do what: every endpoint of automations, for nobody, viewers, editors and managers."""

import pytest
from django.utils import timezone

from automations.api.routes import routes, views
from automations.models import ConversionRule, Delivery, Enrollment, ScoreRule, Spreadsheet, SpreadsheetRow
from automations.services import add_to_automation, add_trigger, save_score_rule
from contacts.models import Campaign, Conversion, EmailTemplate, Score, Segment
from contacts.services import subscribe_contacts, tag_contacts
from deals.models import PersonalEmail
from tests.automations.campaigns.conftest import build_campaign
from tests.automations.conftest import build_automation
from tests.automations.feeds.samples import a_feed
from tests.automations.samples import new_automation, published
from tests.database import taken_back
from tests.deals.mailboxes import make_deal
from tests.factories import ContactFactory, ListFactory, TagFactory, UserFactory

# Who may do what is asked before any record is sought: no database decides it.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
V, E, M = "viewer editor manager", "editor manager", "manager"
NEXT_MONTH = (timezone.now() + timezone.timedelta(days=30)).isoformat()

TABLE = [
    # method, path, body, who may
    ("get", "automations/", None, V),
    ("post", "automations/", {"name": "New"}, E),
    ("get", "automations/{automation}/", None, V),
    ("patch", "automations/{automation}/", {"name": "Other"}, E),
    ("delete", "automations/{empty}/", None, M),
    ("get", "automations/{automation}/problems/", None, V),
    ("get", "automations/{automation}/figures/", None, V),
    ("get", "automations/{automation}/why/?contact={contact}", None, V),
    ("post", "automations/{automation}/publish/", {}, E),
    ("post", "automations/{automation}/activate/", None, E),
    ("post", "automations/{automation}/deactivate/", None, E),
    ("get", "automations/{automation}/backfill/", None, E),
    ("post", "automations/{looking_back}/backfill/", None, E),
    ("post", "automations/{automation}/undo/", None, E),
    ("post", "automations/{undone}/redo/", None, E),
    ("post", "automations/{automation}/contacts/", {"ids": ["{contact}"]}, E),
    ("delete", "automations/{automation}/contacts/", {"ids": ["{contact}"]}, E),
    ("get", "health/", None, V),
    ("get", "triggers/", None, V),
    ("post", "triggers/", {"automation": "{automation}", "type": "tag_added"}, E),
    ("get", "triggers/{trigger}/", None, V),
    ("patch", "triggers/{trigger}/", {"runs": "multiple"}, E),
    ("delete", "triggers/{trigger}/", None, E),
    ("get", "steps/", None, V),
    ("post", "steps/", {"automation": "{automation}", "type": "wait"}, E),
    ("get", "steps/{step}/", None, V),
    ("patch", "steps/{step}/", {"enabled": False}, E),
    ("delete", "steps/{step}/", None, E),
    ("get", "enrollments/", None, V),
    ("get", "enrollments/{enrollment}/", None, V),
    ("post", "enrollments/{waiting}/skip-wait/", None, E),
    ("post", "enrollments/{enrollment}/end/", None, E),
    ("post", "enrollments/{parked}/retry/", None, E),
    ("post", "enrollments/{parked}/skip/", None, E),
    ("get", "deliveries/", None, V),
    ("get", "deliveries/{delivery}/", None, V),
    ("post", "deliveries/{delivery}/resend/", None, E),
    ("post", "deliveries/{delivery}/mark-sent/", None, E),
    ("post", "deliveries/{delivery}/cancel/", None, E),
    ("get", "feeds/", None, V),
    ("get", "feeds/{feed}/", None, V),
    ("post", "feeds/{feed}/check/", None, E),
    ("get", "feed-items/", None, V),
    ("get", "feed-items/{feed_item}/", None, V),
    ("get", "spreadsheets/", None, V),
    ("post", "spreadsheets/", {"name": "New"}, E),
    ("get", "spreadsheets/{spreadsheet}/", None, V),
    ("patch", "spreadsheets/{spreadsheet}/", {"name": "Other"}, E),
    ("post", "spreadsheets/{spreadsheet}/try/", None, E),
    ("delete", "spreadsheets/{spreadsheet}/", None, M),
    ("get", "spreadsheet-rows/", None, V),
    ("get", "spreadsheet-rows/{row}/", None, V),
    ("get", "conversion-rules/", None, V),
    ("post", "conversion-rules/", {"conversion": "{conversion}", "trigger": "list_subscribed"}, E),
    ("get", "conversion-rules/{definition}/", None, V),
    ("patch", "conversion-rules/{definition}/", {"is_active": False}, E),
    ("delete", "conversion-rules/{definition}/", None, E),
    ("get", "score-rules/", None, V),
    ("post", "score-rules/", {"score": "{score}", "points": 1, "trigger": "list_subscribed"}, E),
    ("get", "score-rules/{rule}/", None, V),
    ("patch", "score-rules/{rule}/", {"points": 2}, E),
    ("get", "score-rules/{rule}/give/", None, E),
    ("post", "score-rules/{rule}/give/", None, E),
    ("delete", "score-rules/{rule}/", None, E),
    ("get", "trigger-types/", None, V),
    ("get", "trigger-types/tag_added/", None, V),
    ("get", "step-types/", None, V),
    ("get", "step-types/wait/", None, V),
    ("get", "condition-types/", None, V),
    ("get", "condition-types/tag/", None, V),
    ("get", "segments/", None, V),
    ("post", "segments/", {"name": "New"}, E),
    ("get", "segments/{segment}/", None, V),
    ("patch", "segments/{segment}/", {"name": "Other"}, E),
    ("delete", "segments/{segment}/", None, M),
    ("get", "segments/{segment}/count/", None, V),
    ("get", "segments/{segment}/contacts/", None, V),
    ("post", "segments/preview/", {"conditions": {}}, V),
    ("get", "campaigns/", None, V),
    ("post", "campaigns/", {"name": "New"}, E),
    ("get", "campaigns/{campaign}/", None, V),
    ("patch", "campaigns/{campaign}/", {"name": "Other"}, E),
    ("delete", "campaigns/{campaign}/", None, E),
    ("get", "campaigns/{campaign}/problems/", None, V),
    ("get", "campaigns/{campaign}/report/", None, V),
    ("post", "campaigns/{ready}/send/", None, E),
    ("post", "campaigns/{ready}/schedule/", {"at": NEXT_MONTH}, E),
    ("post", "campaigns/{sending}/pause/", None, E),
    ("post", "campaigns/{paused}/resume/", None, E),
    ("post", "campaigns/{sending}/cancel/", None, E),
    ("post", "campaigns/{campaign}/duplicate/", None, E),
    ("post", "campaigns/{ready}/test/", {"addresses": ["team@example.com"]}, E),
    ("get", "email-templates/", None, V),
    ("post", "email-templates/", {"name": "New"}, E),
    ("get", "email-templates/{template}/", None, V),
    ("patch", "email-templates/{template}/", {"name": "Other"}, E),
    ("delete", "email-templates/{template}/", None, E),
    ("get", "personal-emails/", None, V),
    ("get", "personal-emails/{personal}/", None, V),
    ("post", "personal-emails/{personal}/sentiment/", {"sentiment": "mixed"}, E),
    ("get", "account/", None, V),
    ("patch", "account/", {"plan": "plus"}, M),
]
#: Who may write needs a mailbox, too: tests/automations/mail/test_pages.py.
ELSEWHERE = {("post", "/api/v1/personal-emails/")}
# Other apps have tables of their own.
OURS = {name for name, _view in (*routes, *views)}


@pytest.fixture
def ids(db):
    automation = published()
    contacts = [ContactFactory() for _n in range(3)]
    add_to_automation(automation=automation, contacts=contacts)
    rows = {row.contact_id: row for row in Enrollment.objects.all()}
    first, waiting, parked = (rows[contact.pk] for contact in contacts)
    later = timezone.now() + timezone.timedelta(days=1)
    Enrollment.objects.filter(pk=waiting.pk).update(status="active", arrived=True, due_at=later)
    Enrollment.objects.filter(pk=parked.pk).update(status="parked", error="broken", attempts=6)
    undone = new_automation()
    add_trigger(automation=undone, type="tag_added")
    from automations.services import undo

    undo(automation=undone)
    score, tag = Score.objects.create(name="Interest"), TagFactory()
    tag_contacts(contacts=contacts[0], tag=tag)
    conditions = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}
    rule = save_score_rule(rule=ScoreRule(), values={"score": score, "points": 1, "conditions": conditions})
    conversion = Conversion.objects.create(name="Bought")
    definition = ConversionRule.objects.create(conversion=conversion, trigger="list_subscribed")
    feed = a_feed(build_automation())
    spreadsheet = Spreadsheet.objects.create(name="Buyers")
    return {
        "spreadsheet": spreadsheet.pk,
        "row": SpreadsheetRow.objects.create(spreadsheet=spreadsheet, step_key="x").pk,
        "feed": feed.pk,
        "feed_item": feed.items.get().pk,
        "conversion": conversion.pk,
        "definition": definition.pk,
        "score": score.pk,
        "rule": rule.pk,
        "automation": automation.pk,
        "looking_back": _looking_back(),
        "empty": new_automation().pk,
        "undone": undone.pk,
        "personal": _answer(contacts[0]),
        "trigger": add_trigger(automation=automation, type="tag_removed", settings={"tags": [TagFactory().pk]}).pk,
        "step": automation.steps.get().pk,
        "enrollment": first.pk,
        "waiting": waiting.pk,
        "parked": parked.pk,
        "contact": contacts[0].pk,
        "delivery": Delivery.objects.create(channel="email", automation=automation, status="failed").pk,
        "segment": Segment.objects.create(name="All").pk,
        "ready": _ready(),
        "campaign": Campaign.objects.create(name="Draft").pk,
        "sending": Campaign.objects.create(name="Sending", status="sending").pk,
        "paused": Campaign.objects.create(name="Paused", status="paused").pk,
        "template": EmailTemplate.objects.create(name="Template").pk,
    }


def _ready():
    """A campaign that can be sent, and someone of the team."""
    UserFactory(username="team", email="team@example.com")
    news = ListFactory()
    subscribe_contacts(contacts=ContactFactory(), list=news)
    return build_campaign(lists=[news]).pk


def _answer(contact):
    """What a contact wrote about a deal."""
    return PersonalEmail.objects.create(
        direction="in", contact=contact, deal=make_deal(contact), subject="Fine", sentiment="positive"
    ).pk


def _looking_back():
    """An active automation whose trigger somebody meets already."""
    tag = TagFactory()
    tag_contacts(contacts=ContactFactory(), tag=tag)
    return build_automation(triggers=[("tag_added", {"tags": [tag.pk]})]).pk


def filled(value, ids):
    if isinstance(value, dict):
        return {name: filled(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, ids) for item in value]
    return int(value.format(**ids)) if isinstance(value, str) and value.startswith("{") else value


@pytest.mark.parametrize(("method", "path", "body", "may"), TABLE, ids=[f"{m} {p}" for m, p, _b, _w in TABLE])
def test_table(ids, request, api_client, method, path, body, may):
    users = {who: request.getfixturevalue(who) for who in ("viewer", "editor", "manager")}
    for who, user in {"anonymous": None, "nobody": UserFactory(username="nobody"), **users}.items():
        with taken_back():
            response = getattr(api_client(user), method)("/api/v1/" + path.format(**ids), filled(body, ids))
        if who in may.split():
            assert response.status_code in (200, 201, 204), (who, response.content)
        else:
            assert response.status_code == (401 if who == "anonymous" else 403), (who, response.content)
            assert set(response.json()) == {"error"}


def test_the_table_has_every_endpoint(openapi):
    known = {(method, "/api/v1/" + _generic(path.partition("?")[0])) for method, path, _b, _w in TABLE}
    missing = [
        (method, path)
        for path, methods in openapi["paths"].items()
        if path.startswith("/api/v1/") and path.split("/")[3] in OURS
        for method in methods
        if (method, _generic(path)) not in known | ELSEWHERE
    ]
    assert missing == []


def _generic(path):
    parts = path.split("/")
    if "-types" in path and len(parts) > 2:
        parts[-2] = "{id}" if not parts[-2].endswith("-types") else parts[-2]
    return "/".join("{id}" if part.startswith("{") else part for part in parts)
