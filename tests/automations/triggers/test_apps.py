"""The triggers of connected apps, through the endpoint of a live server; a near miss for each option."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError

from automations.models import Enrollment
from automations.reasons import Entry
from automations.services import activate, add_trigger, deactivate, publish
from contacts.models import AppConnection, AppDelivery, AppReceipt, AppSource
from tests.automations.conftest import build_automation, passes, reasons
from tests.automations.samples import new_automation
from tests.factories import ContactFactory
from tests.peers.apps import SOURCES, TRIGGERS, about, connect, deliver, source

every = pytest.mark.parametrize("app", list(TRIGGERS))


@pytest.mark.django_db(transaction=True)
@every
def test_over_http(server, app) -> None:
    connection = connect(app)
    first, second = (source(app, external_id) for external_id in SOURCES[app])
    other_app = "typeform" if app != "typeform" else "calendly"
    elsewhere = source(other_app, SOURCES[other_app][0])
    one = build_automation(triggers=[(TRIGGERS[app], {"source": first.pk})])
    every_one = build_automation(triggers=[(TRIGGERS[app], {})], entry_policy="any")
    not_this_app = build_automation(triggers=[(TRIGGERS[other_app], {})])
    not_this_source = build_automation(triggers=[(TRIGGERS[app], {"source": second.pk})])
    assert deliver(server.url, connection, about(app, "Ann@Example.com", 1)) == (200, "received")
    assert (passes(one), passes(every_one)) == (["ann@example.com"], ["ann@example.com"])
    assert (passes(not_this_app), passes(not_this_source)) == ([], [])
    # The same once more, a second time by the same person, and another source.
    assert deliver(server.url, connection, about(app, "Ann@Example.com", 1)) == (200, "replay")
    assert deliver(server.url, connection, about(app, "ann@example.com", 2)) == (200, "received")
    assert deliver(server.url, connection, about(app, "bob@example.com", 3, which=1)) == (200, "received")
    assert passes(one) == ["ann@example.com"]
    assert passes(every_one) == ["ann@example.com", "bob@example.com"]
    assert passes(not_this_source) == ["bob@example.com"]
    assert set(reasons(every_one)) == {Entry.ONCE_ONLY}
    assert AppReceipt.objects.count() == 3
    assert elsewhere.receipts.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_starts_nobody(server) -> None:
    automations = {}
    connections = {app: connect(app) for app in TRIGGERS}
    for app in TRIGGERS:
        source(app, SOURCES[app][0])
        automations[app] = build_automation(triggers=[(TRIGGERS[app], {})])
    hour = time.time() - 3_600
    calendly, typeform, unbounce = connections.values()
    canceled = about("calendly", "a@example.com", 1, event="invitee.canceled")
    half = about("typeform", "a@example.com", 3, event="form_response_partial")
    no_address = about("unbounce", "", 1)
    tries = [
        (calendly, canceled, {}, (200, "noted")),
        (typeform, half, {}, (200, "noted")),
        (calendly, about("calendly", "a@example.com", 2), {"secret": "x" * 20}, (403, "wrong_signature")),
        (calendly, about("calendly", "a@example.com", 2), {"at": hour}, (403, "wrong_signature")),
        (calendly, about("calendly", "a@example.com", 2), {"at": time.time() + 3_600}, (403, "wrong_signature")),
        (typeform, about("typeform", "a@example.com", 2), {"secret": "x" * 20}, (403, "wrong_signature")),
        (unbounce, about("unbounce", "a@example.com", 2), {"secret": "x" * 20}, (403, "wrong_signature")),
        (unbounce, no_address, {}, (202, "failed")),
        (typeform, about("typeform", "nobody", 4), {}, (202, "failed")),
        (calendly, about("calendly", "a@example.com", 5, scheduled_event={}), {}, (202, "failed")),
    ]
    for connection, given, signing, expected in tries:
        assert deliver(server.url, connection, given, **signing) == expected, given
    AppConnection.objects.update(is_active=False)
    for app, connection in connections.items():
        assert deliver(server.url, connection, about(app, "a@example.com", 9)) == (200, "off")
    assert not AppReceipt.objects.exists()
    assert not Enrollment.objects.exists()
    assert AppDelivery.objects.filter(outcome="off").count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("app", "text", "expected"),
    [
        (
            "calendly",
            "{{ event.meeting }} {{ event.starts_at | date: '%d.%m.%Y' }} {{ event.answers.team_size }}",
            "The intro call 10.03.2026 12",
        ),
        (
            "typeform",
            "{{ event.answers.interests }}/{{ event.hidden.campaign }}/{{ event.form }}",
            "Red, Blue, Teal/spring/Form OOMZur",
        ),
        (
            "unbounce",
            "{{ event.answers.interests }} {{ event.variant }} {{ event.page }}",
            "Red, Blue a Page 7648",
        ),
    ],
)
def test_messages_can_use_what_was_said(server, mailboxless, drain, app, text, expected) -> None:
    connection = connect(app)
    source(app, SOURCES[app][0])
    build_automation(triggers=[(TRIGGERS[app], {})], steps=[("notify", mailboxless(text))])
    deliver(server.url, connection, about(app, "ann@example.com", 1))
    drain()
    from automations.models import Delivery

    assert expected in Delivery.objects.get().payload["text"]


@pytest.fixture
def mailboxless():
    def notice(text: str) -> dict[str, str]:
        return {"who": "address", "address": "team@example.com", "subject": "News", "text": text}

    return notice


@pytest.mark.django_db
@every
def test_locked_until_connected_and_a_source_is_known(app, api) -> None:
    kind = TRIGGERS[app]

    def locked() -> str:
        entry = api.get(f"/api/v1/trigger-types/{kind}/").json()
        assert entry["locked"] == bool(entry["locked_reason"])
        assert entry["fixed_runs"] == "once"
        return str(entry["locked_reason"])

    automation = new_automation()
    assert "Connect" in locked()
    with pytest.raises(ValidationError, match="Connect"):
        add_trigger(automation=automation, type=kind, settings={})
    connection = connect(app)
    assert "is connected, but no" in locked()
    answer = api.post("/api/v1/triggers/", {"automation": automation.pk, "type": kind})
    assert answer.status_code == 400 and "is connected, but no" in answer.content.decode()
    known = source(app, "one")
    assert locked() == ""
    live = build_automation(triggers=[(kind, {"source": known.pk})])
    deactivate(automation=live)
    connection.is_active = False
    connection.save()
    assert "Connect" in locked()
    with pytest.raises(ValidationError, match="Connect"):
        publish(automation=live)
    with pytest.raises(ValidationError, match="Connect"):
        activate(automation=live)


@pytest.mark.django_db
@every
def test_always_once(app) -> None:
    known = source(app, "one")
    with pytest.raises(ValidationError, match="once per contact"):
        add_trigger(automation=new_automation(), type=TRIGGERS[app], settings={}, runs="multiple")
    automation = build_automation(triggers=[(TRIGGERS[app], {"source": known.pk})], entry_policy="any")
    ann = ContactFactory(email="a@example.com")
    for number in range(3):
        AppReceipt.objects.create(contact=ann, app_source=known, external_id=str(number), data={})
    assert passes(automation) == ["a@example.com"]


@pytest.mark.django_db
@every
def test_a_source_of_another_app_is_refused(app) -> None:
    source(app, "one")
    stranger = source("typeform" if app != "typeform" else "unbounce", "two")
    with pytest.raises(ValidationError, match="source"):
        add_trigger(automation=new_automation(), type=TRIGGERS[app], settings={"source": stranger.pk})
    assert AppSource.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_many_times_at_once(server) -> None:
    """Apps send again what they get no answer to; each time may meet the one before."""
    connection = connect("typeform")
    source("typeform", SOURCES["typeform"][0])
    automation = build_automation(triggers=[(TRIGGERS["typeform"], {})])
    given = about("typeform", "ann@example.com", 1)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _number: deliver(server.url, connection, given), range(12)))
    assert sorted(answers) == [(200, "received"), *[(200, "replay")] * 11]
    assert (AppReceipt.objects.count(), AppDelivery.objects.count()) == (1, 1)
    assert passes(automation) == ["ann@example.com"]
