"""What every page has around it: the icon, and the sidebar with the present page marked."""

import re

import pytest
from django.contrib.staticfiles import finders

from config.navigation import sidebar

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/automations/", ["/automations/"]),
        ("/automations/7/", ["/automations/"]),
        ("/admin/automations/trigger/", ["/admin/automations/trigger/"]),
        ("/admin/automations/trigger/7/change/", ["/admin/automations/trigger/"]),
        ("/admin/contacts/contact/", ["/admin/contacts/contact/"]),
        ("/admin/", []),
    ],
)
def test_one_entry_at_most_is_the_present_one(path, expected, rf, admin_user):
    request = rf.get(path)
    request.user = admin_user
    items = [item for group in sidebar(request) for item in group["items"]]
    assert [item["link"] for item in items if item["active"]] == expected


def test_the_icon_is_named_and_found_where_browsers_ask(client, admin_user):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302 and answer["Location"].endswith("contacts/favicon.svg")
    assert finders.find("contacts/favicon.svg")
    client.force_login(admin_user)
    for url in ("/admin/", "/automations/", "/u/no-such-token/"):
        page = client.get(url).content.decode()
        assert re.search(r'<link rel="icon" +href="[^"]*favicon.svg"|<link rel="icon" type="image/svg', page), url
