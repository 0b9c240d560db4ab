"""Eight threads change the same contacts in every way at once; two clusters' schedulers look at once."""

import random
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from automations.engine.pump import turn
from automations.models import Enrollment
from contacts.models import Contact, ContactTag, Subscription, SubscriptionChange, TagChange
from contacts.services import (
    ContactDraft,
    delete_contacts,
    save_contacts,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
)
from tests.automations.conftest import build_automation
from tests.factories import CustomFieldFactory, ListFactory, TagFactory

SECONDS = 8
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def in_threads(*actions: Callable[[], None]) -> list[BaseException]:
    """Run side by side, each with a connection of its own; returns what went wrong."""
    errors: list[BaseException] = []

    def run(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return errors


def test_eight_threads_on_the_same_contacts_never_deadlock(caplog):
    tags, news = [TagFactory(), TagFactory()], ListFactory()
    CustomFieldFactory(key="colour", label="Colour", type="text")
    automation = build_automation(
        triggers=[("tag_added", {"tags": [tags[0].pk]})],
        runs="multiple",
        entry_policy="multiple",
        steps=[("add_tag", {"tag": tags[1].pk}), ("update_field", {"field": "colour", "op": "set", "value": "x"})],
    )
    drafts = [ContactDraft(email=f"p{number}@example.com") for number in range(60)]
    ids = save_contacts(drafts=drafts).created
    until = time.monotonic() + SECONDS
    done: list[str] = []

    def worker(seed: int) -> Callable[[], None]:
        dice = random.Random(seed)

        def some() -> list[int]:
            return dice.sample(ids, dice.randint(1, len(ids)))

        actions = {
            "tag": lambda: tag_contacts(contacts=some(), tag=dice.choice(tags)),
            "untag": lambda: untag_contacts(contacts=some(), tag=dice.choice(tags)),
            "subscribe": lambda: subscribe_contacts(contacts=some(), list=news, resubscribe=True),
            "unsubscribe": lambda: unsubscribe_contacts(contacts=some(), list=news),
            "save": lambda: save_contacts(drafts=dice.sample(drafts, 20)),
            "delete": lambda: delete_contacts(contacts=dice.sample(ids, 3)),
            "work": lambda: turn(clock=timezone.now),
        }

        def run() -> None:
            while time.monotonic() < until:
                name = dice.choice(list(actions))
                actions[name]()
                done.append(name)

        return run

    errors = in_threads(*(worker(seed) for seed in range(8)))
    assert errors == [], errors
    assert "deadlock" not in caplog.text, "not even one that the engine repairs"
    assert set(done) == {"tag", "untag", "subscribe", "unsubscribe", "save", "delete", "work"}
    _facts_agree()
    assert not Enrollment.objects.filter(automation=automation, status="parked").exists()


def _facts_agree() -> None:
    """What is there is what the facts say, for each contact that is left."""
    for contact in Contact.objects.all():
        state: dict[int, bool] = {}
        for change in TagChange.objects.filter(contact=contact).order_by("pk"):
            assert state.get(change.tag_id, False) is not change.added, "a fact without a change"
            state[change.tag_id] = change.added
        there = set(ContactTag.objects.filter(contact=contact).values_list("tag", flat=True))
        assert there == {tag for tag, on in state.items() if on}
        last = SubscriptionChange.objects.filter(contact=contact).order_by("pk").last()
        now = Subscription.objects.filter(contact=contact).first()
        assert (last.new if last else None) == (now.status if now else None)


def test_two_schedulers_start_each_task_once():
    for _round in range(5):
        OrmQ.objects.all().delete()
        Schedule.objects.update(next_run=timezone.now() - timezone.timedelta(minutes=1))
        at_once = threading.Barrier(2)

        def look(at_once: threading.Barrier = at_once) -> None:
            broker = ORM("automation")
            at_once.wait()
            scheduler(broker)

        assert in_threads(look, look) == []
        started = [task.func() for task in OrmQ.objects.all()]
        assert sorted(started) == sorted(Schedule.objects.values_list("func", flat=True))
        assert not Schedule.objects.filter(next_run__lte=timezone.now()).exists()


def test_subscribing_the_same_contacts_at_once_waits_in_no_circle():
    """Rows that are not there can't be locked in order: some threads add what others are about to."""
    lists = [ListFactory() for _number in range(60)]
    drafts = [ContactDraft(email=f"p{number}@example.com") for number in range(40)]
    ids = save_contacts(drafts=drafts).created

    def worker(seed: int) -> Callable[[], None]:
        dice = random.Random(seed)

        def run() -> None:
            for news in lists:
                for _time in range(3):
                    subscribe_contacts(contacts=dice.sample(ids, 15), list=news, resubscribe=True)
                    unsubscribe_contacts(contacts=dice.sample(ids, 15), list=news)
                    subscribe_contacts(contacts=dice.sample(ids, 15), list=news, resubscribe=True)

        return run

    errors = in_threads(*(worker(seed) for seed in range(8)))
    assert errors == [], errors
    for contact in Contact.objects.all():
        for subscription in Subscription.objects.filter(contact=contact):
            changes = SubscriptionChange.objects.filter(contact=contact, list=subscription.list).order_by("pk")
            news = [(change.old, change.new) for change in changes]
            assert all(old == before for (_, before), (old, _) in pairwise(news)), news
            assert news[0][0] == "" and news[-1][1] == subscription.status
