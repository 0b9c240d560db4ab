"""Two clusters are killed with -9 fifty times while 20,000 contacts pass five steps, one an e-mail."""

import random
import time
from collections import Counter

import pytest
from django.db.models import Count

from automations.models import Delivery, Enrollment, StepLog
from automations.services.deliveries import mark_deliveries_sent, resend_deliveries
from contacts.models import Contact, ContactFieldValue, ContactTag, Note
from tests.automations.faults.conftest import eventually, through, wake

PEOPLE, KILLS = 20_000, 50
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def progress(smtp_server) -> int:
    """Contacts through the steps and e-mails at the server: twice PEOPLE at the end."""
    return Enrollment.objects.filter(status="completed").count() + len(smtp_server.messages)


def test_fifty_kills_lose_nothing_and_double_nothing(clusters, five_steps, smtp_server):
    automation, served = five_steps(PEOPLE)
    dice = random.Random(11)
    seen = []
    for kill in range(KILLS):
        wanted = 2 * PEOPLE * (kill + 1) // (KILLS + 2)
        eventually(lambda wanted=wanted: progress(smtp_server) >= wanted, 120, lambda: progress(smtp_server))
        time.sleep(dice.random() / 4)
        victim = dice.choice(clusters)
        victim.kill()
        seen.append(progress(smtp_server))
        victim.hatch()
        wake()
    assert sum(0 < done < 2 * PEOPLE for done in seen) == KILLS, "the kills came in the middle"
    eventually(
        lambda: through(automation), 120, lambda: Counter(Delivery.objects.values_list("status", flat=True))
    )
    for cluster in clusters:
        cluster.kill()
    _check_steps(automation, served)
    _check_mail(smtp_server)


def _check_steps(automation, served):
    """Each step once, for each contact."""
    assert set(automation.enrollments.values_list("status", flat=True)) == {"completed"}
    assert automation.enrollments.count() == PEOPLE == Contact.objects.count()
    assert set(ContactFieldValue.objects.values_list("number", flat=True)) == {1}
    assert ContactFieldValue.objects.count() == Note.objects.count() == PEOPLE
    assert list(ContactTag.objects.values_list("tag").annotate(Count("pk"))) == [(served.pk, PEOPLE)]
    assert StepLog.objects.count() == PEOPLE * 6  # five, and “completed”


def _check_mail(smtp_server):
    got = smtp_server.recipients()
    assert set(got.values()) == {1}, "nobody got it twice"
    uncertain = list(Delivery.objects.filter(status="uncertain").select_related("contact"))
    sent = Delivery.objects.filter(status="sent").values_list("contact__email", flat=True)
    assert Delivery.objects.count() == PEOPLE == len(sent) + len(uncertain)
    assert len(uncertain) <= KILLS, "one at most for each kill of a cluster with one worker"
    assert all(got[email] == 1 for email in sent)
    # What a crash left open is decided by a person, by the mail server's own log.
    arrived = [row for row in uncertain if got[row.contact.email]]
    mark_deliveries_sent(deliveries=arrived)
    resend_deliveries(deliveries=[row for row in uncertain if row not in arrived])
    assert len(got) + Delivery.objects.filter(status="pending").count() == PEOPLE
