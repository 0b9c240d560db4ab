"""The tree: groups against a plain evaluation in Python, the form of the query, what is refused."""

import operator
from functools import reduce

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automations.conditions.base import Moment
from automations.conditions.tree import ConditionError, clean_tree, contacts_meeting, describe_tree, matching
from automations.models import Automation
from contacts.models import Contact, Segment, Subscription
from contacts.services import set_field, tag_contacts
from tests.automations.conditions.conftest import NOW, leaf, meeting
from tests.factories import ContactFactory, CustomFieldFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db
NAMES = ("Ann", "Bob", "")


def everything(world):
    """(condition, the same question in Python) over the facts of `world`."""
    tags, mailing, score = world["tags"], world["mailing"], world["score"]
    found = [
        ({"type": "tag", "op": op, "tag": tag.pk}, lambda f, n=n, op=op: (n in f["tags"]) == (op == "has"))
        for n, tag in enumerate(tags)
        for op in ("has", "has_not")
    ]
    found += [
        (
            {"type": "field", "field": "first_name", "op": op, "value": "Ann"},
            lambda f, op=op: (f["name"] == "Ann") == (op == "is"),
        )
        for op in ("is", "is_not")
    ]
    numbers = {"is": operator.eq, "greater": operator.gt, "less": operator.lt}
    found += [
        (
            {"type": "field", "field": score.key, "op": op, "value": "2"},
            lambda f, test=test: f["score"] is not None and test(f["score"], 2),
        )
        for op, test in numbers.items()
    ]
    found += [
        ({"type": "field", "field": score.key, "op": "is_not", "value": "2"}, lambda f: f["score"] != 2),
        ({"type": "field", "field": score.key, "op": "empty", "value": ""}, lambda f: f["score"] is None),
        ({"type": "subscription", "op": "is", "status": "active", "list": mailing.pk}, lambda f: f["active"]),
        ({"type": "subscription", "op": "is_not", "status": "active"}, lambda f: not f["active"]),
        ({"type": "now", "weekdays": ["4"]}, lambda f: True),
        ({"type": "now", "weekdays": ["5"]}, lambda f: False),
        ({"type": "segment", "op": "in", "segment": world["segment"].pk}, lambda f: 0 in f["tags"]),
        ({"type": "segment", "op": "not_in", "segment": world["segment"].pk}, lambda f: 0 not in f["tags"]),
    ]
    return found


@pytest.fixture
def world(django_user_model):
    """36 contacts: each combination of tags, name, score, and subscription that matters."""
    made = {
        "tags": [TagFactory(), TagFactory()],
        "mailing": ListFactory(),
        "score": CustomFieldFactory(type="number"),
        "facts": {},
    }
    made["segment"] = Segment.objects.create(
        name="Tagged", conditions=leaf("tag", op="has", tag=made["tags"][0].pk)
    )
    for number in range(36):
        facts = {
            "tags": [n for n in (0, 1) if number >> n & 1],
            "name": NAMES[number % 3],
            "score": (None, 1, 2, 3)[number // 4 % 4],
            "active": number % 5 == 0,
        }
        contact = ContactFactory(first_name=facts["name"])
        made["facts"][contact.pk] = facts
        for tag in facts["tags"]:
            tag_contacts(contacts=contact, tag=made["tags"][tag])
        if facts["active"]:
            Subscription.objects.create(contact=contact, list=made["mailing"])
    from decimal import Decimal

    scores = {pk: Decimal(f["score"]) for pk, f in made["facts"].items() if f["score"] is not None}
    set_field(field=made["score"], values=scores)
    return made


def holds(tree, facts, questions):
    """What the tree says of one contact, without any database."""
    answers = [
        holds(child, facts, questions) if "conditions" in child else questions[child["n"]][1](facts)
        for child in tree["conditions"]
    ]
    return reduce(operator.or_ if tree["match"] == "any" else operator.and_, answers)


def real(tree, questions):
    """The tree with the conditions that the numbers stand for."""
    return {
        "match": tree["match"],
        "conditions": [
            real(child, questions) if "conditions" in child else questions[child["n"]][0]
            for child in tree["conditions"]
        ],
    }


def groups(children):
    return st.fixed_dictionaries(
        {"match": st.sampled_from(["all", "any"]), "conditions": st.lists(children, min_size=1, max_size=3)}
    )


numbers = st.fixed_dictionaries({"n": st.integers(0, 16)})
# Depth 5 is the limit.
trees = groups(st.one_of(numbers, groups(st.one_of(numbers, groups(st.one_of(numbers, groups(numbers)))))))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(tree=trees)
def test_groups_say_what_python_says(world, tree):
    questions = everything(world)
    assert len(questions) == 17
    moment = Moment(now=NOW)
    expected = {pk for pk, facts in world["facts"].items() if holds(tree, facts, questions)}
    compiled = clean_tree(real(tree, questions))
    assert set(contacts_meeting(compiled, moment).values_list("pk", flat=True)) == expected
    assert matching(compiled, list(world["facts"]), moment) == expected
    one = next(iter(world["facts"]))
    assert matching(compiled, [one], moment) == expected & {one}
    assert clean_tree(compiled) == compiled


def test_a_few_known_trees_asked_in_every_way(world):
    questions = everything(world)
    for number, (condition, question) in enumerate(questions):
        found = meeting(clean_tree(leaf(**{"kind": condition["type"], **_rest(condition)})), Moment(now=NOW))
        assert found == {pk for pk, facts in world["facts"].items() if question(facts)}, number


def _rest(condition):
    return {name: value for name, value in condition.items() if name != "type"}


@pytest.mark.parametrize("count", [1, 2, 36])
def test_one_query_for_any_number(world, count):
    tree = {"match": "any", "conditions": [c for c, _q in everything(world) if c["type"] != "segment"]}
    ids = list(world["facts"])[:count]
    with CaptureQueriesContext(connection) as captured:
        matching(tree, ids, Moment(now=NOW))
    assert len(captured) == 1


def test_saved_segments_cost_one_query_however_many(world):
    outer = Segment.objects.create(name="Out", conditions=leaf("segment", op="in", segment=world["segment"].pk))
    conditions = [
        {"type": "segment", "op": op, "segment": pk}
        for op in ("in", "not_in")
        for pk in (outer.pk, world["segment"].pk)
    ]
    with CaptureQueriesContext(connection) as captured:
        matching({"match": "any", "conditions": conditions}, list(world["facts"]), Moment(now=NOW))
    assert len(captured) == 2


def test_an_empty_tree_asks_nothing_and_is_met_by_all(world):
    with CaptureQueriesContext(connection) as captured:
        assert matching({}, [1, 2], Moment()) == {1, 2}
    assert not captured
    assert contacts_meeting({}, Moment()).count() == 36


def test_membership_is_a_subquery_never_a_join_or_an_exists(world):
    automation = Automation.objects.create(name="A")
    conditions = [c for c, _q in everything(world) if c["type"] != "now"]
    conditions += [
        {"type": "automation", "op": "inside", "automation": automation.pk},
        {"type": "tag_date", "op": "within", "days": 1, "tag": world["tags"][0].pk},
        {"type": "subscription_date", "op": "within", "days": 1},
        {"type": "email_sent", "op": "sent", "automation": automation.pk},
        {"type": "owner", "op": "set"},
        {"type": "created", "op": "within", "days": 1},
    ]
    for condition in conditions:
        sql = str(contacts_meeting(leaf(condition["type"], **_rest(condition)), Moment(now=NOW)).query)
        assert "EXISTS" not in sql
        outside = sql.split(" IN (SELECT ")[0]
        assert "JOIN" not in outside, sql
        if condition["type"] in ("tag", "subscription", "automation", "tag_date", "email_sent"):
            assert " IN (SELECT " in sql


# --- What is refused ----------------------------------------------------------------------------


def nested(depth):
    tree = leaf("created", op="within", days=1)
    for _level in range(depth - 1):
        tree = {"match": "any", "conditions": [tree]}
    return tree


BAD = {"type": "created", "op": "within", "days": 0}
GOOD = {"type": "created", "op": "within", "days": 1}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("all", "a group is {“match”"),
        ([1], "a group is {“match”"),
        ({"match": "all"}, "a group is {“match”"),
        ({"match": "none", "conditions": [GOOD]}, "“match” must be “all” or “any”."),
        ({"match": ["all"], "conditions": [GOOD]}, "“match” must be “all” or “any”."),
        ({"conditions": [None]}, "Condition 1: there is no condition of the type “None”."),
        (
            {"conditions": [GOOD, {"type": "shoe size"}]},
            "Condition 2: there is no condition of the type “shoe size”.",
        ),
        ({"conditions": [{"type": ["tag"]}]}, "Condition 1: there is no condition of the type"),
        ({"conditions": [GOOD, {"conditions": [GOOD, BAD]}]}, "Condition 2.2: days: Ensure this value"),
        ({"conditions": [{"conditions": [BAD]}]}, "Condition 1.1: days: "),
        ({"conditions": [GOOD, {"match": "no", "conditions": [GOOD]}]}, "Condition 2: “match” must be"),
        (nested(6), "Condition 1.1.1.1.1: groups nest at most 5 deep."),
        ({"conditions": [GOOD] * 101}, "At most 100 conditions."),
        ({"conditions": [{"conditions": [GOOD] * 60}, {"conditions": [GOOD] * 60}]}, "At most 100 conditions."),
    ],
)
def test_bad_trees(raw, message):
    with pytest.raises(ConditionError) as error:
        clean_tree(raw)
    (found,) = error.value.messages
    assert found.startswith(message)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ConditionError) as error:
        clean_tree({"conditions": [BAD, GOOD, {"type": "x"}]})
    assert [message.split(":")[0] for message in error.value.messages] == ["Condition 1", "Condition 3"]


def test_too_many_are_refused_before_they_cost_a_query():
    tree = {"conditions": [{"type": "tag", "op": "has", "tag": 1}] * 5_000}
    with CaptureQueriesContext(connection) as captured, pytest.raises(ConditionError):
        clean_tree(tree)
    assert not captured


@pytest.mark.parametrize("raw", [None, "", {}, [], {"conditions": []}, {"conditions": [{"conditions": []}]}])
def test_empty_trees(raw):
    assert clean_tree(raw) == {}


def test_empty_groups_are_left_out():
    tree = clean_tree({"match": "any", "conditions": [GOOD, {"match": "all", "conditions": []}]})
    assert tree == {"match": "any", "conditions": [GOOD]}
    assert clean_tree(nested(5)) == nested(5)


def test_sentences_of_groups():
    one, two = (leaf("created", op="within", days=days)["conditions"][0] for days in (1, 2))
    tree = {"match": "any", "conditions": [one, {"match": "all", "conditions": [one, two]}]}
    first, second = "was created within the last 1 day", "was created within the last 2 days"
    assert describe_tree(tree) == f"{first} or ({first} and {second})"
    assert describe_tree({}) == ""


def test_a_type_that_was_taken_away_is_met_by_nobody(world):
    tree = leaf("shoe_size", value=43)
    assert meeting(tree, Moment()) == set()
    assert describe_tree(tree) == "an unknown condition"
    both = {"match": "any", "conditions": [*tree["conditions"], {"type": "now", "weekdays": ["4"]}]}
    assert len(meeting(both, Moment(now=NOW))) == Contact.objects.count()
