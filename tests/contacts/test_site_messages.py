"""Site messages: who is given one, what is recorded, what is refused, and what may stand in one."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from contacts.models import SiteMessage, SiteMessageFact, SiteMessageTarget, TrackedDomain, TrackingSettings
from contacts.selectors.timeline import timeline
from contacts.services import create_contact, get_visitor, identify_visitor, show_site_message
from contacts.services.merge import merge_contacts
from contacts.services.privacy import export_person
from contacts.services.site_messages import clean_message
from tests.contacts.test_site import HOME, KEY, OTHER, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limit_left_over():
    cache.clear()


@pytest.fixture
def account():
    TrackedDomain.objects.create(domain="site.com")
    return TrackingSettings.current()


@pytest.fixture
def hello():
    return SiteMessage.objects.create(
        title="Hello", html="<p onclick='x()'>Hi<script>x</script></p>", button_text="Go", button_url=f"{HOME}/go"
    )


@pytest.fixture
def ann():
    contact = create_contact(email="ann@example.com", language="fr")
    identify_visitor(visitor=get_visitor(key=KEY), contact=contact, proven=True)
    return contact


def given(account, visitor=KEY):
    response = post(account, visitor=visitor)
    return response.json()["message"] if response.status_code == 200 else None


def act(account, message, action, visitor=KEY):
    assert post(account, "message", visitor=visitor, message=str(message.pk), action=action).status_code == 204


def facts():
    return list(SiteMessageFact.objects.order_by("pk").values_list("action", "view"))


def test_only_the_contact_that_is_known_for_sure_is_given_it(account, hello, ann):
    assert given(account) is None, "not chosen"
    assert show_site_message(contacts=ann, message=hello) == [ann.pk]
    found = given(account)
    assert {name: found[name] for name in ("id", "title", "html", "url")} == {
        "id": hello.pk, "title": "Hello", "html": "<p>Hi</p>", "url": f"{HOME}/go",
    }  # fmt: skip
    assert given(account, OTHER) is None, "nobody"
    identify_visitor(visitor=get_visitor(key=OTHER), contact=ann)
    assert given(account, OTHER) is None, "merely claimed"
    bob = create_contact(email="bob@example.com")
    identify_visitor(visitor=get_visitor(key=OTHER), contact=bob, proven=True)
    assert given(account, OTHER) is None, "another contact"


@pytest.mark.parametrize("end", ["dismissed", "clicked"])
def test_until_it_is_closed_or_clicked(account, hello, ann, end):
    show_site_message(contacts=ann, message=hello)
    assert show_site_message(contacts=ann, message=hello) == [], "is still to see it"
    act(account, hello, "shown")
    act(account, hello, "shown")
    assert given(account)
    act(account, hello, end)
    act(account, hello, end)
    act(account, hello, "shown")
    assert given(account) is None
    assert facts() == [("shown", 1), ("shown", 2), (end, 2)]
    assert show_site_message(contacts=ann, message=hello) == [ann.pk]
    act(account, hello, "shown")
    assert facts()[-1] == ("shown", 1), "again from the first view"


def test_nothing_is_recorded_of_what_was_not_given(account, hello, ann):
    act(account, hello, "dismissed")
    show_site_message(contacts=ann, message=hello)
    act(account, hello, "dismissed", visitor=OTHER)
    assert facts() == [] and SiteMessageTarget.objects.get().done_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"action": "seen"}, "action"), ({"action": ""}, "action"), ({"message": "x"}, "message"),
        ({"message": "9" * 19}, "message"), ({"message": ""}, "message"), ({"title": "x"}, "title"),
    ],
)  # fmt: skip
def test_bad_reports(account, hello, ann, changes, field):
    response = post(account, "message", **{"message": str(hello.pk), "action": "shown", **changes})
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, [field])


def test_the_end_date_and_the_order(account, hello, ann):
    other = SiteMessage.objects.create(title="Later", position="centre")
    show_site_message(contacts=ann, message=hello)
    show_site_message(contacts=ann, message=other)
    assert given(account)["title"] == "Hello"
    hello.ends_at = timezone.now() - timedelta(seconds=1)
    hello.save()
    assert given(account)["title"] == "Later"


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p><b>a</b><br>b</p>", "<p><b>a</b><br>b</p>"),
        ("<img src=x onerror=alert(1)>", '<img src="x">'),
        ("<a href='javascript:x()'>a</a>", '<a rel="noopener">a</a>'),
        ("<style>*{display:none}</style><iframe src=x></iframe>", ""),
        ("<p style='position:fixed' class=x>a", "<p>a</p>"),
        ("<form action=x><input></form>", ""),
    ],
)
def test_what_may_stand_on_a_page(html, safe):
    assert clean_message(html) == safe


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"button_text": "Go"}, "button_url"),
        ({"button_url": HOME}, "button_text"),
        ({"button_text": "Go", "button_url": "javascript:x()"}, "button_url"),
        ({"position": "left"}, "position"),
    ],
)
def test_bad_messages(values, field):
    with pytest.raises(ValidationError) as error:
        SiteMessage(**{"title": "x", **values}).full_clean()
    assert field in error.value.message_dict


def test_merge_export_and_timeline(account, hello, ann):
    twin = create_contact(email="twin@example.com")
    other = SiteMessage.objects.create(title="Other")
    for contact, messages in ((ann, [hello]), (twin, [hello, other])):
        for message in messages:
            show_site_message(contacts=contact, message=message)
    identify_visitor(visitor=get_visitor(key=OTHER), contact=twin, proven=True)
    act(account, hello, "clicked", visitor=OTHER)
    merge_contacts(keep=ann, drop=twin)
    assert sorted(ann.site_messages.values_list("message__title", flat=True)) == ["Hello", "Other"]
    titles = [entry.title for entry in timeline(contact=ann).entries if entry.provider == "site_messages"]
    assert titles == ["Clicked the site message “Hello”."]
    assert [
        fact["action"] for fact in export_person(contact=ann)["history"] if fact["kind"] == "site_message"
    ] == ["clicked"]


def test_the_second_file_is_small():
    response = Client().get("/track/message.js")
    assert response.status_code == 200 and len(response.content) < 3_000


def test_admin_pages(client, admin_user, hello, ann):
    client.force_login(admin_user)
    show_site_message(contacts=ann, message=hello)
    assert client.get("/admin/contacts/sitemessage/").status_code == 200
    page = client.get(f"/admin/contacts/sitemessage/{hello.pk}/change/").content.decode()
    assert "<p>Hi</p>" in page and "<p onclick" not in page
    for model in ("pagevisit", "trackeddomain"):
        assert client.get(f"/admin/contacts/{model}/").status_code == 200
    bad = client.post("/admin/contacts/sitemessage/add/", {"title": "x", "button_text": "Go", "position": "top"})
    assert bad.status_code == 200 and "A button needs both" in bad.content.decode()
