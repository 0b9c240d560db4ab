"""Who changed what, wherever they did it; secrets stay secret; workers leave no entry."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from contacts.audit import is_watched
from contacts.models import PostmarkServer, Tag
from contacts.roles import BUSINESS_APPS, FOR_MANAGERS, KEPT_FROM_EDITORS
from contacts.services import InUse, create_contact
from contacts.services.retention import delete_old_changes
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


def test_who_is_in_the_log_can_be_switched_off_but_not_deleted(
    client, admin_user, api_client, manager, editor, settings
):
    api_client(manager).post("/api/v1/tags/", {"name": "VIP"})
    client.force_login(admin_user)
    page = reverse("admin:auth_user_delete", args=[manager.pk])
    assert "the log of changes says what they did" in client.get(page).content.decode()
    client.post(page, {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [manager.pk], "post": "yes"}
    client.post(reverse("admin:auth_user_changelist"), chosen)
    with pytest.raises(InUse, match="Active"), transaction.atomic():
        manager.delete()
    assert ("manager", "Addition", "VIP", "(over the API)") in entries()
    client.post(reverse("admin:auth_user_delete", args=[editor.pk]), {"post": "yes"})
    assert list(User.objects.filter(pk__in=[manager.pk, editor.pk])) == [manager]
    delete_old_changes(now=timezone.now() + timedelta(days=settings.AUDIT_RETENTION_DAYS + 1))
    client.post(page, {"post": "yes"})
    assert not User.objects.filter(pk=manager.pk).exists(), "the log has forgotten them"


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


#: Not how something is set up, but what came in, or what goods there are.
NO_CONFIGURATION = {"contacts.appdelivery", "ecommerce.webhookdelivery", "ecommerce.product", "ecommerce.category"}


def test_what_others_build_on_is_watched():
    """A new model that editors may not delete, or not change, needs an entry in its app's audited.py."""
    names = {*KEPT_FROM_EDITORS, *FOR_MANAGERS, "mailbox", "campaign", "emailtemplate", "user", "group", "account"}
    models = [
        model
        for model in apps.get_models()
        if model._meta.model_name in names
        and model._meta.app_label in (*BUSINESS_APPS, "auth")
        and model._meta.label_lower not in (*NO_CONFIGURATION, "contacts.account")  # a company of contacts
    ]
    assert len(models) > 25
    assert [model._meta.label for model in models if not is_watched(model)] == []


def test_stores_and_pipelines_over_the_api(api_client, manager):
    api = api_client(manager)
    made = api.post("/api/v1/pipelines/", {"name": "Sales", "currency": "EUR"})
    assert made.status_code == 201, made.content
    assert ("manager", "Addition", "Sales", "(over the API)") in entries()


def test_old_entries_go(api_client, manager, settings):
    api_client(manager).post("/api/v1/tags/", {"name": "VIP"})
    now = timezone.now()
    assert delete_old_changes(now=now + timedelta(days=729)) == 0
    settings.AUDIT_RETENTION_DAYS = 0
    assert delete_old_changes(now=now + timedelta(days=9_999)) == 0
    settings.AUDIT_RETENTION_DAYS = 730
    assert delete_old_changes(now=now + timedelta(days=731)) == 1
