from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from automations.models import Automation, Step
from automations.services import add_step, add_trigger, save_automation
from tests.factories import TagFactory, UserFactory


@pytest.fixture
def automation(db: None) -> Automation:
    return save_automation(values={"name": "Welcome"})


@pytest.fixture
def with_permissions(db: None) -> Callable[..., Any]:
    """`with_permissions("view_automation", …)` is a member of staff who has just those."""

    def make(*names: str) -> Any:
        user = UserFactory()
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        return user

    return make


@pytest.fixture
def page(client: Client, admin_user: Any) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def url(automation: Automation) -> Callable[..., str]:
    return lambda name, *args: reverse(f"builder:{name}", args=[automation.pk, *args])


@pytest.fixture
def step(automation: Automation) -> Callable[..., Step]:
    """`step(type, parent=None, arm="next", **settings)` adds one."""

    def add(kind: str, parent: Step | None = None, arm: str = "next", **settings: Any) -> Step:
        place = {"parent": parent.key, "arm": arm} if parent else {}
        return add_step(automation=automation, type=kind, settings=settings or None, **place)

    return add


@pytest.fixture
def ready(automation: Automation, step: Callable[..., Step]) -> Automation:
    """Tag added -> wait a day -> add a tag; fit to be published."""
    add_trigger(automation=automation, type="tag_added", settings={"tags": [TagFactory(name="Start").pk]})
    wait = step("wait", mode="period", amount=1, unit="days")
    step("add_tag", wait, tag=TagFactory(name="Done").pk)
    automation.refresh_from_db()
    return automation
