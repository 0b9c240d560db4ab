"""The pages that contacts see, through the HTTP client."""

import re

import pytest
from django.core.cache import cache
from django.core.signing import Signer
from django.test import Client

from contacts.links import make_token, preferences_url, read_token, unsubscribe_url
from contacts.models import Contact, List, SubscriptionChange
from contacts.public.page import PublicThrottle
from contacts.services import delete_contacts, subscribe_contacts, unsubscribe_contacts
from contacts.services.merge import merge_contacts
from tests.factories import ContactFactory, ListFactory

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture
def ada(db):
    return ContactFactory(email="ada@example.com")


@pytest.fixture
def lists(ada):
    """Ada is active on News and Offers, and not on the private Staff."""
    news, offers = ListFactory(name="News", description="Once a week"), ListFactory(name="Offers")
    ListFactory(name="Staff", is_public=False)
    for row in (news, offers):
        subscribe_contacts(contacts=ada, list=row)
    return {"News": news, "Offers": offers}


@pytest.fixture
def program():
    """A mail program: no cookies, no token but the link's."""
    return Client(enforce_csrf_checks=True)


def path(url):
    return "/" + url.split("/", 3)[3]


def leave(contact, *lists):
    return path(unsubscribe_url(contact, [row.pk for row in lists]))


def choose(contact):
    return path(preferences_url(contact))


def active(contact):
    return sorted(contact.subscriptions.filter(status="active").values_list("list__name", flat=True))


def changes():
    return SubscriptionChange.objects.count()


# --- Unsubscribing -------------------------------------------------------------------------------


def test_asking_changes_nothing(ada, lists, client):
    before = changes()
    for method in (client.get, client.head):
        for url in (leave(ada), leave(ada, lists["News"]), choose(ada)):
            assert method(url).status_code == 200
    assert changes() == before and active(ada) == ["News", "Offers"]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_one_click(content_type, ada, lists, program):
    body = "List-Unsubscribe=One-Click"
    if content_type.startswith("multipart"):
        body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    answer = program.post(leave(ada, lists["News"]), body, content_type=content_type)
    assert answer.status_code == 200 and not answer.cookies, "no redirect: RFC 8058"
    assert active(ada) == ["Offers"]
    change = SubscriptionChange.objects.latest("pk")
    assert (change.new, change.source, change.reason) == (
        "unsubscribed",
        "contact",
        "one click in the mail program",
    )
    before = changes()
    assert program.post(leave(ada, lists["News"]), ONE_CLICK).status_code == 200
    assert changes() == before, "a second click changes nothing"


def test_no_list_named_means_all(ada, lists, program):
    program.post(leave(ada), ONE_CLICK)
    assert active(ada) == []


def test_an_unconfirmed_subscription_ends_too(ada, program, lists):
    more = ListFactory(name="More")
    subscribe_contacts(contacts=ada, list=more, status="unconfirmed")
    program.post(leave(ada, more), ONE_CLICK)
    assert ada.subscriptions.get(list=more).status == "unsubscribed"


def test_when_the_links_lists_are_gone_it_leaves_all(ada, lists, program):
    url = leave(ada, lists["News"])
    lists["News"].delete()
    program.post(url, ONE_CLICK)
    assert active(ada) == []


def button(page, value):
    return f'value="{value}"' in page.content.decode()


def test_the_page_leads_out_and_back(ada, lists, client):
    url = leave(ada, lists["News"])
    page = client.get(url)
    html = page.content.decode()
    assert "News" in html and "a•••••@example.com" in html and "ada@example.com" not in html
    assert button(page, "leave") and not button(page, "undo") and not button(page, "all")

    page = client.post(url, {"action": "leave"})
    assert active(ada) == ["Offers"]
    assert button(page, "undo") and button(page, "all") and "Offers" in page.content.decode()

    undo = re.search(r'name="undo" value="([^"]+)"', page.content.decode())[1]
    page = client.post(url, {"action": "undo", "undo": undo})
    assert active(ada) == ["News", "Offers"] and "Welcome back" in page.content.decode()

    page = client.post(url, {"action": "all"})
    assert active(ada) == [] and button(page, "undo") and not button(page, "all")
    page = client.get(url)
    assert "not subscribed" in page.content.decode() and not button(page, "leave")


def test_undo_brings_back_what_was_left_and_nothing_more(ada, lists, client):
    unsubscribe_contacts(contacts=ada, list=lists["Offers"])
    page = client.post(leave(ada), {"action": "leave"})
    undo = re.search(r'name="undo" value="([^"]+)"', page.content.decode())[1]
    client.post(leave(ada), {"action": "undo", "undo": undo})
    assert active(ada) == ["News"]


def test_undo_with_another_contacts_or_an_altered_token(ada, lists, client):
    eve = ContactFactory()
    client.post(leave(ada), {"action": "leave"})
    every = [row.pk for row in lists.values()]
    for undo in (make_token(eve, "undo", every), make_token(ada, "unsubscribe", every), "x", ""):
        assert client.post(leave(ada), {"action": "undo", "undo": undo}).status_code == 200
    assert active(ada) == []


# --- Preferences ---------------------------------------------------------------------------------


def test_choosing(ada, lists, client):
    page = client.get(choose(ada)).content.decode()
    assert page.count(" checked") == 2 and "Once a week" in page and "Staff" not in page
    extra = ListFactory(name="Events")
    page = client.post(choose(ada), {"lists": [lists["News"].pk, extra.pk], "action": "save"})
    assert active(ada) == ["Events", "News"] and "saved" in page.content.decode()
    client.post(choose(ada), {"lists": [lists["News"].pk], "action": "none"})
    assert active(ada) == []


def test_a_private_list_is_shown_to_its_members_only(ada, lists, client):
    staff = List.objects.get(name="Staff")
    client.post(choose(ada), {"lists": [staff.pk]})
    assert active(ada) == [], "not offered, so not joined"
    subscribe_contacts(contacts=ada, list=staff)
    assert "Staff" in client.get(choose(ada)).content.decode()


@pytest.mark.parametrize("value", ["²", "x", "", "9" * 400, "-1", "\x00"])
def test_odd_values_join_nothing(value, ada, lists, client):
    assert client.post(choose(ada), {"lists": [value]}).status_code == 200
    assert active(ada) == []


def test_one_who_had_unsubscribed_can_come_back(ada, lists, client):
    unsubscribe_contacts(contacts=ada, list=lists["News"])
    client.post(choose(ada), {"lists": [lists["News"].pk]})
    assert active(ada) == ["News"]


def test_no_lists_at_all(ada, client):
    assert "no list to choose from" in client.get(choose(ada)).content.decode()


def test_the_cost_of_the_page(ada, lists, client, django_assert_max_num_queries):
    for number in range(20):
        ListFactory(name=f"More {number}")
    with django_assert_max_num_queries(5):
        client.get(choose(ada))
    with django_assert_max_num_queries(5):
        client.get(leave(ada))


# --- Tokens --------------------------------------------------------------------------------------


def test_tokens_are_for_one_purpose(ada, lists, client):
    token = make_token(ada, "unsubscribe", [1])
    assert read_token(token, "unsubscribe").contact_id == ada.pk
    assert read_token(token, "preferences") is None and read_token(token, "undo") is None
    assert client.get(f"/p/{token}/").status_code == 404
    assert client.get(f"/u/{make_token(ada, 'preferences')}/").status_code == 404


def test_altered_tokens(ada, lists, client):
    token = make_token(ada, "unsubscribe")
    payload, signature = token.rsplit(":", 1)
    other = make_token(ContactFactory(), "unsubscribe").rsplit(":", 1)
    forged = Signer(key="another", salt="contacts.links.unsubscribe").sign_object([ada.pk, [], ""])
    for bad in (
        token[:-1],
        token + "x",
        f"{other[0]}:{signature}",
        f"{payload}:{other[1]}",
        payload,
        "x",
        ":",
        forged,
    ):
        for answer in (client.get(f"/u/{bad}/"), client.post(f"/u/{bad}/", ONE_CLICK)):
            assert answer.status_code == 404 and b"ada" not in answer.content
    assert active(ada) == ["News", "Offers"]


def test_a_deleted_contact(ada, lists, client):
    urls = leave(ada), choose(ada)
    delete_contacts(contacts=[ada.pk])
    for url in urls:
        asked, done = client.get(url), client.post(url, ONE_CLICK)
        assert (asked.status_code, done.status_code) == (410, 200)
        assert b"example.com" not in asked.content + done.content


def test_the_link_finds_who_was_merged_away(ada, lists, client):
    keep = ContactFactory(email="new@example.com")
    url = leave(ada)
    merge_contacts(keep=keep, drop=ada)
    client.post(url, ONE_CLICK)
    assert active(keep) == []


def test_the_link_finds_who_was_deleted_and_made_anew(ada, lists, client):
    url = leave(ada)
    delete_contacts(contacts=[ada.pk])
    again = ContactFactory(email="ada@example.com")
    subscribe_contacts(contacts=again, list=lists["News"])
    bystander = ContactFactory()
    subscribe_contacts(contacts=bystander, list=lists["News"])
    client.post(url, ONE_CLICK)
    assert active(again) == [] and active(bystander) == ["News"]


# --- Manners -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["leave", "choose", "broken", "preview"])
def test_headers(kind, ada, lists, client):
    url = {"leave": leave(ada), "choose": choose(ada), "broken": "/u/x/", "preview": "/p/preview/"}[kind]
    answer = client.get(url)
    assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer["Content-Security-Policy"] and "noindex" in answer["X-Robots-Tag"]
    assert not answer.cookies
    html = answer.content.decode()
    assert (
        "<script" not in html and "style=" not in html and "http" not in html.replace('href="http://127.0.0.1', "")
    )


@pytest.mark.parametrize(
    ("language", "accept", "shown"),
    [
        ("fr", "en", "fr"),
        ("fr-CA", "", "fr"),
        ("", "fr-FR,fr;q=0.9", "fr"),
        ("", "de", "en"),
        ("en", "fr", "en"),
        ("xx", "fr", "fr"),
    ],
)
def test_language(language, accept, shown, ada, lists, client):
    Contact.objects.filter(pk=ada.pk).update(language=language)
    html = client.get(leave(ada), headers={"accept-language": accept}).content.decode()
    assert f'<html lang="{shown}">' in html


def test_names_are_escaped(ada, client):
    subscribe_contacts(contacts=ada, list=ListFactory(name="<b>Bold</b>", description="<i>x</i>"))
    for url in (leave(ada), choose(ada)):
        html = client.get(url).content.decode()
        assert "&lt;b&gt;Bold" in html and "<b>" not in html and "<i>" not in html


def test_other_methods(ada, client):
    assert client.put(leave(ada)).status_code == 405 and client.delete(choose(ada)).status_code == 405


@pytest.mark.parametrize("length", ["65537", "99999999999", "-1", "x"])
def test_a_body_has_a_limit(length, ada, lists, client):
    answer = client.generic("POST", leave(ada), b"a=b", CONTENT_LENGTH=length)
    assert answer.status_code == 413 and active(ada) == ["News", "Offers"]


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.setattr(PublicThrottle, "rate", "3/min", raising=False)


def test_too_many_posts_for_one_contact(strict, ada, lists, program):
    """One contact's are counted, not one server's: mail programs post for many from one address."""
    others = [ContactFactory() for _number in range(5)]
    for _number in range(3):
        assert program.post(choose(ada), {"lists": []}).status_code == 200
    answer = program.post(choose(ada), {"lists": []})
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 61
    assert program.get(choose(ada)).status_code == 200
    for other in others:
        assert program.post(leave(other), ONE_CLICK).status_code == 200


def test_too_many_bad_tokens(strict, db, program):
    for _number in range(3):
        assert program.post("/u/x/").status_code == 404
    assert program.post("/u/y/").status_code == 429
    assert program.get("/u/y/").status_code == 404
