"""Add tag, remove tag."""

import pytest

from automations.models import StepLog
from automations.services import add_to_automation
from contacts.models import ContactTag, Tag, TagChange
from contacts.services import tag_contacts
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import refused, round_trip, sentence
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("step", "had", "has", "outcome", "changes"),
    [
        ("add_tag", False, True, "done", [True]),
        ("add_tag", True, True, "nothing_to_do", []),
        ("remove_tag", True, False, "done", [False]),
        ("remove_tag", False, False, "nothing_to_do", []),
    ],
)
def test_what_happens(run_step, step, had, has, outcome, changes):
    tag, other, contact = TagFactory(), TagFactory(), ContactFactory()
    tag_contacts(contacts=contact, tag=other)
    if had:
        tag_contacts(contacts=contact, tag=tag)
    TagChange.objects.all().delete()
    assert run_step(step, {"tag": tag.pk}, contact) == [outcome]
    assert ContactTag.objects.filter(contact=contact, tag=tag).exists() is has
    assert ContactTag.objects.filter(contact=contact, tag=other).exists()
    facts = TagChange.objects.filter(contact=contact)
    assert list(facts.values_list("added", flat=True)) == changes
    assert all(source == "automation" for source in facts.values_list("source", flat=True))


@pytest.mark.parametrize("step", ["add_tag", "remove_tag"])
def test_a_group_is_told_apart(run_step, step):
    tag, has, has_not = TagFactory(), ContactFactory(), ContactFactory()
    tag_contacts(contacts=has, tag=tag)
    expected = ["nothing_to_do", "done"] if step == "add_tag" else ["done", "nothing_to_do"]
    assert run_step(step, {"tag": tag.pk}, has, has_not) == expected


@pytest.mark.parametrize("step", ["add_tag", "remove_tag"])
def test_queries_do_not_grow(queries_for, step):
    tag = TagFactory()

    def prepare(contact):
        if step == "remove_tag":
            tag_contacts(contacts=contact, tag=tag)

    assert queries_for(2, step, {"tag": tag.pk}, prepare) == queries_for(100, step, {"tag": tag.pk}, prepare)


@pytest.mark.parametrize("step", ["add_tag", "remove_tag"])
def test_bad_settings(step):
    assert refused(step, {}) == {"tag": ["This field is required."]}
    assert "tag" in refused(step, {"tag": 999_999})
    assert "tag" in refused(step, {"tag": "VIP"})
    assert "tags" in refused(step, {"tag": TagFactory().pk, "tags": [1]})


@pytest.mark.parametrize(
    ("step", "full", "empty"),
    [
        ("add_tag", "Add the tag “VIP”", "Add a tag (not chosen yet)"),
        ("remove_tag", "Remove the tag “VIP”", "Remove a tag (not chosen yet)"),
    ],
)
def test_settings_and_sentences(step, full, empty):
    tag = TagFactory(name="VIP")
    assert round_trip(step, {"tag": tag.pk}) == {"tag": tag.pk}
    assert sentence(step, {"tag": tag.pk}) == full
    assert sentence(step) == empty


def test_a_tag_that_is_gone_parks_its_contacts_and_nobody_else(drain, settings):
    settings.STEP_MAX_ATTEMPTS = 1
    tag, kept, contact = TagFactory(name="VIP"), TagFactory(), ContactFactory()
    broken = build_automation(steps=[("add_tag", {"tag": tag.pk})])
    sound = build_automation(steps=[("add_tag", {"tag": kept.pk})])
    for automation in (broken, sound):
        add_to_automation(automation=automation, contacts=contact)
    broken.steps.all().delete()
    Tag.objects.filter(pk=tag.pk)._raw_delete("default")
    drain()
    assert broken.enrollments.get().error == "The tag does not exist any more."
    assert broken.enrollments.get().status == "parked"
    assert sound.enrollments.get().status == "completed"
    assert StepLog.objects.filter(enrollment__automation=broken).get().outcome == "parked"
