"""The admin pages through the HTTP client: what they show, do, refuse, and cost."""

import json
import re

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.field_types import FIELD_TYPES
from contacts.models import (
    BulkJob,
    Contact,
    CustomField,
    ExportJob,
    FieldChange,
    ImportJob,
    List,
    Note,
    Segment,
    Subscription,
    Suppression,
    Tag,
    TagChange,
)
from contacts.services import (
    ContactDraft,
    add_notes,
    create_contact,
    exports,
    jobs,
    save_contacts,
    subscribe_contacts,
    suppress_address,
    tag_contacts,
    unsubscribe_contacts,
)
from contacts.services.imports import run_import
from contacts.services.jobs import run_bulk_job
from contacts.signals import usage_requested

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
MODELS = [
    "contact", "list", "tag", "segment", "customfield", "note", "suppression", "importjob", "exportjob",
    "bulkjob",
]  # fmt: skip


def signed_in(role):
    user = User.objects.create_user(role, f"{role}@example.com", is_staff=True)
    if role == "admin":
        user.is_superuser = True
        user.save()
    else:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def boss():
    return signed_in("manager")


@pytest.fixture
def ann():
    return create_contact(email="ann@example.com", first_name="Ann")


@pytest.fixture
def in_use():
    def receiver(record, **kwargs):
        return ["automation “Welcome”"]

    usage_requested.connect(receiver)
    yield
    usage_requested.disconnect(receiver)


def url(model, page="changelist", *args):
    return reverse(f"admin:contacts_{model}_{page}", args=args)


def messages_in(response):
    return " ".join(str(message) for message in response.context["messages"])


def people(count):
    save_contacts(drafts=[ContactDraft(email=f"p{n}@example.com") for n in range(count)])


# --- Every page, every role ------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "editor", "manager", "admin"])
def test_every_list_and_record_opens(role, ann):
    client = signed_in(role)
    tag, news = Tag.objects.create(name="VIP"), List.objects.create(name="News")
    tag_contacts(contacts=ann, tag=tag)
    subscribe_contacts(contacts=ann, list=news)
    add_notes(contacts=ann, text="Hello")
    for slug in FIELD_TYPES:
        CustomField.objects.create(key=f"f_{slug}", label=slug, type=slug, options=["EUR", "a"])
    suppress_address(address="x@example.com", reason="manual")
    Segment.objects.create(name="All")
    ImportJob.objects.create(file="gone.csv", status="done")
    ExportJob.objects.create(status="done")
    BulkJob.objects.create(action="tag", status="failed", error="The tag went away")
    for model in MODELS:
        response = client.get(url(model))
        assert response.status_code == 200, model
        pk = response.context["cl"].result_list[0].pk
        page = client.get(url(model, "change", pk))
        assert page.status_code == 200, model
        assert client.get(url(model, "change", 999_999), follow=True).status_code == 200


EDITORS = {"add_contact", "delete_contact", "bulk_tag", "export", "erase", "add_tag", "add_importjob"}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("viewer", set()),
        ("editor", EDITORS),
        ("manager", EDITORS | {"delete_tag", "users"}),
    ],
)  # fmt: skip
def test_roles_see_and_reach_only_what_is_theirs(role, may, ann):
    client = signed_in(role)
    tag = Tag.objects.create(name="VIP")
    answers = {
        "add_contact": client.get(url("contact", "add")),
        "delete_contact": client.get(url("contact", "delete", ann.pk)),
        "erase": client.get(f"/admin/contacts/contact/{ann.pk}/erase/"),
        "add_tag": client.get(url("tag", "add")),
        "delete_tag": client.get(url("tag", "delete", tag.pk)),
        "add_importjob": client.get(url("importjob", "add")),
        "users": client.get("/admin/auth/user/"),
    }
    allowed = {name for name, response in answers.items() if response.status_code == 200}
    page = client.get(url("contact"))
    actions = {name for name, _label in page.context["action_form"].fields["action"].choices} if may else set()
    assert allowed | (actions & {"bulk_tag", "export"}) == may
    for do in ({"do": "add_tag", "tag": "New"}, {"do": "add_note", "text": "x"}):
        response = client.post(url("contact", "panel", ann.pk), do)
        assert response.status_code == (302 if may else 403)
    person = client.get(url("contact", "change", ann.pk)).content.decode()
    assert ("Add tag" in person) == bool(may)
    assert ("/erase/" in person) == bool(may)
    sidebar = client.get(url("contact")).content.decode()
    assert ("/admin/auth/user/" in sidebar) == (role == "manager")


def test_groups_follow_the_models():
    viewer, editor, manager = (Group.objects.get(name=name) for name in ("viewer", "editor", "manager"))
    names = {g.name: set(g.permissions.values_list("codename", flat=True)) for g in (viewer, editor, manager)}
    assert "view_contact" in names["viewer"]
    assert not any(name.startswith(("add_", "change_", "delete_")) for name in names["viewer"])
    assert {"delete_note", "add_list", "change_customfield"} <= names["editor"]
    assert not {"delete_list", "delete_customfield", "view_user", "change_group"} & names["editor"]
    assert {"delete_list", "add_user", "change_group"} <= names["manager"]


def test_strangers_are_sent_to_the_log_in(ann):
    for target in (url("contact"), url("contact", "panel", ann.pk), url("importjob", "add")):
        assert "/login/" in Client().get(target)["Location"]


# --- The list of contacts --------------------------------------------------------------------


def test_the_list_costs_the_same_for_any_number(boss):
    tag = Tag.objects.create(name="VIP")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(url("contact")).status_code == 200
        return len(queries)

    people(2)
    tag_contacts(contacts=Contact.objects.all(), tag=tag)
    cost()
    few = cost()
    people(49)
    tag_contacts(contacts=Contact.objects.all(), tag=tag)
    assert cost() == few


def test_search_and_filters(boss):
    a, b, c = (
        create_contact(email=f"{n}@example.com", first_name=n.title(), language="fr") for n in ("ann", "bob", "cy")
    )
    news, other = List.objects.create(name="News"), List.objects.create(name="Other")
    subscribe_contacts(contacts=[a, b], list=news)
    unsubscribe_contacts(contacts=b, list=news)
    subscribe_contacts(contacts=b, list=other)
    vip = Tag.objects.create(name="VIP")
    tag_contacts(contacts=c, tag=vip)
    Contact.objects.filter(pk=a.pk).update(owner=boss.user, language="de")
    for query, found in [
        ("q=ANN@EXAMPLE", {a}),
        ("q=bob", {b}),
        (f"list={news.pk}", {a, b}),
        (f"list={news.pk}&status=active", {a}),  # b is active, but on another list
        (f"list={news.pk}&status=none", {c}),
        ("status=unsubscribed", {b}),
        (f"tags__id__exact={vip.pk}", {c}),
        (f"owner__id__exact={boss.user.pk}", {a}),
        ("language=fr", {b, c}),
        ("list=nonsense", {a, b, c}),
    ]:
        assert set(boss.get(f"{url('contact')}?{query}").context["cl"].result_list) == found, query


def post_action(client, action, pks, **data):
    return client.post(url("contact"), {"action": action, "_selected_action": pks, "select_across": "0", **data})


def test_a_bulk_action_asks_then_acts(boss, ann):
    vip = Tag.objects.create(name="VIP")
    page = post_action(boss, "bulk_tag", [ann.pk])
    assert page.status_code == 200
    assert f'value="{ann.pk}"' in page.content.decode()
    assert not TagChange.objects.exists()
    missing = post_action(boss, "bulk_tag", [ann.pk], apply="1")
    assert "This field is required" in missing.content.decode()
    assert post_action(boss, "bulk_tag", [ann.pk], apply="1", tag=vip.pk).status_code == 302
    change = TagChange.objects.get()
    assert (change.source, change.user_id) == ("admin", boss.user.pk)


def test_a_bulk_action_on_the_whole_filter_goes_to_the_worker(boss, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 3)
    vip = Tag.objects.create(name="VIP")
    people(6)
    create_contact(email="other@example.org")
    first = Contact.objects.first().pk
    target = f"{url('contact')}?q=example.com"
    data = {
        "action": "bulk_tag",
        "_selected_action": [first],
        "select_across": "1",
        "apply": "1",
        "tag": vip.pk,
    }
    response = boss.post(target, data)
    job = BulkJob.objects.get()
    assert response["Location"] == url("bulkjob", "change", job.pk)
    assert (job.total, job.status) == (6, "queued")
    assert "Waiting for the worker" in boss.get(url("bulkjob", "status", job.pk)).content.decode()
    run_bulk_job(job_id=job.pk)
    page = boss.get(response["Location"]).content.decode()
    assert url("bulkjob", "status", job.pk) not in page
    assert TagChange.objects.count() == 6


def test_deleting_in_bulk_needs_the_box(boss, ann):
    page = post_action(boss, "bulk_delete", [ann.pk], apply="1")
    assert "Tick the box" in page.content.decode()
    assert Contact.objects.exists()
    post_action(boss, "bulk_delete", [ann.pk], apply="1", confirm="on")
    assert not Contact.objects.exists()


def test_export_at_once_and_as_a_file(boss, ann, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    assert "Choose at least one" in post_action(boss, "export", [ann.pk], apply="1").content.decode()
    response = post_action(boss, "export", [ann.pk], apply="1", columns=["email"])
    assert b"".join(response.streaming_content).decode() == "\ufeffemail\r\nann@example.com\r\n"
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    response = post_action(boss, "export", [ann.pk], apply="1", columns=["email"])
    job = ExportJob.objects.get()
    exports.run_export(job_id=job.pk)
    assert "Download the file" in boss.get(response["Location"]).content.decode()
    assert b"ann@example.com" in b"".join(boss.get(url("exportjob", "file", job.pk)).streaming_content)
    path = tmp_path / ExportJob.objects.get().file.name
    boss.post(url("exportjob", "delete", job.pk), {"post": "yes"})
    assert not path.exists()


# --- One person ------------------------------------------------------------------------------


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


# --- What others build on --------------------------------------------------------------------


@pytest.mark.parametrize("model", [Tag, List, CustomField, Segment])
def test_what_is_used_is_not_deleted_and_the_user_is_named(boss, in_use, model):
    extra = {"key": "k", "label": "Used", "type": "text"} if model is CustomField else {"name": "Used"}
    record = model.objects.create(**extra)
    name = model._meta.model_name
    page = boss.get(url(name, "delete", record.pk)).content.decode()
    assert "automation “Welcome”" in page and "Yes, I" not in page
    told = messages_in(boss.post(url(name, "delete", record.pk), {"post": "yes"}, follow=True)) + page
    assert "automation “Welcome”" in told
    bulk = {"action": "delete_selected", "_selected_action": [record.pk]}
    assert "automation “Welcome”" in boss.post(url(name), bulk).content.decode()
    assert boss.post(url(name), {**bulk, "post": "yes"}).status_code == 200
    assert model.objects.filter(pk=record.pk).exists()


def test_what_is_free_is_deleted(boss):
    tag, other = Tag.objects.create(name="Free"), Tag.objects.create(name="Too")
    assert boss.post(url("tag", "delete", tag.pk), {"post": "yes"}).status_code == 302
    boss.post(url("tag"), {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})
    assert not Tag.objects.exists()


def test_names_are_unique_whatever_their_case(boss):
    Tag.objects.create(name="VIP")
    response = boss.post(url("tag", "add"), {"name": "vip", "description": ""})
    assert "exists already" in response.content.decode()


def test_a_field_keeps_its_key_and_type(boss):
    data = {
        "entity": "contact",
        "label": "Plan",
        "key": "plan",
        "type": "dropdown",
        "options": "Free\n\n Pro ",
        "position": 0,
    }
    bad = boss.post(url("customfield", "add"), {**data, "options": ""})
    assert "at least one option" in bad.content.decode()
    assert "standard field" in boss.post(url("customfield", "add"), {**data, "key": "email"}).content.decode()
    assert boss.post(url("customfield", "add"), data).status_code == 302
    field = CustomField.objects.get()
    assert field.options == ["Free", "Pro"]
    boss.post(url("customfield", "change", field.pk), {**data, "key": "other", "type": "text", "label": "New"})
    field.refresh_from_db()
    assert (field.key, field.type, field.label) == ("plan", "dropdown", "New")


def test_suppressing_an_address(boss, ann):
    news = List.objects.create(name="News")
    subscribe_contacts(contacts=ann, list=news)
    data = {"address": "ANN@example.com", "reason": "complained", "detail": ""}
    assert boss.post(url("suppression", "add"), data).status_code == 302
    assert Subscription.objects.get().status == "unsubscribed"
    assert "suppressed already" in boss.post(url("suppression", "add"), data).content.decode()
    assert "valid email" in boss.post(url("suppression", "add"), {**data, "address": "x@"}).content.decode()
    Suppression.objects.update(address="")
    found = boss.get(url("suppression") + "?q=ann@EXAMPLE.com")
    assert len(found.context["cl"].result_list) == 1


# --- Imports ---------------------------------------------------------------------------------


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def uploaded(client, text):
    file = SimpleUploadedFile("people.csv", text.encode())
    return client.post(url("importjob", "add"), {"file": file})


def test_an_import_from_upload_to_report(boss, media):
    news = List.objects.create(name="News")
    response = uploaded(boss, "Courriel,Prénom,Misc\nann@example.com,Ann,1\nnobody,X,2\n")
    job = ImportJob.objects.get()
    assert (response["Location"], job.created_by) == (url("importjob", "change", job.pk), boss.user)
    columns = boss.get(response["Location"])
    assert [column["target"] for column in columns.context["columns"]] == ["email", "first_name", ""]
    data = {"columns": "1", "column_0": "email", "column_1": "email", "column_2": "", "do": "dry_run"}
    wrong = boss.post(response["Location"], data, follow=True)
    assert "Two columns" in messages_in(wrong)
    assert [column["target"] for column in wrong.context["columns"]] == ["email", "email", ""]
    data |= {"column_1": "last_name", "lists": [news.pk], "update_existing": "on"}
    boss.post(response["Location"], data)
    job.refresh_from_db()
    assert (job.status, job.dry_run, job.options["lists"]) == ("queued", True, [news.pk])
    assert "Stop" in boss.get(url("importjob", "status", job.pk)).content.decode()
    run_import(job_id=job.pk)
    page = boss.get(response["Location"]).content.decode()
    assert "This was a dry run" in page and "is not an e-mail address" in page and "Import now" in page
    assert not Contact.objects.exists()
    boss.post(response["Location"], {"do": "run"})
    run_import(job_id=job.pk)
    page = boss.get(response["Location"]).content.decode()
    assert "The import is finished" in page and "Import now" not in page
    assert Contact.objects.get().last_name == "Ann"
    assert Subscription.objects.get().list == news
    report = b"".join(boss.get(url("importjob", "report", job.pk)).streaming_content).decode()
    assert "3,error,Courriel,nobody" in report
    boss.post(url("importjob", "delete", job.pk), {"post": "yes"})
    assert not [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "message"), [("", "empty"), ("email\n", "no rows"), ("a@example.com,x\n", "names of")]
)
def test_files_that_are_none_are_refused_at_the_upload(boss, media, content, message):
    page = uploaded(boss, content)
    assert page.status_code == 200
    assert message in page.content.decode()
    assert not ImportJob.objects.exists()


def test_an_import_can_be_stopped(boss, media):
    uploaded(boss, "email\nann@example.com\n")
    job = ImportJob.objects.get()
    boss.post(url("importjob", "change", job.pk), {"columns": "1", "column_0": "email", "do": "run"})
    boss.post(url("importjob", "stop", job.pk))
    run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed) == ("failed", 0)
    assert "Stopped by manager" in boss.get(url("importjob", "change", job.pk)).content.decode()


def test_an_import_whose_file_is_gone_says_so(boss, media):
    uploaded(boss, "email\nann@example.com\n")
    job = ImportJob.objects.get()
    job.file.delete(save=False)
    ImportJob.objects.update(file="imports/gone.csv")
    page = boss.get(url("importjob", "change", job.pk), follow=True)
    assert "Upload it again" in messages_in(page)
    run_import(job_id=job.pk)


def test_who_may_only_look_can_not_run_an_import(media):
    uploaded(signed_in("editor"), "email\nann@example.com\n")
    job = ImportJob.objects.get()
    viewer = signed_in("viewer")
    viewer.post(url("importjob", "change", job.pk), {"columns": "1", "column_0": "email", "do": "run"})
    viewer.post(url("importjob", "stop", job.pk))
    job.refresh_from_db()
    assert job.status == "draft"
    assert uploaded(viewer, "email\n").status_code == 403
