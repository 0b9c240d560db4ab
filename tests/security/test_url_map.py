"""The whole URL map: what anybody may ask for is named here; everything else needs a log-in and a permission."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db

#: Regular expressions of routes that need no log-in, each with a guard of its own (token, signature, rate limit).
PUBLIC = [
    r"favicon\.ico",
    r"admin/login/",
    r"admin/logout/",
    r"admin/jsi18n/",
    r"admin/\(\?P<url>",  # the catch-all sends to the log-in page
    r"u/|f/|t/|o/|c/|m/|mail/|apps?/|track/|s/|p/|r/|e/",
]
#: Of the API: its description is public, as is the answer that an address doesn't exist.
API_PUBLIC = (r"api/schema/", r"api/docs/", r"api/\^\.\*\$")
SAMPLE = {"pk": "999999", "object_id": "999999", "id": "999999", "enrollment": "999999", "kind": "steps"}


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES = sorted(set(routes(get_resolver().url_patterns)))
INSIDE = [
    route for route in ROUTES
    if not any(re.match(public, route) for public in (*PUBLIC, *API_PUBLIC)) and not route.startswith("api/")
]  # fmt: skip
API = [route for route in ROUTES if route.startswith("api/") and not any(re.match(p, route) for p in API_PUBLIC)]


def address(route: str) -> str:
    """An address of the route: its parameters filled with what is there, or could be."""
    plain = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda match: SAMPLE.get(match[1], "x1"), route)
    plain = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: SAMPLE.get(match[1], "x1"), plain)
    return "/" + re.sub(r"[\^$\\]|\?$", "", plain)


def shown(client, route: str, method: str = "get") -> str:
    """What the answer comes to, redirects followed: "" for a refusal, or for the way back to the start page."""
    answer = getattr(client, method)(address(route), follow=True)
    where = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
    refused = answer.status_code in (403, 404, 405) or where == "/admin/"
    return "" if refused else f"{answer.status_code} {where}"


def test_the_map_is_read():
    assert len(INSIDE) > 150 and len(API) > 60, (len(INSIDE), len(API))
    assert {"automations/", "campaigns/", "health/", "admin/contacts/contact/"} <= set(INSIDE)


def test_nobody_without_a_log_in(client):
    wrong = []
    for route in INSIDE:
        for method in (client.get, client.post):
            answer = method(address(route))
            login = answer.status_code == 302 and "/admin/login/" in answer["Location"]
            slash = answer.status_code == 301
            if not (login or slash or answer.status_code in (403, 404, 405)):
                wrong.append((route, answer.status_code))
    assert wrong == []


def test_nobody_without_a_permission(client, django_user_model):
    """A user of the admin without any permission sees the start page, and the page to change the password."""
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    allowed = re.compile(r"admin/$|admin/password_change/|admin/autocomplete/|admin/r/|admin/search/")
    routes = [route for route in INSIDE if not allowed.match(route)]
    asked = [(route, method) for route in routes for method in ("get", "post")]
    wrong = [(route, found) for route, method in asked if (found := shown(client, route, method))]
    assert wrong == []


@pytest.mark.parametrize("who", ["viewer", "editor"])
def test_viewers_and_editors_change_nothing_of_the_managers(client, request, who):
    client.force_login(request.getfixturevalue(who))
    theirs = re.compile(r"admin/(auth|authtoken|axes|django_q)/")
    wrong = [(route, found) for route in filter(theirs.match, INSIDE) if (found := shown(client, route))]
    assert wrong == []


def test_a_viewer_can_add_nothing(client, viewer):
    client.force_login(viewer)
    adding = [route for route in INSIDE if re.match(r"admin/\w+/\w+/add/", route) or route.endswith("/new/")]
    assert len(adding) > 20
    wrong = [(route, found) for route in adding if (found := shown(client, route))]
    assert wrong == []


def test_a_manager_sees_every_list(client, manager):
    client.force_login(manager)
    lists = [route for route in INSIDE if re.fullmatch(r"admin/\w+/\w+/|automations/|campaigns/|health/", route)]
    lists = [route for route in lists if "autocomplete" not in route and "password" not in route]
    found = {route: client.get(address(route)).status_code for route in lists}
    wrong = {route: code for route, code in found.items() if code not in (200, 302)}
    assert wrong == {}


def test_the_api_asks_for_a_token(client):
    wrong = []
    for route in API:
        for method in (client.get, client.post, client.patch, client.delete):
            answer = method(address(route), content_type="application/json")
            if answer.status_code not in (401, 403, 404, 405):
                wrong.append((route, answer.status_code))
    assert wrong == []


def test_forms_of_pages_need_their_token(admin_user):
    """No view of the pages is exempt from the check against forged requests."""
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    wrong = []
    for route in INSIDE:
        answer = client.post(address(route))
        if answer.status_code not in (301, 403, 404, 405):
            wrong.append((route, answer.status_code))
    assert wrong == []
