"""An import by hand, from the upload to its report."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.models import Contact, ImportJob, List, Subscription
from contacts.services.imports import run_import

from .conftest import messages_in, signed_in, url

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


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
