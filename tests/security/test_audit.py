"""Who changed what, wherever they did it; secrets stay secret; workers leave no entry."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from contacts.models import PostmarkServer, Tag
from contacts.services import create_contact
from tests.automations.samples import new_automation
from tests.factories import TagFactory, UserFactory

pytestmark = pytest.mark.django_db


def entries():
    return [
        (row.user.username, row.get_action_flag_display(), row.object_repr, row.change_message)
        for row in LogEntry.objects.order_by("pk").select_related("user")
    ]


def test_over_the_api(api_client, manager):
    api = api_client(manager)
    made = api.post("/api/v1/tags/", {"name": "VIP"}).json()
    api.patch(f"/api/v1/tags/{made['id']}/", {"name": "Very important"})
    api.patch(f"/api/v1/tags/{made['id']}/", {"name": "Very important"})
    api.delete(f"/api/v1/tags/{made['id']}/")
    assert entries() == [
        ("manager", "Addition", "VIP", "(over the API)"),
        ("manager", "Change", "Very important", "name: “VIP” → “Very important” (over the API)"),
        ("manager", "Deletion", "Very important", "(over the API)"),
    ]


def test_in_the_admin_once_and_with_values(client, admin_user):
    client.force_login(admin_user)
    tag = TagFactory(name="VIP")
    page = reverse("admin:contacts_tag_change", args=[tag.pk])
    form = client.get(page).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    assert client.post(page, {**data, "name": "Other"}).status_code == 302
    assert entries() == [("admin", "Change", "Other", "name: “VIP” → “Other”")]
    assert "“VIP” → “Other”" in client.get(reverse("admin:contacts_tag_history", args=[tag.pk])).content.decode()


def test_in_the_builder(client, admin_user):
    automation = new_automation()
    client.force_login(admin_user)
    client.post(reverse("builder:rename", args=[automation.pk]), {"name": "Hello there"})
    ((user, action, name, text),) = entries()
    assert (user, action, name) == ("admin", "Change", "Hello there") and text.endswith("→ “Hello there”")


def test_secrets_are_only_said_to_have_changed(client, admin_user, api_client):
    server = PostmarkServer.objects.create(name="Shop", token="first-secret")
    answer = api_client(admin_user).patch(f"/api/v1/postmark-servers/{server.pk}/", {"token": "second-secret"})
    assert answer.status_code == 200, answer.content
    text = str(entries())
    assert "secret" not in text and "••••" in text


def test_groups_and_passwords_of_users(client, admin_user):
    client.force_login(admin_user)
    user = UserFactory(username="ada")
    from django.contrib.auth.models import Group

    page = reverse("admin:auth_user_change", args=[user.pk])
    form = client.get(page).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields if name != "password"}
    data["user_permissions"] = []
    data["groups"] = [Group.objects.get(name="viewer").pk]
    data |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "last_login_0": "", "last_login_1": ""}
    data = {name: value for name, value in data.items() if name not in ("date_joined", "last_login")}
    answer = client.post(page, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert any("added: viewer" in text for _u, _a, _n, text in entries())


def test_what_nobody_did_leaves_no_entry():
    create_contact(email="a@example.com")
    tag = Tag.objects.create(name="VIP")
    tag.name = "Other"
    tag.save()
    tag.delete()
    assert entries() == []


def test_who_may_read_it(client, admin_user, viewer, manager):
    TagFactory(name="VIP")
    url = reverse("admin:admin_logentry_changelist")
    for user, status in ((viewer, 403), (manager, 200)):
        client.force_login(user)
        assert client.get(url).status_code == status
