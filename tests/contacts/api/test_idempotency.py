"""A write sent again takes effect once: after an answer, after a crash, and at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from contacts.api.tasks import forget_idempotency_keys
from contacts.models import Contact, IdempotencyKey, Tag, TagChange
from contacts.services import create_contact

from .conftest import client_of, make_user, member

URL = "/api/v1/contacts/"
KEY = {"Idempotency-Key": "order-17"}


def test_retry_gets_the_same_answer_and_no_second_effect(api):
    first = api.post(URL, {"email": "a@example.com"}, headers=KEY)
    again = api.post(URL, {"email": "a@example.com"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Contact.objects.count() == 1


def test_without_a_key_nothing_is_remembered(api):
    assert api.post(URL, {"email": "a@example.com"}).status_code == 201
    assert api.post(URL, {"email": "a@example.com"}).status_code == 400
    assert not IdempotencyKey.objects.exists()


def test_patch_and_delete_are_replayed_too(api):
    contact = create_contact(email="a@example.com")
    url = f"{URL}{contact.pk}/"
    for _ in range(2):
        assert api.patch(url, {"first_name": "x"}, headers={"Idempotency-Key": "p"}).status_code == 200
        tagged = api.post(f"{url}tags/", {"add": ["VIP"]}, headers={"Idempotency-Key": "t"})
        assert tagged.status_code == 200
    api.post(f"{url}tags/", {"remove": ["VIP"]})
    api.post(f"{url}tags/", {"add": ["VIP"]}, headers={"Idempotency-Key": "t"})
    assert not contact.tags.exists()
    for _ in range(2):
        response = api.delete(url, headers={"Idempotency-Key": "d"})
        assert (response.status_code, response.content) == (204, b"")
    assert api.delete(url).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("post", URL, {"email": "b@example.com"}),
        ("post", URL + "bulk/", {"email": "a@example.com"}),
        ("post", URL + "?x=1", {"email": "a@example.com"}),
        ("post", "/api/v1/tags/", {"email": "a@example.com"}),
    ],
)
def test_same_key_for_another_request_is_refused(api, method, path, data):
    api.post(URL, {"email": "a@example.com"}, headers=KEY)
    response = getattr(api, method)(path, data, headers=KEY)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "idempotency_key_reused"
    assert Contact.objects.count() == 1


def test_keys_belong_to_their_user(api):
    other = client_of(make_user("other", "view", "add", "change"))
    assert api.post(URL, {"email": "a@example.com"}, headers=KEY).status_code == 201
    assert other.post(URL, {"email": "b@example.com"}, headers=KEY).status_code == 201


def test_refused_request_leaves_its_key_free(api):
    assert api.post(URL, {"email": "bad"}, headers=KEY).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert api.post(URL, {"email": "good@example.com"}, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 129, "tab\there"])
def test_bad_keys(api, key):
    response = api.post(URL, {"email": "a@example.com"}, headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert set(response.json()["error"]["fields"]) == {"Idempotency-Key"}
    assert not Contact.objects.exists()


def test_replay_asks_for_permission_again(api, manager):
    assert api.post(URL, {"email": "a@example.com"}, headers=KEY).status_code == 201
    manager.groups.clear()
    from django.contrib.auth import get_user_model

    fresh = client_of(get_user_model().objects.get(pk=manager.pk))
    assert fresh.post(URL, {"email": "a@example.com"}, headers=KEY).status_code == 403


@pytest.mark.parametrize("where", ["after the effect", "while the answer is kept"])
def test_crash_in_the_middle_is_rolled_back_and_the_retry_works(api, monkeypatch, where):
    """The crash comes after the tag, its fact and its signal were written."""
    contact = create_contact(email="a@example.com")
    url, data = f"{URL}{contact.pk}/tags/", {"add": ["VIP"]}

    def crash(*args, **kwargs):
        assert TagChange.objects.count() == 1
        raise SystemExit("killed")

    target = {
        "after the effect": "contacts.api.contacts.ContactViewSet._shown",
        "while the answer is kept": "contacts.api.base.keep_answer",
    }[where]
    with monkeypatch.context() as patch:
        patch.setattr(target, crash)
        with pytest.raises(SystemExit):
            api.post(url, data, headers=KEY)
    assert not TagChange.objects.exists()
    assert not Tag.objects.exists()
    assert not IdempotencyKey.objects.exists()
    for _ in range(2):
        assert api.post(url, data, headers=KEY).status_code == 200
    assert TagChange.objects.count() == 1


def test_old_keys_are_forgotten(api):
    for name in ("old", "new"):
        api.post(URL, {"email": f"{name}@example.com"}, headers={"Idempotency-Key": name})
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_idempotency_keys() == 1
    assert IdempotencyKey.objects.get().key == "new"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")
def test_many_at_the_same_moment_take_effect_once():
    user = member("manager")
    start = threading.Barrier(8)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        client = client_of(user)
        start.wait()
        try:
            response = client.post(URL, {"email": "a@example.com"}, headers=KEY)
            answers.append((response.status_code, response.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert Contact.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")
def test_same_addresses_in_two_bulk_requests_at_the_same_moment():
    user = member("manager")
    start = threading.Barrier(4)
    answers: list[dict[str, int]] = []
    rows = [{"email": f"c{n}@example.com", "tags": ["VIP"]} for n in range(300)]

    def send() -> None:
        client = client_of(user)
        start.wait()
        try:
            answers.append(client.post(URL + "bulk/", {"contacts": rows}).json())
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(answer["created"] for answer in answers) == 300
    assert all(answer["errors"] == 0 for answer in answers)
    assert Contact.objects.count() == TagChange.objects.count() == 300
