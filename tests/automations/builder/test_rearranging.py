"""Moving, copying and discarding: the tree stays a tree."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from automations.models import Automation, Step
from automations.services import (
    add_step,
    discard_changes,
    duplicate_step,
    move_step,
    publish,
    undo,
    update_step,
    update_trigger,
)
from tests.factories import TagFactory

Add = Callable[..., Step]


def outline(automation: Automation) -> Any:
    """The tree as nested lists of titles: ["a", "b", ["if", {"yes": [...]}]]."""
    at = {(step.parent, step.arm): step for step in automation.steps.all()}

    def path(parent: str, arm: str) -> list[Any]:
        found: list[Any] = []
        step = at.get((parent, arm))
        while step is not None:
            arms = step.arms()
            if len(arms) > 1:
                found.append({arm.name: path(step.key, arm.name) for arm in arms})
                break
            found.append(getattr(step, "text", "") or step.slug)
            step = at.get((step.key, arms[0].name)) if arms else None
        return found

    return path("", "")


@pytest.fixture
def notes(step: Add) -> list[Step]:
    """Three notes one below the other: a, b, c."""
    a = step("add_note", text="a")
    b = step("add_note", a, text="b")
    return [a, b, step("add_note", b, text="c")]


def branch(step: Add, parent: Step | None = None) -> Step:
    return step("if_else", parent)


@pytest.mark.parametrize(
    ("moved", "below", "expected"),
    [(0, 2, ["b", "c", "a"]), (0, 1, ["b", "a", "c"]), (2, 0, ["a", "c", "b"]), (2, None, ["c", "a", "b"])],
)
def test_a_step_moves_alone_and_the_path_heals(
    automation: Automation, notes: list[Step], moved: int, below: int | None, expected: list[str]
) -> None:
    parent = notes[below].key if below is not None else ""
    move_step(step=notes[moved], parent=parent, arm="next" if parent else "")
    assert outline(automation) == expected
    undo(automation=automation)
    assert outline(automation) == ["a", "b", "c"]


def test_staying_in_place_is_no_edit(automation: Automation, notes: list[Step]) -> None:
    before = Automation.objects.get(pk=automation.pk).revision
    move_step(step=notes[1], parent=notes[0].key, arm="next")
    assert Automation.objects.get(pk=automation.pk).revision == before


def test_a_branch_takes_its_paths_along(automation: Automation, step: Add) -> None:
    outer = branch(step)
    inner = step("if_else", outer, "yes")
    step("add_note", inner, "no", text="deep")
    move_step(step=inner, parent=outer.key, arm="no")
    assert outline(automation) == [{"yes": [], "no": [{"yes": [], "no": ["deep"]}]}]


def test_what_was_on_the_edge_follows_a_branch_on_its_first_path(automation: Automation, step: Add) -> None:
    outer = branch(step)
    inner = step("if_else", outer, "yes")
    step("add_note", outer, "no", text="other")
    move_step(step=inner, parent=outer.key, arm="no")
    assert outline(automation) == [{"yes": [], "no": [{"yes": ["other"], "no": []}]}]


def test_nothing_moves_below_itself(automation: Automation, step: Add) -> None:
    outer = branch(step)
    inner = step("if_else", outer, "yes")
    before = outline(automation)
    for parent, arm in ((outer, "no"), (inner, "yes")):
        with pytest.raises(ValidationError, match="below itself"):
            move_step(step=outer, parent=parent.key, arm=arm)
    assert outline(automation) == before


@pytest.mark.parametrize(("parent", "arm"), [("nowhere", "next"), ("", "next")])
def test_a_place_that_does_not_exist_is_refused(
    automation: Automation, notes: list[Step], parent: str, arm: str
) -> None:
    with pytest.raises(ValidationError):
        move_step(step=notes[1], parent=parent, arm=arm)
    assert outline(automation) == ["a", "b", "c"]


def test_an_end_moves_only_to_an_end(automation: Automation, step: Add) -> None:
    fork = branch(step)
    end = step("end_automation", fork, "no")
    note = step("add_note", fork, "yes", text="a")
    with pytest.raises(ValidationError, match="ends its path"):
        move_step(step=end, parent=fork.key, arm="yes")
    move_step(step=end, parent=note.key, arm="next")
    assert outline(automation) == [{"yes": ["a", "end_automation"], "no": []}]


def test_a_branch_with_a_full_first_path_moves_only_to_an_end(automation: Automation, step: Add) -> None:
    a = step("add_note", text="a")
    fork = branch(step, a)
    step("add_note", fork, "yes", text="b")
    with pytest.raises(ValidationError, match="only move to an end"):
        move_step(step=fork)
    assert outline(automation) == ["a", {"yes": ["b"], "no": []}]


def test_a_copy_follows_the_step_with_a_key_of_its_own(automation: Automation, notes: list[Step]) -> None:
    update_step(step=notes[1], enabled=False)
    copy = duplicate_step(step=Step.objects.get(pk=notes[1].pk))
    assert outline(automation) == ["a", "b", "b", "c"]
    assert (copy.key != notes[1].key, copy.enabled) == (True, False)


def test_a_copied_branch_stands_on_the_first_path_of_the_original(automation: Automation, step: Add) -> None:
    fork = branch(step)
    step("add_note", fork, "yes", text="a")
    duplicate_step(step=fork)
    assert outline(automation) == [{"yes": [{"yes": ["a"], "no": []}], "no": []}]


def test_an_end_can_not_be_copied(step: Add) -> None:
    with pytest.raises(ValidationError, match="never be reached"):
        duplicate_step(step=step("end_automation"))


def test_discarding_goes_back_to_what_is_published_and_can_be_undone(ready: Automation) -> None:
    publish(automation=ready)
    published = outline(ready)
    add_step(automation=ready, type="add_note")
    changed = outline(ready)
    ready.refresh_from_db()
    assert ready.has_unpublished_changes
    discard_changes(automation=ready)
    ready.refresh_from_db()
    assert (outline(ready), ready.has_unpublished_changes) == (published, False)
    undo(automation=ready)
    ready.refresh_from_db()
    assert (outline(ready), ready.has_unpublished_changes) == (changed, True)


def test_a_draft_without_a_version_has_nothing_to_go_back_to(automation: Automation) -> None:
    with pytest.raises(ValidationError, match="Nothing is published"):
        discard_changes(automation=automation)


def test_incomplete_settings_are_saved_and_wrong_ones_are_not(step: Add) -> None:
    mail = step("send_email")
    update_step(step=mail, settings={"subject": "Hello", "html": ""}, incomplete=True)
    assert Step.objects.get(pk=mail.pk).settings()["subject"] == "Hello"
    assert mail.problems()
    with pytest.raises(ValidationError) as error:
        update_step(step=mail, settings={"subject": "{{ broken", "html": ""}, incomplete=True)
    assert list(error.value.message_dict) == ["subject"]
    with pytest.raises(ValidationError):
        update_step(step=mail, settings={"subject": "Hello", "html": ""})
    assert Step.objects.get(pk=mail.pk).settings()["subject"] == "Hello"


def test_what_is_emptied_in_a_draft_does_not_come_back(ready: Automation) -> None:
    trigger = ready.triggers.get()
    update_trigger(trigger=trigger, settings={"tags": []}, incomplete=True)
    assert ready.triggers.get().settings() == {"tags": []}
    tag = TagFactory()
    update_trigger(trigger=ready.triggers.get(), settings={"tags": [tag.pk]}, incomplete=True)
    assert ready.triggers.get().settings() == {"tags": [tag.pk]}
