"""Forms: what a submission and a confirmation write, the public pages, and the confirmation e-mail."""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from contacts.facts import FormSubmitted
from contacts.links import confirmation_token
from contacts.models import Contact, Form, FormNotice, FormSubmission, Suppression, Visitor
from contacts.selectors.forms import html_code
from contacts.services import (
    clean_page,
    confirm_submission,
    delete_unused,
    get_visitor,
    record_visit,
    save_form,
    submit_form,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
)
from contacts.services.confirmations import MAX_ATTEMPTS, send_due_confirmations
from contacts.services.merge import merge_contacts
from contacts.services.notices import send_due_notices
from contacts.services.privacy import erase_person, export_person
from contacts.services.usage import InUse
from contacts.signals import facts_recorded
from tests.factories import ContactFactory, CustomFieldFactory, FormFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle_left_over():
    cache.clear()


@pytest.fixture
def announced():
    seen = []

    def listen(batch, **kwargs):
        seen.append(batch)

    facts_recorded.connect(listen, sender=FormSubmitted)
    yield seen
    facts_recorded.disconnect(listen, sender=FormSubmitted)


def state(contact):
    subscriptions = dict(contact.subscriptions.values_list("list__name", "status"))
    return subscriptions, sorted(contact.tags.values_list("name", flat=True))


def fields(*keys, required=()):
    return [{"field": key, "label": "", "required": key in required} for key in keys]


def press(client, form, **data):
    return client.post(f"/f/{form.token}/", {"email": "ann@example.com", **data})


def test_a_submission_fills_fields_lists_and_tags_and_is_kept(announced):
    CustomFieldFactory(key="size", type="number")
    news, vip = ListFactory(name="News"), TagFactory(name="VIP")
    form = FormFactory(fields=fields("email", "first_name", "size"), lists=[news], tags=[vip])
    submission = submit_form(
        form=form,
        data={"email": "Ann@Example.com", "first_name": "Ann", "size": "4.5", "phone": "+33123"},
        source_url="https://shop.example/page",
        address="192.0.2.7",
    )
    contact = Contact.objects.get(email="ann@example.com")
    assert (contact.first_name, contact.phone, str(contact.custom_values["size"])) == ("Ann", "", "4.5")
    assert state(contact) == ({"News": "active"}, ["VIP"])
    assert contact.subscriptions.get().source == "form"
    assert submission.data == {"email": "ann@example.com", "first_name": "Ann", "size": "4.5"}
    assert submission.status == "confirmed" and submission.confirmed_at
    assert len(submission.ip_hash) == 64 and "192" not in submission.source_url
    assert announced == [FormSubmitted(form.pk, submission.pk, [contact.pk], (news.pk,))]
    assert mail.outbox == []


def test_empty_fields_change_nothing():
    ann = ContactFactory(email="ann@example.com", first_name="Ann")
    form = FormFactory(fields=fields("email", "first_name"))
    submit_form(form=form, data={"email": "ann@example.com", "first_name": " "})
    ann.refresh_from_db()
    assert ann.first_name == "Ann"


BAD = [
    ({"email": ""}, "email"),
    ({}, "email"),
    ({"email": "nobody"}, "email"),
    ({"email": "a@example.com", "size": "many"}, "size"),
    ({"email": "a@example.com", "terms": "no", "size": "1"}, "terms"),
    ({"email": "a@example.com", "size": "1"}, "terms"),
    ({"email": "a@example.com", "size": "1", "terms": "yes", "first_name": "x\x00"}, "first_name"),
    ({"email": "a@example.com", "size": "1", "terms": "yes", "first_name": "x" * 200}, "first_name"),
]


@pytest.mark.parametrize(("data", "field"), BAD)
def test_what_does_not_fit_is_named_and_nothing_is_written(data, field):
    CustomFieldFactory(key="size", type="number")
    CustomFieldFactory(key="terms", type="checkbox")
    form = FormFactory(fields=fields("email", "first_name", "size", "terms", required=("terms",)))
    with pytest.raises(ValidationError) as error:
        submit_form(form=form, data=data)
    assert field in error.value.message_dict
    assert (Contact.objects.count(), FormSubmission.objects.count()) == (0, 0)


def test_a_refusal_stands_without_double_opt_in(announced):
    news, ann = ListFactory(name="News"), ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=news)
    unsubscribe_contacts(contacts=ann, list=news)
    submit_form(form=FormFactory(lists=[news]), data={"email": ann.email})
    assert state(ann)[0] == {"News": "unsubscribed"}
    assert len(announced) == 1


def test_double_opt_in_waits_for_the_confirmation_and_counts_once(announced):
    news, vip, ann = ListFactory(name="News"), TagFactory(name="VIP"), ContactFactory(email="ann@example.com")
    form = FormFactory(fields=fields("email", "first_name"), lists=[news], tags=[vip], double_opt_in=True)
    submission = submit_form(form=form, data={"email": ann.email, "first_name": "Mallory"})
    ann.refresh_from_db()
    assert (ann.first_name, state(ann), announced) == ("Ada", ({"News": "unconfirmed"}, []), [])
    assert confirm_submission(submission=submission) is True
    assert confirm_submission(submission=submission) is False
    ann.refresh_from_db()
    assert (ann.first_name, state(ann)) == ("Mallory", ({"News": "active"}, ["VIP"]))
    assert [batch.submission_id for batch in announced] == [submission.pk]


def test_a_confirmation_takes_a_refusal_back():
    news, ann = ListFactory(name="News"), ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=news)
    unsubscribe_contacts(contacts=ann, list=news)
    form = FormFactory(lists=[news], double_opt_in=True)
    submission = submit_form(form=form, data={"email": ann.email})
    assert state(ann)[0] == {"News": "unsubscribed"}
    confirm_submission(submission=submission)
    assert state(ann)[0] == {"News": "active"}


def test_a_value_that_fits_no_more_is_left_out_at_the_confirmation():
    colour = CustomFieldFactory(key="colour", type="dropdown")
    form = FormFactory(fields=fields("email", "colour"), double_opt_in=True)
    submission = submit_form(form=form, data={"email": "ann@example.com", "colour": "Red"})
    Contact.objects.get().field_values.all().delete()
    colour.options = ["Blue"]
    colour.save()
    assert confirm_submission(submission=submission)
    assert Contact.objects.get().custom_values == {}


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_clicks_count_once(announced):
    form = FormFactory(tags=[TagFactory()], double_opt_in=True)
    submission = submit_form(form=form, data={"email": "ann@example.com"})
    barrier, results = threading.Barrier(2), []

    def click():
        try:
            barrier.wait()
            results.append(confirm_submission(submission=FormSubmission.objects.get(pk=submission.pk)))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(results), len(announced)) == ([False, True], 1)


def test_the_confirmation_e_mail_leads_to_a_page_that_asks(client, announced):
    form = FormFactory(double_opt_in=True, confirm_subject="Is it you?", thank_you="See you soon")
    assert "One more step" in press(client, form).content.decode()
    press(client, form)  # pressed again: no second e-mail
    assert (send_due_confirmations(), send_due_confirmations()) == (1, 0)
    message = mail.outbox[0]
    assert (message.subject, message.to, len(mail.outbox)) == ("Is it you?", ["ann@example.com"], 1)
    path = re.search(r"https?://[^/]+(/f/confirm/\S+)", message.body).group(1)
    assert client.get(path).status_code == 200
    assert announced == []
    assert "See you soon" in client.post(path).content.decode()
    assert client.post(path).status_code == 200
    assert len(announced) == 1
    assert "nothing left to do" in client.get(path).content.decode()


def test_a_failing_mail_server_is_tried_again_and_given_up(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    submission = submit_form(form=FormFactory(double_opt_in=True), data={"email": "ann@example.com"})
    for _attempt in range(MAX_ATTEMPTS):
        assert send_due_confirmations() == 0
        submission.refresh_from_db()
        if submission.mail_due_at:
            assert submission.mail_due_at > timezone.now()
        FormSubmission.objects.filter(mail_due_at__isnull=False).update(mail_due_at=timezone.now())
    submission.refresh_from_db()
    assert (submission.mail_status, submission.mail_due_at) == ("failed", None)
    assert "ConnectionRefused" in submission.mail_error


def test_a_sender_that_died_is_taken_over():
    submission = submit_form(form=FormFactory(double_opt_in=True), data={"email": "ann@example.com"})
    FormSubmission.objects.update(mail_status="sending", mail_due_at=timezone.now() + timedelta(minutes=1))
    assert send_due_confirmations() == 0
    FormSubmission.objects.update(mail_due_at=timezone.now())
    assert send_due_confirmations() == 1
    submission.refresh_from_db()
    assert submission.mail_status == "sent"


def test_a_suppressed_address_gets_none():
    Suppression.objects.create(address="ann@example.com")
    submission = submit_form(form=FormFactory(double_opt_in=True), data={"email": "ann@example.com"})
    assert send_due_confirmations() == 0
    submission.refresh_from_db()
    assert (submission.mail_status, mail.outbox) == ("skipped", [])


@pytest.mark.parametrize("token", ["nonsense", "1:abc", confirmation_token(1)[:-1] + "!"])
def test_a_bad_confirmation_link_is_refused(client, token):
    assert client.get(f"/f/confirm/{token}/").status_code == 404
    assert client.post(f"/f/confirm/{token}/").status_code == 404
    assert client.get(f"/f/confirm/{confirmation_token(999)}/").status_code == 410


def test_the_page_shows_every_type_of_field_and_errors_at_the_field(client):
    kinds = ("text", "textarea", "number", "money", "date", "datetime", "dropdown", "multiselect", "checkbox",
             "radio", "hidden", "url", "email", "phone")  # fmt: skip
    for kind in kinds:
        CustomFieldFactory(key=f"f_{kind}", type=kind)
    form = FormFactory(fields=fields("email", *(f"f_{kind}" for kind in kinds)))
    page = client.get(f"/f/{form.token}/").content.decode()
    assert all(f'name="f_{kind}"' in page for kind in kinds)
    response = press(client, form, f_number="many", f_multiselect=["Red", "Blue"], f_text="<b>x</b>")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="error-f_number"' in page and 'id="error-f_text"' not in page
    assert "&lt;b&gt;x" in page and page.count("checked") == 2
    good = press(client, form, f_number="4", f_multiselect=["Red", "Blue"], f_date="2026-03-01",
                 f_datetime="2026-03-01T10:30", f_money="5 EUR")  # fmt: skip
    assert good.status_code == 200
    assert Contact.objects.get().custom_values["f_multiselect"] == ["Red", "Blue"]


def test_bots_are_thanked_and_nothing_is_written(client):
    assert press(client, FormFactory(), _more="buy").status_code == 200
    assert Contact.objects.count() == 0


def test_floods_and_large_bodies_are_refused(client, one_minute):
    form = FormFactory()
    assert press(client, form, x="y" * 70_000).status_code == 413
    answers = [press(client, form).status_code for _n in range(25)]
    assert answers[0] == 200 and answers[-1] == 429
    # A header that anyone can send is no way around.
    assert client.post(f"/f/{form.token}/", {}, HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 429


def test_redirect_goes_only_to_the_owners_page(client):
    form = FormFactory(redirect_url="https://shop.example/thanks")
    response = client.post(f"/f/{form.token}/?next=https://evil.example", {"email": "a@example.com"})
    assert (response.status_code, response["Location"]) == (302, "https://shop.example/thanks")
    assert "form-action 'self' https: http:;" in response["Content-Security-Policy"]
    framed = client.post(f"/f/{form.token}/?embed=1", {"email": "a@example.com"})
    assert 'target="_top"' in framed.content.decode()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://example.com/", "//evil.example", "nowhere"])
def test_a_redirect_that_is_no_web_page_is_refused(url):
    with pytest.raises(ValidationError) as error:
        Form(name="x", redirect_url=url).full_clean()
    assert "redirect_url" in error.value.message_dict


def test_only_the_form_itself_may_be_framed(client):
    form = FormFactory(double_opt_in=True, title='</script><b "x">')
    page = client.get(f"/f/{form.token}/")
    assert "X-Frame-Options" not in page and "frame-ancestors *" in page["Content-Security-Policy"]
    submission = submit_form(form=form, data={"email": "a@example.com"})
    confirm = client.get(f"/f/confirm/{confirmation_token(submission.pk)}/")
    assert confirm["X-Frame-Options"] == "DENY"
    script = client.get(f"/f/{form.token}/embed.js")
    assert script["Access-Control-Allow-Origin"] == "*"
    assert f"/f/{form.token}/?embed=1" in script.content.decode() and "</script" not in script.content.decode()


def test_closed_and_unknown_forms(client):
    form = FormFactory(is_active=False)
    assert client.get(f"/f/{form.token}/").status_code == 410
    assert press(client, form).status_code == 410
    assert client.get("/f/unknown/").status_code == 404
    assert client.get(f"/f/{form.token}/embed.js").status_code == 404
    assert Contact.objects.count() == 0


ROWS = [
    "x",
    [1],
    [{"field": "gone"}],
    [{"field": "owner"}],
    [{"field": "phone", "required": "yes"}],
    [{"field": "phone", "more": 1}],
    [{"field": "phone"}, {"field": "phone"}],
    [{"field": "phone", "label": "x" * 151}],
]


@pytest.mark.parametrize("rows", ROWS)
def test_bad_fields_of_a_form_are_refused(rows):
    with pytest.raises(ValidationError) as error:
        Form(name="x", fields=rows).full_clean()
    assert "fields" in error.value.message_dict


def test_every_form_asks_for_the_address():
    form = Form(name="x", fields=[{"field": "phone"}])
    form.full_clean()
    assert [row["field"] for row in form.fields] == ["email", "phone"]
    assert form.fields[0]["required"]


def test_what_a_form_uses_is_not_deleted_behind_its_back():
    news, vip, size = ListFactory(), TagFactory(), CustomFieldFactory(key="size", type="number")
    form = FormFactory(name="Sign up", fields=fields("email", "size"), lists=[news], tags=[vip])
    for record in (news, vip, size):
        with pytest.raises(InUse, match="Sign up"):
            delete_unused(record=record)
    delete_unused(record=form)
    for record in (news, vip, size):
        delete_unused(record=record)


def test_merging_and_exporting_know_submissions():
    form = FormFactory(name="Sign up")
    for address in ("a@example.com", "b@example.com"):
        submit_form(form=form, data={"email": address})
    keep, drop = Contact.objects.order_by("pk")
    merged = merge_contacts(keep=keep, drop=drop)
    sent = export_person(contact=merged)["form_submissions"]
    assert [row["values"]["email"] for row in sent] == ["a@example.com", "b@example.com"]


def test_what_a_confirmed_submission_takes_and_sets():
    CustomFieldFactory(key="origin", label="Origin", type="text")
    news, old, vip, cold = ListFactory(name="News"), ListFactory(name="Old"), TagFactory(name="VIP"), TagFactory()
    ann = ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=old)
    tag_contacts(contacts=ann, tag=cold)
    form = save_form(
        form=Form(name="Sign up"), values={"set_values": {"origin": "form", "last_name": "Known"}},
        lists=[news], leave_lists=[old], tags=[vip], remove_tags=[cold],
    )  # fmt: skip
    submission = submit_form(form=form, data={"email": ann.email})
    ann.refresh_from_db()
    assert (state(ann), ann.custom_values) == (({"News": "unconfirmed", "Old": "active"}, [cold.name]), {})
    confirm_submission(submission=submission)
    ann = Contact.objects.get()  # anew: it keeps its custom values once they were read
    assert state(ann) == ({"News": "active", "Old": "unsubscribed"}, ["VIP"])
    assert (ann.custom_values, ann.last_name) == ({"origin": "form"}, "Known")


def test_fields_are_set_without_double_opt_in_too_whatever_was_typed():
    CustomFieldFactory(key="origin", label="Origin", type="text")
    form = FormFactory(fields=fields("email", "first_name", "origin"), set_values={"origin": "form"})
    submission = submit_form(form=form, data={"email": "ann@example.com", "first_name": "Ann", "origin": "typed"})
    assert submission.contact.custom_values == {"origin": "form"}
    assert submission.data["origin"] == "typed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("set_values", []),
        ("set_values", {"gone": "x"}),
        ("set_values", {"email": "a@example.com"}),
        ("set_values", {"size": "many"}),
        ("set_values", {"first_name": ["x"]}),
        ("notify_submitted", "nobody"),
        ("notify_confirmed", "a@example.com; b@example.com"),
        ("notify_submitted", ",".join(f"a{n}@example.com" for n in range(11))),
        ("notify_submitted", "a@example.com\nBcc: b@example.com"),
    ],
)
def test_bad_actions_are_refused(field, value):
    CustomFieldFactory(key="size", type="number")
    with pytest.raises(ValidationError) as error:
        save_form(form=Form(name="x"), values={field: value})
    assert field in error.value.message_dict and not Form.objects.exists()


def test_a_form_does_not_give_and_take_the_same():
    news, vip = ListFactory(name="News"), TagFactory(name="VIP")
    with pytest.raises(ValidationError) as error:
        save_form(form=Form(name="x"), values={}, lists=[news], leave_lists=[news], tags=[vip], remove_tags=[vip])
    assert set(error.value.message_dict) == {"leave_lists", "remove_tags"}
    assert "News" in str(error.value) and not Form.objects.exists()


NOTICES = [
    # double opt-in, confirmed, expected (recipient, subject's beginning)
    (False, False, [("both@example.com", "Submitted"), ("one@example.com", "Submitted"),
                    ("two@example.com", "Submitted")]),
    (True, False, [("both@example.com", "Submitted"), ("one@example.com", "Submitted")]),
    (True, True, [("both@example.com", "Confirmed"), ("both@example.com", "Submitted"),
                  ("one@example.com", "Submitted"), ("two@example.com", "Confirmed")]),
]  # fmt: skip


@pytest.mark.parametrize(("double", "confirmed", "expected"), NOTICES)
def test_colleagues_are_told_once_of_each_moment(double, confirmed, expected):
    form = FormFactory(
        name="Sign up", double_opt_in=double, fields=fields("email", "first_name"),
        notify_submitted="one@example.com, both@example.com", notify_confirmed="two@example.com, both@example.com",
    )  # fmt: skip
    submission = submit_form(form=form, data={"email": "ann@example.com", "first_name": "Ann"})
    for _n in range(2 if confirmed else 0):
        confirm_submission(submission=submission)
    send_due_notices()
    assert send_due_notices() == 0
    told = [(message.to[0], message.subject.split(":")[0]) for message in mail.outbox]
    assert sorted(told) == expected
    assert "First name: Ann" in mail.outbox[0].body and mail.outbox[0].extra_headers["Auto-Submitted"]


def test_a_notice_that_fails_is_tried_again_and_given_up(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    submit_form(form=FormFactory(notify_submitted="one@example.com"), data={"email": "ann@example.com"})
    for number in range(1, MAX_ATTEMPTS + 1):
        FormNotice.objects.filter(status="due").update(due_at=timezone.now())
        assert send_due_notices() == 0
        assert FormNotice.objects.get().attempts == number
    notice = FormNotice.objects.get()
    assert (notice.status, notice.due_at) == ("failed", None) and "refused" in notice.error


def test_forms_hold_what_their_actions_use():
    old, cold, origin = ListFactory(), TagFactory(), CustomFieldFactory(key="origin", type="text")
    save_form(
        form=Form(name="Sign up"), values={"set_values": {"origin": "x"}}, leave_lists=[old], remove_tags=[cold]
    )
    for record in (old, cold, origin):
        with pytest.raises(InUse, match="Sign up"):
            delete_unused(record=record)


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-DEF_1", "abc-DEF_1"), ("x" * 64, "x" * 64), ("x" * 65, ""), ("<b>", ""), ("a b", "")]
)
@pytest.mark.parametrize("double", [True, False])
def test_the_visitor_of_site_tracking_is_kept(client, given, kept, double):
    assert press(client, FormFactory(double_opt_in=double), _visitor=given).status_code == 200
    assert FormSubmission.objects.get().visitor == kept


def test_pressing_again_keeps_the_visitor(client):
    form = FormFactory(double_opt_in=True)
    press(client, form, _visitor="first")
    press(client, form)
    assert FormSubmission.objects.get().visitor == "first"
    press(client, form, _visitor="second")
    assert FormSubmission.objects.get().visitor == "second"


def test_fields_are_filled_in_by_the_address(client):
    CustomFieldFactory(key="campaign", type="hidden")
    form = FormFactory(fields=fields("email", "first_name", "campaign"))
    page = client.get(f"/f/{form.token}/?first_name=%22%3E%3Cb%3E&campaign=spring&_visitor=v1").content.decode()
    assert 'name="campaign" value="spring"' in page and 'name="_visitor" value="v1"' in page
    assert 'value="&quot;&gt;&lt;b&gt;"' in page


def test_plain_html_has_every_field_and_posts_here(client):
    kinds = ("text", "textarea", "dropdown", "multiselect", "checkbox", "radio", "hidden")
    for kind in kinds:
        CustomFieldFactory(key=f"f_{kind}", type=kind, label='<b>"x"')
    form = FormFactory(fields=fields("email", *(f"f_{kind}" for kind in kinds)))
    code = html_code(form)
    assert f'/f/{form.token}/" method="post"' in code and 'name="_more"' in code and "<b>" not in code
    assert all(f'name="f_{kind}"' in code for kind in kinds)
    # No token and no cookie of ours: another site's page posts it.
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(f"/f/{form.token}/", {"email": "a@example.com"}, HTTP_ORIGIN="https://other.example")
    assert answer.status_code == 200 and FormSubmission.objects.count() == 1


def test_a_refusal_can_be_read_within_a_frame(client):
    form = FormFactory()
    answer = press(client, form, x="y" * 70_000)
    assert answer.status_code == 413 and "X-Frame-Options" not in answer
    assert "frame-ancestors *" in answer["Content-Security-Policy"]


def test_the_confirmation_may_lead_to_the_owners_page(client):
    """Browsers hold the redirect after the post to the form-action of the page that asked."""
    form = FormFactory(double_opt_in=True, redirect_url="https://shop.example/thanks")
    token = confirmation_token(submit_form(form=form, data={"email": "a@example.com"}).pk)
    assert "form-action 'self' https: http:;" in client.get(f"/f/confirm/{token}/")["Content-Security-Policy"]
    answer = client.post(f"/f/confirm/{token}/")
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/thanks")


def test_erasing_a_person_erases_what_they_sent():
    submission = submit_form(form=FormFactory(notify_submitted="a@example.com"), data={"email": "ann@example.com"})
    erase_person(contact=submission.contact)
    assert (FormSubmission.objects.count(), FormNotice.objects.count()) == (0, 0)


VISITOR = "0123456789abcdef" * 2


def visit_as_nobody():
    visitor = get_visitor(key=VISITOR)
    record_visit(visitor=visitor, page=clean_page(url="https://site.com/pricing"))
    return visitor


def test_a_submission_says_who_visited(client):
    visitor, form = visit_as_nobody(), FormFactory(double_opt_in=False)
    assert press(client, form, _visitor=VISITOR).status_code == 200
    visitor.refresh_from_db()
    ann = Contact.objects.get(email="ann@example.com")
    assert (visitor.contact, visitor.proven) == (ann, False)
    assert [visit.url for visit in ann.page_visits.all()] == ["https://site.com/pricing"]


def test_with_double_opt_in_the_confirmation_says_who_visited(client):
    visitor, form = visit_as_nobody(), FormFactory(double_opt_in=True)
    press(client, form, _visitor=VISITOR)
    visitor.refresh_from_db()
    assert visitor.contact is None
    submission = FormSubmission.objects.get()
    client.post(f"/f/confirm/{confirmation_token(submission.pk)}/")
    visitor.refresh_from_db()
    assert visitor.contact == submission.contact


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "<script>"])
def test_no_visitor_no_visit(client, key):
    form = FormFactory(double_opt_in=False)
    assert press(client, form, _visitor=key).status_code == 200
    assert not Visitor.objects.exists()
