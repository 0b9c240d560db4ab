"""Who may do what: every endpoint, for nobody, viewers, editors and managers."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from automations.api.routes import routes as theirs
from contacts.api.routes import routes, views
from contacts.models import (
    AppConnection,
    AppDelivery,
    Campaign,
    CampaignLink,
    ContactScore,
    Conversion,
    ConversionRecord,
    CustomEvent,
    CustomField,
    EmailActivity,
    EmailReply,
    EventRecord,
    Form,
    ImportJob,
    List,
    Note,
    ObjectRelation,
    ObjectType,
    PageVisit,
    PostmarkServer,
    Score,
    Segment,
    SentEmail,
    SiteMessage,
    Subscription,
    Suppression,
    Tag,
    TrackedDomain,
)
from contacts.services import (
    add_to_account,
    adjust_scores,
    create_account,
    create_contact,
    create_record,
    record_conversion,
    submit_form,
    subscribe_contacts,
    suppress_address,
)
from contacts.services.imports import create_import
from tests.database import taken_back
from tests.peers.apps import source

from .conftest import client_of, member

# Who may do what is asked before any record is sought: no database decides it.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
V, E, M = "viewer editor manager", "editor manager", "manager"
LOGGED_IN = "viewer editor manager nobody"

TABLE = [
    # method, path, body, who may
    ("get", "contacts/", None, V),
    ("get", "contacts/{contact}/", None, V),
    ("post", "contacts/", {"email": "new@example.com"}, E),
    ("patch", "contacts/{contact}/", {"first_name": "x"}, E),
    ("delete", "contacts/{contact}/", None, E),
    ("post", "contacts/bulk/", {"contacts": [{"email": "new@example.com"}]}, E),
    ("post", "contacts/{contact}/tags/", {"add": ["VIP"]}, E),
    ("post", "contacts/{contact}/lists/", {"subscribe": []}, E),
    ("get", "contacts/{contact}/notes/", None, V),
    ("post", "contacts/{contact}/notes/", {"text": "x"}, E),
    ("get", "contacts/{contact}/timeline/", None, V),
    ("get", "accounts/", None, V),
    ("get", "accounts/{account}/", None, V),
    ("post", "accounts/", {"name": "new"}, E),
    ("patch", "accounts/{account}/", {"city": "x"}, E),
    ("delete", "accounts/{account}/", None, E),
    ("post", "accounts/bulk/", {"accounts": [{"name": "new"}]}, E),
    ("get", "accounts/{account}/contacts/", None, V),
    ("post", "accounts/{account}/contacts/", {"emails": ["a@example.com"]}, E),
    ("patch", "accounts/{account}/contacts/", {"contact": "{contact}", "job_title": "x"}, E),
    ("delete", "accounts/{account}/contacts/", {"emails": ["a@example.com"]}, E),
    ("get", "accounts/{account}/notes/", None, V),
    ("post", "accounts/{account}/notes/", {"text": "x"}, E),
    ("get", "accounts/{account}/timeline/", None, V),
    ("get", "object-types/", None, V),
    ("get", "object-types/{object}/", None, V),
    ("post", "object-types/", {"key": "new", "label": "New", "plural": "New"}, E),
    ("patch", "object-types/{object}/", {"label": "x"}, E),
    ("delete", "object-types/{object}/", None, M),
    ("get", "object-relations/", None, V),
    ("get", "object-relations/{relation}/", None, V),
    ("post", "object-relations/", {"type": "{object}", "key": "new", "label": "New", "target": "account"}, E),
    ("patch", "object-relations/{relation}/", {"label": "x"}, E),
    ("delete", "object-relations/{relation}/", None, M),
    ("get", "object-records/", None, V),
    ("get", "object-records/{object_record}/", None, V),
    ("post", "object-records/", {"object_type": "{object}", "title": "new"}, E),
    ("patch", "object-records/{object_record}/", {"title": "x"}, E),
    ("delete", "object-records/{object_record}/", None, E),
    ("post", "object-records/bulk/", {"object_type": "{object}", "records": [{"title": "new"}]}, E),
    ("get", "object-records/{object_record}/timeline/", None, V),
    ("get", "imports/", None, V),
    ("get", "imports/{import}/", None, V),
    ("get", "imports/{import}/preview/", None, V),
    ("get", "imports/{import}/report/", None, V),
    ("post", "imports/{import}/start/", {"dry_run": True}, E),
    ("get", "tags/", None, V),
    ("get", "tags/{tag}/", None, V),
    ("post", "tags/", {"name": "new"}, E),
    ("patch", "tags/{tag}/", {"name": "new"}, E),
    ("delete", "tags/{tag}/", None, M),
    ("post", "tags/{tag}/contacts/", {"emails": ["a@example.com"]}, E),
    ("delete", "tags/{tag}/contacts/", {"emails": ["a@example.com"]}, E),
    ("get", "lists/", None, V),
    ("get", "lists/{list}/", None, V),
    ("post", "lists/", {"name": "new"}, E),
    ("patch", "lists/{list}/", {"name": "new"}, E),
    ("delete", "lists/{list}/", None, M),
    ("post", "lists/{list}/contacts/", {"emails": ["a@example.com"]}, E),
    ("delete", "lists/{list}/contacts/", {"emails": ["a@example.com"]}, E),
    ("get", "fields/", None, V),
    ("get", "fields/{field}/", None, V),
    ("post", "fields/", {"key": "new", "label": "New", "type": "text"}, E),
    ("patch", "fields/{field}/", {"label": "New"}, E),
    ("delete", "fields/{field}/", None, M),
    ("get", "segments/", None, V),
    ("get", "segments/{segment}/", None, V),
    ("post", "segments/", {"name": "new"}, E),
    ("patch", "segments/{segment}/", {"name": "new"}, E),
    ("delete", "segments/{segment}/", None, M),
    ("get", "notes/", None, V),
    ("get", "notes/{note}/", None, V),
    ("post", "notes/", {"contact": "{contact}", "text": "x"}, E),
    ("patch", "notes/{note}/", {"text": "x"}, E),
    ("delete", "notes/{note}/", None, E),
    ("get", "subscriptions/", None, V),
    ("get", "subscriptions/{subscription}/", None, V),
    ("get", "suppressions/", None, V),
    ("get", "suppressions/{suppression}/", None, V),
    ("post", "suppressions/", {"address": "x@example.com"}, E),
    ("delete", "suppressions/{suppression}/", None, M),
    ("get", "emails/", None, V),
    ("get", "emails/{email}/", None, V),
    ("get", "email-activity/", None, V),
    ("get", "email-activity/{activity}/", None, V),
    ("get", "email-replies/", None, V),
    ("get", "email-replies/{reply}/", None, V),
    ("get", "postmark-servers/", None, V),
    ("get", "postmark-servers/{postmark}/", None, V),
    ("post", "postmark-servers/", {"name": "new"}, M),
    ("patch", "postmark-servers/{postmark}/", {"name": "new"}, M),
    ("delete", "postmark-servers/{postmark}/", None, M),
    ("get", "email-links/", None, V),
    ("get", "email-links/{link}/", None, V),
    ("get", "event-types/", None, V),
    ("get", "event-types/{event}/", None, V),
    ("post", "event-types/", {"name": "new"}, E),
    ("patch", "event-types/{event}/", {"name": "new"}, E),
    ("delete", "event-types/{event}/", None, M),
    ("get", "events/", None, V),
    ("get", "events/{record}/", None, V),
    ("post", "events/", {"event": "{event}", "emails": ["a@example.com"]}, E),
    ("get", "sites/", None, V),
    ("get", "sites/{site}/", None, V),
    ("post", "sites/", {"domain": "new.com"}, M),
    ("patch", "sites/{site}/", {"subdomains": False}, M),
    ("delete", "sites/{site}/", None, M),
    ("get", "site-messages/", None, V),
    ("get", "site-messages/{message}/", None, V),
    ("post", "site-messages/", {"title": "new"}, E),
    ("patch", "site-messages/{message}/", {"title": "new"}, E),
    ("delete", "site-messages/{message}/", None, M),
    ("get", "page-visits/", None, V),
    ("get", "page-visits/{visit}/", None, V),
    ("post", "page-visits/", {"url": "https://site.com/", "emails": ["a@example.com"]}, E),
    ("get", "tracking/", None, V),
    ("patch", "tracking/", {"wait_for_consent": True}, M),
    ("get", "scores/", None, V),
    ("get", "scores/{score}/", None, V),
    ("post", "scores/", {"name": "new"}, E),
    ("patch", "scores/{score}/", {"name": "new"}, E),
    ("delete", "scores/{score}/", None, M),
    ("post", "scores/{score}/contacts/", {"emails": ["a@example.com"], "points": 3}, E),
    ("get", "contact-scores/", None, V),
    ("get", "contact-scores/{points}/", None, V),
    ("get", "conversions/", None, V),
    ("get", "conversions/{conversion}/", None, V),
    ("post", "conversions/", {"name": "new"}, E),
    ("patch", "conversions/{conversion}/", {"name": "new"}, E),
    ("delete", "conversions/{conversion}/", None, M),
    ("post", "conversions/{conversion}/contacts/", {"emails": ["a@example.com"]}, E),
    ("get", "conversion-records/", None, V),
    ("get", "conversion-records/{converted}/", None, V),
    ("get", "app-connections/", None, V),
    ("get", "app-connections/{connection}/", None, V),
    ("post", "app-connections/", {"app": "unbounce", "name": "new", "secret": "x" * 20}, M),
    ("patch", "app-connections/{connection}/", {"name": "new"}, M),
    ("delete", "app-connections/{connection}/", None, M),
    ("get", "app-sources/", None, V),
    ("get", "app-sources/{source}/", None, V),
    ("post", "app-sources/", {"connection": "{connection}", "external_id": "new", "name": "new"}, M),
    ("patch", "app-sources/{source}/", {"name": "new"}, M),
    ("delete", "app-sources/{source}/", None, M),
    ("get", "app-deliveries/", None, V),
    ("get", "app-deliveries/{delivery}/", None, V),
    ("post", "app-deliveries/{delivery}/replay/", {}, M),
    ("get", "forms/", None, V),
    ("get", "forms/{form}/", None, V),
    ("post", "forms/", {"name": "new"}, E),
    ("patch", "forms/{form}/", {"name": "new"}, E),
    ("delete", "forms/{form}/", None, M),
    ("get", "form-submissions/", None, V),
    ("get", "form-submissions/{submission}/", None, V),
    ("get", "users/", None, V),
    ("get", "users/{user}/", None, V),
    ("get", "token/", None, LOGGED_IN),
    ("post", "token/", None, LOGGED_IN),
    ("delete", "token/", None, LOGGED_IN),
    ("get", "", None, LOGGED_IN),
]


@pytest.fixture
def ids(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    contact = create_contact(email="a@example.com")
    mailing_list = List.objects.create(name="News")
    subscribe_contacts(contacts=contact, list=mailing_list)
    event = CustomEvent.objects.create(name="Bought")
    campaign = Campaign.objects.create(name="News")
    email = SentEmail.objects.create(contact=contact, campaign=campaign)
    known = source("typeform", "form")
    delivery = AppDelivery.objects.create(
        connection=known.connection, external_id="1", outcome="failed", body="{}"
    )
    form = Form.objects.create(name="Sign up", double_opt_in=False)
    score = Score.objects.create(name="Interest")
    adjust_scores(contacts=contact, score=score, points=2)
    conversion = Conversion.objects.create(name="Bought", counts="every")
    record_conversion(contacts=contact, conversion=conversion)
    account = create_account(name="Acme")
    object_type = ObjectType.objects.create(key="booking", label="Booking", plural="Bookings")
    relation = ObjectRelation.objects.create(type=object_type, key="guest", label="Guest", target="contact")
    add_to_account(account=account, contacts=contact)
    return {
        "account": account.pk,
        "object": object_type.pk,
        "relation": relation.pk,
        "object_record": create_record(type=object_type, title="One").pk,
        "conversion": conversion.pk,
        "converted": ConversionRecord.objects.get().pk,
        "score": score.pk,
        "points": ContactScore.objects.get().pk,
        "connection": known.connection_id,
        "source": known.pk,
        "delivery": delivery.pk,
        "contact": contact.pk,
        "list": mailing_list.pk,
        "tag": Tag.objects.create(name="VIP").pk,
        "field": CustomField.objects.create(key="age", label="Age", type="number").pk,
        "import": _import().pk,
        "segment": Segment.objects.create(name="All").pk,
        "note": Note.objects.create(contact=contact, text="x").pk,
        "event": event.pk,
        "email": email.pk,
        "reply": EmailReply.objects.create(contact=contact, email=email).pk,
        "postmark": PostmarkServer.objects.create(name="Shop").pk,
        "activity": EmailActivity.objects.create(contact=contact, email=email, action="open").pk,
        "link": CampaignLink.objects.create(campaign=campaign, url="https://example.com").pk,
        "record": EventRecord.objects.create(contact=contact, event=event).pk,
        "site": TrackedDomain.objects.create(domain="site.com").pk,
        "message": SiteMessage.objects.create(title="Hello").pk,
        "visit": PageVisit.objects.create(contact=contact, url="https://site.com/").pk,
        "form": form.pk,
        "submission": submit_form(form=form, data={"email": contact.email}).pk,
        "subscription": Subscription.objects.get().pk,
        "suppression": suppress_address(address="b@example.com", reason=Suppression.Reason.MANUAL).pk,
    }


def _import() -> ImportJob:
    job = create_import(file=SimpleUploadedFile("x.csv", b"email\na@example.com\n"))
    job.report.save("report.csv", ContentFile("x"))
    return job


@pytest.mark.parametrize("who", ["anonymous", "nobody", "viewer", "editor", "manager"])
def test_upload(db, settings, tmp_path, who):
    settings.MEDIA_ROOT = tmp_path
    client = client_of(None if who == "anonymous" else member(who))
    file = SimpleUploadedFile("x.csv", b"email\na@example.com\n")
    response = client.post("/api/v1/imports/", {"file": file}, format="multipart")
    expected = {"anonymous": 401, "editor": 201, "manager": 201}.get(who, 403)
    assert response.status_code == expected


@pytest.mark.parametrize(("method", "path", "body", "may"), TABLE, ids=[f"{m} {p}" for m, p, _b, _w in TABLE])
def test_table(ids, method, path, body, may):
    for who in ("anonymous", "nobody", "viewer", "editor", "manager"):
        with taken_back():
            user = None if who == "anonymous" else member(who)
            known = {**ids, "user": user.pk if user else 1}
            filled = {k: v.format(**known) if isinstance(v, str) else v for k, v in (body or {}).items()}
            response = getattr(client_of(user), method)("/api/v1/" + path.format(**known), filled or body)
        if who in may.split():
            assert response.status_code in (200, 201, 202, 204), (who, response.content)
        else:
            assert response.status_code == (401 if who == "anonymous" else 403), (who, response.content)
            assert set(response.json()) == {"error"}


def test_the_table_has_every_endpoint():
    """A new endpoint must be entered in the table."""
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    known = {(method, "/api/v1/" + _generic(path)) for method, path, _b, _w in TABLE}
    known.add(("post", "/api/v1/imports/"))  # test_upload
    # These ask the app's own server: test_who_may_ask_apps.
    known |= {("post", f"/api/v1/app-connections/{{id}}/{verb}/") for verb in ("refresh", "subscribe")}
    # Where automations have a prefix too (segments), it is theirs.
    contacts = {name for name, _view in (*routes, *views)} - {name for name, _view in theirs} | {"token"}
    missing = [
        (method, path)
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/") and path.split("/")[3] in contacts
        for method in methods
        if (method, _generic(path)) not in known
    ]
    assert missing == []


@pytest.mark.parametrize("verb", ["refresh", "subscribe"])
@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("editor", 403), ("manager", 400)])
def test_who_may_ask_apps(ids, verb, who, status):
    """Unbounce has no such interface, which is all that a manager is told."""
    made = AppConnection.objects.create(app="unbounce", name="Pages")
    answer = client_of(member(who)).post(f"/api/v1/app-connections/{made.pk}/{verb}/")
    assert answer.status_code == status, answer.content


def _generic(path: str) -> str:
    return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))


def test_token_is_rotated_and_revoked(db):
    user = member("viewer")
    client = client_of(user)
    assert client.get("/api/v1/token/").json() == {"exists": False, "created_at": None}
    first = client.post("/api/v1/token/").json()["token"]
    second = client.post("/api/v1/token/").json()["token"]

    def status(token: str) -> int:
        return APIClient().get("/api/v1/contacts/", HTTP_AUTHORIZATION=f"Token {token}").status_code

    assert (status(first), status(second)) == (401, 200)
    assert "token" not in client.get("/api/v1/token/").json()
    client.delete("/api/v1/token/")
    assert status(second) == 401


def test_inactive_users_are_out(db):
    user = member("viewer")
    token = client_of(user).post("/api/v1/token/").json()["token"]
    user.is_active = False
    user.save()
    response = APIClient().get("/api/v1/contacts/", HTTP_AUTHORIZATION=f"Token {token}")
    assert response.status_code == 401
