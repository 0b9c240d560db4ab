"""Custom objects: the pages under “Manage data”, the records' form, and the import."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from contacts.models import CustomField, ObjectLink, ObjectRecord, ObjectRelation, ObjectType
from contacts.selectors.timeline import timeline, timeline_of
from contacts.services import create_account, create_record, update_record
from contacts.services.object_import import import_records
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking() -> ObjectType:
    found = ObjectType.objects.create(key="booking", label="Booking", plural="Bookings")
    mine = {"entity": "object", "object_type": found}
    CustomField.objects.create(**mine, key="nights", label="Nights", type="number", required=True)
    CustomField.objects.create(**mine, key="wishes", label="Wishes", type="multiselect", options=["Sea", "Quiet"])
    ObjectRelation.objects.create(type=found, key="guest", label="Guest", target="contact")
    ObjectRelation.objects.create(type=found, key="others", label="Others", target="contact", many=True)
    ObjectRelation.objects.create(type=found, key="payer", label="Payer", target="account")
    return found


@pytest.fixture
def page(client, admin_user):
    client.force_login(admin_user)
    return client


def form_of(model: str, *args) -> str:
    return reverse(f"admin:contacts_{model}_{'change' if args else 'add'}", args=args)


# --- Types -------------------------------------------------------------------------------------


def inline(prefix: str, rows: list[dict], initial: int = 0) -> dict:
    posted = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    return posted | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


FIELD = {"label": "A", "key": "a", "type": "text", "position": 0}


def test_an_object_is_defined_with_its_fields_and_relations(page):
    listed = reverse("admin:contacts_objecttype_changelist")
    assert "No custom objects yet" in page.get(listed).content.decode()
    posted = {
        "label": "Visit", "plural": "Visits", "key": "visit", "icon": "event", "origin": "own",
        **inline("fields", [{"label": "Day", "key": "day", "type": "date", "position": 0, "required": "on"}]),
        **inline("relations", [{"label": "Guest", "key": "guest", "target": "contact", "position": 0}]),
    }  # fmt: skip
    answer = page.post(form_of("objecttype"), posted)
    assert answer.status_code == 302, answer.content.decode()
    visit = ObjectType.objects.get()
    field = visit.fields.get()
    assert (field.entity, field.key, field.required) == ("object", "day", True)
    assert visit.relations.get().target == "contact"
    assert "Visits" in page.get(listed).content.decode()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"key": "contact"}, "has a meaning already"),
        ({"key": "Visit"}, "lower-case letters"),
        ({"origin": "app"}, "Name the integration"),
        (
            inline("fields", [{"label": "Title", "key": "title", "type": "text", "position": 0}]),
            "is a standard field",
        ),
        (inline("fields", [{"label": "A", "key": "a", "type": "dropdown", "position": 0}]), "at least one option"),
    ],
)
def test_a_bad_definition_is_refused(page, values, message):
    posted = {
        "label": "Visit", "plural": "Visits", "key": "visit", "icon": "event", "origin": "own",
        **inline("fields", []), **inline("relations", []), **values,
    }  # fmt: skip
    assert message in page.post(form_of("objecttype"), posted).content.decode()
    assert not ObjectType.objects.exists()


# --- Records -----------------------------------------------------------------------------------


def test_a_record_is_added_by_its_form(page, booking):
    ann, bob = ContactFactory(email="ann@example.com"), ContactFactory(email="bob@example.com")
    acme = create_account(name="Acme")
    choice = page.get(form_of("objectrecord")).content.decode()
    assert f"?type={booking.pk}" in choice
    url = f"{form_of('objectrecord')}?type={booking.pk}"
    posted = {"title": "Two weeks", "custom_nights": "14", "link_guest": "ANN@example.com"}
    posted |= {"link_others": "ann@example.com\nbob@example.com", "link_payer": str(acme.pk)}
    assert page.post(url, posted).status_code == 302
    record = ObjectRecord.objects.get()
    assert (record.title, record.custom_values) == ("Two weeks", {"nights": 14})
    assert record.linked == {"guest": [ann.pk], "others": [ann.pk, bob.pk], "payer": [acme.pk]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"custom_nights": ""}, "Give a value."),
        ({"custom_nights": "many"}, "is not a number"),
        ({"link_guest": "who@example.com"}, "There is no Contact who@example.com"),
        ({"link_payer": "999999"}, "There is no Account 999999"),
        ({"external_id": "b1"}, "external id exists already"),
        ({"title": "ONE"}, "Another record has the title"),
    ],
)
def test_a_bad_record_is_refused(page, booking, values, message):
    booking.unique_titles = True
    booking.save()
    create_record(type=booking, title="One", external_id="b1", custom={"nights": 1})
    posted = {"title": "Two", "custom_nights": "14", **values}
    html = page.post(f"{form_of('objectrecord')}?type={booking.pk}", posted).content.decode()
    assert message in html and ObjectRecord.objects.count() == 1


def test_a_record_is_changed_by_its_form(page, booking):
    ann = ContactFactory(email="ann@example.com")
    record = create_record(type=booking, title="One", custom={"nights": 1}, links={"guest": ann.pk})
    url = form_of("objectrecord", record.pk)
    html = page.get(url).content.decode()
    assert "ann@example.com" in html and "The record was created." in html
    posted = {"title": "One", "custom_nights": "2", "custom_wishes": ["Sea", "Quiet"], "link_guest": ""}
    assert page.post(url, posted).status_code == 302
    record = ObjectRecord.objects.get()
    assert (record.custom_values, record.linked) == ({"nights": 2, "wishes": ["Sea", "Quiet"]}, {})
    assert record.field_changes.filter(field="nights", old="1", new="2").exists()
    assert "Related to no contact" in page.get(url).content.decode()


def test_a_viewer_sees_a_record_but_changes_nothing(client, viewer, booking):
    record = create_record(type=booking, title="One", custom={"nights": 77})
    client.force_login(viewer)
    url = form_of("objectrecord", record.pk)
    html = client.get(url).content.decode()
    assert "77" in html and "custom_nights" not in html
    assert client.post(url, {"title": "x"}).status_code == 403
    assert client.get(f"{form_of('objectrecord')}?type={booking.pk}").status_code == 403


def test_timelines_tell_of_records(booking):
    ann = ContactFactory()
    record = create_record(type=booking, title="One", custom={"nights": 1}, links={"guest": ann.pk})
    update_record(record=record, custom={"nights": 2})
    titles = {entry.title for entry in timeline_of(record=record).entries}
    assert titles == {"The record was created.", "Nights was changed from “1” to “2”."}
    assert "Booking “One”." in {entry.title for entry in timeline(contact=ann).entries}


def test_an_account_that_goes_takes_its_links_along(booking):
    acme = create_account(name="Acme")
    create_record(type=booking, custom={"nights": 1}, links={"payer": acme.pk})
    acme.delete()
    assert not ObjectLink.objects.exists() and ObjectRecord.objects.count() == 1


# --- Import ------------------------------------------------------------------------------------


def file_of(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode())


def test_a_file_is_imported(booking):
    ann, bob = ContactFactory(email="ann@example.com"), ContactFactory(email="bob@example.com")
    create_record(type=booking, external_id="b1", title="Old", custom={"nights": 1})
    done = import_records(
        type=booking,
        file=file_of(
            "External_ID;Title;Nights;others;Colour\n"
            "b1;New;2;\n"
            'b2;"Two; weeks";14;"ann@example.com; bob@example.com";red\n'
            "b3;Bad;many;;\n"
            "b4;Nobody;1;who@example.com;\n"
            ";Without id;3;ann@example.com;\n"
        ),
    )
    assert (done.created, done.updated, done.failed, done.ignored) == (2, 1, 2, ["Colour"])
    assert [row for row, _text in done.errors] == [4, 5]
    assert "fields.nights" in done.errors[0][1] and "links.others" in done.errors[1][1]
    assert set(ObjectRecord.objects.values_list("title", "external_id")) == {
        ("New", "b1"), ("Two; weeks", "b2"), ("Without id", ""),
    }  # fmt: skip
    assert ObjectRecord.objects.get(external_id="b2").linked == {"others": [ann.pk, bob.pk]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The file is empty"),
        ("colour,size\nred,2\n", "No column has a name that is known"),
        ("title,nights\n", "at least one record"),
    ],
)
def test_a_file_that_can_not_be_imported(booking, text, message):
    with pytest.raises(ValidationError, match=message):
        import_records(type=booking, file=file_of(text))


def test_the_page_imports_and_shows_what_came_of_it(page, booking):
    url = reverse("admin:contacts_objecttype_import_file", args=[booking.pk])
    assert "external_id, title, nights, wishes, guest" in page.get(url).content.decode()
    file = file_of("title,nights\nOne,1\nTwo,many\n")
    file.name = "bookings.csv"
    html = page.post(url, {"file": file, "update_existing": "on"}).content.decode()
    assert "1 made, 0 changed, 0 unchanged, 1 with errors." in html and "is not a number" in html
    file = file_of("colour\nred\n")
    file.name = "bookings.csv"
    assert "No column has a name that is known" in page.post(url, {"file": file}).content.decode()


def test_who_may_only_look_may_not_import(client, viewer, booking):
    client.force_login(viewer)
    url = reverse("admin:contacts_objecttype_import_file", args=[booking.pk])
    assert client.get(url).status_code == 403
