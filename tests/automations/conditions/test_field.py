from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from automations.conditions.tree import ConditionError, clean_tree, describe_tree
from contacts.services import set_field
from tests.automations.conditions.conftest import leaf
from tests.factories import ContactFactory, CustomFieldFactory

pytestmark = pytest.mark.django_db


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TEXTS = ["Émile Zola", "emile zola", "Zola", "ÉMILE ZOLA", "50% off", "50 off", "a_b", "axb", None]
NUMBERS = [Decimal("10"), Decimal("9.999999"), Decimal("10.000001"), Decimal("-10"), Decimal(0), None]
# In Paris the 28th of March 2026 begins at 23:00 UTC on the 27th and lasts until 23:00 UTC on the 28th.
MOMENTS = ["2026-03-27T22:59:59", "2026-03-27T23:00", "2026-03-28T22:59:59", "2026-03-28T23:00", None]
DAYS = [date(2026, 3, 26), date(2026, 3, 27), date(2026, 3, 28), date(2026, 3, 29), None]
Y, N = True, False

CASES = [
    # type, values, op, value, who meets it
    ("text", TEXTS, "is", "Émile Zola", [Y, N, N, Y, N, N, N, N, N]),
    ("text", TEXTS, "is", "émile zola", [Y, N, N, Y, N, N, N, N, N]),
    ("text", TEXTS, "is", "EMILE ZOLA", [N, Y, N, N, N, N, N, N, N]),
    ("text", TEXTS, "is_not", "emile zola", [Y, N, Y, Y, Y, Y, Y, Y, Y]),
    ("text", TEXTS, "contains", "zola", [Y, Y, Y, Y, N, N, N, N, N]),
    ("text", TEXTS, "contains", "ÉM", [Y, N, N, Y, N, N, N, N, N]),
    ("text", TEXTS, "contains", "0% o", [N, N, N, N, Y, N, N, N, N]),
    ("text", TEXTS, "contains", "a_b", [N, N, N, N, N, N, Y, N, N]),
    ("text", TEXTS, "contains_not", "zola", [N, N, N, N, Y, Y, Y, Y, Y]),
    ("text", TEXTS, "starts_with", "zo", [N, N, Y, N, N, N, N, N, N]),
    ("text", TEXTS, "ends_with", " ZOLA", [Y, Y, Y, Y, N, N, N, N, N]),
    ("text", TEXTS, "empty", "", [N, N, N, N, N, N, N, N, Y]),
    ("text", TEXTS, "not_empty", "", [Y, Y, Y, Y, Y, Y, Y, Y, N]),
    ("text", ["10", "10.0", "yes", "2026-03-28"], "is", "10", [Y, N, N, N]),
    ("text", ["10", "10.0", "yes", "2026-03-28"], "is", "Yes", [N, N, Y, N]),
    ("text", ["10", "10.0", "yes", "2026-03-28"], "is", "2026-03-28", [N, N, N, Y]),
    ("textarea", ["one\ntwo", "Two", None], "contains", "TWO", [Y, Y, N]),
    ("textarea", ["one\ntwo", "Two", None], "ends_with", "wo", [Y, Y, N]),
    ("textarea", ["one\ntwo", "Two", None], "empty", "", [N, N, Y]),
    ("number", NUMBERS, "is", "10", [Y, N, N, N, N, N]),
    ("number", NUMBERS, "is", "10.00", [Y, N, N, N, N, N]),
    ("number", NUMBERS, "is", "10.000001", [N, N, Y, N, N, N]),
    ("number", NUMBERS, "is", "0", [N, N, N, N, Y, N]),
    ("number", NUMBERS, "is_not", "10", [N, Y, Y, Y, Y, Y]),
    ("number", NUMBERS, "greater", "10", [N, N, Y, N, N, N]),
    ("number", NUMBERS, "less", "10", [N, Y, N, Y, Y, N]),
    ("number", NUMBERS, "greater", "-10.5", [Y, Y, Y, Y, Y, N]),
    ("number", NUMBERS, "empty", "", [N, N, N, N, N, Y]),
    ("money", [(Decimal("9.5"), "EUR"), (Decimal(10), "USD"), None], "greater", "9.5", [N, Y, N]),
    ("money", [(Decimal("9.5"), "EUR"), (Decimal(10), "USD"), None], "is", "9.50", [Y, N, N]),
    ("date", DAYS, "is", "2026-03-28", [N, N, Y, N, N]),
    ("date", DAYS, "is_not", "2026-03-28", [Y, Y, N, Y, Y]),
    ("date", DAYS, "before", "2026-03-28", [Y, Y, N, N, N]),
    ("date", DAYS, "after", "2026-03-28", [N, N, N, Y, N]),
    # It is the 27th.
    ("date", DAYS, "last_days", "1", [N, Y, N, N, N]),
    ("date", DAYS, "last_days", "2", [Y, Y, N, N, N]),
    ("date", DAYS, "next_days", "1", [N, Y, N, N, N]),
    ("date", DAYS, "next_days", "2", [N, Y, Y, N, N]),
    ("date", DAYS, "empty", "", [N, N, N, N, Y]),
    ("datetime", MOMENTS, "is", "2026-03-28", [N, Y, Y, N, N]),
    ("datetime", MOMENTS, "before", "2026-03-28", [Y, N, N, N, N]),
    ("datetime", MOMENTS, "after", "2026-03-28", [N, N, N, Y, N]),
    ("datetime", MOMENTS, "next_days", "1", [Y, Y, N, N, N]),
    ("datetime", MOMENTS, "last_days", "1", [N, N, N, N, N]),
    ("checkbox", [True, False, None], "is", "yes", [Y, N, N]),
    ("checkbox", [True, False, None], "is", "FALSE", [N, Y, N]),
    ("checkbox", [True, False, None], "is_not", "yes", [N, Y, Y]),
    ("checkbox", [True, False, None], "not_empty", "", [Y, Y, N]),
    ("dropdown", ["Red", "Blue", None], "is", "red", [Y, N, N]),
    ("radio", ["Red", "Blue", None], "is_not", "Red", [N, Y, Y]),
    ("multiselect", [["Red", "Blue"], ["Green"], None], "is", "blue", [Y, N, N]),
    ("multiselect", [["Red", "Blue"], ["Green"], None], "is_not", "Blue", [N, Y, Y]),
    ("multiselect", [["Red", "Blue"], ["Green"], None], "contains", "re", [Y, Y, N]),
    ("multiselect", [["Red", "Blue"], ["Green"], None], "empty", "", [N, N, Y]),
    ("email", ["ann@example.com", "bob@example.com"], "is", " ANN@Example.com", [Y, N]),
    ("phone", ["+33612345678", "0612"], "is", "+33 6 12 34 56 78", [Y, N]),
    ("url", ["https://a.example/", None], "is", "https://a.example/", [Y, N]),
    ("hidden", ["x", None], "is", "X", [Y, N]),
]


@pytest.mark.parametrize(("kind", "values", "op", "value", "expected"), CASES)
def test_custom_fields(who, kind, values, op, value, expected):
    field, other = CustomFieldFactory(type=kind), CustomFieldFactory(type=kind)
    values = [utc(v) if kind == "datetime" and v else v for v in values]
    contacts = [ContactFactory() for _value in values]
    set_field(field=field, values={c.pk: v for c, v in zip(contacts, values, strict=True) if v is not None})
    # The same values in another field must not count.
    set_field(
        field=other, values={c.pk: v for c, v in zip(reversed(contacts), values, strict=True) if v is not None}
    )
    assert who(contacts, "field", zone="Europe/Paris", field=field.key, op=op, value=value) == expected


@pytest.mark.parametrize(
    ("name", "values", "op", "value", "expected"),
    [
        ("first_name", ["Ann", "ANN", "Anna", ""], "is", "ann", [Y, Y, N, N]),
        ("first_name", ["Ann", "ANN", "Anna", ""], "is_not", "ann", [N, N, Y, Y]),
        ("first_name", ["Éva", "éva", "ÉVA", "Eva"], "is", "éva", [Y, Y, Y, N]),
        ("last_name", ["O'Neil", "Neil", ""], "ends_with", "NEIL", [Y, Y, N]),
        ("last_name", ["O'Neil", "Neil", ""], "empty", "", [N, N, Y]),
        ("email", ["a@x.com", "b@y.com", "a@x.com.br"], "is", "A@X.com", [Y, N, N]),
        ("email", ["a@x.com", "b@y.com", "a@x.com.br"], "ends_with", "@x.com", [Y, N, N]),
        ("phone", ["+33612345678", "0612", ""], "is", "+33 6 12 34 56 78", [Y, N, N]),
        ("time_zone", ["Europe/Paris", "Europe/Rome", ""], "is", "Europe/Paris", [Y, N, N]),
        ("time_zone", ["Europe/Paris", "Europe/Rome", ""], "starts_with", "Europe/", [Y, Y, N]),
        ("language", ["fr", "fr-ch", ""], "is", "FR", [Y, N, N]),
    ],
)
def test_standard_fields(who, name, values, op, value, expected):
    contacts = [ContactFactory(**{name: item}) for item in values]
    assert who(contacts, "field", field=name, op=op, value=value) == expected


@pytest.mark.parametrize(
    ("kind", "op", "value", "message"),
    [
        ("text", "greater", "5", "“is greater than” doesn't fit the field “F”."),
        ("textarea", "is", "x", "“is” doesn't fit the field “F”."),
        ("number", "contains", "5", "“contains” doesn't fit"),
        ("checkbox", "greater", "0", "“is greater than” doesn't fit"),
        ("number", "is", "ten", "Value: “ten” is not a number"),
        ("number", "is", "NaN", "is not a number"),
        ("number", "less", "1e400", "too many digits"),
        ("checkbox", "is", "perhaps", "“perhaps” is neither yes nor no."),
        ("date", "is", "31.3.2026", "is not a date; write it like 2026-03-31."),
        ("date", "after", "2026-02-30", "is not a date"),
        ("date", "after", "9999-12-31", "out of the calendar's range"),
        ("datetime", "before", "0001-01-01", "out of the calendar's range"),
        ("date", "last_days", "²", "Give a number of days from 1 to 36500."),
        ("date", "last_days", "0", "Give a number of days"),
        ("date", "next_days", "99999999", "Give a number of days"),
        ("date", "last_days", "1.5", "Give a number of days"),
        ("dropdown", "is", "Pink", "“Pink” is not one of the options: Red, Green, Blue."),
        ("multiselect", "is", "Red;Blue", "Compare with one option"),
        ("text", "is", "", "Give a value to compare with."),
        ("text", "like", "x", "not one of the available choices"),
    ],
)
def test_bad_values(kind, op, value, message):
    CustomFieldFactory(key="f", label="F", type=kind)
    with pytest.raises(ConditionError) as error:
        clean_tree(leaf("field", field="f", op=op, value=value))
    (found,) = error.value.messages
    assert found.startswith("Condition 1: ") and message in found


def test_fields_that_are_not_to_be_chosen():
    for key in ("gone", "owner", ""):
        with pytest.raises(ConditionError):
            clean_tree(leaf("field", field=key, op="is", value="x"))


@pytest.mark.parametrize(
    ("op", "value", "text"),
    [
        ("greater", "5.0", "has a field “Score” that is greater than “5”"),
        ("empty", "ignored", "has a field “Score” that is empty"),
        ("is_not", "7", "has a field “Score” that is not “7”"),
    ],
)
def test_sentences(op, value, text):
    CustomFieldFactory(key="score", label="Score", type="number")
    assert describe_tree(clean_tree(leaf("field", field="score", op=op, value=value))) == text


def test_sentence_of_days_and_of_a_deleted_field():
    field = CustomFieldFactory(key="day", label="Day", type="date")
    tree = clean_tree(leaf("field", field="day", op="last_days", value="07"))
    assert describe_tree(tree) == "has a field “Day” that is within the last days: 7"
    field.delete()
    assert describe_tree(tree).startswith("has a field “(deleted field “day”)”")
