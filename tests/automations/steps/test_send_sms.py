import pytest
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.models import Delivery
from automations.services import add_to_automation
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import details_of, log_of, refused, round_trip, sentence
from tests.factories import ContactFactory
from tests.peers.http import Answer

pytestmark = pytest.mark.django_db
PHONE = "+33612345678"


def send(drain, text, *contacts):
    automation = build_automation(steps=[("send_sms", {"text": text})])
    add_to_automation(automation=automation, contacts=contacts)
    drain()
    deliver_due(now=timezone.now)
    return Delivery.objects.order_by("pk")


def test_the_default_back_end_prints(drain, capsys):
    contact, other = ContactFactory(first_name="Ada", phone=PHONE), ContactFactory(phone="")
    (delivery,) = send(drain, "Hi {{ contact.first_name }} & co", contact, other)
    assert (delivery.status, delivery.target, delivery.contact) == ("sent", PHONE, contact)
    assert f"SMS to {PHONE} (delivery-{delivery.pk}): Hi Ada & co" in capsys.readouterr().out
    assert log_of(other) == ["nothing_to_do", "completed"]
    assert details_of(other) == ["the contact has no phone number"]


def test_an_empty_text_is_not_sent(drain):
    contact = ContactFactory(first_name="", phone=PHONE)
    assert not send(drain, "{{ contact.first_name }}", contact).exists()
    assert details_of(contact) == ["the text came out empty"]


@pytest.fixture
def gateway(http_target, settings):
    settings.SMS_BACKEND = "automations.delivery.sms.GatewayBackend"
    settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_SENDER = http_target.url, "secret", "Acme"
    return http_target


def test_a_gateway_takes_it_once(drain, gateway):
    (delivery,) = send(drain, "Hello", ContactFactory(phone=PHONE))
    assert delivery.status == "sent"
    (request,) = gateway.requests
    reference = f"delivery-{delivery.pk}"
    assert request.json == {"to": PHONE, "text": "Hello", "from": "Acme", "reference": reference}
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer secret", reference)
    deliver_due(now=timezone.now)
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    ("status", "left"), [(503, "pending"), (429, "pending"), (400, "failed"), (302, "failed")]
)
def test_what_a_gateway_answers_decides(drain, gateway, status, left):
    gateway.script(Answer(status=status))
    (delivery,) = send(drain, "Hello", ContactFactory(phone=PHONE))
    assert delivery.status == left
    assert str(status) in delivery.error


def test_a_silent_gateway_leaves_it_uncertain(drain, gateway, settings):
    settings.WEBHOOK_TIMEOUT = 0.3
    gateway.script(Answer(seconds=2))
    (delivery,) = send(drain, "Hello", ContactFactory(phone=PHONE))
    assert delivery.status == "uncertain"


def test_nobody_there_is_tried_again(drain, gateway, settings):
    settings.SMS_URL = "http://127.0.0.1:9/"
    (delivery,) = send(drain, "Hello", ContactFactory(phone=PHONE))
    assert delivery.status == "pending"


@pytest.mark.parametrize("backend", ["automations.delivery.sms.GatewayBackend", "no.such.Backend"])
def test_a_back_end_that_can_not_work_pauses_the_channel(drain, settings, backend):
    settings.SMS_BACKEND, settings.SMS_URL = backend, ""
    (delivery,) = send(drain, "Hello", ContactFactory(phone=PHONE))
    assert delivery.status == "pending"


def test_queries_do_not_grow(queries_for):
    def with_phone(contact):
        contact.phone = f"+3361234{contact.pk % 10_000:04}"
        contact.save()

    settings = {"text": "{{ contact.email }}"}
    few, many = (queries_for(count, "send_sms", settings, with_phone) for count in (2, 50))
    assert few == many


def test_settings_and_sentences():
    assert refused("send_sms", {}) == {"text": ["This field is required."]}
    assert "text" in refused("send_sms", {"text": "x" * 1_531})
    assert "text" in refused("send_sms", {"text": "{{ contact.first_name"})
    assert round_trip("send_sms", {"text": "Hi"}) == {"text": "Hi"}
    assert sentence("send_sms", {"text": "Hi"}) == "Send the SMS “Hi”"
    assert sentence("send_sms") == "Send an SMS (empty so far)"
