from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db.models import Q
from rest_framework.test import APIClient


@pytest.fixture(autouse=True)
def _no_throttle_left_over():
    cache.clear()


def member(role: str) -> Any:
    """A user of the group that migrations made; of none where there is no such group."""
    user = get_user_model().objects.create_user(role)
    user.groups.set(Group.objects.filter(name=role))
    return user


def make_user(username: str, *verbs: str) -> Any:
    """A user with these verbs on every record of contacts, where a group's would be too many or too few."""
    user = get_user_model().objects.create_user(username)
    wanted = Q(*((("codename__startswith", f"{verb}_")) for verb in verbs), _connector=Q.OR)
    user.user_permissions.set(Permission.objects.filter(wanted, content_type__app_label="contacts"))
    return user


def client_of(user: Any) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


@pytest.fixture
def manager(db):
    return member("manager")


@pytest.fixture
def api(manager) -> APIClient:
    return client_of(manager)
