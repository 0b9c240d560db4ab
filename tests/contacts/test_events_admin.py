"""The pages of event tracking, and who sees the key."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import CustomEvent, EventRecord, TrackingSettings
from contacts.services import create_contact, record_event

pytestmark = pytest.mark.django_db
LISTS = ["customevent", "eventrecord"]


def get(client, model, page="changelist", *args):
    from django.urls import reverse

    return client.get(reverse(f"admin:contacts_{model}_{page}", args=args), follow=True)


def test_pages_empty_and_full(client, admin_user):
    client.force_login(admin_user)
    for model in LISTS:
        assert get(client, model).status_code == 200
    event = CustomEvent.objects.create(name="Bought <b>")
    record_event(contacts=create_contact(email="a@example.com"), event=event, value="<script>x</script>")
    for model, pk in (("customevent", event.pk), ("eventrecord", EventRecord.objects.get().pk)):
        assert "Bought &lt;b&gt;" in get(client, model).content.decode()
        page = get(client, model, "change", pk)
        assert page.status_code == 200
        assert "<script>x" not in page.content.decode()


@pytest.mark.parametrize(("who", "sees"), [("viewer", False), ("editor", False), ("manager", True)])
def test_only_who_may_change_it_sees_the_key(client, request, who, sees):
    client.force_login(request.getfixturevalue(who))
    page = get(client, "trackingsettings")
    assert page.status_code == 200
    assert (TrackingSettings.current().key in page.content.decode()) == sees


def test_settings_are_saved(client, manager):
    client.force_login(manager)
    page = get(client, "trackingsettings")
    key = TrackingSettings.current().key
    days = {"earlier_visits_days": "0", "visit_days": "90", "event_days": "0"}
    given = {"allow_new_events": "on", "identify_calls": "proof", **days}
    saved = client.post(page.request["PATH_INFO"], given)
    assert saved.status_code == 302
    row = TrackingSettings.objects.get()
    assert (row.allow_new_events, row.create_contacts, row.key) == (True, False, key)
    assert (row.identify_calls, row.earlier_visits_days, row.visit_days, row.event_days) == ("proof", 0, 90, 0)


def test_lists_cost_the_same_however_long(client, admin_user):
    client.force_login(admin_user)

    def costs():
        found = []
        for model in LISTS:
            with CaptureQueriesContext(connection) as queries:
                get(client, model)
            found.append(len(queries))
        return found

    def add(start, count):
        for number in range(start, start + count):
            event = CustomEvent.objects.create(name=f"event {number}")
            record_event(contacts=create_contact(email=f"c{number}@example.com"), event=event)

    add(0, 2)
    costs()
    few = costs()
    add(2, 30)
    assert costs() == few
