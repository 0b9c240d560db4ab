"""The list of contacts: its cost, search, filters, bulk actions and exports."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import BulkJob, Contact, ExportJob, List, Tag, TagChange
from contacts.services import create_contact, exports, jobs, subscribe_contacts, tag_contacts, unsubscribe_contacts
from contacts.services.jobs import run_bulk_job

from .conftest import people, url

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


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
