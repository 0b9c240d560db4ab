"""Forms are built in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Form
from contacts.services import submit_form
from tests.factories import CustomFieldFactory, FormFactory, ListFactory

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
