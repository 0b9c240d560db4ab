"""A manager runs the account, and yet gets no further than that: no superuser's rights, no shell."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule
from rest_framework.authtoken.models import Token

pytestmark = pytest.mark.django_db

PROFILE = {"username": "somebody", "email": "", "first_name": "", "last_name": "", "is_active": "on"} | {
    f"date_joined_{part}": text for part, text in enumerate(("2026-01-01", "09:00:00"))
}


@pytest.fixture
def signed_in(client, manager):
    manager.is_staff = True
    manager.save()
    client.force_login(manager)
    return client


def change(user):
    return reverse("admin:auth_user_change", args=[user.pk])


def test_makes_no_superuser(signed_in, manager):
    other = User.objects.create_user("somebody")
    group = Group.objects.get(name="editor")
    for user in (other, manager):
        page = signed_in.get(change(user)).content.decode()
        assert 'name="is_active"' in page and 'name="is_superuser"' not in page
        answer = signed_in.post(
            change(user),
            {**PROFILE, "username": user.username, "is_staff": "on", "is_superuser": "on", "groups": [group.pk]},
        )
        assert answer.status_code == 302
        user.refresh_from_db()
        assert user.groups.get() == group and not user.is_superuser
        group.user_set.remove(user)
        manager.groups.set([Group.objects.get(name="manager")])


def test_touches_no_superuser(signed_in, admin_user):
    before = User.objects.filter(pk=admin_user.pk).values().get()
    assert signed_in.get(change(admin_user)).status_code == 200  # may look
    password = reverse("admin:auth_user_password_change", args=[admin_user.pk])
    delete = reverse("admin:auth_user_delete", args=[admin_user.pk])
    for url, data in (
        (change(admin_user), PROFILE),
        (password, {"password1": "vErY-new-1", "password2": "vErY-new-1"}),
        (delete, {"post": "yes"}),
    ):
        assert signed_in.post(url, data).status_code == 403, url
    many = {"action": "delete_selected", "_selected_action": [str(admin_user.pk)], "post": "yes"}
    assert signed_in.post(reverse("admin:auth_user_changelist"), many).status_code == 403
    assert User.objects.filter(pk=admin_user.pk).values().get() == before


def test_a_superuser_still_may(client, admin_user):
    client.force_login(admin_user)
    other = User.objects.create_user("somebody")
    assert client.post(change(other), {**PROFILE, "is_superuser": "on"}).status_code == 302
    other.refresh_from_db()
    assert other.is_superuser
    assert client.post(reverse("admin:auth_user_delete", args=[other.pk]), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=other.pk).exists()


def test_sees_nobodys_token(signed_in, admin_user):
    token = Token.objects.create(user=admin_user)
    pages = [reverse("admin:authtoken_tokenproxy_changelist")] + [
        reverse(f"admin:authtoken_tokenproxy_{page}", args=[admin_user.pk]) for page in ("change", "delete")
    ]
    for url in pages:
        answer = signed_in.get(url)
        assert answer.status_code == 200 and token.key not in answer.content.decode(), url
        assert admin_user.username in answer.content.decode()
    assert signed_in.get(reverse("admin:authtoken_tokenproxy_add")).status_code == 403
    assert signed_in.post(pages[1], {"user": admin_user.pk}).status_code == 403
    assert signed_in.post(pages[2], {"post": "yes"}).status_code == 302
    assert not Token.objects.exists()  # revoking is a manager's business


def test_says_when_a_schedule_runs_but_not_what(signed_in):
    """A schedule names any function of any module: who could write that could run any program."""
    schedule = Schedule.objects.order_by("pk").first()
    before = (schedule.func, schedule.name, schedule.args, schedule.hook)
    page = reverse("admin:django_q_schedule_change", args=[schedule.pk])
    form = {
        "minutes": "7", "repeats": "-1", "next_run_0": "2030-01-01", "next_run_1": "00:00:00",
        "func": "os.system", "hook": "os.system", "args": "'id'", "name": "mine",
    }  # fmt: skip
    assert signed_in.post(page, form).status_code == 302
    schedule.refresh_from_db()
    assert schedule.minutes == 7 and schedule.next_run > timezone.now()
    run = {"action": "run_now", "_selected_action": [str(schedule.pk)]}
    assert signed_in.post(reverse("admin:django_q_schedule_changelist"), run).status_code == 302
    schedule.refresh_from_db()
    assert schedule.next_run <= timezone.now()
    assert (schedule.func, schedule.name, schedule.args, schedule.hook) == before
    add, delete = reverse("admin:django_q_schedule_add"), reverse("admin:django_q_schedule_delete", args=[1])
    assert signed_in.post(add, {**form, "schedule_type": "O"}).status_code == 403
    assert signed_in.post(delete, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("page", ["success", "failure", "ormq"])
def test_tasks_are_only_shown(signed_in, page):
    assert signed_in.get(reverse(f"admin:django_q_{page}_changelist")).status_code == 200
    assert signed_in.post(reverse(f"admin:django_q_{page}_add"), {"func": "os.system"}).status_code == 403
