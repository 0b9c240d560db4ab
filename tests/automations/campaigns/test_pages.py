"""The campaign pages over HTTP: who may, what is shown, what is refused."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.services import schedule_campaign, start_campaign
from contacts.models import Campaign, CampaignLink, EmailTemplate, SentEmail
from contacts.models.engagement import EmailAction
from contacts.services import subscribe_contacts
from contacts.services.campaigns import save_template
from contacts.services.engagement import record_email_activity
from tests.automations.campaigns.conftest import build_campaign
from tests.factories import ContactFactory, ListFactory, UserFactory

# What pages draw is the same on both databases: one is enough.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def url(name, *args):
    return reverse(f"campaigns:{name}", args=args)


@pytest.fixture
def as_(client, viewer, editor, manager):
    users = {"viewer": viewer, "editor": editor, "manager": manager, "stranger": UserFactory()}

    def login(name):
        client.logout()
        if name != "nobody":
            client.force_login(users[name])
        return client

    return login


V, E = "viewer editor manager", "editor manager"
PAGES = [
    ("get", "list", (), {}, V),
    ("get", "new", (), {}, E),
    ("post", "new", (), {"name": "New", "start": "offer"}, E),
    ("get", "start", ("offer",), {}, V),
    ("get", "templates", (), {}, V),
    ("get", "template-new", (), {}, E),
    ("get", "editor", ("campaign",), {}, V),
    ("post", "editor", ("campaign",), {"name": "Changed"}, E),
    ("post", "preview", ("campaign",), {"html": "x"}, V),
    ("post", "recipients", ("campaign",), {}, V),
    ("post", "test", ("campaign",), {}, E),
    ("get", "review", ("campaign",), {}, E),
    ("post", "review", ("campaign",), {"when": "now"}, E),
    ("post", "duplicate", ("campaign",), {}, E),
    ("post", "delete", ("campaign",), {}, E),
    ("post", "keep", ("campaign",), {}, E),
    ("post", "act", ("campaign", "pause"), {}, E),
    ("get", "report", ("sent",), {}, V),
    ("get", "people", ("sent",), {"metric": "sent"}, V),
    ("get", "template", ("template",), {}, V),
    ("post", "template", ("template",), {"name": "Other"}, E),
    ("post", "template-delete", ("template",), {}, E),
]


@pytest.mark.parametrize("who", ["nobody", "stranger", "viewer", "editor", "manager"])
@pytest.mark.parametrize(("method", "name", "args", "data", "allowed"), PAGES)
def test_who_may(as_, campaign, method, name, args, data, allowed, who):
    sent = Campaign.objects.create(name="Sent", status="sent", started_at=timezone.now())
    ids = {"campaign": campaign.pk, "sent": sent.pk, "template": save_template(values={"name": "T"}).pk}
    response = getattr(as_(who), method)(url(name, *[ids.get(a, a) for a in args]), data)
    if who == "nobody":
        assert response.status_code == 302
        assert "login" in response.url
    elif who in allowed.split():
        assert response.status_code in (200, 302, 422)
    else:
        assert response.status_code == 403


def test_empty_lists_say_so(signed_in):
    assert "No campaign yet" in signed_in.get(url("list")).content.decode()
    assert "No automation sends" in signed_in.get(url("list") + "?kind=automation").content.decode()
    assert "Nothing found" in signed_in.get(url("list") + "?q=zzz").content.decode()
    assert "No template of your own" in signed_in.get(url("templates")).content.decode()


def test_the_list_searches_filters_and_costs_the_same(signed_in, django_assert_max_num_queries):
    for number in range(30):
        Campaign.objects.create(
            name=f"Number {number}", subject="Spring", status="sent" if number % 2 else "draft"
        )
    with django_assert_max_num_queries(20):
        page = signed_in.get(url("list") + "?q=spring&state=sent").content.decode()
    assert page.count('<th scope="row">') == 15
    assert "Number 1<" in page
    assert "Number 2<" not in page


@pytest.mark.parametrize("start", ["letter", "announcement", "newsletter", "offer"])
def test_each_layout_starts_a_campaign_that_can_be_sent(signed_in, news, start, smtp_server, drain):
    signed_in.post(url("new"), {"name": "From a layout", "start": start})
    created = Campaign.objects.get()
    subscribe_contacts(contacts=ContactFactory(), list=news)
    data = {"name": "x", "subject": "Hello", "html": created.html, "lists": [news.pk]}
    assert signed_in.post(url("editor", created.pk), {**data, "review": ""}).url == url("review", created.pk)
    assert "Send to 1 contact now" in signed_in.get(url("review", created.pk)).content.decode()
    signed_in.post(url("review", created.pk), {"when": "now"})
    drain()
    assert "{{" not in smtp_server.messages[0].body("html")


def test_a_template_starts_a_campaign(signed_in):
    template = save_template(values={"name": "Mine", "subject": "S", "html": "<p>mine</p>"})
    signed_in.post(url("new"), {"name": "x", "start": template.pk})
    assert (Campaign.objects.get().html, Campaign.objects.get().subject) == ("<p>mine</p>", "S")
    answer = signed_in.post(url("new"), {"name": "y", "start": "999999"})
    assert (answer.status_code, Campaign.objects.count()) == (422, 1)
    assert "does not exist any more" in answer.content.decode()


def test_bad_input_is_shown_at_its_field_and_kept(signed_in, campaign):
    data = {"name": "Spring", "subject": "{{ oops", "html": "kept", "from_email": "no"}
    answer = signed_in.post(url("editor", campaign.pk), data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter a valid email address" in text
    data["from_email"] = ""
    text = signed_in.post(url("editor", campaign.pk), data).content.decode()
    assert "doesn&#x27;t parse" in text
    assert "kept" in text
    campaign.refresh_from_db()
    assert campaign.subject == "Hello {{ contact.first_name }}"


def test_what_keeps_it_from_going_is_said(signed_in, db):
    campaign = build_campaign(lists=[], subject="")
    text = signed_in.get(url("review", campaign.pk)).content.decode()
    assert "Write a subject." in text
    assert "Choose at least one list or a segment." in text
    assert "Send to" not in text


def test_the_time_is_the_accounts(signed_in, campaign):
    from automations.services import update_account

    update_account(values={"time_zone": "America/New_York"})
    subscribe_contacts(contacts=ContactFactory(), list=campaign.lists.get())
    day = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%d")
    signed_in.post(url("review", campaign.pk), {"when": "later", "at": f"{day}T09:00"})
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"
    assert campaign.scheduled_at.hour in (13, 14)
    assert "America/New_York" in signed_in.get(url("editor", campaign.pk)).content.decode()
    for bad in ("", "soon", "2001-01-01T09:00"):
        answer = signed_in.post(url("review", campaign.pk), {"when": "later", "at": bad})
        assert answer.status_code == 422


def test_the_preview_is_sandboxed_and_for_one_contact(signed_in, campaign):
    ContactFactory(email="grace@example.com", first_name="Grace")
    data = {"html": "<script>x</script><p>Dear {{ contact.first_name }}</p>", "as": "Grace@example.com"}
    answer = signed_in.post(url("preview", campaign.pk), data)
    assert "Dear Grace" in answer.content.decode()
    assert "<script" not in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    answer = signed_in.post(url("preview", campaign.pk), data | {"as": "nobody@example.com"})
    assert (answer.status_code, "There is no contact" in answer.content.decode()) == (422, True)
    assert signed_in.post(url("preview", campaign.pk), {"html": "{{ x"}).status_code == 422


def test_recipients_are_counted_as_one_chooses(signed_in, campaign, people):
    people(2)
    (news,) = campaign.lists.all()
    count = lambda **data: signed_in.post(url("recipients", campaign.pk), data).content.decode()  # noqa: E731 short
    assert "2 recipients" in count(lists=[news.pk])
    for data in ({}, {"lists": [ListFactory().pk]}, {"segment": "x"}, {"lists": ["9" * 30]}):
        assert "Nobody would get it" in count(**data)


@pytest.fixture
def reported(people, campaign, smtp_server, drain):
    """Sent to three: one opened, one clicked, one left; a machine opened too."""
    people(3)
    start_campaign(campaign=campaign)
    drain()
    link = CampaignLink.objects.create(campaign=campaign, url="https://example.com/a")
    first, second, third = SentEmail.objects.order_by("pk")
    record_email_activity(email=first, action=EmailAction.OPEN)
    for _time in range(2):
        record_email_activity(email=second, action=EmailAction.CLICK, link=link)
    record_email_activity(email=third, action=EmailAction.UNSUBSCRIBE)
    record_email_activity(email=third, action=EmailAction.OPEN, machine=True)
    record_email_activity(email=third, action=EmailAction.CLICK, link=link, machine=True)
    return campaign, link


PEOPLE = [
    ("sent", "", 3), ("delivered", "", 3), ("open_first", "", 2), ("click_first", "", 1), ("unsubscribe", "", 1),
    ("bounce_first", "", 0), ("complaint", "", 0), ("link", "link", 1), ("recipients", "", 3), ("failed", "", 0),
    ("skip:suppressed", "", 0),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "link", "count"), PEOPLE)
def test_each_number_opens_its_contacts(signed_in, reported, metric, link, count):
    campaign, made = reported
    answer = signed_in.get(url("people", campaign.pk), {"metric": metric, "link": made.pk if link else ""})
    assert answer.content.decode().count("@example.com</td>") == count


@pytest.mark.parametrize("query", ["", "?metric=nonsense", "?metric=skip:nonsense", "?metric=link&link=99999"])
def test_unknown_figures_are_not_found(signed_in, reported, query):
    assert signed_in.get(url("people", reported[0].pk) + query).status_code == 404


def test_the_report_says_what_became_of_it(signed_in, reported):
    campaign, _link = reported
    text = signed_in.get(url("report", campaign.pk)).content.decode()
    assert "66.7 %" in text
    assert "33.3 %" in text
    assert "<polyline" in text
    assert 'class="chart"' not in text  # the theme takes that for a canvas of its own
    assert "https://example.com/a" in text
    assert "Left out: 1 opens and 1 clicks by machines" in text


def test_the_report_costs_the_same_however_much_was_done(signed_in, reported, django_assert_max_num_queries):
    campaign, _link = reported
    for number in range(20):
        CampaignLink.objects.create(campaign=campaign, url=f"https://example.com/{number}")
        record_email_activity(email=SentEmail.objects.first(), action=EmailAction.OPEN)
    with django_assert_max_num_queries(22):
        signed_in.get(url("report", campaign.pk))


def test_an_e_mail_of_an_automation_reports_the_same_way(signed_in, queue, deliver, people, smtp_server, news):
    from contacts.services import unsubscribe_contacts

    rows = queue(2)
    unsubscribe_contacts(contacts=[rows[0].contact_id], list=news)
    deliver()
    campaign = Campaign.objects.get()
    page = signed_in.get(url("list") + "?kind=automation").content.decode()
    assert "Automation: Hello" in page
    assert signed_in.get(url("editor", campaign.pk)).url == url("report", campaign.pk)
    text = signed_in.get(url("report", campaign.pk)).content.decode()
    assert "Open the automation" in text
    assert "Unsubscribed from the lists" in text
    answer = signed_in.get(url("people", campaign.pk), {"metric": "skip:unsubscribed"})
    assert "p0@example.com" in answer.content.decode()


def test_actions_from_the_pages(signed_in, people, campaign):
    people(1)
    schedule_campaign(campaign=campaign, at=timezone.now() + timedelta(days=1))
    state = lambda: Campaign.objects.get(pk=campaign.pk).status  # noqa: E731 short
    signed_in.post(url("act", campaign.pk, "cancel"))
    assert state() == "draft"
    start_campaign(campaign=campaign)
    for action, after in (
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "sending"),
        ("cancel", "cancelled"),
    ):
        answer = signed_in.post(url("act", campaign.pk, action), follow=True)
        assert state() == after
    assert answer.status_code == 200
    assert signed_in.post(url("act", campaign.pk, "explode")).status_code == 404
    text = signed_in.post(url("delete", campaign.pk), follow=True).content.decode()
    assert "can&#x27;t be changed any more" in text
    signed_in.post(url("duplicate", campaign.pk))
    assert Campaign.objects.filter(status="draft", name="Copy of Spring").exists()


def test_keeping_templates(signed_in, campaign):
    signed_in.post(url("keep", campaign.pk))
    assert EmailTemplate.objects.get().html == campaign.html
    answer = signed_in.post(url("keep", campaign.pk), follow=True)
    assert "exists already" in answer.content.decode()
    template = EmailTemplate.objects.get()
    answer = signed_in.post(url("template", template.pk), {"name": "x", "html": "{% if %}"})
    assert (answer.status_code, "doesn&#x27;t parse" in answer.content.decode()) == (422, True)
    signed_in.post(url("template", template.pk), {"name": "Renamed", "html": "<p>y</p>"})
    assert EmailTemplate.objects.get().name == "Renamed"
    signed_in.post(url("template-delete", template.pk))
    assert not EmailTemplate.objects.exists()
