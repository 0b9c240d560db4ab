"""CSV imports: reading any file, mapping, dry run, errors, and going on after a crash."""

import csv
import io
import itertools
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import (
    Contact,
    ContactTag,
    CustomField,
    FieldChange,
    ImportIssue,
    ImportJob,
    List,
    Subscription,
    SubscriptionChange,
    Tag,
    TagChange,
)
from contacts.services import create_contact, subscribe_contacts, tag_contacts, unsubscribe_contacts
from contacts.services.imports import (
    create_import,
    import_preview,
    propose_mapping,
    run_import,
    running,
    start_import,
)
from contacts.services.leases import LEASE, resume_stalled
from contacts.signals import facts_recorded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(content, name="people.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    return SimpleUploadedFile(name, data)


def imported(content, *, dry_run=False, mapping=None, **options):
    job = create_import(file=upload(content))
    start_import(job=job, mapping=mapping, options=options or None, dry_run=dry_run)
    run_import(job_id=job.pk)
    job.refresh_from_db()
    return job


def report(job):
    with job.report.open("rb") as file:
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline="")))


def people(count, start=0):
    rows = [f"p{n}@example.com,First{n},Last{n}" for n in range(start, start + count)]
    return "email,first_name,last_name\n" + "\n".join(rows) + "\n"


# --- Reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "delimiter", "found"),
    [
        ("utf-8", ",", "utf-8-sig"),
        ("utf-8-sig", ";", "utf-8-sig"),
        ("utf-16", "\t", "utf-16"),
        ("utf-16-le", ",", None),
        ("cp1252", ";", "cp1252"),
        ("utf-8", "|", "utf-8-sig"),
    ],
)
def test_encoding_and_delimiter_are_found(encoding, delimiter, found):
    text = "E-mail,Prénom,Nom\nzoe@example.com,Zoé,Müller\nana@example.com,Ána,Peña\n".replace(",", delimiter)
    if found is None:  # UTF-16 without its mark can't be told from a binary file
        with pytest.raises(ValidationError, match="Save it as"):
            create_import(file=upload(text.encode(encoding)))
        return
    job = create_import(file=upload(text.encode(encoding)))
    assert (job.encoding, job.delimiter) == (found, delimiter)
    assert job.mapping == {"E-mail": "email", "Prénom": "first_name", "Nom": "last_name"}
    preview = import_preview(job=job)
    assert preview.rows[0] == ["zoe@example.com", "Zoé", "Müller"]
    assert bool(preview.notices) == (found == "cp1252")
    start_import(job=job)
    run_import(job_id=job.pk)
    assert Contact.objects.get(email="zoe@example.com").first_name == "Zoé"


def test_a_few_broken_bytes_do_not_change_the_encoding_but_are_reported():
    text = "email,first_name\n" + "".join(f"p{n}@example.com,Zoé\n" for n in range(50))
    job = imported(text.encode() + b"bad@example.com,Ren\xe9e\n")
    assert (job.encoding, job.created_count, job.error_count) == ("utf-8-sig", 50, 1)
    assert report(job)[0]["Column"] == "first_name"
    assert not Contact.objects.filter(email="bad@example.com").exists()


def test_accents_deep_in_a_windows_file_are_found():
    text = "email,first_name\n" + "".join(f"p{n}@example.com,Bob\n" for n in range(20_000)) + "z@example.com,Zoé\n"
    assert create_import(file=upload(text.encode("cp1252"))).encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"email,name\n", "no rows"),
        (b"\nemail\na@example.com\n", "names of the columns"),
        (b"PK\x03\x04rest of a workbook", "spreadsheet"),
        (bytes(range(256)) + b"\0" * 100, "text file"),
        (b"ann@example.com,Ann\nbob@example.com,Bob\n", "holds an e-mail address"),
    ],
)
def test_files_that_are_none_are_refused_with_what_to_do(content, message):
    with pytest.raises(ValidationError, match=message):
        create_import(file=upload(content))
    assert not ImportJob.objects.exists()


def test_limits(settings):
    settings.IMPORT_MAX_ROWS = 3
    assert create_import(file=upload(people(3))).pk
    with pytest.raises(ValidationError, match="4 rows; at most 3"):
        create_import(file=upload(people(4)))
    # Line breaks within cells are not rows.
    assert create_import(file=upload('email,note\na@example.com,"one\ntwo\nthree\nfour"\n')).pk
    settings.IMPORT_MAX_BYTES = 20
    with pytest.raises(ValidationError, match="Split it"):
        create_import(file=upload(people(1)))


# --- Mapping ---------------------------------------------------------------------------------


def test_headers_are_understood_in_two_languages_and_by_custom_field():
    CustomField.objects.create(key="shoe_size", label="Pointure préférée", type="number")
    headers = [
        "Adresse e-mail", "PRENOM", "Nom de famille", "Téléphone", "pointure PREFEREE", "Étiquettes",
        "E-Mail", "Misc",
    ]  # fmt: skip
    assert list(propose_mapping(headers).values()) == [
        "email", "first_name", "last_name", "phone", "shoe_size", "tags", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"email": ""}, "column that holds the e-mail"),
        ({"email": "email", "first_name": "email"}, "Two columns"),
        ({"email": "email", "first_name": "nonsense"}, "no field “nonsense”"),
        ({"email": "email", "other": "phone"}, "no column “other”"),
        ({"email": 5}, "pairs"),
    ],
)
def test_bad_mappings_are_refused(mapping, message):
    job = create_import(file=upload(people(1)))
    with pytest.raises(ValidationError, match=message):
        start_import(job=job, mapping=mapping)
    job.refresh_from_db()
    assert job.status == "draft"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lists": [999]}, "chosen list"),
        ({"tags": ["x"]}, "list of ids"),
        ({"update_existing": "yes"}, "true or false"),
        ({"colour": True}, "Unknown option"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        start_import(job=create_import(file=upload(people(1))), options=options)


# --- What it does ----------------------------------------------------------------------------


def test_everything_of_a_row_arrives(django_user_model):
    owner = django_user_model.objects.create_user("olga", "olga@example.com")
    CustomField.objects.create(key="size", label="Size", type="number")
    CustomField.objects.create(key="likes", label="Likes", type="multiselect", options=["Tea", "Cake", "Rum"])
    news = List.objects.create(name="News")
    vip = Tag.objects.create(name="VIP")
    job = imported(
        "Email,First,Tel,Owner,TZ,Size,Likes,Tags\n"
        " ANN@Example.com ,Ann,+33 6 12 34 56 78,OLGA@example.com,Europe/Paris,4.5,cake; TEA,new one|Other\n",
        mapping={
            "Email": "email", "First": "first_name", "Tel": "phone", "Owner": "owner", "TZ": "time_zone",
            "Size": "size", "Likes": "likes", "Tags": "tags",
        },
        lists=[news.pk],
        tags=[vip.pk],
    )  # fmt: skip
    assert (job.status, job.error, job.created_count, job.error_count) == ("done", "", 1, 0)
    ann = Contact.objects.get()
    assert (ann.email, ann.phone, ann.owner, ann.time_zone) == (
        "ann@example.com", "+33612345678", owner, "Europe/Paris",
    )  # fmt: skip
    assert ann.custom_values == {"size": 4.5, "likes": ["Tea", "Cake"]}
    assert {tag.name for tag in ann.tags.all()} == {"VIP", "new one", "Other"}
    assert [change.source for change in TagChange.objects.all()] == ["import"] * 3
    assert Subscription.objects.get().source == "import"


def test_fields_are_written_before_lists_and_tags_in_one_transaction():
    news, vip = List.objects.create(name="News"), Tag.objects.create(name="VIP")
    CustomField.objects.create(key="size", label="Size", type="text")
    seen = []

    def receiver(batch, **kwargs):
        contact = Contact.objects.get()
        seen.append((type(batch).__name__, dict(contact.custom_values), contact.subscriptions.count()))

    facts_recorded.connect(receiver)
    try:
        imported("email,size\na@example.com,XL\n", lists=[news.pk], tags=[vip.pk])
    finally:
        facts_recorded.disconnect(receiver)
    assert seen[-2:] == [("SubscriptionChanged", {"size": "XL"}, 1), ("TagChanged", {"size": "XL"}, 1)]


@pytest.mark.parametrize(
    ("options", "first_name", "phone", "counts"),
    [
        ({}, "New", "123", (1, 1, 0)),
        ({"update_existing": True, "clear_empty": True}, "New", "", (1, 1, 0)),
        ({"update_existing": False}, "Old", "123", (1, 0, 1)),
    ],
)
def test_known_contacts(options, first_name, phone, counts):
    create_contact(email="old@example.com", first_name="Old", phone="123")
    content = "email,first_name,phone\nOLD@example.com,New,\nnew@example.com,New,5\n"
    tried = imported(content, dry_run=True, **options)
    assert Contact.objects.count() == 1
    job = imported(content, **options)
    old = Contact.objects.get(email="old@example.com")
    assert (old.first_name, old.phone) == (first_name, phone)
    for one in (tried, job):
        assert (one.created_count, one.updated_count, one.unchanged_count) == counts


@pytest.mark.parametrize("resubscribe", [False, True])
def test_a_refusal_is_kept_unless_told_otherwise(resubscribe):
    news = List.objects.create(name="News")
    contact = create_contact(email="no@example.com")
    subscribe_contacts(contacts=contact, list=news)
    unsubscribe_contacts(contacts=contact, list=news)
    job = imported("email\nno@example.com\n", lists=[news.pk], resubscribe=resubscribe)
    assert Subscription.objects.get().status == ("active" if resubscribe else "unsubscribed")
    assert (job.notice_count, job.error_count) == (0 if resubscribe else 1, 0)


def test_unknown_tags_can_be_left_out():
    Tag.objects.create(name="Known")
    job = imported("email,tags\na@example.com,known|unknown\n", create_tags=False)
    assert [tag.name for tag in Contact.objects.get().tags.all()] == ["Known"]
    assert [(row["Value"], row["Kind"]) for row in report(job)] == [("unknown", "notice")]


def test_a_column_that_is_none_of_tags_stops_at_a_thousand():
    rows = "".join(f"p{n}@example.com,tag-{n}\n" for n in range(1_005))
    job = imported("email,tags\n" + rows)
    assert (Tag.objects.count(), job.error_count) == (1_000, 5)


# --- What is wrong with rows -----------------------------------------------------------------

GOOD = "good@example.com,Good,1,a"


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("not-an-address,X,1,a", "email", "not an e-mail"),
        (",X,1,a", "email", "missing"),
        ("a@example.com,X,many,a", "Size", "not a number"),
        ("a@example.com,X,1,z", "Pick", "not one of the options"),
        (f"a@example.com,{'x' * 101},1,a", "name", "at most 100"),
        (f"{'x' * 300}@example.com,X,1,a", "email", "e-mail address"),
        ("a@example.com,X", "", "has 2 columns"),
        ("a@example.com,X,1,a,extra", "", "has 5 columns"),
        ("a@example.com,X\0Y,1,a", "name", "NUL"),
        (f'a@example.com,"{"x" * 140_000}",1,a', "", "larger than"),
    ],
)
def test_a_bad_row_is_reported_and_the_rest_goes_on(line, column, message):
    CustomField.objects.create(key="size", label="Size", type="number")
    CustomField.objects.create(key="pick", label="Pick", type="dropdown", options=["a", "b"])
    mapping = {"email": "email", "name": "first_name", "Size": "size", "Pick": "pick"}
    for dry_run in (True, False):
        job = imported(f"email,name,Size,Pick\n{line}\n{GOOD}\n", dry_run=dry_run, mapping=mapping)
        assert (job.status, job.total, job.processed) == ("done", 2, 2)
        assert (job.created_count, job.error_count) == (1, 1)
        [problem] = report(job)
        assert (problem["Row"], problem["Column"], problem["Kind"]) == ("2", column, "error")
        assert message in problem["Message"]
    assert [contact.email for contact in Contact.objects.all()] == ["good@example.com"]
    assert not ImportIssue.objects.exists()


@pytest.mark.parametrize("lines", [1, 30])
def test_a_quotation_mark_that_is_never_closed_says_so(lines):
    job = imported('email,first_name\na@example.com,"Ann\n' + people(lines).split("\n", 1)[1])
    assert (job.status, job.created_count, job.error_count) == ("done", 0, 1)
    assert "never closed" in report(job)[0]["Message"]


def test_blank_lines_and_empty_cells_at_the_end_are_no_errors():
    job = imported("email,first_name\n\na@example.com,Ann,,\n,\nb@example.com,Bob\n")
    assert (job.created_count, job.error_count) == (2, 0)


def test_the_later_of_two_rows_counts_across_chunks(monkeypatch):
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    content = "email,first_name\nA@example.com,One\nb@example.com,B\na@example.com,Two\nc@example.com,C\n"
    content += "a@EXAMPLE.com,Three\n"
    for update_existing in (True, False):
        Contact.objects.all().delete()
        job = imported(content, update_existing=update_existing)
        assert Contact.objects.get(email="a@example.com").first_name == "Three"
        assert (job.created_count, job.notice_count, job.error_count) == (3, 2, 0)
        assert [(row["Row"], "row 6" in row["Message"]) for row in report(job)] == [("2", True), ("4", True)]
    assert not FieldChange.objects.exists()


def test_rows_that_are_broken_alike_are_errors_not_duplicates():
    job = imported("email,first_name\nbroken\nbroken\nnobody,X\nnobody,Y\na@example.com\na@example.com,Ann\n")
    assert (job.created_count, job.error_count, job.notice_count) == (1, 5, 0)


def test_report_cells_are_no_formulas():
    job = imported('email,first_name\n"=HYPERLINK(""http://x"")",X\n@SUM(A1),Y\nok@example.com,Z\n')
    assert [row["Value"][:2] for row in report(job)] == ["'=", "'@"]


# --- In the worker ---------------------------------------------------------------------------


def test_statements_grow_with_chunks_not_with_rows():
    news, vip = List.objects.create(name="News"), Tag.objects.create(name="VIP")
    CustomField.objects.create(key="size", label="Size", type="text")

    def cost(count, start):
        job = create_import(
            file=upload("email,size\n" + "".join(f"x{start + n}@e.com,{n}\n" for n in range(count)))
        )
        start_import(job=job, options={"lists": [news.pk], "tags": [vip.pk]})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run_import(job_id=job.pk)
        return len(queries)

    assert cost(5, 0) == cost(1_500, 100)


class Killed(BaseException):
    """As the end of the process: nothing handles it."""


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("dies_at", [1, 2, 5, 6])
def test_after_a_crash_it_goes_on_and_nothing_is_done_twice(monkeypatch, dry_run, dies_at):
    monkeypatch.setattr(running, "CHUNK_ROWS", 10)
    news, vip = List.objects.create(name="News"), Tag.objects.create(name="VIP")
    job = create_import(file=upload(people(55) + "broken\n"))
    start_import(job=job, options={"lists": [news.pk], "tags": [vip.pk]}, dry_run=dry_run)
    calls = itertools.count(1)
    store = running._store_issues

    def dying(*args):
        store(*args)
        if next(calls) == dies_at:
            raise Killed

    monkeypatch.setattr(running, "_store_issues", dying)
    with pytest.raises(Killed):
        run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed) == ("running", (dies_at - 1) * 10)
    run_import(job_id=job.pk)  # its lease still runs: nobody else may take it
    job.refresh_from_db()
    assert job.processed == (dies_at - 1) * 10
    ImportJob.objects.update(heartbeat_at=timezone.now() - LEASE - timedelta(seconds=1))
    assert resume_stalled() == 1
    run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed, job.created_count, job.error_count) == ("done", 56, 55, 1)
    assert len(report(job)) == 1
    expected = 0 if dry_run else 55
    for model in (Contact, ContactTag, TagChange, Subscription, SubscriptionChange):
        assert model.objects.count() == expected


def test_a_worker_that_lost_the_job_writes_nothing_more(monkeypatch):
    monkeypatch.setattr(running, "CHUNK_ROWS", 10)
    job = create_import(file=upload(people(30)))
    start_import(job=job)
    parse = running._Run._parse

    def overtaken(run, chunk):
        ImportJob.objects.filter(pk=job.pk).update(processed=20)  # another worker did two chunks
        return parse(run, chunk)

    monkeypatch.setattr(running._Run, "_parse", overtaken)
    run_import(job_id=job.pk)
    assert not Contact.objects.exists()


def test_it_hands_over_before_the_worker_would_stop_it(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(running, "CHUNK_ROWS", 10)
    job = create_import(file=upload(people(25)))
    start_import(job=job)
    with django_capture_on_commit_callbacks() as queued:
        run_import(job_id=job.pk, seconds=0)
    job.refresh_from_db()
    assert (job.status, job.processed, len(queued)) == ("running", 10, 1)
    run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.processed) == ("done", 25)


def test_what_went_wrong_is_said_and_a_failed_import_can_go_again(monkeypatch):
    vip = Tag.objects.create(name="VIP")
    job = create_import(file=upload(people(3)))
    start_import(job=job, options={"tags": [vip.pk]})
    vip.delete()
    run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, "chosen tag" in job.error) == ("failed", True)
    start_import(job=job, options={})
    with pytest.raises(ValidationError, match="running already"):
        start_import(job=job)
    run_import(job_id=job.pk)
    with pytest.raises(ValidationError, match="has been done"):
        start_import(job=job)
    assert Contact.objects.count() == 3


def test_a_dry_run_counts_what_the_run_does_and_writes_nothing():
    news, vip = List.objects.create(name="News"), Tag.objects.create(name="VIP")
    same = create_contact(email="same@example.com", first_name="Same")
    other = create_contact(email="other@example.com", first_name="Other")
    for contact in (same, other):
        subscribe_contacts(contacts=contact, list=news)
    tag_contacts(contacts=same, tag=vip)
    before = (TagChange.objects.count(), SubscriptionChange.objects.count())
    content = (
        "email,first_name,tags\nsame@example.com,Same,vip\nother@example.com,Other,VIP\nn@example.com,N,new\n"
    )
    job = create_import(file=upload(content))
    counts = []
    for dry_run in (True, False):
        start_import(job=job, options={"lists": [news.pk]}, dry_run=dry_run)
        run_import(job_id=job.pk)
        job.refresh_from_db()
        counts.append((job.created_count, job.updated_count, job.unchanged_count))
        if dry_run:
            assert (TagChange.objects.count(), SubscriptionChange.objects.count()) == before
            assert (Contact.objects.count(), Tag.objects.count()) == (2, 1)
    assert counts == [(1, 1, 1)] * 2
