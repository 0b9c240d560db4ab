"""Spreadsheets over the admin and the API: added, tried out, kept from those who may not; keys are never shown."""

import pytest
from django.urls import reverse

from automations.masks import MASK
from automations.models import Spreadsheet, SpreadsheetRow
from tests.automations.steps.test_add_spreadsheet_row import google  # noqa: F401 a fixture
from tests.peers.google import DOCUMENT, GUEST, account_key

pytestmark = pytest.mark.django_db
ADD = "admin:automations_spreadsheet_add"
CHANGE = "admin:automations_spreadsheet_change"
ADDRESS = f"https://docs.google.com/spreadsheets/d/{DOCUMENT}/edit"
GOOGLE = {"name": "Leads", "kind": "google", "document": ADDRESS, "tab": "", "key": account_key()}


@pytest.fixture
def admin(client, admin_user):
    client.force_login(admin_user)
    return client


def made():
    return Spreadsheet.objects.get()


def test_a_file_kept_here(admin):
    answer = admin.post(reverse(ADD), {"name": "Buyers", "kind": "csv"})
    assert answer.status_code == 302, answer.context["errors"]
    assert (made().name, made().kind, made().key) == ("Buyers", "csv", "")
    page = admin.get(reverse(CHANGE, args=[made().pk])).content.decode()
    assert "No rows yet" in page and 'name="document"' not in page
    assert "Buyers" in admin.get(reverse("admin:automations_spreadsheet_changelist")).content.decode()


def test_google_and_its_key(admin, google):  # noqa: F811 a fixture
    assert admin.post(reverse(ADD), GOOGLE).status_code == 302
    key = made().key
    assert (made().document, key) == (DOCUMENT, account_key())
    address = reverse(CHANGE, args=[made().pk])
    page = admin.get(address).content.decode()
    assert GUEST in page and MASK in page and "PRIVATE KEY" not in page
    given = {**GOOGLE, "name": "Renamed", "document": DOCUMENT, "key": MASK}
    assert admin.post(address, given).status_code == 302
    assert (made().name, made().key) == ("Renamed", key)
    tried = admin.post(reverse("admin:automations_spreadsheet_try", args=[made().pk]), follow=True)
    assert "The spreadsheet can be reached" in tried.content.decode()
    google.closed = {DOCUMENT}
    tried = admin.post(reverse("admin:automations_spreadsheet_try", args=[made().pk]), follow=True)
    assert f"Share the spreadsheet with {GUEST}" in tried.content.decode()
    assert admin.get(reverse("admin:automations_spreadsheet_try", args=[made().pk])).status_code == 405


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"document": "x"}, "document"), ({"key": "{}"}, "key"), ({"key": MASK}, "key"), ({"name": ""}, "name")],
)
def test_what_is_wrong_stands_at_its_field(admin, changes, field):
    answer = admin.post(reverse(ADD), GOOGLE | changes)
    assert answer.status_code == 200 and not Spreadsheet.objects.exists()
    assert set(answer.context["adminform"].form.errors) == {field}


def test_of_a_kind_that_needs_nothing_nothing_is_kept(admin):
    assert admin.post(reverse(ADD), GOOGLE | {"kind": "csv"}).status_code == 302
    assert (made().document, made().key) == ("", "")


def test_roles(client, viewer, editor):
    spreadsheet = Spreadsheet.objects.create(name="Buyers", columns=["Name"])
    SpreadsheetRow.objects.create(spreadsheet=spreadsheet, step_key="a", cells={"Name": "Ada"})
    client.force_login(viewer)
    page = client.get(reverse(CHANGE, args=[spreadsheet.pk]))
    assert page.status_code == 200 and "Ada" in page.content.decode()
    assert client.post(reverse("admin:automations_spreadsheet_try", args=[spreadsheet.pk])).status_code == 403
    assert client.get(reverse("admin:automations_spreadsheet_csv", args=[spreadsheet.pk])).status_code == 200
    client.force_login(editor)
    assert client.get(reverse(ADD)).status_code == 200
    assert client.post(reverse("admin:automations_spreadsheet_delete", args=[spreadsheet.pk])).status_code == 403
    row = reverse("admin:automations_spreadsheetrow_change", args=[SpreadsheetRow.objects.get().pk])
    assert "Name: Ada" in client.get(row).content.decode()


def test_over_the_api(api_client, manager, google):  # noqa: F811 a fixture
    api = api_client(manager)
    answer = api.post("/api/v1/spreadsheets/", {name: text for name, text in GOOGLE.items() if text})
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["document"], found["has_key"], found["guest"]) == (DOCUMENT, True, GUEST)
    assert "key" not in found and "PRIVATE" not in answer.content.decode()
    path = f"/api/v1/spreadsheets/{found['id']}/"
    assert api.patch(path, {"name": "Renamed"}).json()["has_key"]
    assert api.post(f"{path}try/").json()["works"]
    google.closed = {DOCUMENT}
    tried = api.post(f"{path}try/").json()
    assert not tried["works"] and GUEST in tried["message"]
    for bad, field in (({"kind": "csv"}, "kind"), ({"document": "x"}, "document"), ({"columns": []}, "columns")):
        refusal = api.patch(path, bad)
        assert refusal.status_code == 400 and field in refusal.content.decode(), refusal.content
    assert api.delete(path).status_code == 204


def test_rows_over_the_api(api_client, viewer, django_assert_max_num_queries):
    spreadsheet = Spreadsheet.objects.create(name="Buyers", columns=["Name"])
    other = Spreadsheet.objects.create(name="Others")
    for sheet in (spreadsheet, other):
        SpreadsheetRow.objects.create(spreadsheet=sheet, step_key="a", cells={"Name": sheet.name})
    api = api_client(viewer)
    with django_assert_max_num_queries(6):
        found = api.get(f"/api/v1/spreadsheet-rows/?spreadsheet={spreadsheet.pk}").json()["results"]
    assert [row["cells"] for row in found] == [{"Name": "Buyers"}]
    assert api.get("/api/v1/spreadsheet-rows/?spreadsheet=999").status_code == 400
    assert api.post("/api/v1/spreadsheets/", {"name": "Mine"}).status_code == 403
