"""Imports over HTTP, up to the contacts in the database."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.models import Contact, CustomField, ImportJob, List, Tag, TagChange
from contacts.services import create_contact
from contacts.services.imports import run_import

pytestmark = pytest.mark.django_db
URL = "/api/v1/imports/"
CSV = (
    "E-mail;First name;Age;Tags;Shoe size\n"
    "ada@example.com;Ada;37;VIP|Lead;39\n"
    "bob@example.com;Bob;old;;44\n"
    "nope;Eve;;;\n"
)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(api, content=CSV, name="people.csv", **headers):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return api.post(URL, {"file": file}, format="multipart", headers=headers)


def test_upload_dry_run_import_and_report(api, manager):
    CustomField.objects.create(key="age", label="Age", type="number")
    news, tag = List.objects.create(name="News"), Tag.objects.create(name="June")
    response = upload(api)
    assert response.status_code == 201, response.content
    job = response.json()
    assert job["status"] == "draft"
    assert job["mapping"] == {
        "E-mail": "email", "First name": "first_name", "Age": "age", "Tags": "tags", "Shoe size": ""
    }  # fmt: skip
    url = f"{URL}{job['id']}/"
    preview = api.get(url + "preview/").json()
    assert preview["rows"][0] == ["ada@example.com", "Ada", "37", "VIP|Lead", "39"]
    assert preview["targets"]["age"] == "Age"
    assert api.get(url + "report/").status_code == 404

    started = api.post(url + "start/", {"dry_run": True})
    assert started.status_code == 202, started.content
    assert api.post(url + "start/", {}).status_code == 409
    run_import(job_id=job["id"])
    state = api.get(url).json()
    assert (state["status"], state["created_count"], state["percent"]) == ("done", 1, 100)
    assert not Contact.objects.exists()

    options = {"lists": [news.pk], "tags": [tag.pk]}
    assert api.post(url + "start/", {"options": options, "mapping": job["mapping"]}).status_code == 202
    run_import(job_id=job["id"])
    state = api.get(url).json()
    assert (state["status"], state["error_count"], state["has_report"]) == ("done", 2, True)
    report = api.get(url + "report/", headers={"accept": "text/csv"})
    assert report["Content-Type"].startswith("text/csv")
    lines = b"".join(report.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "old" in lines[1]
    ada = Contact.objects.get(email="ada@example.com")
    assert ada.custom_values == {"age": 37}
    assert sorted(ada.tags.values_list("name", flat=True)) == ["June", "Lead", "VIP"]
    assert set(TagChange.objects.values_list("source", "user_id")) == {("import", manager.pk)}
    done = api.post(url + "start/", {})
    assert (done.status_code, done.json()["error"]["code"]) == (409, "done")


def test_upload_is_idempotent(api):
    key = {"Idempotency-Key": "june"}
    first, again = upload(api, **key), upload(api, **key)
    assert first.json() == again.json()
    assert ImportJob.objects.count() == 1
    assert upload(api, CSV + "x@example.com;;;;\n", **key).status_code == 422
    job = ImportJob.objects.get()
    assert job.file.size == len(CSV)


@pytest.mark.parametrize("content", ["", "\n", "E-mail\n", b"PK\x03\x04\x00\x00"])
def test_bad_files_are_refused(api, content):
    response = upload(api, content)
    assert response.status_code == 400, response.content
    assert set(response.json()["error"]["fields"]) == {"file"}
    assert not ImportJob.objects.exists()


def test_no_file(api):
    response = api.post(URL, {}, format="multipart")
    assert set(response.json()["error"]["fields"]) == {"file"}
    response = api.post(URL, {"file": "text"})
    assert set(response.json()["error"]["fields"]) == {"file"}
    file = SimpleUploadedFile("x.csv", CSV.encode())
    response = api.post(URL, {"file": file, "colour": "red"}, format="multipart")
    assert set(response.json()["error"]["fields"]) == {"colour"}


def test_too_large(api, settings):
    settings.IMPORT_MAX_BYTES = 100
    response = upload(api)
    assert response.status_code == 400
    assert response.json()["error"]["fields"]["file"][0]["code"] == "too_large"
    response = upload(api, CSV * 1_000)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"mapping": {"E-mail": "first_name"}}, "mapping"),
        ({"mapping": {"E-mail": "email", "First name": "email"}}, "mapping"),
        ({"mapping": {"E-mail": "nope"}}, "mapping"),
        ({"mapping": {"No such": "email"}}, "mapping"),
        ({"mapping": ["email"]}, "mapping"),
        ({"options": {"lists": [999_999]}}, "options"),
        ({"options": {"tags": ["VIP"]}}, "options.tags.0"),
        ({"options": {"colour": "red"}}, "options.colour"),
        ({"options": {"resubscribe": "perhaps"}}, "options.resubscribe"),
        ({"really": True}, "really"),
    ],
)
def test_bad_starts_start_nothing(api, data, field):
    pk = upload(api).json()["id"]
    response = api.post(f"{URL}{pk}/start/", data)
    assert response.status_code == 400, response.content
    assert set(response.json()["error"]["fields"]) == {field}
    assert ImportJob.objects.get().status == "draft"


def test_timeline_pages(api):
    contact = create_contact(email="a@example.com")
    for n in range(5):
        api.post(f"/api/v1/contacts/{contact.pk}/tags/", {"add": [f"tag {n}"]})
    url: str | None = f"/api/v1/contacts/{contact.pk}/timeline/?page_size=4"
    titles: list[str] = []
    while url:
        page = api.get(url).json()
        titles += [entry["title"] for entry in page["results"]]
        url = page["next"]
    assert len(titles) == 6
    assert "tag 4" in titles[0]
    assert titles[-1] == "The contact was created."


@pytest.mark.parametrize("query", ["cursor=x", "cursor=W10", "page_size=0", "colour=red", "cursor=W1tbW1tbW1tb"])
def test_bad_timeline_queries(api, query):
    contact = create_contact(email="a@example.com")
    response = api.get(f"/api/v1/contacts/{contact.pk}/timeline/?{query}")
    assert response.status_code == 400
    assert set(response.json()["error"]["fields"]) == {query.split("=")[0]}
