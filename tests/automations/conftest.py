"""Automations built, published and activated the way people do it: through the services."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from automations.engine.pump import turn
from automations.models import Automation, EntryRefusal, Step
from automations.services import activate, add_step, add_trigger, publish
from tests.automations.samples import new_automation

Triggers = list[tuple[str, dict[str, Any]]]


def build_automation(
    *,
    triggers: Triggers = (),
    steps: list[tuple[str, dict[str, Any]]] = (("add_note", {"text": "was here"}),),
    runs: str = "once",
    segment: dict[str, Any] | None = None,
    active: bool = True,
    **fields: Any,
) -> Automation:
    """A published automation whose steps follow one another in a line."""
    automation = Automation.objects.create(name=fields.pop("name", "Automation"), **fields)
    for kind, settings in triggers:
        add_trigger(automation=automation, type=kind, settings=settings, runs=runs, segment=segment)
    above: Step | None = None
    for kind, settings in steps:
        parent, arm = (above.key, above.arms()[0].name) if above else ("", "")
        above = add_step(automation=automation, type=kind, parent=parent, arm=arm, settings=settings)
    publish(automation=automation)
    if active:
        activate(automation=automation)
    automation.refresh_from_db()
    return automation


@pytest.fixture
def build() -> Callable[..., Automation]:
    return build_automation


@pytest.fixture
def drain() -> Callable[..., int]:
    """Run the engine until nothing is due at `now` (default: now), `later` after it."""

    def run(now: datetime | None = None, later: timedelta = timedelta()) -> int:
        total = 0
        for _turn in range(1_000):
            moment = (now or timezone.now()) + later
            done = turn(clock=lambda moment=moment: moment)
            total += done
            if not done:
                return total
        raise AssertionError("the engine does not come to rest")

    return run


def passes(automation: Automation) -> list[str]:
    """The e-mail addresses of those who entered, once for each pass."""
    return sorted(automation.enrollments.values_list("contact__email", flat=True))


def reasons(automation: Automation) -> list[str]:
    return list(EntryRefusal.objects.filter(automation=automation).order_by("pk").values_list("reason", flat=True))


@pytest.fixture(autouse=True)
def _no_throttle_left_over():
    cache.clear()


@pytest.fixture
def automation(db) -> Any:
    return new_automation()


@pytest.fixture
def api(api_client, manager) -> Any:
    return api_client(manager)


@pytest.fixture
def signed_in(client, admin_user) -> Any:
    """A browser-like client in the admin, as a superuser."""
    client.force_login(admin_user)
    return client


@pytest.fixture(scope="session")
def openapi() -> Any:
    """The OpenAPI document, as it is served."""
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)
