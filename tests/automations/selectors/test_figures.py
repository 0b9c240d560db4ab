"""The numbers on the cards, and the contacts behind each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from automations.models import Delivery
from automations.selectors.figures import automation_figures, enrollments_behind, step_figures
from automations.services import activate, add_step, add_trigger, publish, save_automation
from contacts.services import tag_contacts
from tests.factories import ContactFactory, TagFactory


@pytest.fixture
def branched(db: None, drain: Callable[..., int]) -> dict[str, Any]:
    """Five contacts: three are Ada and wait, two are not and are through."""
    tag, automation = TagFactory(), save_automation(values={"name": "Branched"})
    add_trigger(automation=automation, type="tag_added", settings={"tags": [tag.pk]})
    is_ada = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ada"}]}
    fork = add_step(automation=automation, type="if_else", settings={"conditions": is_ada})
    wait = {"mode": "period", "amount": 1, "unit": "days"}
    yes = add_step(automation=automation, type="wait", parent=fork.key, arm="yes", settings=wait)
    no = add_step(automation=automation, type="add_note", parent=fork.key, arm="no", settings={"text": "x"})
    publish(automation=automation)
    activate(automation=automation)
    contacts = [ContactFactory(first_name=name) for name in ("Ada", "Ada", "Ada", "Bob", "Cy")]
    tag_contacts(contacts=contacts, tag=tag)
    drain()
    return {"automation": automation, "fork": fork, "yes": yes, "no": no, "contacts": contacts}


def test_figures_add_up(branched: dict[str, Any], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        figures = step_figures(branched["automation"])
    fork, yes, no = (figures[branched[name].key] for name in ("fork", "yes", "no"))
    assert (fork.entered, fork.waiting, fork.arms) == (5, 0, {"yes": 3, "no": 2})
    assert (fork.share("yes"), fork.share("no"), yes.share("next")) == (60, 40, None)
    assert (yes.entered, yes.waiting, no.entered, no.waiting) == (3, 3, 2, 0)
    assert (figures[""].entered, figures[""].waiting) == (5, 3)
    assert automation_figures([branched["automation"].pk]) == {branched["automation"].pk: (3, 5)}


@pytest.mark.parametrize(
    ("step", "metric", "names"),
    [
        ("fork", "entered", ["Ada", "Ada", "Ada", "Bob", "Cy"]),
        ("fork", "waiting", []),
        ("yes", "waiting", ["Ada", "Ada", "Ada"]),
        ("yes", "left", []),
        ("no", "left", ["Bob", "Cy"]),
        ("no", "entered", ["Bob", "Cy"]),
        ("no", "failed", []),
        ("", "entered", ["Ada", "Ada", "Ada", "Bob", "Cy"]),
        ("", "waiting", ["Ada", "Ada", "Ada"]),
        ("", "left", ["Bob", "Cy"]),
    ],
)
def test_the_list_behind_a_number_holds_as_many(
    branched: dict[str, Any], step: str, metric: str, names: list[str]
) -> None:
    key = branched[step].key if step else ""
    rows = enrollments_behind(branched["automation"], key, metric)
    assert sorted(row.contact.first_name for row in rows) == names
    figures = step_figures(branched["automation"])
    assert getattr(figures[key], metric) == len(names)


def test_after_the_wait_nobody_is_left(branched: dict[str, Any], drain: Callable[..., int]) -> None:
    drain(later=timedelta(days=1, minutes=1))
    key = branched["yes"].key
    assert step_figures(branched["automation"])[key].waiting == 0
    assert enrollments_behind(branched["automation"], key, "left").count() == 3


def test_messages_are_counted_by_what_became_of_them(branched: dict[str, Any]) -> None:
    automation, key = branched["automation"], branched["no"].key
    for number, status in enumerate(["sent", "sent", "skipped", "failed", "uncertain", "pending", "claimed"]):
        enrollment = automation.enrollments.all()[0]
        Delivery.objects.create(
            channel="email",
            automation=automation,
            enrollment=enrollment,
            step_key=key,
            visit=number,
            status=status,
        )
    figures = step_figures(automation)[key]
    assert (figures.sent, figures.skipped, figures.unsent, figures.pending) == (2, 1, 2, 2)
    assert enrollments_behind(automation, key, "sent").count() == 1


def test_other_automations_do_not_count(branched: dict[str, Any]) -> None:
    other = save_automation(values={"name": "Other"})
    assert (step_figures(other), automation_figures([other.pk])) == ({}, {other.pk: (0, 0)})
    assert not enrollments_behind(other, branched["yes"].key, "waiting").exists()


def test_an_unknown_metric_is_refused(branched: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        enrollments_behind(branched["automation"], "", "clicked")
