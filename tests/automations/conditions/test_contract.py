"""The contract that every registered condition keeps."""

import json

import pytest
from django.core.exceptions import ValidationError

from automations.conditions.base import CONDITIONS, Moment
from automations.conditions.tree import clean_tree, contacts_meeting, describe_tree, tree_references
from tests.automations import contract, samples
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("condition", list(CONDITIONS), ids=lambda condition: condition.slug)


def sample(condition):
    return samples.sample_of(samples.CONDITIONS, condition.slug)


def tree_of(condition, settings):
    return {"match": "all", "conditions": [{"type": condition.slug, **settings}]}


def test_samples_are_of_registered_types():
    assert set(samples.CONDITIONS) <= {condition.slug for condition in CONDITIONS}


@every
def test_takes_the_sample_and_asks_the_database(condition, automation):
    ContactFactory()
    settings = dict(sample(condition).settings(automation))
    tree = clean_tree(json.loads(json.dumps(tree_of(condition, settings))))
    assert clean_tree(json.loads(json.dumps(tree))) == tree
    assert {name: tree["conditions"][0][name] for name in settings} == settings
    assert contacts_meeting(tree, Moment()).count() in (0, 1)
    text = describe_tree(tree)
    assert text
    assert "None" not in text
    assert isinstance(tree_references(tree), set)


@every
def test_refuses_junk(condition, automation):
    given = sample(condition)
    for junk, field in [*given.junk, ({**given.settings(automation), "no_such": 1}, "no_such")]:
        with pytest.raises(ValidationError) as caught:
            condition.clean({"type": condition.slug, **junk})
        assert field in caught.value.message_dict, junk


@every
def test_catalogue(condition, api):
    contract.catalogue_entry(condition, api, "condition-types")


@every
def test_segments_over_the_api(condition, automation, api):
    given = sample(condition)
    tree = tree_of(condition, given.settings(automation))
    made = api.post("/api/v1/segments/", {"name": "Some", "conditions": tree})
    assert made.status_code == 201, made.content
    shown = made.json()
    assert shown["sentence"].startswith("The contact ")
    url = f"/api/v1/segments/{shown['id']}/"
    assert api.get(f"{url}count/").json() == api.post("/api/v1/segments/preview/", {"conditions": tree}).json()
    for junk, _field in given.junk:
        answer = api.patch(url, {"conditions": tree_of(condition, junk)})
        assert answer.status_code == 400, junk
        assert "conditions" in answer.json()["error"]["fields"]
    assert api.get(url).json() == shown
