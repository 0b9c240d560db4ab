"""The contract that every registered trigger type keeps."""

import pytest

from automations.triggers.base import TRIGGERS
from tests.automations import contract, samples

# Forms, API, admin and builder; no database decides those. The steps' contract runs on the other one.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
every = pytest.mark.parametrize("part", list(TRIGGERS), ids=lambda part: part.slug)


def sample(part):
    return samples.sample_of(samples.TRIGGERS, part.slug)


def test_samples_are_of_registered_types():
    assert set(samples.TRIGGERS) <= {part.slug for part in TRIGGERS}


@every
def test_form_takes_the_sample(part, automation):
    contract.form_takes_the_sample(part, sample(part), automation)


@every
def test_form_refuses_junk(part, automation):
    contract.form_refuses_junk(part, sample(part), automation)


@every
def test_sentences(part, automation):
    contract.sentences(part, sample(part), automation)


@every
def test_snapshot(part, automation):
    contract.survives_the_snapshot(part, sample(part), automation)


@every
def test_api(part, automation, api):
    contract.api_cycle(part, sample(part), automation, api, "triggers")


@every
def test_admin(part, automation, signed_in):
    contract.admin_pages(part, sample(part), automation, signed_in)


@every
def test_locked(part, automation, api, signed_in, monkeypatch):
    contract.locked_is_refused(part, sample(part), automation, api, signed_in, "triggers", monkeypatch)


@every
def test_catalogue(part, api):
    contract.catalogue_entry(part, api, "trigger-types")


@every
def test_openapi(part, openapi):
    contract.in_openapi(part, openapi, "Trigger")


@every
def test_same_cost(part, api):
    contract.same_cost(part, sample(part), api, "triggers")
