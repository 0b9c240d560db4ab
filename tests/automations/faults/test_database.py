"""The database is restarted, once in good order and once by a crash, while two clusters work."""

import subprocess
from pathlib import Path

import pytest
from django.db import connection

from automations.models import Delivery, Enrollment, StepLog
from contacts.models import ContactFieldValue, Note
from tests.automations.faults.conftest import eventually, through

PEOPLE = 1_200
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


class Cluster:
    """The PostgreSQL server behind the connection, when it runs on this machine."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            self.data = Path(cursor.fetchone()[0])
        if not (self.data / "postmaster.pid").exists():
            pytest.skip("the server is not on this machine")
        pid = (self.data / "postmaster.pid").read_text().split()[0]
        self.bin = Path(f"/proc/{pid}/exe").resolve().parent
        owner = self.data.stat()
        self.user = {"user": owner.st_uid, "group": owner.st_gid}

    def restart(self, mode: str) -> None:
        connection.close()
        command = [self.bin / "pg_ctl", "-D", self.data, "-w", "-m", mode, "restart"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.data, **self.user)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_in_the_middle_loses_and_doubles_nothing(durable, clusters, five_steps, smtp_server, mode):
    automation, _served = five_steps(PEOPLE)
    database = Cluster()
    eventually(lambda: len(smtp_server.messages) > 100, 60, lambda: clusters[0].output()[-3000:])
    database.restart(mode)
    before = len(smtp_server.messages)
    assert before < PEOPLE
    eventually(lambda: through(automation), 90, lambda: clusters[0].output()[-3000:])
    assert len(smtp_server.messages) > before
    for cluster in clusters:
        cluster.kill()
    got = smtp_server.recipients()
    uncertain = Delivery.objects.filter(status="uncertain").values_list("contact__email", flat=True)
    assert set(got.values()) == {1}
    assert len(uncertain) <= len(clusters)
    assert PEOPLE - len(uncertain) <= len(got) <= PEOPLE
    assert Delivery.objects.filter(status="sent").count() == PEOPLE - len(uncertain)
    assert set(Enrollment.objects.values_list("status", flat=True)) == {"completed"}
    assert set(ContactFieldValue.objects.values_list("number", flat=True)) == {1}
    assert Note.objects.count() == PEOPLE
    assert StepLog.objects.count() == PEOPLE * 6
