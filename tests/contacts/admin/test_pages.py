"""Every page for every role, and what each may reach."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from contacts.field_types import FIELD_TYPES
from contacts.models import BulkJob, CustomField, ExportJob, ImportJob, List, Segment, Tag
from contacts.services import add_notes, subscribe_contacts, suppress_address, tag_contacts

from .conftest import signed_in, url

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


MODELS = [
    "contact", "list", "tag", "segment", "customfield", "note", "suppression", "importjob", "exportjob",
    "bulkjob",
]  # fmt: skip


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
