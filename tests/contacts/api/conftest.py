from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from rest_framework.test import APIClient

from contacts.roles import FOR_MANAGERS

VERBS = {
    "viewer": ("view",),
    "editor": ("view", "add", "change"),
    "manager": ("view", "add", "change", "delete"),
}


@pytest.fixture(autouse=True)
def _no_throttle_left_over():
    cache.clear()


def make_user(username: str, *verbs: str, **kwargs: Any) -> Any:
    user = get_user_model().objects.create_user(username, **kwargs)
    permissions = Permission.objects.filter(content_type__app_label="contacts").select_related("content_type")
    wanted = [p for p in permissions if p.codename.split("_")[0] in verbs]
    if "delete" not in verbs:  # as the groups have it
        wanted = [p for p in wanted if p.codename.startswith("view_") or p.content_type.model not in FOR_MANAGERS]
    user.user_permissions.set(wanted)
    return user


def client_of(user: Any) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


@pytest.fixture
def manager(db):
    return make_user("manager", *VERBS["manager"])


@pytest.fixture
def api(manager) -> APIClient:
    return client_of(manager)
