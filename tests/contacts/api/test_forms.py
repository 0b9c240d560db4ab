"""/forms/ and /form-submissions/."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Form, FormSubmission
from contacts.services import confirm_submission, submit_form
from tests.factories import CustomFieldFactory, FormFactory, ListFactory, TagFactory

FORMS, SUBMISSIONS = "/api/v1/forms/", "/api/v1/form-submissions/"


def test_a_form_is_made_read_changed_and_deleted(api):
    CustomFieldFactory(key="size", label="Size", type="number")
    news, old, vip, cold = ListFactory(), ListFactory(), TagFactory(), TagFactory()
    body = {
        "name": "Sign up",
        "fields": [{"field": "size", "label": "Your size", "required": True}],
        "lists": [news.pk], "leave_lists": [old.pk], "tags": [vip.pk], "remove_tags": [cold.pk],
        "set_values": {"last_name": "Known"},
        "notify_submitted": "a@example.com,b@example.com",
        "redirect_url": "https://shop.example/thanks",
        "double_opt_in": False,
    }  # fmt: skip
    made = api.post(FORMS, body)
    assert made.status_code == 201, made.content
    form = Form.objects.get()
    answer = api.get(f"{FORMS}{form.pk}/").json()
    assert answer == made.json()
    assert answer["fields"] == [
        {"field": "email", "label": "", "required": True},
        {"field": "size", "label": "Your size", "required": True},
    ]
    same = ("lists", "leave_lists", "tags", "remove_tags", "set_values", "redirect_url", "double_opt_in")
    assert {name: answer[name] for name in same} == {name: body[name] for name in same}
    assert answer["notify_submitted"] == "a@example.com, b@example.com"
    assert answer["address"].endswith(f"/f/{form.token}/")
    assert f"/f/{form.token}/embed.js" in answer["embed_code"]
    assert f'action="{answer["address"]}"' in answer["html_code"] and 'name="size"' in answer["html_code"]

    changed = api.patch(f"{FORMS}{form.pk}/", {"lists": [], "thank_you": "Thanks"})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["lists"], changed.json()["tags"]) == ([], [vip.pk])
    assert api.delete(f"{FORMS}{form.pk}/").status_code == 204
    assert not Form.objects.exists()


BAD = [
    ({"name": ""}, "name"),
    ({"name": "sign UP"}, "__all__"),
    ({"fields": [{"field": "gone"}]}, "fields"),
    ({"fields": "email"}, "fields"),
    ({"fields": [{"field": "phone"}, {"field": "phone"}]}, "fields"),
    ({"set_values": {"gone": 1}}, "set_values"),
    ({"set_values": [1]}, "set_values"),
    ({"lists": [987]}, "lists"),
    ({"tags": "VIP"}, "tags"),
    ({"redirect_url": "javascript:alert(1)"}, "redirect_url"),
    ({"notify_submitted": "nobody"}, "notify_submitted"),
    ({"confirm_subject": "two\nlines"}, "confirm_subject"),
    ({"token": "mine"}, "token"),
    ({"address": "https://x.example"}, "address"),
    ({"tags": ["{tag}"], "remove_tags": ["{tag}"]}, "remove_tags"),
]


@pytest.mark.parametrize(("bad", "field"), BAD)
def test_bad_input_is_named_and_nothing_is_made(api, bad, field):
    FormFactory(name="Sign up")
    tag = TagFactory()
    bad = {key: [tag.pk] if value == ["{tag}"] else value for key, value in bad.items()}
    response = api.post(FORMS, {"name": "New", **bad})
    assert response.status_code == 400, response.content
    assert field in response.json()["error"]["fields"]
    assert Form.objects.count() == 1


def test_forms_are_filtered_and_cost_the_same_however_many(api):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert api.get(FORMS).status_code == 200
        return len(queries)

    FormFactory(name="Sign up", lists=[ListFactory()], tags=[TagFactory()])
    cost()
    few = cost()
    for number in range(12):
        FormFactory(name=f"F {number}", is_active=False, lists=[ListFactory()], tags=[TagFactory()])
    assert cost() == few
    assert [row["name"] for row in api.get(FORMS, {"search": "sign"}).json()["results"]] == ["Sign up"]
    assert len(api.get(FORMS, {"is_active": "false"}).json()["results"]) == 12
    assert api.get(FORMS, {"is_active": "perhaps"}).status_code == 400


def test_submissions_are_read_and_filtered(api):
    one, other = FormFactory(double_opt_in=True), FormFactory()
    pending = submit_form(form=one, data={"email": "ann@example.com"})
    confirmed = submit_form(form=one, data={"email": "bob@example.com"})
    confirm_submission(submission=confirmed)
    third = submit_form(form=other, data={"email": "ann@example.com"})
    FormSubmission.objects.filter(pk=third.pk).update(at="2025-01-01T00:00Z")

    def found(**given):
        response = api.get(SUBMISSIONS, given)
        assert response.status_code == 200, response.content
        return {row["id"] for row in response.json()["results"]}

    assert found() == {pending.pk, confirmed.pk, third.pk}
    assert found(form=one.pk) == {pending.pk, confirmed.pk}
    assert found(email="Ann@Example.com") == found(contact=third.contact_id) == {pending.pk, third.pk}
    assert found(status="pending") == {pending.pk}
    assert found(at_to="2025-06-01T00:00:00Z") == {third.pk}
    assert found(at_from="2025-06-01T00:00:00Z") == {pending.pk, confirmed.pk}
    row = api.get(f"{SUBMISSIONS}{third.pk}/").json()
    assert (row["data"], row["status"], row["form"]) == ({"email": "ann@example.com"}, "confirmed", other.pk)
    assert not {"visitor", "ip_hash"} & set(row)
    for bad in ({"form": 987}, {"status": "lost"}, {"at_from": "yesterday"}, {"page": 1}):
        assert api.get(SUBMISSIONS, bad).status_code == 400, bad
    assert api.post(SUBMISSIONS, {"form": one.pk}).status_code == 405


def test_a_form_in_use_is_not_deleted(api):
    from tests.automations.conftest import build_automation

    form = FormFactory()
    build_automation(triggers=[("form_submitted", {"form": form.pk})])
    assert api.delete(f"{FORMS}{form.pk}/").status_code == 409
