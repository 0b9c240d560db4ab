"""Bulk actions at once and in the worker, and CSV exports."""

import csv
import io
import json

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import bulk_actions
from contacts.bulk_actions import BulkAction
from contacts.models import BulkJob, Contact, ContactTag, CustomField, ExportJob, List, Note, Tag, TagChange
from contacts.origin import Origin, Source, caused_by
from contacts.services import (
    ContactDraft,
    create_contact,
    exports,
    jobs,
    save_contacts,
    subscribe_contacts,
    tag_contacts,
)
from contacts.services.exports import export_contacts, run_export
from contacts.services.imports import create_import, run_import, start_import
from contacts.services.jobs import run_bulk_action, run_bulk_job
from tests.contacts.test_imports import upload

pytestmark = pytest.mark.django_db


def people(count):
    save_contacts(drafts=[ContactDraft(email=f"p{n}@example.com") for n in range(count)])
    return Contact.objects.all()


@pytest.fixture
def tag():
    return Tag.objects.create(name="VIP")


def test_every_action_does_its_work(tag, django_user_model):
    olga = django_user_model.objects.create_user("olga")
    news = List.objects.create(name="News")
    everyone = people(3)
    steps = [
        ("tag", {"tag": tag.pk}, lambda: ContactTag.objects.count() == 3),
        ("untag", {"tag": str(tag.pk)}, lambda: not ContactTag.objects.exists()),
        ("subscribe", {"list": news.pk}, lambda: news.subscriptions.filter(status="active").count() == 3),
        ("unsubscribe", {"list": news.pk}, lambda: not news.subscriptions.filter(status="active").exists()),
        (
            "subscribe", {"list": news.pk, "resubscribe": True},
            lambda: news.subscriptions.filter(status="active").count() == 3,
        ),
        ("set_owner", {"owner": olga.pk}, lambda: Contact.objects.filter(owner=olga).count() == 3),
        ("set_owner", {}, lambda: Contact.objects.filter(owner=None).count() == 3),
        ("add_note", {"text": "Hello"}, lambda: Note.objects.filter(text="Hello").count() == 3),
        ("delete", {"confirm": True}, lambda: not Contact.objects.exists()),
    ]  # fmt: skip
    for action, params, done in steps:
        outcome = run_bulk_action(action=action, contacts=everyone.all(), params=params)
        assert (outcome.selected, outcome.changed, outcome.job) == (3, 3, None), action
        assert done(), action
    # Those of automations are in tests/automations/test_people.py.
    others = {"add_to_automation", "end_automation"}
    assert {step[0] for step in steps} == set(bulk_actions.bulk_actions()) - others


@pytest.mark.parametrize(
    ("action", "params", "message"),
    [
        ("nonsense", {}, "no bulk action “nonsense”"),
        ("tag", {}, "required"),
        ("tag", {"tag": 99}, "valid choice"),
        ("delete", {}, "Tick the box"),
        ("add_note", {"text": "x" * 10_001}, "at most 10000"),
    ],
)
def test_bad_requests_change_nothing(action, params, message):
    everyone = people(2)
    with pytest.raises(ValidationError, match=message):
        run_bulk_action(action=action, contacts=everyone, params=params)
    assert Contact.objects.count() == 2
    with pytest.raises(ValidationError, match="No contacts"):
        run_bulk_action(action="delete", contacts=Contact.objects.none(), params={"confirm": True})


def test_large_selections_go_to_the_worker_and_on_after_a_crash(
    tag, django_user_model, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(jobs, "AT_ONCE", 20)
    monkeypatch.setattr(jobs, "CHUNK", 10)
    user = django_user_model.objects.create_user("olga")
    everyone = people(25)
    with (
        caused_by(Origin(source=Source.API, user_id=user.pk)),
        django_capture_on_commit_callbacks() as queued,
    ):
        job = run_bulk_action(action="tag", contacts=everyone, params={"tag": tag.pk}).job
    assert (len(queued), job.total, job.status) == (1, 25, "queued")
    create_contact(email="later@example.com")
    run_bulk_job(job_id=job.pk, seconds=0)
    assert not ContactTag.objects.exists()  # no time, no work; but not lost either

    class Killed(BaseException):
        pass

    real, calls = jobs.leases.advance, []

    def dying(**kwargs):
        real(**kwargs)
        calls.append(1)
        if len(calls) == 2:
            raise Killed

    monkeypatch.setattr(jobs.leases, "advance", dying)
    with pytest.raises(Killed):
        run_bulk_job(job_id=job.pk)
    assert ContactTag.objects.count() == 10
    BulkJob.objects.update(heartbeat_at=None)
    run_bulk_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed, job.changed_count, job.percent) == ("done", 25, 25, 100)
    assert TagChange.objects.count() == 25
    assert set(TagChange.objects.values_list("source", "user_id")) == {("api", user.pk)}
    run_bulk_job(job_id=job.pk)
    assert TagChange.objects.count() == 25


def test_a_job_whose_tag_went_away_says_so(tag, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    job = run_bulk_action(action="tag", contacts=people(2), params={"tag": tag.pk}).job
    tag.delete()
    run_bulk_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed) == ("failed", 0)
    assert "does not exist any more" in job.error


def test_other_apps_register_actions(monkeypatch):
    monkeypatch.setattr(bulk_actions, "_registry", dict(bulk_actions._registry))
    greeted = []
    action = BulkAction("greet", "Greet", forms.Form, lambda ids, params: len(greeted.append(ids) or ids))
    bulk_actions.register(action)
    with pytest.raises(ValueError, match="greet"):
        bulk_actions.register(action)
    assert run_bulk_action(action="greet", contacts=people(2), params={}).changed == 2
    assert len(greeted[0]) == 2


# --- Export ----------------------------------------------------------------------------------


def rows_of(lines):
    return list(csv.DictReader(io.StringIO("".join(lines).removeprefix("\ufeff"))))


@pytest.fixture
def ann(tag, django_user_model):
    CustomField.objects.create(key="likes", label="Likes", type="multiselect", options=["Tea", "Rum"])
    CustomField.objects.create(key="price", label="Price", type="money", options=["EUR"])
    olga = django_user_model.objects.create_user("olga")
    contact = create_contact(
        email="ann@example.com", first_name="=1+1", phone="+33612345678", owner=olga.pk,
        custom={"likes": "Tea|Rum", "price": "12.5"},
    )  # fmt: skip
    tag_contacts(contacts=contact, tag=tag)
    tag_contacts(contacts=contact, tag=Tag.objects.create(name="-dash"))
    subscribe_contacts(contacts=contact, list=List.objects.create(name="News"))
    return contact


def test_export_holds_the_chosen_columns_and_no_formulas(ann):
    create_contact(email="bob@example.com")
    columns = ["email", "first_name", "phone", "owner", "likes", "price", "tags", "lists"]
    rows = rows_of(export_contacts(contacts=Contact.objects.all(), columns=columns).lines)
    assert rows[0] == {
        "email": "ann@example.com", "first_name": "'=1+1", "phone": "'+33612345678", "owner": "olga",
        "likes": "Tea|Rum", "price": "12.5 EUR", "tags": "'-dash|VIP", "lists": "News",
    }  # fmt: skip
    assert rows[1] == {**dict.fromkeys(columns, ""), "email": "bob@example.com"}
    with pytest.raises(ValidationError, match="shoe"):
        export_contacts(contacts=Contact.objects.all(), columns=["email", "shoe"])
    header = "".join(export_contacts(contacts=Contact.objects.none()).lines)
    assert header.startswith("\ufeffemail,first_name") and header.endswith("likes,price\r\n")


def test_an_export_can_be_imported_again(ann, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    text = "".join(export_contacts(contacts=Contact.objects.all()).lines)
    ann.delete()
    job = create_import(file=upload(text))
    start_import(job=job)
    run_import(job_id=job.pk)
    again = Contact.objects.get()
    assert (again.first_name, again.phone, again.owner.username) == ("=1+1", "+33612345678", "olga")
    assert {str(key): str(value) for key, value in again.custom_values.items()}["likes"] == "['Tea', 'Rum']"
    assert {tag.name for tag in again.tags.all()} == {"VIP", "-dash"}


def test_export_costs_statements_by_chunk(ann, monkeypatch):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            list(export_contacts(contacts=Contact.objects.all()).lines)
        return len(queries)

    few = cost()
    people(500)
    assert cost() == few


def test_a_large_export_becomes_a_file(ann, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    monkeypatch.setattr(exports, "CHUNK", 2)
    people(4)
    job = export_contacts(contacts=Contact.objects.all(), columns=["email", "tags"]).job
    ExportJob.objects.filter(pk=job.pk).update(processed=4, status="running")  # a worker died here
    Contact.objects.get(email="p0@example.com").delete()
    run_export(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed, job.error) == ("done", 5, "")
    with job.file.open("rb") as file:
        rows = rows_of([file.read().decode()])
    assert [row["email"] for row in rows] == [
        "ann@example.com",
        "p1@example.com",
        "p2@example.com",
        "p3@example.com",
    ]
    assert json.dumps(job.columns) == '["email", "tags"]'
