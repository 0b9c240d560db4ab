"""Site tracking's endpoints and services: who may report, who is recognised, floods, cost, retention."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import tasks
from contacts.links import VISIT_DAYS, identifying_url, make_token, visit_token
from contacts.models import Contact, PageVisit, TrackedDomain, TrackingSettings, Visitor
from contacts.public.site import squeezed
from contacts.selectors.timeline import timeline
from contacts.services import (
    clean_page,
    create_contact,
    get_visitor,
    identify_visitor,
    record_visit,
    record_visits,
)
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from contacts.services.site import Visit, delete_old_visits, proof_of
from tests.contacts.facts import announced

pytestmark = pytest.mark.django_db
KEY, OTHER = "0123456789abcdef" * 2, "f" * 32
HOME = "https://www.site.com"


@pytest.fixture(autouse=True)
def _no_limit_left_over():
    cache.clear()


@pytest.fixture
def account():
    TrackedDomain.objects.create(domain="site.com")
    TrackedDomain.objects.create(domain="only.org", subdomains=False)
    return TrackingSettings.current()


@pytest.fixture
def ann():
    return create_contact(email="ann@example.com")


def post(tracking, path="visit", origin=HOME, *, headers=(), raw=None, content_type="text/plain", **given):
    body = {"account": tracking.account_number, "visitor": KEY, "url": f"{HOME}/pricing", **given}
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    extra = {"HTTP_ORIGIN": origin} if origin else {}
    data = json.dumps(body) if raw is None else raw
    return client.post(f"/track/{path}/", data, content_type=content_type, **extra, **dict(headers))


def test_a_visit_of_nobody(account):
    response = post(
        account, title="  Pricing ", referrer="https://search.example/?q=x", url=f"{HOME}/Pricing/?a=1#b"
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == HOME
    assert "Set-Cookie" not in response
    visit = PageVisit.objects.get()
    assert (visit.url, visit.page, visit.title) == (f"{HOME}/Pricing/?a=1#b", "site.com/pricing", "Pricing")
    assert (visit.referrer, visit.contact, visit.source) == ("https://search.example/?q=x", None, "contact")
    assert KEY not in visit.visitor.key_hash


def test_what_is_cut_and_dropped(account):
    assert post(account, title="x" * 400, referrer="javascript:alert(1)").status_code == 204
    assert post(account, title="a\x00\ud800b", referrer="x" * 5_000).status_code == 204
    assert list(PageVisit.objects.order_by("pk").values_list("title", "referrer")) == [
        ("x" * 300, ""),
        ("a ?b", ""),
    ]


REFUSED = [
    # changes, origin, status, field
    ({"account": "1"}, HOME, 403, None),
    ({"account": ""}, HOME, 403, None),
    ({}, "https://site.com.evil.com", 403, "url"),
    ({}, "https://site.com", 403, "url"),  # not the page's host
    ({}, "null", 403, "url"),
    ({}, "", 403, "url"),
    ({"url": "https://evil.com/"}, "https://evil.com", 403, "url"),
    ({"url": "https://notsite.com/"}, "https://notsite.com", 403, "url"),
    ({"url": "https://www.only.org/"}, "https://www.only.org", 403, "url"),
    ({"url": "https://site.com@evil.com/"}, "https://evil.com", 403, "url"),
    ({"url": "javascript:alert(1)"}, HOME, 400, "url"),
    ({"url": ""}, HOME, 400, "url"),
    ({"url": f"{HOME}/" + "x" * 2_000}, HOME, 400, "url"),
    ({"visitor": "x"}, HOME, 400, "visitor"),
    ({"visitor": KEY.upper()}, HOME, 400, "visitor"),
    ({"visitor": ""}, HOME, 400, "visitor"),
    ({"title": ["x"]}, HOME, 400, "title"),
    ({"colour": "x"}, HOME, 400, "colour"),
]


@pytest.mark.parametrize(("changes", "origin", "status", "field"), REFUSED)
@pytest.mark.parametrize("path", ["visit", "identify"])
def test_refusals_name_the_field_and_leave_nothing(account, path, changes, origin, status, field):
    if path == "identify" and "title" in changes:
        return
    response = post(account, path, origin, **changes)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (status, [field] if field else [])
    assert not PageVisit.objects.exists() and not Visitor.objects.exists()
    if origin not in (HOME, "https://site.com"):
        assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("url", ["https://site.com/", "https://a.b.site.com/", "http://only.org:8000/x"])
def test_allowed_domains(account, url):
    assert post(account, origin=url.rsplit("/", 1)[0], url=url).status_code == 204


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        ("{", "text/plain", 400),
        ("[]", "application/json", 400),
        (b"\xff\xfe", "text/plain", 400),
        ("x" * (64 * 1024 + 1), "text/plain", 413),
        ("a=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_unreadable_bodies(account, raw, content_type, status):
    assert post(account, raw=raw, content_type=content_type).status_code == status


def test_get_and_missing_settings():
    assert Client().get("/track/visit/").status_code == 405
    assert Client().post("/track/visit/", "{}", content_type="text/plain").status_code == 403


@pytest.mark.parametrize("header", ["HTTP_DNT", "HTTP_SEC_GPC"])
def test_who_wants_no_tracking_is_not(account, header):
    assert post(account, headers={header: "1"}).status_code == 204
    assert not Visitor.objects.exists()
    assert post(account, headers={header: "0"}).status_code == 204
    assert Visitor.objects.exists()


def test_floods(account, settings, one_minute):
    settings.VISIT_RATE_PER_ADDRESS = 2
    assert [post(account).status_code for _n in range(3)] == [204, 204, 429]
    late = post(account)
    assert 0 < int(late["Retry-After"]) <= 60
    settings.VISIT_RATE = 3
    found = [post(account, headers={"REMOTE_ADDR": f"192.0.2.{n}"}).status_code for n in (1, 2)]
    assert found == [204, 429]


def test_identify_floods(account, settings, one_minute):
    settings.IDENTIFY_RATE_PER_ADDRESS = 1
    assert [post(account, "identify", email="a@b.com").status_code for _n in range(2)] == [204, 429]


# --- Cost --------------------------------------------------------------------------------------


def statements(call):
    with CaptureQueriesContext(connection) as queries:
        assert call().status_code == 204
    return [query["sql"].split()[0] for query in queries]


@pytest.mark.parametrize("known", [False, True])
def test_one_write(account, ann, settings, known):
    settings.SITE_SETTINGS_TTL = 60
    post(account)
    if known:
        identify_visitor(visitor=Visitor.objects.get(), contact=ann)
    post(account)  # reads the settings and the index of triggers
    found = statements(lambda: post(account))
    assert found == ["INSERT"]


def test_settings_are_forgotten_when_they_change(account, settings):
    settings.SITE_SETTINGS_TTL = 60
    assert post(account).status_code == 204
    TrackedDomain.objects.get(domain="site.com").delete()
    assert post(account).status_code == 403


# --- Who it is ---------------------------------------------------------------------------------


def test_a_link_of_ours_says_who_comes(account, ann):
    post(account)
    token = visit_token(ann)
    post(account, contact=token, url=f"{HOME}/x?_contact={token}&a=1", referrer=f"{HOME}/?_contact={token}")
    visitor = Visitor.objects.get()
    assert (visitor.contact, visitor.proven) == (ann, True)
    assert set(PageVisit.objects.values_list("contact", flat=True)) == {ann.pk}
    last = PageVisit.objects.latest("pk")
    assert (last.url, last.referrer) == (f"{HOME}/x?a=1", f"{HOME}/")


def test_tokens_for_nothing_else_and_not_for_ever(account, ann):
    token = visit_token(ann)
    for bad in (make_token(ann, "unsubscribe"), token[:-1] + "x", "x", token + "=", "\x00", ""):
        assert post(account, contact=bad).status_code == 204
    with time_machine.travel(timezone.now() + timedelta(days=VISIT_DAYS, minutes=1), tick=False):
        assert post(account, contact=token).status_code == 204
    assert Visitor.objects.get().contact is None
    assert Client().get(f"/u/{token}/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=VISIT_DAYS, minutes=-1), tick=False):
        assert post(account, contact=token).status_code == 204
    assert Visitor.objects.get().contact == ann


def test_a_link_of_a_contact_that_is_gone(account, ann):
    token = visit_token(ann)
    ann.delete()
    assert post(account, contact=token).status_code == 204
    assert Visitor.objects.get().contact is None


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://shop.site.com/a?b=1#c", "https://shop.site.com/a?b=1&_contact={}#c"),
        ("https://only.org", "https://only.org?_contact={}"),
        ("https://site.com/?_contact=old&x=%20", "https://site.com/?x=+&_contact={}"),
        ("https://evil.com/a", None),
        ("https://www.only.org/", None),
        ("https://site.com@evil.com/", None),
        ("mailto:ann@site.com", None),
        ("https://[x", None),
    ],
)
def test_only_our_sites_learn_who_comes(account, ann, url, goes):
    found = identifying_url(url, ann)
    assert re.sub(r"_contact=[^&#]+", "_contact={}", found) == (goes or url)
    if goes:
        token = re.search(r"_contact=([^&#]+)", found)[1]
        assert post(account, contact=token.replace("%3A", ":")).status_code == 204
        assert Visitor.objects.get().contact == ann


CALLS = [
    # setting, proof, whose address, recognised, proven
    ("address", "", "ann", True, False),
    ("address", "right", "ann", True, True),
    ("address", "", "nobody", False, False),
    ("address", "right", "nobody", False, False),
    ("proof", "", "ann", False, False),
    ("proof", "right", "ann", True, True),
    ("off", "right", "ann", False, False),
]


@pytest.mark.parametrize(("setting", "proof", "who", "known", "proven"), CALLS)
def test_identify_calls(account, ann, setting, proof, who, known, proven):
    TrackingSettings.objects.update(identify_calls=setting)
    address = f"{who}@example.com"
    given = proof_of(key=account.key, email=address) if proof else ""
    response = post(account, "identify", email=f" {address.upper()} ", proof=given)
    assert (response.status_code, response.content) == (204, b""), "the answer tells nobody who is a contact"
    visitor = Visitor.objects.get()
    assert (visitor.contact, visitor.proven) == (ann if known else None, proven)
    assert Contact.objects.count() == 1
    assert not PageVisit.objects.exists(), "the call is no visit"


def test_only_a_proof_makes_contacts(account):
    TrackingSettings.objects.update(create_contacts=True)
    post(account, "identify", email="new@example.com")
    assert not Contact.objects.exists()
    proof = proof_of(key=account.key, email="new@example.com")
    post(account, "identify", email="new@example.com", proof=proof)
    assert Visitor.objects.get().contact.email == "new@example.com"


@pytest.mark.parametrize(
    ("given", "field"),
    [({"email": "nobody"}, "email"), ({}, "email"), ({"email": "ann@example.com", "proof": "0" * 64}, "proof"),
     ({"email": "ann@example.com", "proof": "é"}, "proof")],
)  # fmt: skip
def test_bad_identify_calls(account, ann, given, field):
    response = post(account, "identify", **given)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, [field])
    assert not Visitor.objects.exists()


def test_what_is_proven_outranks_what_is_claimed(account, ann):
    bob, visitor = create_contact(email="bob@example.com"), get_visitor(key=KEY)
    steps = [  # who, proven, and who it is then
        (ann, False, ann, False),
        (bob, False, bob, False),
        (ann, True, ann, True),
        (bob, False, ann, True),
        (ann, False, ann, True),
        (bob, True, bob, True),
    ]
    for contact, proven, then, sure in steps:
        identify_visitor(visitor=visitor, contact=contact, proven=proven)
        stored = Visitor.objects.get()
        assert (stored.contact, stored.proven) == (then, sure)
        assert (visitor.contact_id, visitor.proven) == (then.pk, sure)


def test_only_visits_of_nobody_are_given(account, ann):
    bob, visitor, other = create_contact(email="bob@example.com"), get_visitor(key=KEY), get_visitor(key=OTHER)
    page = clean_page(url=f"{HOME}/a")
    record_visit(visitor=visitor, page=page)
    record_visit(visitor=other, page=page)
    identify_visitor(visitor=visitor, contact=ann)
    record_visit(visitor=visitor, page=page)
    identify_visitor(visitor=visitor, contact=bob)
    record_visit(visitor=visitor, page=page)
    order = PageVisit.objects.order_by("pk").values_list("contact", flat=True)
    assert list(order) == [ann.pk, None, ann.pk, bob.pk]


def test_a_visit_that_was_on_its_way_is_given_by_the_next_call(account, ann):
    visitor = get_visitor(key=KEY)
    late = get_visitor(key=KEY)
    identify_visitor(visitor=visitor, contact=ann, proven=True)
    record_visit(visitor=late, page=clean_page(url=f"{HOME}/a"))
    identify_visitor(visitor=visitor, contact=ann)
    assert PageVisit.objects.get().contact == ann


def test_earlier_visits_are_told_within_bounds(account, ann):
    visitor, now = get_visitor(key=KEY), timezone.now()
    for days in (40, 29, 1):
        PageVisit.objects.create(visitor=visitor, url=f"{HOME}/{days}", at=now - timedelta(days=days))
    with announced() as batches:
        identify_visitor(visitor=visitor, contact=ann)
    assert [(batch.url, batch.contact_ids) for batch in batches] == [
        (f"{HOME}/29", [ann.pk]),
        (f"{HOME}/1", [ann.pk]),
    ]
    assert [(now - batch.happened).days for batch in batches] == [29, 1]
    assert PageVisit.objects.filter(contact=ann).count() == 3


def test_no_flood_of_earlier_visits(account, ann):
    visitor = get_visitor(key=KEY)
    for number in range(105):
        PageVisit.objects.create(visitor=visitor, url=f"{HOME}/{number}")
    with announced() as batches, CaptureQueriesContext(connection) as queries:
        identify_visitor(visitor=visitor, contact=ann)
    assert [batch.url for batch in batches] == [f"{HOME}/{number}" for number in range(5, 105)]
    assert len(queries) < 12


# --- Services ----------------------------------------------------------------------------------


def test_bulk_is_one_insert(account, ann):
    page, other = clean_page(url=f"{HOME}/a", title="A"), clean_page(url=f"{HOME}/b")
    people = [create_contact(email=f"c{n}@example.com").pk for n in range(30)]
    with announced() as batches, CaptureQueriesContext(connection) as queries:
        record_visits(visits=[*(Visit(pk, page) for pk in people), Visit(ann.pk, other)])
    assert [(batch.url, batch.title, batch.contact_ids) for batch in batches] == [
        (page.url, "A", people),
        (other.url, "", [ann.pk]),
    ]
    assert len([query for query in queries if query["sql"].startswith("INSERT")]) == 1
    assert set(PageVisit.objects.values_list("page", flat=True)) == {"site.com/a", "site.com/b"}


def test_last_seen_is_written_once_an_hour(account):
    visitor = get_visitor(key=KEY)
    Visitor.objects.update(last_seen=timezone.now() - timedelta(minutes=59))
    before = Visitor.objects.get().last_seen
    get_visitor(key=KEY)
    assert Visitor.objects.get().last_seen == before
    Visitor.objects.update(last_seen=timezone.now() - timedelta(minutes=61))
    get_visitor(key=KEY)
    assert Visitor.objects.get(pk=visitor.pk).last_seen > before


def test_retention(account, ann):
    now, visitor, other = timezone.now(), get_visitor(key=KEY), get_visitor(key=OTHER)
    TrackingSettings.objects.update(visit_days=10)
    for who, days in ((visitor, 11), (visitor, 9), (other, 11)):
        PageVisit.objects.create(visitor=who, url=f"{HOME}/{days}", at=now - timedelta(days=days))
    Visitor.objects.update(last_seen=now - timedelta(days=11))
    assert delete_old_visits(now=now) == 2
    assert list(PageVisit.objects.values_list("url", flat=True)) == [f"{HOME}/9"]
    assert list(Visitor.objects.all()) == [visitor]
    tasks.retain()


def test_timeline_export_merge_and_erasure(account, ann):
    twin, visitor = create_contact(email="twin@example.com"), get_visitor(key=KEY)
    identify_visitor(visitor=visitor, contact=twin)
    record_visit(visitor=visitor, page=clean_page(url=f"{HOME}/a", title="Prices"))
    merge_contacts(keep=ann, drop=twin)
    (entry,) = [entry for entry in timeline(contact=ann).entries if entry.provider == "visits"]
    assert (entry.title, entry.text) == ("Visited “Prices”.", f"{HOME}/a")
    data = export_person(contact=ann)
    (fact,) = [fact for fact in data["history"] if fact["kind"] == "page_visit"]
    assert (fact["url"], fact["title"], len(data["browsers"])) == (f"{HOME}/a", "Prices", 1)
    erase_person(contact=ann)
    assert not PageVisit.objects.exists() and not Visitor.objects.exists()


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ("Example.COM", "example.com"),
        ("https://www.example.com:8000/path", "www.example.com"),
        ("café.example", "xn--caf-dma.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_domains_are_tidied(given, domain):
    site = TrackedDomain(domain=given)
    site.full_clean()
    assert site.domain == domain


@pytest.mark.parametrize("given", ["", "a b", "*.example.com", "-a.com", "a..com", "é" * 300, "x" * 64 + ".com"])
def test_no_domains(given):
    with pytest.raises(ValidationError) as error:
        TrackedDomain(domain=given).full_clean()
    assert list(error.value.message_dict) == ["domain"]


# --- The script --------------------------------------------------------------------------------


def test_the_script_is_small_and_cached(account):
    response = Client().get("/track/site.js")
    assert response.status_code == 200 and response["Content-Type"].startswith("text/javascript")
    assert len(response.content) < 3_000, "of bytes as served, before compression"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = Client().get("/track/site.js", HTTP_IF_NONE_MATCH=response["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    TrackingSettings.objects.update(wait_for_consent=True)
    other = Client().get("/track/site.js", HTTP_IF_NONE_MATCH=response["ETag"])
    assert other.status_code == 200 and b'"1" === "1"' in other.content
    assert b"__WAIT__" not in other.content
    assert Client().post("/track/site.js").status_code == 405


def test_the_script_knows_no_third_party():
    assert not re.search(r"https?://", squeezed("site.js"))


def test_the_script_before_the_settings_exist():
    assert Client().get("/track/site.js").status_code == 200
