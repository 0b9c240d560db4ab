"""Files of imports and exports go after FILE_RETENTION_DAYS; their jobs stay and say so."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from contacts.models import ExportJob, ImportJob
from contacts.services.files import remove_old_files
from contacts.services.imports import create_import, start_import
from contacts.tasks import remove_files
from tests.contacts.test_imports import imported, upload

pytestmark = pytest.mark.django_db
BAD = "email\nann@example.com\nnonsense\n"


def aged(job, days, **values):
    type(job).objects.filter(pk=job.pk).update(updated_at=timezone.now() - timedelta(days=days), **values)
    job.refresh_from_db()
    return job


def exists(field, name):
    return field.storage.exists(name)


@pytest.mark.parametrize(
    ("status", "days", "kept"),
    [
        ("done", 31, False),
        ("done", 29, True),
        ("failed", 31, False),
        ("draft", 31, False),
        ("queued", 31, True),
        ("running", 31, True),
    ],
)
def test_old_files_go_and_the_job_stays(status, days, kept):
    job = aged(imported(BAD), days, status=status)
    names = [job.file.name, job.report.name]
    assert remove_files() == (0 if kept else 1)
    assert [exists(job.file, name) for name in names] == [kept, kept]
    job.refresh_from_db()
    assert (bool(job.file), bool(job.report), job.files_removed) == (kept, kept, not kept)
    assert (job.created_count, job.error_count) == (1, 1)
    assert remove_files() == 0


def test_exports_too_and_never_without_a_retention(settings):
    job = ExportJob.objects.create(status="done")
    job.file.save("contacts.csv", ContentFile(b"email\n"))
    name = job.file.name
    aged(job, 400)
    settings.FILE_RETENTION_DAYS = 0
    assert remove_files() == 0 and exists(job.file, name)
    settings.FILE_RETENTION_DAYS = 400
    assert remove_old_files(now=timezone.now() + timedelta(days=1)) == 1 and not exists(job.file, name)
    assert not ExportJob.objects.get().file


def test_a_file_that_is_gone_already_is_no_obstacle():
    job = aged(imported(BAD), 31)
    job.file.storage.delete(job.file.name)
    assert remove_files() == 1


def test_the_page_and_the_api_say_so(client, admin_user, api_client):
    client.force_login(admin_user)
    job = aged(imported(BAD), 31)
    export = aged(ExportJob.objects.create(status="done", file="exports/none.csv"), 31)
    pages = [f"/admin/contacts/importjob/{job.pk}/change/", f"/admin/contacts/exportjob/{export.pk}/change/"]
    assert not [url for url in pages if "The files were removed" in client.get(url).content.decode()]
    remove_files()
    for url in pages:
        assert "The files were removed: they are kept for 30 days" in client.get(url).content.decode()
    assert client.get("/admin/contacts/importjob/").status_code == 200
    api = api_client(admin_user)
    assert api.get(f"/api/v1/imports/{job.pk}/").json()["files_removed"] is True
    report = api.get(f"/api/v1/imports/{job.pk}/report/")
    assert report.status_code == 404 and "removed" in report.json()["error"]["message"]


def test_a_draft_without_its_file_is_refused_by_name(client, admin_user, api_client):
    job = aged(create_import(file=upload(BAD)), 31)
    remove_files()
    job.refresh_from_db()
    for answer in (
        api_client(admin_user).post(f"/api/v1/imports/{job.pk}/start/", {}),
        api_client(admin_user).get(f"/api/v1/imports/{job.pk}/preview/"),
    ):
        assert answer.status_code == 400 and "Upload it again" in answer.content.decode()
    client.force_login(admin_user)
    page = client.get(f"/admin/contacts/importjob/{job.pk}/change/")
    assert page.status_code == 200 and "The files were removed" in page.content.decode()
    fresh = create_import(file=upload(BAD))
    assert start_import(job=fresh).status == "queued"


def test_two_queries_where_nothing_is_old():
    imported(BAD)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        remove_files()
    assert len(queries) == 2 and ImportJob.objects.get().file


def test_what_the_worker_does_by_the_clock():
    found = dict(Schedule.objects.values_list("func", "minutes"))
    often = {
        "contacts.tasks.resume_jobs": 1,
        "contacts.tasks.remove_files": 1440,
        "contacts.api.tasks.forget_idempotency_keys": 60,
    }
    assert often.items() <= found.items()
    assert [name for name in found if not callable(import_string(name))] == []
