from typing import Any

import pytest
from django.core.cache import cache

from automations.engine.index import touch_index
from automations.engine.plan import plan_of_version
from tests.automations.samples import new_automation


@pytest.fixture(autouse=True)
def _nothing_remembered(db):
    """Ids come again after a rollback, so what a process remembers by id must go; so must throttles."""
    plan_of_version.cache_clear()
    touch_index()
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
