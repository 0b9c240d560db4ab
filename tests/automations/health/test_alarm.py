"""The managers are told once when something goes wrong, and once when it is over."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_q.models import Schedule

from automations import tasks
from automations.health.alarm import watch
from automations.health.beats import beat
from automations.models import HealthAlarm
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LOOK = timedelta(minutes=5)


@pytest.fixture
def looks(manager):
    """`looks("bad bad good")`: one look each, `every` so often; returns the subjects of what was sent."""
    now = timezone.now()
    Schedule.objects.update(next_run=now + timedelta(days=30))

    def run(states: str, every: timedelta = LOOK):
        nonlocal now
        before = len(mail.outbox)
        for state in states.split():
            now += every
            beat(now=now if state == "good" else now - timedelta(hours=1))
            watch(now=now)
        return [message.subject for message in mail.outbox[before:]]

    return run


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ("bad", []),
        ("bad good bad good bad", []),
        ("bad bad", ["Something is wrong"]),
        ("bad bad bad bad bad", ["Something is wrong"]),
        ("bad bad good bad good good bad", ["Something is wrong"]),
        ("bad bad good good good", ["Something is wrong", "All is well again"]),
        ("good good good", []),
    ],
)
def test_when_they_are_told(looks, states, told):
    assert looks(states) == told


def test_whom_and_what(looks, manager, viewer, admin_user, settings):
    UserFactory(username="gone", is_superuser=True, is_active=False)
    looks("bad bad")
    (message,) = mail.outbox
    assert sorted(message.to) == sorted([manager.email, admin_user.email])
    assert "Workers: No worker" in message.body
    assert f"{settings.SITE_URL}/health/" in message.body


def test_a_reminder_a_day(looks):
    hour = timedelta(hours=1)
    looks("bad bad")
    assert looks("bad " * 23, every=hour) == []
    assert looks("bad bad bad", every=hour) == ["Something is wrong"]


def test_a_message_that_can_not_be_sent_is_sent_at_the_next_look(looks, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _refuse)
        assert looks("bad bad") == []
    assert looks("bad") == ["Something is wrong"]
    assert looks("bad") == []


def _refuse(*args):
    raise ConnectionRefusedError("no")


def test_the_schedule_looks(manager):
    tasks.watch_health()
    assert HealthAlarm.objects.filter(check_name="workers", bad=1).exists()
    tasks.work()
    tasks.watch_health()
    assert HealthAlarm.objects.get(check_name="workers").bad == 0
