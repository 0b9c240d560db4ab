"""Files of personal e-mails: as links, fetched by a button, within limits."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from contacts.models import EmailActivity
from contacts.services.privacy import erase_person
from deals.models import PersonalEmail
from deals.services.attachments import store_attachment
from tests.automations.mail.conftest import fetch, files
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return ContactFactory(email="ann@example.org", first_name="Ann")


def actions(contact):
    return list(EmailActivity.objects.filter(contact=contact).order_by("pk").values_list("action", flat=True))


def incoming(**filters):
    return PersonalEmail.objects.filter(direction="in", **filters)


def upload(user, name="offer.pdf", content=b"%PDF-1.4"):
    return store_attachment(file=ContentFile(content), name=name, user_id=user.pk)


def test_a_file_goes_as_a_link_and_comes_as_a_file(post, ann, client):
    offer = upload(post.mailbox.user, "Offer 1.pdf")
    post.write(ann, attachments=[offer])
    assert not list(post.last().message.iter_attachments())
    (link,) = files(post.last())
    page = fetch(link)
    assert page.status_code == 200 and "Offer 1.pdf" in page.content.decode()
    assert not offer.downloads.exists()  # looking at the page is not fetching
    got = client.post(link)
    assert b"".join(got.streaming_content) == b"%PDF-1.4"
    assert got["Content-Disposition"] == 'attachment; filename="Offer 1.pdf"'
    assert got["Content-Type"] == "application/octet-stream"
    assert got["X-Content-Type-Options"] == "nosniff" and "sandbox" in got["Content-Security-Policy"]
    download = offer.downloads.get()
    assert (download.contact, download.file_name) == (ann, "Offer 1.pdf")
    assert actions(ann) == ["open"]


def test_bad_tokens_and_the_teams_own_looks(post, ann, client, admin_user):
    offer = upload(post.mailbox.user)
    post.write(ann, attachments=[offer])
    (link,) = files(post.last())
    assert fetch("/a/1.abc/").status_code == 404
    assert fetch(link.replace("/a/", "/a/1")).status_code == 404
    assert client.put(link).status_code == 405
    client.force_login(admin_user)
    assert client.post(link).status_code == 200
    assert not offer.downloads.exists()


def test_a_flood_of_downloads_is_refused(post, ann, client, one_minute):
    offer = upload(post.mailbox.user)
    post.write(ann, attachments=[offer])
    (link,) = files(post.last())
    answers = [client.post(link).status_code for _n in range(21)]
    assert set(answers[:20]) == {200} and answers[20] == 429
    assert offer.downloads.count() == 20


BAD_FILES = [
    ("page.html", b"<script>", "can't be attached"),
    ("run.exe", b"MZ", "can't be attached"),
    ("noending", b"x", "can't be attached"),
    ("offer.pdf.js", b"x", "can't be attached"),
    ("empty.pdf", b"", "is empty"),
    ("large.pdf", b"x" * 2_000, "larger than"),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES)
def test_bad_files_are_refused(db, settings, name, content, words):
    settings.MAIL_ATTACHMENT_MAX_BYTES = 1_000
    with pytest.raises(ValidationError) as error:
        upload(UserFactory(), name, content)
    assert words in error.value.message_dict["file"][0]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\x\\a.pdf", "a.pdf"),
        ('a"\n<b>.pdf', "a b .pdf"),
        ("é.PDF", "é.PDF"),
    ],
)
def test_names_are_made_harmless(db, name, kept):
    assert upload(UserFactory(), name).name == kept


def test_the_files_of_others_can_not_be_sent(post, ann):
    from deals.services.attachments import unsent_attachments

    mine, theirs = upload(post.mailbox.user), upload(UserFactory())
    assert unsent_attachments(ids=[mine.pk], user_id=post.mailbox.user_id) == [mine]
    post.write(ann, attachments=[mine])
    for pk in (theirs.pk, mine.pk, 999_999):
        with pytest.raises(ValidationError):
            unsent_attachments(ids=[pk], user_id=post.mailbox.user_id)
    with pytest.raises(ValidationError):
        unsent_attachments(ids=[mine.pk] * 11, user_id=post.mailbox.user_id)


def test_a_person_who_is_erased_takes_everything_along(post, ann):
    offer = upload(post.mailbox.user)
    post.write(ann, attachments=[offer])
    post.answer()
    storage, name = offer.file.storage, offer.file.name
    assert storage.exists(name)
    erase_person(contact=ann)
    assert not PersonalEmail.objects.exists() and not storage.exists(name)
