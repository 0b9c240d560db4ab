"""Wrong passwords are counted, for a user and an address, in the database of all web servers."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from contacts.services.retention import delete_old_logins
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
RIGHT = "a good password"


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.AXES_FAILURE_LIMIT = 3


@pytest.fixture
def log_in(client):
    def post(username="ada", password="wrong", address="10.0.0.1"):  # noqa: S107
        client.logout()
        data = {"username": username, "password": password}
        return client.post(reverse("admin:login"), data, REMOTE_ADDR=address).status_code

    UserFactory(username="ada")
    UserFactory(username="bob")
    return post


def test_after_the_limit_not_even_the_right_password(log_in):
    assert [log_in() for _number in range(3)] == [200, 200, 429]
    assert log_in(password=RIGHT) == 429
    # Another person, and the same one from elsewhere, aren't locked out by it.
    assert log_in("bob", RIGHT) == 302
    assert log_in(password=RIGHT, address="10.0.0.2") == 302


@pytest.mark.parametrize("address", ["", "unknown", "10.0.0.1:80"])
def test_an_address_that_is_none_closes_no_door(log_in, address):
    """A Unix socket has no address, and some proxies pass on words: the user's name alone is counted then."""
    assert log_in(password=RIGHT, address=address) == 302
    assert [log_in(address=address) for _number in range(3)][-1] == 429


def test_a_pause_ends_it(log_in):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        assert [log_in() for _number in range(3)][-1] == 429
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        assert log_in(password=RIGHT) == 429
    with time_machine.travel(now + timedelta(minutes=31), tick=False):
        assert log_in(password=RIGHT) == 302


def test_success_begins_anew(log_in):
    assert [log_in(), log_in(), log_in(password=RIGHT), log_in(), log_in()] == [200, 200, 302, 200, 200]


def test_a_manager_lets_someone_in_again(log_in, client, manager):
    for _number in range(3):
        log_in()
    client.force_login(manager)
    row = AccessAttempt.objects.get()
    assert "ada" in client.get(reverse("admin:axes_accessattempt_changelist")).content.decode()
    client.post(reverse("admin:axes_accessattempt_delete", args=[row.pk]), {"post": "yes"})
    assert log_in(password=RIGHT) == 302


def test_so_does_the_command(log_in):
    for _number in range(3):
        log_in()
    call_command("axes_reset")
    assert log_in(password=RIGHT) == 302


def test_no_password_is_kept(log_in):
    log_in(password="secret-of-ada")
    row = AccessAttempt.objects.get()
    assert "secret-of-ada" not in row.post_data


def test_old_rows_go(log_in):
    log_in()
    log_in("bob", RIGHT)
    assert delete_old_logins(now=timezone.now() + timedelta(days=179)) == 0
    assert delete_old_logins(now=timezone.now() + timedelta(days=181)) >= 2
    assert not AccessAttempt.objects.exists() and not AccessLog.objects.exists()
