"""From the link in an automation's e-mail, over HTTP, to what leaving a list starts and ends."""

import pytest
from django.core.cache import cache
from django.test import Client

from automations.models import Enrollment
from contacts.services import subscribe_contacts
from tests.automations.conftest import build_automation, passes
from tests.automations.delivery.conftest import advance
from tests.factories import ListFactory


@pytest.fixture
def link(queue, people, deliver, smtp_server, news):
    """The one-click address out of an e-mail that an automation of the list News has sent."""
    cache.clear()
    (ada,) = people(1)
    subscribe_contacts(contacts=ada, list=ListFactory(name="Other"))
    queue(contacts=[ada], lists=[news], name="Newsletter", exit_on_unsubscribe=True)
    deliver()
    header = str(smtp_server.messages[0].message["List-Unsubscribe"]).strip()
    return "/" + header.strip("<>").split("/", 3)[3]


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {"action": "leave"}])
def test_leaving_through_an_automations_e_mail(body, link, people, news):
    goodbye = build_automation(name="Goodbye", triggers=[("list_unsubscribed", {"list": news.pk})])
    elsewhere = build_automation(
        name="Elsewhere", triggers=[("list_unsubscribed", {"list": ListFactory(name="Third").pk})]
    )
    program = Client(enforce_csrf_checks=True)
    program.get(link)
    assert passes(goodbye) == [], "looking is not leaving"
    assert program.post(link, body).status_code == 200
    assert passes(goodbye) == ["p0@example.com"] and passes(elsewhere) == []
    contact = goodbye.enrollments.get().contact
    states = dict(contact.subscriptions.values_list("list__name", "status"))
    assert states == {"News": "unsubscribed", "Other": "active"}, "the automation's lists, and no other"
    program.post(link, body)
    assert passes(goodbye) == ["p0@example.com"]
    advance()
    assert not Enrollment.objects.filter(automation__name="Newsletter", status="active").exists()
