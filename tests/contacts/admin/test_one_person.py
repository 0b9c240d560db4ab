"""One person's page: fields, panels, timeline, merge, export and erasure."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.field_types import FIELD_TYPES
from contacts.models import Contact, CustomField, FieldChange, List, Note, Subscription, Tag
from contacts.services import add_notes, create_contact, subscribe_contacts, tag_contacts

from .conftest import messages_in, url

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def fields():
    for slug in FIELD_TYPES:
        options = ["Tea", "Rum"] if FIELD_TYPES[slug].has_options else []
        CustomField.objects.create(key=f"f_{slug}", label=f"Field {slug}", type=slug, options=options)


GOOD = {
    "text": "x", "textarea": "a\nb", "number": "4.5", "money": "12.5 USD", "date": "2026-03-31",
    "datetime": "2026-03-31T14:30", "dropdown": "Tea", "multiselect": ["Rum", "Tea"], "checkbox": "no",
    "radio": "Rum", "hidden": "h",
    "url": "https://example.com", "email": "q@example.com", "phone": "+33612345678",
}  # fmt: skip
BAD = {
    "number": "many", "money": "12 euros", "date": "31/03/2026", "datetime": "soon", "dropdown": "Gin",
    "multiselect": ["Gin"], "checkbox": "perhaps", "url": "javascript:alert(1)", "email": "q@",
    "phone": "none",
    "text": "x" * 501,
}  # fmt: skip


def form_data(contact, **values):
    data = {
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": "",
        "phone": "",
        "owner": "",
    }
    return {**data, "time_zone": "", "language": "", **values}


def test_custom_fields_of_every_type_are_saved_shown_and_left_alone(boss, ann, fields):
    target = url("contact", "change", ann.pk)
    assert set(GOOD) == set(FIELD_TYPES)
    data = form_data(ann, **{f"custom_f_{slug}": value for slug, value in GOOD.items()})
    assert boss.post(target, data).status_code == 302
    changes = dict(FieldChange.objects.values_list("field", "new"))
    assert {slug: changes[f"f_{slug}"] for slug in GOOD} == {
        **GOOD, "datetime": "2026-03-31T14:30:00+00:00", "multiselect": "Tea\nRum",
    }  # fmt: skip
    # Saving the page as it is shown changes nothing.
    form = boss.get(target).context["adminform"].form
    shown = {name: form.initial[name] for name in form.custom_fields()}
    assert boss.post(target, form_data(ann, **shown)).status_code == 302
    assert FieldChange.objects.count() == len(GOOD)
    assert boss.post(target, form_data(ann)).status_code == 302
    assert Contact.objects.get().custom_values == {}


@pytest.mark.parametrize("slug", BAD)
def test_bad_custom_values_are_named_at_their_field(boss, ann, fields, slug):
    response = boss.post(url("contact", "change", ann.pk), form_data(ann, **{f"custom_f_{slug}": BAD[slug]}))
    assert list(response.context["adminform"].form.errors) == [f"custom_f_{slug}"]
    assert not FieldChange.objects.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "BOB@example.com"}, "email"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"first_name": "x" * 101}, "first_name"),
    ],
)
def test_bad_standard_values_are_named_at_their_field(boss, ann, data, field):
    create_contact(email="bob@example.com")
    response = boss.post(url("contact", "change", ann.pk), form_data(ann, **data))
    assert list(response.context["adminform"].form.errors) == [field]


def test_a_new_contact_has_its_custom_fields(boss, fields):
    response = boss.post(
        url("contact", "add"), {**form_data(Contact(email="NEW@example.com")), "custom_f_number": "7"}
    )
    assert response.status_code == 302
    assert Contact.objects.get(email="new@example.com").custom_values == {"f_number": 7}


def do(client, contact, htmx=True, **data):
    return client.post(url("contact", "panel", contact.pk), data, headers={"HX-Request": "true"} if htmx else {})


def test_tags_lists_and_notes_change_in_place(boss, ann):
    news = List.objects.create(name="News")
    assert "“New one” was added" in do(boss, ann, do="add_tag", tag=" New   one ").content.decode()
    tag = Tag.objects.get(name="New one")
    assert "No tags yet" in do(boss, ann, do="remove_tag", tag=tag.pk).content.decode()
    do(boss, ann, do="subscribe", list=news.pk)
    do(boss, ann, do="unsubscribe", list=news.pk)
    refused = do(boss, ann, do="subscribe", list=news.pk).content.decode()
    assert "refused “News” before" in refused
    assert Subscription.objects.get().status == "unsubscribed"
    do(boss, ann, do="subscribe", list=news.pk, again="1")
    assert Subscription.objects.get().status == "active"
    do(boss, ann, do="add_note", text="<b>Called</b> her")
    note = Note.objects.get()
    assert note.author == boss.user
    page = boss.get(url("contact", "change", ann.pk)).content.decode()
    assert "&lt;b&gt;Called&lt;/b&gt; her" in page
    plain = do(boss, ann, htmx=False, do="add_note", text="Again")
    assert plain["Location"].endswith(f"/{ann.pk}/change/#panel")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"do": "add_tag", "tag": " "}, "name of a tag"),
        ({"do": "add_tag", "tag": "x" * 101}, "longer than 100"),
        ({"do": "remove_tag", "tag": "99"}, "Choose a tag"),
        ({"do": "subscribe", "list": "x"}, "Choose a list"),
        ({"do": "add_note", "text": ""}, "Write something"),
        ({"do": "add_note", "text": "x" * 10_001}, "at most 10,000"),
    ],
)
def test_mistakes_in_the_panel_are_said_there(boss, ann, data, message):
    assert message in do(boss, ann, **data).content.decode()
    assert message in messages_in(boss.post(url("contact", "panel", ann.pk), data, follow=True))


def test_the_panel_refuses_what_it_does_not_know(boss, ann):
    assert do(boss, ann, do="explode").status_code == 400
    assert boss.post(url("contact", "panel", 999), {"do": "add_tag"}).status_code == 404
    assert boss.get(url("contact", "timeline", ann.pk) + "?cursor=nonsense").status_code == 400


def test_the_timeline_goes_on(boss, ann):
    for n in range(40):
        add_notes(contacts=ann, text=f"Note number {n}.")
    seen, target = "", url("contact", "change", ann.pk)
    while target:
        page = boss.get(target).content.decode()
        seen += page
        link = re.search(r'hx-get="([^"]*/timeline/\?cursor=[^"]+)"', page)
        target = link and link[1]
    assert [f"Note number {n}." in seen for n in range(40)] == [True] * 40


def test_the_page_of_a_person_costs_the_same_for_a_long_history(boss, ann):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            boss.get(url("contact", "change", ann.pk))
        return len(queries)

    def more(name):
        tag_contacts(contacts=ann, tag=Tag.objects.create(name=name))
        subscribe_contacts(contacts=ann, list=List.objects.create(name=name))
        add_notes(contacts=ann, text="x")

    more("first")
    cost()
    few = cost()
    for n in range(15):
        more(f"n{n}")
    assert cost() == few


def test_merge_by_address_and_choice(boss, ann):
    bob = create_contact(email="bob@example.com", first_name="Bob", last_name="Lee")
    target = f"/admin/contacts/contact/{ann.pk}/merge/"
    assert "no contact with the address" in boss.get(target + "?other=x@example.com").content.decode()
    assert "contact itself" in boss.get(target + "?other=ANN@example.com").content.decode()
    page = boss.get(target + "?other=BOB@example.com").content.decode()
    assert 'name="field_first_name"' in page and 'name="field_last_name"' not in page
    boss.post(target, {"other": bob.email, "field_first_name": "drop", "field_email": "keep"})
    merged = Contact.objects.get()
    assert (merged.pk, merged.email, merged.first_name, merged.last_name) == (
        ann.pk,
        "ann@example.com",
        "Bob",
        "Lee",
    )


def test_export_and_erase_one_person(boss, ann):
    data = json.loads(boss.get(f"/admin/contacts/contact/{ann.pk}/export-person/").content)
    assert data["contact"]["email"] == "ann@example.com"
    target = f"/admin/contacts/contact/{ann.pk}/erase/"
    assert "Type the address" in boss.post(target, {"address": "bob@example.com"}).content.decode()
    assert Contact.objects.exists()
    assert boss.post(target, {"address": " Ann@example.com"}).status_code == 302
    assert not Contact.objects.exists()
    assert "does not exist" in messages_in(boss.get(target, follow=True))
