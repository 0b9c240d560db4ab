"""The pages of connected apps: setting up, secrets shown once, replays, and who may do what."""

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import AppConnection, AppDelivery, AppReceipt
from contacts.services import create_contact
from tests.peers.apps import PAYLOADS, SECRET, connect, source

pytestmark = pytest.mark.django_db
LISTS = ["appconnection", "appsource", "appdelivery", "appreceipt"]
every = pytest.mark.parametrize("app", list(PAYLOADS))


@pytest.fixture(autouse=True)
def _no_limit_left_over():
    cache.clear()


def url(model, page="changelist", *args):
    return reverse(f"admin:contacts_{model}_{page}", args=args)


def fill(number):
    known = source("typeform", f"form {number}", "Survey <b>")
    contact = create_contact(email=f"c{number}@example.com")
    AppReceipt.objects.create(contact=contact, app_source=known, external_id=str(number), data={"x": "<script>x"})
    AppDelivery.objects.create(
        connection=known.connection, external_id=str(number), outcome="failed", error="<script>y", body="<script>z"
    )
    AppConnection.objects.create(app="unbounce", name=f"connection {number}")


def test_pages_empty_and_full(client, manager):
    client.force_login(manager)
    for model in LISTS:
        assert client.get(url(model)).status_code == 200
    assert "Connect an app" in client.get(url("appconnection")).content.decode()
    fill(1)
    pages = [url(model) for model in LISTS]
    for model, record in (
        ("appconnection", AppConnection.objects.get(app="typeform")),
        ("appsource", AppConnection.objects.get(app="typeform").sources.get()),
        ("appdelivery", AppDelivery.objects.get()),
        ("appreceipt", AppReceipt.objects.get()),
    ):
        pages.append(url(model, "change", record.pk))
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200
        assert not any(f"<script>{letter}" in answer.content.decode() for letter in "xyz")


@every
def test_connecting_shows_the_secret_once(client, manager, app):
    client.force_login(manager)
    add = url("appconnection", "add") + f"?app={app}"
    form = client.get(add).context["adminform"].form
    assert form.initial["app"] == app
    saved = client.post(add, {"app": app, "name": "Mine", "is_active": "on", "new_secret": "", "new_token": ""})
    connection = AppConnection.objects.get()
    page = url("appconnection", "change", connection.pk)
    assert saved.status_code == 302 and saved["Location"] == page
    # Calendly is told by its API; nobody has to see it.
    assert (connection.secret in client.get(page).content.decode()) == (app != "calendly")
    again = client.get(page).content.decode()
    assert connection.secret not in again and connection.public_id in again
    changed = {"app": app, "name": "Yours", "is_active": "on", "new_secret": "", "new_token": "tok_1234567"}
    assert client.post(page, changed).status_code == 302
    kept = AppConnection.objects.get()
    assert (kept.name, kept.secret) == ("Yours", connection.secret)
    assert kept.token == ("" if app == "unbounce" else "tok_1234567")
    assert "tok_1234567" not in client.get(page).content.decode()
    client.post(page, {**changed, "new_secret": SECRET})
    assert (SECRET in client.get(page).content.decode()) == (app != "calendly")
    assert SECRET not in client.get(page).content.decode()


@every
def test_bad_input(client, manager, app):
    client.force_login(manager)
    answer = client.post(url("appconnection", "add"), {"app": app, "name": "", "new_secret": "short"})
    assert set(answer.context["adminform"].form.errors) == {"name", "new_secret"}
    answer = client.post(url("appconnection", "add"), {"app": "hubspot", "name": "x"})
    assert "app" in answer.context["adminform"].form.errors
    assert not AppConnection.objects.exists()


@pytest.mark.parametrize(("who", "may"), [("viewer", False), ("editor", False), ("manager", True)])
def test_who_may(client, request, who, may):
    connection = connect("typeform")
    AppDelivery.objects.create(connection=connection, external_id="1", outcome="failed", body="{}")
    client.force_login(request.getfixturevalue(who))
    page = client.get(url("appconnection", "change", connection.pk))
    assert page.status_code == 200 and SECRET not in page.content.decode()
    assert ("Take in again" in page.content.decode()) == may
    act = url("appconnection", "act", connection.pk)
    assert client.post(act, {"do": "read"}).status_code == (302 if may else 403)
    assert client.get(url("appconnection", "add")).status_code == (200 if may else 403)
    assert ("take_in_again" in client.get(url("appdelivery")).content.decode()) == may


def test_buttons(client, manager):
    client.force_login(manager)
    connection = connect("typeform")
    broken = AppDelivery.objects.create(connection=connection, external_id="1", outcome="failed", body="{}")
    act = url("appconnection", "act", connection.pk)

    def said(data):
        return [str(message) for message in client.post(act, data, follow=True).context["messages"]]

    assert said({"do": "read"}) == ["Save an API token first."]
    assert "is missing" in said({"do": "replay", "delivery": broken.pk})[0]
    assert said({"do": "replay", "delivery": "x"}) == []
    assert client.get(act).status_code == 302
    chosen = {"action": "take_in_again", "_selected_action": [broken.pk]}
    assert "is missing" in client.post(url("appdelivery"), chosen, follow=True).content.decode()


def test_lists_cost_the_same_however_long(client, admin_user):
    client.force_login(admin_user)
    pages = [url(model) for model in LISTS]

    def costs():
        found = []
        for page in pages:
            with CaptureQueriesContext(database) as queries:
                client.get(page)
            found.append(len(queries))
        return found

    fill(0)
    pages.append(url("appconnection", "change", AppConnection.objects.get(app="typeform").pk))
    fill(1)
    costs()
    few = costs()
    for number in range(2, 30):
        fill(number)
    assert costs() == few
