"""The disk that e-mails are written to is full, and has room again."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.automations.delivery.conftest import deliver, ledger, news, people, queue

__all__ = ["deliver", "ledger", "news", "people", "queue"]  # fixtures
pytestmark = [pytest.mark.postgres, pytest.mark.django_db]  # SQLite would share the disk


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes: what a write then says is what a full disk says, at the same places."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def written(directory: Path) -> list[str]:
    """The recipients of the messages that are there, each of them whole."""
    text = "".join(path.read_text() for path in directory.iterdir())
    messages = text.split("-" * 79 + "\n")
    assert messages.pop() == "", "the last message is not whole"
    assert all(message.count("\nTo: ") == 1 and "</html>" in message for message in messages)
    return sorted(message.partition("\nTo: ")[2].partition("\n")[0] for message in messages)


def test_what_does_not_fit_is_written_later_and_whole(queue, deliver, ledger, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    queue(6)
    with room_for(10_000):
        deliver()
    rows = ledger().rows
    sent = [row for row in rows if row.status == "sent"]
    late = [row for row in rows if row.status == "pending"]
    assert 0 < len(sent) < 6 == len(sent) + len(late), [row.status for row in rows]
    assert len(written(tmp_path)) == len(sent)
    assert [row.error for row in late if row.error] == [late[0].error] and "written" in late[0].error
    assert deliver() == 0, "the channel waits: the next would meet the same"
    deliver(timedelta(minutes=5))
    assert {row.status for row in ledger().rows} == {"sent"}
    assert written(tmp_path) == [f"p{number}@example.com" for number in range(6)]
