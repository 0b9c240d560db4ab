"""Rows in files kept here, taken out as CSV; and in Google's sheets, at a server that speaks its API."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.engine.run import run_due
from automations.models import Delivery, Spreadsheet, SpreadsheetRow, Usage
from automations.services import add_to_automation, save_spreadsheet, try_spreadsheet
from automations.spreadsheets.google_client import _letters
from contacts.services import InUse, delete_unused
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import log_of, refused, round_trip, sentence
from tests.factories import ContactFactory
from tests.peers.google import DOCUMENT, GUEST, Google, account_key

pytestmark = pytest.mark.django_db
CELLS = "E-mail: {{ contact.email }}\nName: {{ contact.first_name }}"


@pytest.fixture
def sheet():
    return save_spreadsheet(spreadsheet=Spreadsheet(), values={"name": "Buyers"})


@pytest.fixture
def google(settings):
    peer = Google()
    peer.start()
    settings.GOOGLE_SHEETS_URL, settings.GOOGLE_TOKEN_URL = peer.url, f"{peer.url}/token"
    settings.WEBHOOK_ALLOW_PRIVATE = True
    yield peer
    peer.stop()


@pytest.fixture
def google_sheet(google):
    return google_spreadsheet()


def google_spreadsheet(**values):
    address = f"https://docs.google.com/spreadsheets/d/{DOCUMENT}/edit#gid=0"
    given = {"name": "Leads", "kind": "google", "document": address, "key": account_key()} | values
    return save_spreadsheet(spreadsheet=Spreadsheet(), values=given)


def add_rows(drain, spreadsheet, *contacts, cells=CELLS):
    automation = build_automation(
        steps=[("add_spreadsheet_row", {"spreadsheet": spreadsheet.pk, "cells": cells})], runs="multiple"
    )
    add_to_automation(automation=automation, contacts=contacts)
    drain()
    deliver_due(now=timezone.now)
    return automation


def download(client, spreadsheet):
    answer = client.get(reverse("admin:automations_spreadsheet_csv", args=[spreadsheet.pk]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="buyers-{timezone.localdate()}.csv"' in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


# --- Kept here ---------------------------------------------------------------------------------


def test_rows_kept_here_come_out_as_csv(drain, sheet, client, admin_user):
    ada, ben = ContactFactory(email="ada@example.com", first_name="Ada"), ContactFactory(first_name="=1+1")
    add_rows(drain, sheet, ada)
    assert log_of(ada) == ["done", "completed"]
    add_rows(drain, sheet, ben, cells="Name: {{ contact.first_name }}\nSource: shop, “A”")
    client.force_login(admin_user)
    assert download(client, sheet) == [
        ["E-mail", "Name", "Source"],
        ["ada@example.com", "Ada", ""],
        ["", "'=1+1", "shop, “A”"],
    ]
    page = client.get(reverse("admin:automations_spreadsheet_change", args=[sheet.pk])).content.decode()
    assert "ada@example.com" in page and "Download as CSV" in page


def test_a_row_is_written_once_to_a_visit(drain, sheet):
    ada = ContactFactory()
    automation = add_rows(drain, sheet, ada)
    enrollment = automation.enrollments.get()
    row = SpreadsheetRow.objects.get()
    assert (row.contact, row.enrollment) == (ada, enrollment)
    # The step again at the same visit, as after a crash that lost the move but not the row: nothing is doubled.
    automation.enrollments.update(
        status="active", step_key=row.step_key, arrived=True, due_at=timezone.now(), ended_at=None
    )
    run_due(now=timezone.now())
    assert SpreadsheetRow.objects.count() == 1


def test_merging_takes_rows_along_and_erasing_takes_them_out(drain, sheet):
    ada, twin = ContactFactory(email="ada@example.com"), ContactFactory(email="twin@example.com")
    add_rows(drain, sheet, ada, twin)
    kept = merge_contacts(keep=ada, drop=twin)
    assert [row["cells"]["E-mail"] for row in export_person(contact=kept)["spreadsheet_rows"]] == [
        "ada@example.com",
        "twin@example.com",
    ]
    erase_person(contact=kept)
    assert not SpreadsheetRow.objects.exists()


def test_a_deleted_contact_leaves_the_row(drain, sheet):
    ada = ContactFactory()
    add_rows(drain, sheet, ada)
    ada.delete()
    assert SpreadsheetRow.objects.get().contact is None


def test_one_that_is_used_can_not_be_deleted(drain, sheet):
    automation = add_rows(drain, sheet, ContactFactory())
    with pytest.raises(InUse, match=automation.name):
        delete_unused(record=sheet)


def test_statements_do_not_grow(queries_for, sheet):
    queries_for(1, "add_spreadsheet_row", {"spreadsheet": sheet.pk, "cells": CELLS})  # brings the headings
    few, many = (queries_for(n, "add_spreadsheet_row", {"spreadsheet": sheet.pk, "cells": CELLS}) for n in (2, 50))
    assert few == many


# --- At Google ---------------------------------------------------------------------------------


def test_google_gets_headings_and_rows_once(drain, google, google_sheet):
    ada = ContactFactory(email="ada@example.com", first_name="=HYPERLINK(1)", phone="+33612345678")
    cells = f"{CELLS}\nPhone: {{{{ contact.phone }}}}\nPoints: 12\nShare: 0.5\nCode: 007"
    add_rows(drain, google_sheet, ada, cells=cells)
    assert log_of(ada) == ["queued", "completed"]
    assert google.rows() == [
        ["E-mail", "Name", "Phone", "Points", "Share", "Code"],
        ["ada@example.com", "=HYPERLINK(1)", "+33612345678", 12, 0.5, "007"],
    ]
    deliver_due(now=timezone.now)
    assert Delivery.objects.get().status == "sent" and len(google.rows()) == 2


def test_columns_of_the_sheet_stay_where_they_are(drain, google, google_sheet):
    google.cells[DOCUMENT][""] = [["Name", "Remarks"]]
    add_rows(drain, google_sheet, ContactFactory(email="ada@example.com", first_name="Ada"))
    assert google.rows() == [["Name", "Remarks", "E-mail"], ["Ada", "", "ada@example.com"]]


@pytest.mark.parametrize(
    ("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (53, "BA"), (703, "AAA")]
)
def test_names_of_columns(number, name):
    assert _letters(number) == name


def test_a_tab_by_name(drain, google):
    google.cells[DOCUMENT]["Ann's tab"] = []
    spreadsheet = google_spreadsheet(tab="Ann's tab")
    add_rows(drain, spreadsheet, ContactFactory(first_name="Ada"), cells="Name: {{ contact.first_name }}")
    assert (google.rows("Ann's tab"), google.rows()) == ([["Name"], ["Ada"]], [])


def test_one_token_for_a_batch(drain, google, google_sheet):
    add_rows(drain, google_sheet, *(ContactFactory() for _number in range(5)))
    assert len(google.rows()) == 6
    assert [call for call in google.calls if "token" in call] == ["POST /token"]


@pytest.mark.parametrize(
    ("trouble", "status", "rows"),
    [(429, "pending", 1), (503, "uncertain", 1), (400, "failed", 1)],
)
def test_what_google_answers(drain, google, google_sheet, trouble, status, rows):
    google.troubles = [trouble]
    add_rows(drain, google_sheet, ContactFactory())
    assert (Delivery.objects.get().status, len(google.rows())) == (status, rows)


def test_a_closed_sheet_holds_no_other_up_and_is_tried_again(drain, google, google_sheet):
    closed = "2AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
    google.cells[closed], google.closed = {"": []}, {closed}
    ada, ben, eve = ContactFactory(), ContactFactory(), ContactFactory()
    other = google_spreadsheet(name="Closed", document=closed)
    add_rows(drain, other, ada, ben)
    waiting = Delivery.objects.order_by("pk")
    assert [row.status for row in waiting] == ["pending", "pending"]
    assert GUEST in waiting[0].error and "as an editor" in waiting[0].error
    assert [row.attempts for row in waiting] == [1, 0], "the second was not tried"
    add_rows(drain, google_sheet, eve)
    assert len(google.rows()) == 2
    google.closed.clear()
    later = timezone.now() + timedelta(hours=1)
    deliver_due(now=lambda: later)
    assert len(google.cells[closed][""]) == 3


def test_away_is_tried_again(drain, google, google_sheet, settings):
    settings.GOOGLE_SHEETS_URL = "http://127.0.0.1:9"
    add_rows(drain, google_sheet, ContactFactory())
    delivery = Delivery.objects.get()
    assert delivery.status == "pending" and "can't be reached" in delivery.error


def test_private_addresses_are_refused(drain, google, google_sheet, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    add_rows(drain, google_sheet, ContactFactory())
    assert Delivery.objects.get().status in ("pending", "failed") and google.calls == []


def test_deleted_meanwhile(drain, google, google_sheet):
    google.troubles = [429]
    automation = add_rows(drain, google_sheet, ContactFactory())
    Usage.objects.filter(automation=automation).delete()  # nothing names it any more, but a row still waits
    automation.steps.all().delete()
    delete_unused(record=google_sheet)
    later = timezone.now() + timedelta(hours=1)
    deliver_due(now=lambda: later)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.error) == ("failed", "The spreadsheet does not exist any more.")


def test_trying_it_out(google, google_sheet):
    assert "it is empty so far" in try_spreadsheet(spreadsheet=google_sheet)
    google.cells[DOCUMENT][""] = [["Name", "Mail"]]
    assert "Its headings: Name, Mail." in try_spreadsheet(spreadsheet=google_sheet)
    google.closed = {DOCUMENT}
    with pytest.raises(ValidationError, match=f"Share the spreadsheet with {GUEST}"):
        try_spreadsheet(spreadsheet=google_sheet)
    google.cells = {}
    with pytest.raises(ValidationError, match="knows no such spreadsheet"):
        try_spreadsheet(spreadsheet=google_sheet)


# --- Settings ----------------------------------------------------------------------------------


def test_settings(sheet):
    good = {"spreadsheet": sheet.pk, "cells": CELLS}
    assert round_trip("add_spreadsheet_row", good) == good
    assert sentence("add_spreadsheet_row", good) == "Add a row to the spreadsheet “Buyers”"
    assert sentence("add_spreadsheet_row") == "Add a row to a spreadsheet (not chosen yet)"
    assert set(refused("add_spreadsheet_row", {})) == {"spreadsheet", "cells"}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("E-mail {{ contact.email }}", "Write each line as “key: value”"),
        ("A: 1\nA: 2", "stands twice"),
        ('{{ contact.first_name | default: "x" }}', "is no heading"),
        (f"{'x' * 101}: 1", "is no heading"),
        ("\n".join(f"c{n}: 1" for n in range(51)), "at most 50 columns"),
        ("Name: {{ contact.first_name", "doesn't parse"),
    ],
)
def test_bad_columns(sheet, cells, said):
    (message,) = refused("add_spreadsheet_row", {"spreadsheet": sheet.pk, "cells": cells})["cells"]
    assert said in message


def test_cells_are_cut_to_what_a_sheet_holds(drain, sheet):
    add_rows(drain, sheet, ContactFactory(), cells=f"Long: {'x' * 6_000}")
    assert len(SpreadsheetRow.objects.get().cells["Long"]) == 5_000


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document": "https://example.com/spreadsheets/d/x"}, "document"),
        ({"document": ""}, "document"),
        ({"key": "{}"}, "key"),
        ({"key": "not JSON"}, "key"),
        ({"key": '{"type": "service_account", "client_email": "x"}'}, "key"),
        ({"tab": "a\nb"}, "tab"),
        ({"kind": "excel"}, "kind"),
        ({"name": ""}, "name"),
        ({"kind": "csv"}, "document"),
    ],
)
def test_bad_spreadsheets(changes, field):
    with pytest.raises(ValidationError) as raised:
        google_spreadsheet(**changes)
    assert field in raised.value.message_dict
    assert not Spreadsheet.objects.exists()
