"""Real processes sweep, two at once, and are killed with -9 in the middle; nobody enters twice, nobody is lost."""

import os
import random
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from automations.feeds.checking import check_feeds
from automations.models import Automation, DateEntry, FeedRun
from automations.tasks import read_feeds, sweep
from contacts.services import ContactDraft, save_contacts, set_field
from tests.automations.conftest import build_automation
from tests.automations.feeds.samples import page, rss
from tests.factories import CustomFieldFactory
from tests.peers.processes import ROOT, database_url

PEOPLE, KILLS = 12_000, 3
#: Small batches, so that there is a middle to be killed in; two sweeps, as of two schedulers.
SWEEP = """
import django; django.setup()
from automations.engine import date_sweep
from automations.feeds import runs
from automations.tasks import sweep
date_sweep.BATCH = runs.CHUNK = 40
print("ready", flush=True)
sweep()
"""
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def start() -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database_url()}
    return subprocess.Popen([sys.executable, "-c", SWEEP], cwd=ROOT, env=environment, stdout=subprocess.PIPE)


def kill_again_and_again(automation: Automation) -> None:
    dice, counts = random.Random(11), []
    for _kill in range(KILLS):
        before, processes = automation.enrollments.count(), [start(), start()]
        for process in processes:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 30
        while automation.enrollments.count() == before:
            assert time.monotonic() < deadline, f"nobody enters any more: {counts}"
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.05))
        for process in processes:
            process.kill()
            process.wait()
        counts.append(automation.enrollments.count())
    assert 0 < counts[0] < PEOPLE, f"the first kill came in the middle: {counts}"
    assert counts[-1] < PEOPLE, f"and so did the last: {counts}"
    last = [start(), start()]
    assert [process.wait(timeout=60) for process in last] == [0, 0]


def people() -> list[int]:
    drafts = [ContactDraft(email=f"p{number}@example.com") for number in range(PEOPLE)]
    return list(save_contacts(drafts=drafts).created)


def test_dates() -> None:
    birthday = CustomFieldFactory(key="birthday", type="date")
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        settings = {"field": "birthday", "every": "year"}
        automation = build_automation(triggers=[("date_reached", settings)], runs="multiple", entry_policy="any")
    set_field(field=birthday, values=dict.fromkeys(people(), timezone.now().date()))
    kill_again_and_again(automation)
    assert automation.enrollments.count() == DateEntry.objects.count() == PEOPLE
    assert automation.enrollments.values("contact").distinct().count() == PEOPLE


def test_feeds(http_target) -> None:
    http_target.pages["/feed"] = page(rss("old"))
    start_of_hour = timezone.now() - timedelta(hours=2)
    with time_machine.travel(start_of_hour):
        settings = {"url": f"{http_target.url}/feed", "every": "1h"}
        automation = build_automation(triggers=[("rss_updated", settings)], runs="multiple", entry_policy="any")
        sweep()
        read_feeds()
    ids = people()
    http_target.pages["/feed"] = page(rss("new", "old"))
    with time_machine.travel(start_of_hour + timedelta(minutes=61)):
        sweep()
        assert check_feeds(now=timezone.now()) == 1
    kill_again_and_again(automation)
    assert automation.enrollments.count() == PEOPLE
    assert automation.enrollments.values("contact").distinct().count() == PEOPLE
    run = FeedRun.objects.get()
    assert (run.contacts, run.last_contact) == (PEOPLE, max(ids))
    assert run.finished_at is not None
