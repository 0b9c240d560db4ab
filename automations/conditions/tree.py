"""The all/any tree of conditions: validated, described, and compiled to one queryset.

    {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": 3}, {"match": "any", ...}]}

An empty tree is met by everyone. Groups nest up to `MAX_DEPTH`. A tree is about contacts, or about the
records of one kind (`subject`): then its conditions are that kind's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext as _

from automations.events import EventKind
from automations.records import RecordKind
from automations.registry import Registry
from contacts.bulk import id_set
from contacts.models import Contact

from .base import CONTACT, Condition, Moment, conditions_of

Tree = Mapping[str, Any]
MAX_DEPTH = 5
MAX_CONDITIONS = 100
QUESTIONS_PER_QUERY = 50
WORDS = {"all": "all", "any": "any"}


class ConditionError(ValidationError):
    """What is wrong with a tree: messages begin with the place (“Condition 2.1: …”).

    `places` has the same by place and field, for an editor: {"2.1": {"tag": ["…"]}}; "" is the
    whole tree, "__all__" the whole condition.
    """

    def __init__(self, errors: "list[Fault]") -> None:
        super().__init__([fault.text for fault in errors])
        self.places: dict[str, dict[str, list[str]]] = {}
        for fault in errors:
            place = self.places.setdefault(".".join(map(str, fault.path)), {})
            place.setdefault(fault.name, []).append(fault.message)


@dataclass(frozen=True, slots=True)
class Fault:
    path: tuple[int, ...]
    message: str
    #: The field at fault, and what people call it.
    name: str = "__all__"
    label: str = ""

    @property
    def text(self) -> str:
        place = _("Condition %s: ") % ".".join(map(str, self.path)) if self.path else ""
        return place + ("" if self.name == "__all__" else f"{self.label or self.name}: ") + self.message


def clean_tree(raw: Any, subject: str = CONTACT) -> dict[str, Any]:
    """The tree with every condition validated by its form; {} for an empty one. ConditionError if bad."""
    if raw in (None, "", {}, []):
        return {}
    # Counted first: every condition that is checked may cost a query.
    if _size(raw) > MAX_CONDITIONS:
        raise ConditionError([Fault((), _("At most %d conditions.") % MAX_CONDITIONS)])
    errors: list[Fault] = []
    cleaned = _clean_group(raw, (), errors, conditions_of(subject))
    if errors:
        raise ConditionError(errors)
    return cleaned if cleaned.get("conditions") else {}


def _size(raw: Any, depth: int = 0) -> int:
    """Conditions and groups in a raw tree, as deep as it may be."""
    children = raw.get("conditions") if isinstance(raw, Mapping) else None
    if not isinstance(children, list) or depth >= MAX_DEPTH:
        return 0
    return len(children) + sum(_size(child, depth + 1) for child in children)


def _clean_group(
    raw: Any, path: tuple[int, ...], errors: list[Fault], known: Registry[Condition]
) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("conditions"), list):
        errors.append(Fault(path, _("a group is {“match”: “all” or “any”, “conditions”: [...]}.")))
        return {}
    if str(raw.get("match", "all")) not in WORDS:
        errors.append(Fault(path, _("“match” must be “all” or “any”.")))
        return {}
    if len(path) >= MAX_DEPTH:
        errors.append(Fault(path, _("groups nest at most %d deep.") % MAX_DEPTH))
        return {}
    children = [
        _clean_child(child, (*path, number), errors, known)
        for number, child in enumerate(raw["conditions"], start=1)
    ]
    kept = [child for child in children if child]
    # An empty group would say nothing, or everything: it is left out.
    return {"match": raw.get("match", "all"), "conditions": kept} if kept else {}


def _clean_child(
    raw: Any, path: tuple[int, ...], errors: list[Fault], known: Registry[Condition]
) -> dict[str, Any]:
    if isinstance(raw, Mapping) and "conditions" in raw:
        return _clean_group(raw, path, errors, known)
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    condition = known.get(kind) if isinstance(kind, str) else None
    if condition is None:
        errors.append(Fault(path, _("there is no condition of the type “%s”.") % kind))
        return {}
    try:
        return {"type": kind, **condition.clean(raw)}
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            field = condition.Form.base_fields.get(name)
            label = str(field.label) if field and field.label else name
            errors.append(Fault(path, " ".join(messages), name, label))
        return {}


def leaves(tree: Tree) -> Iterator[Mapping[str, Any]]:
    """The conditions of a tree, groups left out."""
    for child in tree.get("conditions", ()):
        if "conditions" in child:
            yield from leaves(child)
        else:
            yield child


def conditions_in(tree: Tree, subject: str = CONTACT) -> Iterator[tuple[type[Condition], Mapping[str, Any]]]:
    """Each condition's type and settings; types that are not there any more are left out."""
    known = conditions_of(subject)
    for leaf in leaves(tree):
        condition = known.get(leaf.get("type", ""))
        if condition is not None:
            yield condition, leaf


def compile_tree(tree: Tree, moment: Moment, subject: str = CONTACT) -> Q:
    """One Q for the whole tree; an unknown type is met by nobody (its module was taken away)."""
    compiled = [
        compile_tree(child, moment, subject) if "conditions" in child else _compile(child, moment, subject)
        for child in tree.get("conditions", ())
    ]
    if not compiled:
        return Q()
    result = compiled[0]
    for part in compiled[1:]:
        result = result | part if tree.get("match") == "any" else result & part
    return result


def _compile(settings: Mapping[str, Any], moment: Moment, subject: str) -> Q:
    condition = conditions_of(subject).get(settings.get("type", ""))
    return condition.compile(settings, moment) if condition else Q(pk__in=[])


def contacts_meeting(tree: Tree, moment: Moment) -> QuerySet[Contact]:
    """Everyone who meets the tree now."""
    return Contact.objects.filter(compile_tree(tree, moment))


def records_meeting(tree: Tree, kind: RecordKind, moment: Moment) -> "QuerySet[Any]":
    """The records of a kind that meet the tree now."""
    return kind.queryset().filter(compile_tree(tree, moment, kind.name))


def matching(tree: Tree, ids: Collection[int], moment: Moment) -> set[int]:
    """Those of `ids` who meet the tree now. One query for any number; none when the tree is empty."""
    if not tree:
        return set(ids)
    rows = contacts_meeting(tree, moment).filter(pk__in=id_set(ids))
    return set(rows.order_by().values_list("pk", flat=True))


def matching_each(questions: Sequence[tuple[Tree, Collection[int], Moment]]) -> list[set[int]]:
    """As `matching`, for several trees, contacts and moments: one query for `QUESTIONS_PER_QUERY` of them."""
    found: list[set[int]] = [set() for _question in questions]
    for start in range(0, len(questions), QUESTIONS_PER_QUERY):
        queries = [
            contacts_meeting(tree, moment)
            .filter(pk__in=id_set(ids))
            .order_by()
            .annotate(question=Value(number, output_field=IntegerField()))
            .values_list("question", "pk")
            for number, (tree, ids, moment) in enumerate(questions[start : start + QUESTIONS_PER_QUERY], start)
        ]
        rows = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
        for number, pk in rows:
            found[number].add(pk)
    return found


def describe_tree(tree: Tree, subject: str = CONTACT) -> str:
    """The tree as a sentence part; "" when empty."""
    parts = []
    for child in tree.get("conditions", ()):
        if "conditions" in child:
            inner = describe_tree(child, subject)
            parts.append(f"({inner})" if inner else "")
        else:
            condition = conditions_of(subject).get(child.get("type", ""))
            parts.append(condition.describe(child) if condition else _("an unknown condition"))
    word = _(" or ") if tree.get("match") == "any" else _(" and ")
    return word.join(part for part in parts if part)


def tree_events(tree: Tree) -> set[EventKind]:
    """The events after which the tree's answer may change."""
    return {kind for condition, leaf in conditions_in(tree) for kind in condition.events(leaf)}


def tree_changes_with_time(tree: Tree) -> bool:
    return any(condition.timed(leaf) for condition, leaf in conditions_in(tree))


def tree_needs_record(tree: Tree) -> bool:
    """Whether the answer depends on the record that a contact entered with."""
    return any(condition.needs_record(leaf) for condition, leaf in conditions_in(tree))


def tree_references(tree: Tree, subject: str = CONTACT) -> set[tuple[str, int]]:
    return {found for condition, leaf in conditions_in(tree, subject) for found in condition.references(leaf)}
