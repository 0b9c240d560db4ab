"""Membership in a saved segment."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import EventKind
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import Segment

from .base import CONDITIONS, Condition, Moment, Settings
from .tree import compile_tree, leaves, tree_changes_with_time, tree_events


class SegmentForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("in", gettext_lazy("is in")), ("not_in", gettext_lazy("is not in"))], initial="in"
    )
    segment = forms.ModelChoiceField(label=gettext_lazy("Segment"), queryset=Segment.objects.all())


@CONDITIONS.register
class SegmentCondition(Condition):
    """Compiled into the query it stands in; a segment that is gone, or contains itself, is empty."""

    slug = "segment"
    label = gettext_lazy("Saved segment")
    group = gettext_lazy("Segments")
    Form = SegmentForm

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        if not moment.trees:
            moment.trees.update(saved_trees())
        pk = settings["segment"]
        tree = moment.trees.get(pk)
        if tree is None or pk in moment.within:
            inside = Q(pk__in=[])
        else:
            # An empty tree is met by everyone; ~Q() would be too.
            inside = compile_tree(tree, replace(moment, within=(*moment.within, pk))) or ~Q(pk__in=[])
        return inside if settings["op"] == "in" else ~inside

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("is in the segment “%s”") if settings["op"] == "in" else _("is not in the segment “%s”")
        return text % name_of(Segment, settings["segment"])

    @classmethod
    def events(cls, settings: Settings) -> Collection[EventKind]:
        return {kind for tree in _flat(settings["segment"]) for kind in tree_events(tree)}

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return any(tree_changes_with_time(tree) for tree in _flat(settings["segment"]))


def saved_trees() -> dict[int, Mapping[str, Any]]:
    """Every saved segment's conditions by id; one query."""
    return dict(Segment.objects.order_by().values_list("pk", "conditions"))


def segments_in(tree: Mapping[str, Any]) -> set[int]:
    """Ids of the saved segments that a tree names itself."""
    return {leaf["segment"] for leaf in leaves(tree) if leaf.get("type") == SegmentCondition.slug}


def segments_below(pk: int, trees: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """`pk` and the segments it is made of, however deep."""
    found: set[int] = set()
    ahead = [pk]
    while ahead:
        current = ahead.pop()
        if current not in found and current in trees:
            found.add(current)
            ahead += segments_in(trees[current])
    return found


def _flat(pk: int) -> list[Mapping[str, Any]]:
    """The trees that membership in `pk` depends on, their conditions on segments left out."""
    trees = saved_trees()
    return [
        {"conditions": [leaf for leaf in leaves(trees[found]) if leaf.get("type") != SegmentCondition.slug]}
        for found in sorted(segments_below(pk, trees))
    ]
