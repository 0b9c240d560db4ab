"""form_submitted through the page; near misses: another form, pending, confirmed twice, a bot, bad input."""

import pytest
from django.core.cache import cache

from automations.conditions import Moment, compile_tree
from automations.services import publish
from contacts.links import confirmation_token
from contacts.models import Contact, Form, FormSubmission
from contacts.services import subscribe_contacts, unsubscribe_contacts
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, FormFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle_left_over():
    cache.clear()


def post(client, form: Form, **data):
    return client.post(f"/f/{form.token}/", {"email": "ann@example.com", **data})


def confirm(client, times: int = 1) -> None:
    for _n in range(times):
        client.post(f"/f/confirm/{confirmation_token(FormSubmission.objects.get().pk)}/")


def entering(form: Form | None):
    settings = {"form": form.pk if form else None}
    return build_automation(triggers=[("form_submitted", settings)], runs="multiple", entry_policy="any")


CASES = {
    # name: (form's settings, what happens after the page is posted, data, entries)
    "submitted": ({}, 0, {}, 1),
    "pending": ({"double_opt_in": True}, 0, {}, 0),
    "confirmed": ({"double_opt_in": True}, 1, {}, 1),
    "confirmed twice": ({"double_opt_in": True}, 2, {}, 1),
    "a bot": ({}, 0, {"_more": "x"}, 0),
    "bad address": ({}, 0, {"email": "nobody"}, 0),
    "closed": ({"is_active": False}, 0, {}, 0),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("scope", ["one", "any", "another"])
def test_who_enters(client, case: str, scope: str) -> None:
    values, clicks, data, entries = CASES[case]
    form, other = FormFactory(**values), FormFactory()
    automation = entering({"one": form, "any": None, "another": other}[scope])
    post(client, form, **data)
    confirm(client, clicks)
    assert len(passes(automation)) == (0 if scope == "another" else entries)


def test_each_submission_enters_again(client) -> None:
    form = FormFactory()
    automation = entering(form)
    post(client, form)
    post(client, form)
    assert len(passes(automation)) == 2


def test_a_refused_list_stays_refused_though_the_form_counts(client) -> None:
    news, ann = ListFactory(), ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=news)
    unsubscribe_contacts(contacts=ann, list=news)
    form = FormFactory(lists=[news])
    submitted = entering(form)
    subscribed = build_automation(triggers=[("list_subscribed", {"list": news.pk})])
    post(client, form)
    assert (passes(submitted), passes(subscribed)) == (["ann@example.com"], [])


def test_list_and_tag_of_a_form_fire_on_confirmation_and_once(client) -> None:
    news, vip = ListFactory(), TagFactory()
    form = FormFactory(lists=[news], tags=[vip], double_opt_in=True)
    both = [
        build_automation(triggers=[("list_subscribed", {"list": news.pk})], runs="multiple", entry_policy="any"),
        build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], runs="multiple", entry_policy="any"),
    ]
    post(client, form)
    assert [passes(automation) for automation in both] == [[], []]
    confirm(client, 2)
    assert [passes(automation) for automation in both] == [["ann@example.com"], ["ann@example.com"]]


def test_the_segment_sees_the_fields_of_the_submission(client) -> None:
    form = FormFactory(fields=[{"field": "first_name", "label": "", "required": False}])
    form.full_clean()
    form.save()
    tree = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ann"}]}
    automation = build_automation(triggers=[("form_submitted", {"form": form.pk})], segment=tree)
    post(client, form, first_name="Bob", email="bob@example.com")
    post(client, form, first_name="Ann")
    assert passes(automation) == ["ann@example.com"]


def test_the_forms_lists_are_associated(client) -> None:
    news, more = ListFactory(), ListFactory()
    form = FormFactory(lists=[news])
    one, any_form = entering(form), entering(None)
    assert (list(one.lists.all()), list(any_form.lists.all())) == ([news], [])
    form.lists.add(more)
    post(client, form)
    assert set(one.lists.all()) == set(any_form.lists.all()) == {news, more}
    publish(automation=one)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"op": "submitted"}, True),
        ({"op": "submitted", "form": "this"}, True),
        ({"op": "submitted", "form": "other"}, False),
        ({"op": "submitted", "form": "this", "days": 4}, True),
        ({"op": "submitted", "form": "this", "days": 2}, False),
        ({"op": "not_submitted", "form": "this"}, False),
        ({"op": "not_submitted", "form": "other"}, True),
        ({"op": "not_submitted", "form": "this", "days": 2}, True),
    ],
)
def test_condition(client, settings, found) -> None:
    from datetime import timedelta

    from django.utils import timezone

    forms = {"this": FormFactory(), "other": FormFactory(), "pending": FormFactory(double_opt_in=True)}
    post(client, forms["this"])
    post(client, forms["pending"])
    FormSubmission.objects.update(at=timezone.now() - timedelta(days=3))
    FormSubmission.objects.filter(status="confirmed").update(confirmed_at=timezone.now() - timedelta(days=3))
    leaf = {"type": "form", **settings}
    if "form" in settings:
        leaf["form"] = forms[settings["form"]].pk
    tree = {"match": "all", "conditions": [leaf]}
    rows = Contact.objects.filter(compile_tree(tree, Moment(timezone.now())))
    assert rows.exists() is found
