"""site_message_dismissed, and the step that shows the message: over HTTP, with a near miss for each option."""

import pytest

from automations.models import Account
from contacts.models import SiteMessage, TrackedDomain
from contacts.services import get_visitor, identify_visitor, show_site_message
from contacts.services.site_messages import record_message_action
from tests.automations.conftest import build_automation, passes
from tests.automations.triggers.test_page_visited import HOME, KEY, send
from tests.factories import ContactFactory

# what is done with which message, in order, and who listens to any, to Hello, to Other
TABLE = [
    ("Hello shown, Hello dismissed", "any Hello"),
    ("Hello shown, Hello clicked", ""),
    ("Hello shown", ""),
    ("Hello shown, Hello shown, Hello dismissed", ""),
    ("Other shown, Other dismissed", "any Other"),
    ("Hello dismissed", "any Hello"),  # the report of the view was lost
]


@pytest.mark.django_db
@pytest.mark.parametrize(("actions", "enters"), TABLE)
def test_table(actions, enters) -> None:
    messages = {name: SiteMessage.objects.create(title=name) for name in ("Hello", "Other")}
    automations = {"any": build_automation(triggers=[("site_message_dismissed", {})])}
    for name, message in messages.items():
        automations[name] = build_automation(triggers=[("site_message_dismissed", {"message": message.pk})])
    ann = ContactFactory(email="a@example.com")
    identify_visitor(visitor=get_visitor(key=KEY), contact=ann, proven=True)
    for message in messages.values():
        show_site_message(contacts=ann, message=message)
    for action in actions.split(", "):
        name, what = action.split()
        assert record_message_action(key=KEY, message_id=messages[name].pk, action=what)
    found = [name for name, automation in automations.items() if passes(automation)]
    assert found == enters.split()


@pytest.fixture
def process_environment() -> dict[str, str]:
    return {"TRIGGER_INDEX_TTL": "0"}


@pytest.mark.django_db(transaction=True)
def test_from_the_step_to_the_trigger_over_http(server, drain) -> None:
    TrackedDomain.objects.create(domain="site.com")
    hello = SiteMessage.objects.create(title="Hello")
    ann = ContactFactory(email="a@example.com")
    shows = build_automation(
        triggers=[("page_visited", {"url_is": "any"})], steps=[("site_message", {"message": hello.pk})]
    )
    listens = build_automation(triggers=[("site_message_dismissed", {"message": hello.pk})])
    identify_visitor(visitor=get_visitor(key=KEY), contact=ann, proven=True)
    assert send(server.url, f"{HOME}/a", KEY) == 204, "not chosen yet"
    drain()
    assert passes(shows) == ["a@example.com"]
    assert send(server.url, f"{HOME}/b", KEY) == 200
    assert send(server.url, f"{HOME}/b", KEY, "message", message=str(hello.pk), action="shown") == 204
    assert passes(listens) == []
    assert send(server.url, f"{HOME}/b", KEY, "message", message=str(hello.pk), action="dismissed") == 204
    assert passes(listens) == ["a@example.com"]
    assert send(server.url, f"{HOME}/c", KEY) == 204


@pytest.mark.django_db
def test_not_on_the_starter_plan() -> None:
    automation = build_automation(triggers=[("site_message_dismissed", {})])
    account = Account.current()
    account.plan, account.addons = "starter", []
    account.save()
    hello, ann = SiteMessage.objects.create(title="Hello"), ContactFactory()
    identify_visitor(visitor=get_visitor(key=KEY), contact=ann, proven=True)
    show_site_message(contacts=ann, message=hello)
    record_message_action(key=KEY, message_id=hello.pk, action="dismissed")
    assert passes(automation) == []
