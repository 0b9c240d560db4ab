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
        ("/admin/", ["/admin/"]),
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


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_address_that_leads_nowhere_is_answered_with_a_page(client, admin_client, signed_in):
    answer = (admin_client if signed_in else client).get("/nothing/here/")
    html = answer.content.decode()
    assert (answer.status_code, "This page does not exist" in html) == (404, True)
    assert ("/admin/" in html) == signed_in


def test_who_may_not_see_a_page_is_told_so(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    answer = client.get("/campaigns/")
    assert (answer.status_code, "You may not see this page" in answer.content.decode()) == (403, True)
