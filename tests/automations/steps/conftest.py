"""Runs one step of a published automation for some contacts, and tells what its log says."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.engine.run import run_due
from automations.models import Automation, Enrollment, Step, StepLog
from automations.services import add_to_automation
from automations.steps.base import STEPS
from contacts.models import Contact
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory


def log_of(contact: Contact, automation: Automation | None = None) -> list[str]:
    """The outcome codes of a contact, in order."""
    rows = StepLog.objects.filter(enrollment__contact=contact).order_by("pk")
    rows = rows.filter(enrollment__automation=automation) if automation else rows
    return list(rows.values_list("outcome", flat=True))


def details_of(contact: Contact) -> list[str]:
    rows = StepLog.objects.filter(enrollment__contact=contact).order_by("pk")
    return [detail for detail in rows.values_list("detail", flat=True) if detail]


@pytest.fixture
def run_step(drain: Callable[..., int]) -> Callable[..., list[str]]:
    """`run_step(type, settings, contact)`: the outcome codes that the step (not the end) left."""

    def run(kind: str, settings: dict[str, Any], *contacts: Contact) -> list[str]:
        automation = build_automation(steps=[(kind, settings)])
        add_to_automation(automation=automation, contacts=contacts)
        drain()
        return [log_of(contact, automation)[0] for contact in contacts]

    return run


@pytest.fixture
def parked(drain: Callable[..., int], settings: Any) -> Callable[..., str]:
    """`parked(type, settings, contact)` runs a step that fails to the end of its retries; its error."""

    def run(
        kind: str, step_settings: dict[str, Any], contact: Contact, automation: Automation | None = None
    ) -> str:
        settings.STEP_MAX_ATTEMPTS = 2
        automation = automation or build_automation(steps=[(kind, step_settings)])
        add_to_automation(automation=automation, contacts=contact)
        drain()
        assert log_of(contact, automation) == ["retry"]
        Enrollment.objects.filter(automation=automation).update(due_at="2026-01-01T00:00:00Z")
        drain()
        assert log_of(contact, automation) == ["retry", "parked"]
        enrollment = Enrollment.objects.get(automation=automation, contact=contact)
        assert enrollment.status == "parked"
        return enrollment.error

    return run


@pytest.fixture
def queries_for(drain: Callable[..., int]) -> Callable[..., int]:
    """`queries_for(count, type, settings)`: statements of one batch in which `count` contacts pass the step."""

    def run(
        count: int, kind: str, settings: dict[str, Any], prepare: Callable[[Contact], Any] = lambda c: None
    ) -> int:
        drain()
        contacts: Sequence[Contact] = [ContactFactory() for _number in range(count)]
        for contact in contacts:
            prepare(contact)
        automation = build_automation(steps=[(kind, settings)])
        add_to_automation(automation=automation, contacts=contacts)
        with CaptureQueriesContext(connection) as captured:
            assert run_due(now=timezone.now()) == count
        assert all("parked" not in log_of(c) and "retry" not in log_of(c) for c in contacts)
        return len(captured)

    return run


def refused(kind: str, settings: dict[str, Any], owner: Step | None = None) -> dict[str, list[str]]:
    """The form's messages by field; {} when it takes the settings."""
    try:
        STEPS[kind].Form.validate(settings, owner=owner)
    except ValidationError as error:
        return error.message_dict
    return {}


def round_trip(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings through form, model, snapshot JSON and back."""
    step = STEPS[kind].from_settings(STEPS[kind].Form.validate(settings))
    again = STEPS[kind].from_settings(json.loads(json.dumps(step.settings())))
    assert again.settings() == step.settings()
    return again.settings()


def sentence(kind: str, settings: dict[str, Any] | None = None) -> str:
    return str(STEPS[kind].from_settings(settings or {}).describe())


@pytest.fixture
def account_zone() -> Callable[[str], None]:
    """`account_zone("Europe/Paris")` sets the account's time zone."""
    from automations.models import Account

    def set_zone(zone: str) -> None:
        account = Account.current()
        account.time_zone = zone
        account.save()

    return set_zone
