"""Policies, cookies, and what a page of each kind carries."""

import re

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PAGES = ["admin:index", "admin:contacts_contact_changelist", "admin:contacts_contact_add", "builder:list",
         "campaigns:list", "campaigns:new", "health:page"]  # fmt: skip


def policy(answer) -> dict[str, list[str]]:
    words = [part.split() for part in answer["Content-Security-Policy"].split(";") if part.strip()]
    return {name: values for name, *values in words}


@pytest.mark.parametrize("name", PAGES)
def test_no_script_in_a_page_can_run(client, admin_user, name):
    client.force_login(admin_user)
    answer = client.get(reverse(name))
    html = answer.content.decode()
    found = policy(answer)
    assert found["script-src"] == ["'self'", "'unsafe-eval'"], "Alpine's expressions, and no scripts in pages"
    assert found["frame-ancestors"] == found["object-src"] == ["'none'"]
    assert found["form-action"] == found["base-uri"] == ["'self'"]
    assert answer["X-Frame-Options"] == "DENY" and answer["X-Content-Type-Options"] == "nosniff"
    scripts = re.findall(r"<script([^>]*)>", html)
    assert scripts and all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r"<[^>]+\son\w+=", html), "an event handler in an attribute"


def test_elsewhere_not_even_expressions(client, admin_user):
    client.force_login(admin_user)
    for path in ("/api/docs/", "/api/v1/", "/api/schema/"):
        assert policy(client.get(path))["script-src"] == ["'self'"], path


def test_pages_with_a_policy_of_their_own_keep_it(client):
    answer = client.get("/u/no-such-token/")
    assert policy(answer)["default-src"] == ["'none'"]
    assert "script-src" not in policy(answer)


def test_cookies(client, admin_user, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    admin_user.set_password("a long password")
    admin_user.save()
    client.get(reverse("admin:login"))
    client.post(reverse("admin:login"), {"username": "admin", "password": "a long password"})
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"] and session["secure"] and session["samesite"] == "Lax"
    assert token["secure"] and token["samesite"] == "Lax"
