"""Forms are built in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Form
from contacts.services import submit_form
from tests.factories import CustomFieldFactory, FormFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/contacts/form/add/"


@pytest.fixture
def signed_in(client, admin_user):
    client.force_login(admin_user)
    return client


def test_a_form_is_built_and_changed(signed_in):
    CustomFieldFactory(key="size", label="Size", type="number")
    news = ListFactory()
    assert "Size" in signed_in.get(ADD).content.decode()
    data = {"name": "Sign up", "is_active": "on", "lists": [news.pk], "rows-0-field": "email",
            "rows-2-field": "size", "rows-2-label": "Your size", "rows-2-required": "on"}  # fmt: skip
    assert signed_in.post(ADD, data).status_code == 302
    form = Form.objects.get()
    assert form.fields == [
        {"field": "email", "label": "", "required": True},
        {"field": "size", "label": "Your size", "required": True},
    ]
    assert list(form.lists.all()) == [news]
    page = f"/admin/contacts/form/{form.pk}/change/"
    shown = signed_in.get(page).content.decode()
    assert "Your size" in shown and f"/f/{form.token}/embed.js" in shown
    assert signed_in.post(page, {**data, "rows-2-label": "How many?"}).status_code == 302
    form.refresh_from_db()
    assert form.fields[1]["label"] == "How many?"


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"rows-1-field": "gone"}, "there is no field"),
        ({"rows-1-field": "email"}, "stands there twice"),
        ({"redirect_url": "javascript:alert(1)"}, "valid URL"),
        ({"name": ""}, "required"),
    ],
)
def test_bad_input_is_named(signed_in, bad, text):
    response = signed_in.post(ADD, {"name": "Sign up", "rows-0-field": "email", **bad})
    assert response.status_code == 200 and text in response.content.decode()
    assert not Form.objects.exists()


@pytest.mark.parametrize("page", ["form", "formsubmission"])
def test_the_lists_cost_the_same_however_long(signed_in, page):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get(f"/admin/contacts/{page}/").status_code == 200
        return len(queries)

    submission = submit_form(form=FormFactory(), data={"email": "a@example.com"})
    cost()
    few = cost()
    for number in range(15):
        submit_form(form=FormFactory(), data={"email": f"b{number}@example.com"})
    assert cost() == few
    assert signed_in.get(f"/admin/contacts/formsubmission/{submission.pk}/change/").status_code == 200


def test_actions_are_chosen_and_shown_with_the_codes(signed_in):
    CustomFieldFactory(key="size", label="Size", type="number")
    old, cold = ListFactory(), TagFactory()
    data = {"name": "Sign up", "is_active": "on", "rows-0-field": "email", "leave_lists": [old.pk],
            "remove_tags": [cold.pk], "set_values-0-field": "size", "set_values-0-value": "4",
            "notify_submitted": "a@example.com"}  # fmt: skip
    assert signed_in.post(ADD, data).status_code == 302
    form = Form.objects.get()
    assert (form.set_values, form.notify_submitted) == ({"size": "4"}, "a@example.com")
    assert (form.leave_lists.get(), form.remove_tags.get()) == (old, cold)
    page = signed_in.get(f"/admin/contacts/form/{form.pk}/change/").content.decode()
    assert 'name="set_values-0-value" value="4"' in page
    assert f"&lt;form action=&quot;http://127.0.0.1:8000/f/{form.token}/&quot;" in page
    for bad, text in (
        ({"set_values-0-value": "many"}, "size:"),
        ({"lists": [old.pk]}, "give and take"),
        ({"notify_confirmed": "x"}, "no e-mail address"),
    ):
        response = signed_in.post(f"/admin/contacts/form/{form.pk}/change/", {**data, **bad})
        assert response.status_code == 200 and text in response.content.decode(), bad


def test_editors_build_forms_and_do_not_delete_them(client, editor, viewer):
    form = FormFactory()
    page = f"/admin/contacts/form/{form.pk}/"
    for user, change, delete in ((viewer, 200, 403), (editor, 200, 403)):
        user.is_staff = True
        user.save()
        client.force_login(user)
        assert client.get(f"{page}change/").status_code == change
        assert client.post(f"{page}delete/", {"post": "yes"}).status_code == delete
    assert editor.has_perm("contacts.change_form") and not viewer.has_perm("contacts.change_form")
    assert Form.objects.exists()
