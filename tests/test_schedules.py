"""What the worker does by the clock: made after a migration, once, and left as people set it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django_q.models import Schedule

from contacts import schedules

pytestmark = pytest.mark.django_db


def _migrate() -> None:
    schedules.ensure_schedules(apps.get_app_config("django_q"), apps, "default")


def test_every_app_has_its_schedules_and_each_names_a_function():
    _migrate()
    rows = dict(Schedule.objects.values_list("func", "name"))
    assert {function.partition(".")[0] for function in rows} >= {"contacts", "deals", "ecommerce", "automations"}
    for function in rows:
        module, _dot, name = function.rpartition(".")
        assert callable(getattr(import_module(module), name)), function
    assert len(set(rows.values())) == len(rows) == Schedule.objects.count()
    assert {row.repeats for row in Schedule.objects.all()} == {-1}


def test_again_and_again_changes_nothing():
    _migrate()
    count = Schedule.objects.count()
    Schedule.objects.filter(func="automations.tasks.sweep").update(name="My sweep", minutes=5)
    Schedule.objects.filter(func="automations.tasks.read_feeds").update(repeats=0)
    call_command("migrate", verbosity=0)
    assert Schedule.objects.count() == count
    assert Schedule.objects.get(func="automations.tasks.sweep").minutes == 5
    assert Schedule.objects.get(func="automations.tasks.read_feeds").repeats == 0


def test_one_that_is_there_twice_is_no_crash():
    _migrate()
    twice = Schedule.objects.get(func="automations.tasks.sweep")
    twice.pk = None
    twice.save()
    _migrate()
    assert Schedule.objects.filter(func="automations.tasks.sweep").count() == 2


def test_what_was_deleted_comes_back():
    _migrate()
    Schedule.objects.filter(func="automations.tasks.sweep").delete()
    call_command("migrate", verbosity=0)
    assert Schedule.objects.filter(func="automations.tasks.sweep").exists()


def test_names_are_told_apart():
    with pytest.raises(ValueError, match="Due work"):
        schedules.register_schedules({"other.tasks.work": ("Due work", 1)})
