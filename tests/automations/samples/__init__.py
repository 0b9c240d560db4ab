"""Settings for every registered type, for the contract tests. A new type needs an entry here.

A sample makes what its settings name, and gives the settings; `junk` are near misses, each with the
setting that the error must name. An area may keep its samples in a module of its own here, which adds
them to `TRIGGERS`, `STEPS` and `CONDITIONS`.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from automations.models import Automation, Step
from automations.services import add_step, save_automation
from contacts.models import Campaign, CampaignLink, Conversion, CustomEvent, Score, SiteMessage
from tests.factories import CustomFieldFactory, FormFactory, ListFactory, TagFactory, UserFactory
from tests.peers.apps import source

Settings = Mapping[str, Any]
TREE = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ada"}]}
BAD_TREE = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": 999_999}]}


@dataclass(frozen=True)
class Sample:
    settings: Callable[[Automation], Settings]
    junk: tuple[tuple[Settings, str], ...]


def new_automation(**values: Any) -> Automation:
    return save_automation(values={"name": "Welcome", **values})


def published(**values: Any) -> Automation:
    """A published automation with one step that waits a day."""
    from automations.services import publish

    automation = new_automation(**values)
    add_step(automation=automation, type="wait", settings={"mode": "period", "amount": 1, "unit": "days"})
    publish(automation=automation)
    return Automation.objects.get(pk=automation.pk)


def free_place(automation: Automation) -> dict[str, str]:
    """Where a step may be added behind all others."""
    steps = list(automation.steps.all())
    taken = {(step.parent, step.arm) for step in steps}
    for step in steps:
        for arm in step.arms():
            if (step.key, arm.name) not in taken:
                return {"parent": step.key, "arm": arm.name}
    return {"parent": "", "arm": ""}


def fixed(**settings: Any) -> Callable[[Automation], Settings]:
    return lambda automation: settings


def tags(automation: Automation) -> Settings:
    return {"tags": [TagFactory().pk, TagFactory().pk]}


def one_tag(automation: Automation) -> Settings:
    return {"tag": TagFactory().pk}


def one_list(automation: Automation) -> Settings:
    return {"list": ListFactory().pk}


def other_step(automation: Automation) -> Settings:
    return {"target": add_step(automation=automation, type="wait").key}


def other_automation(automation: Automation) -> Settings:
    return {"target": new_automation(name="Another").pk}


def custom_event() -> int:
    return CustomEvent.objects.create(name=f"event {CustomEvent.objects.count()}").pk


def app_source(app: str) -> Sample:
    """The app gets connected, as its trigger needs that."""
    return Sample(
        lambda automation: {"source": source(app, "one").pk},
        (({"source": 999_999}, "source"), ({"source": "x"}, "source")),
    )


def a_user(automation: Automation) -> Settings:
    return {"who": "user", "user": UserFactory().pk, "subject": "News", "text": "Look at {{ contact.email }}"}


def custom_field(automation: Automation) -> Settings:
    return {"field": CustomFieldFactory(type="number").key, "op": "increment", "value": "2"}


def a_link(automation: Automation) -> Settings:
    campaign = Campaign.objects.create(name="News")
    link = CampaignLink.objects.create(campaign=campaign, url="https://example.com/{{ contact.id }}")
    return {"scope": "campaign", "campaign": campaign.pk, "list": None, "link": link.pk}


NO_EMAIL = (
    ({"kind": "campaign", "scope": "campaign", "campaign": None}, "campaign"),
    ({"kind": "campaign", "scope": "campaign", "campaign": 999_999}, "campaign"),
    ({"kind": "campaign", "scope": "list", "list": 999_999}, "list"),
    ({"kind": "campaign", "scope": "list", "list": None}, "list"),
    ({"kind": "campaign", "scope": "some"}, "scope"),
    ({"kind": "personal", "personal": 999_999}, "personal"),
)
NO_TAGS = (
    ({"tags": []}, "tags"),
    ({"tags": [999_999]}, "tags"),
    ({"tags": [10**30]}, "tags"),
    ({"tags": ["x"]}, "tags"),
    ({"tags": "1"}, "tags"),
    ({"tags": None}, "tags"),
)
NO_TAG = (({"tag": None}, "tag"), ({"tag": 999_999}, "tag"), ({"tag": [1]}, "tag"), ({"tag": 10**30}, "tag"))
NO_LIST = (({"list": 999_999}, "list"), ({"list": "x"}, "list"), ({"list": {}}, "list"))
NO_TARGET = (({"target": 999_999}, "target"), ({"target": True}, "target"))
EMAIL = {"subject": "Hello {{ contact.first_name }}", "html": "<p>Hello</p>"}
NOTICE = {"who": "address", "address": "team@example.com", "subject": "News", "text": "Look"}


def a_goal() -> Step:
    """A goal of another automation."""
    goal = {"name": "Bought", "conditions": TREE, "jump_from": "above", "unmet": "continue"}
    return add_step(automation=new_automation(name="With a goal"), type="goal", settings=goal)


def site_message() -> int:
    return SiteMessage.objects.create(title="Hello").pk


def a_score() -> int:
    return Score.objects.create(name=f"Score {Score.objects.count()}").pk


def a_conversion() -> int:
    return Conversion.objects.create(name=f"Conversion {Conversion.objects.count()}").pk


def a_birthday(automation: Automation) -> Settings:
    return {
        "field": CustomFieldFactory(type="date").key,
        "when": "before",
        "amount": 2,
        "unit": "weeks",
        "clock": "09:30:00",
        "every": "year",
        "zone": "contact",
    }


TRIGGERS: dict[str, Sample] = {
    "rss_updated": Sample(
        fixed(url="https://blog.example.com/feed.xml", every="6h", minimum=3),
        (
            ({"url": ""}, "url"),
            ({"url": "blog"}, "url"),
            ({"url": "ftp://blog.example.com/"}, "url"),
            ({"url": "https://a b.example.com/"}, "url"),
            ({"url": "http://user:secret@blog.example.com/"}, "url"),
            ({"url": f"https://blog.example.com/{'x' * 500}"}, "url"),
            ({"url": "https://blog.example.com/", "every": "minute"}, "every"),
            ({"url": "https://blog.example.com/", "minimum": 0}, "minimum"),
            ({"url": "https://blog.example.com/", "minimum": 101}, "minimum"),
        ),
    ),
    "date_reached": Sample(
        a_birthday,
        (
            ({"field": "gone"}, "field"),
            ({"field": "first_name"}, "field"),
            ({"field": "created_at", "when": "around"}, "when"),
            ({"field": "created_at", "when": "before", "amount": 0}, "amount"),
            ({"field": "created_at", "when": "after", "amount": 121, "unit": "months"}, "amount"),
            ({"field": "created_at", "when": "before", "amount": None}, "amount"),
            ({"field": "created_at", "when": "before", "amount": 1, "unit": "years"}, "unit"),
            ({"field": "created_at", "when": "before", "amount": 1, "unit": "hours", "clock": "09:00"}, "clock"),
            ({"field": "created_at", "clock": "25:00"}, "clock"),
            ({"field": "created_at", "every": "decade"}, "every"),
            ({"field": "created_at", "zone": "moon"}, "zone"),
        ),
    ),
    "site_message_dismissed": Sample(
        lambda automation: {"message": site_message()},
        (({"message": 999_999}, "message"), ({"message": "x"}, "message")),
    ),
    "page_visited": Sample(
        fixed(url_is="pattern", url="https://site.com/*/test.php", strict=["scheme", "query"]),
        (
            ({"url_is": "exact", "url": ""}, "url"),
            ({"url_is": "pattern", "url": "site.com"}, "url"),
            ({"url_is": "pattern", "url": "*"}, "url"),
            ({"url_is": "exact", "url": "site.com/a b"}, "url"),
            ({"url_is": "exact", "url": "x" * 501}, "url"),
            ({"url_is": "exact", "url": "site.com", "strict": ["scheme"]}, "url"),
            ({"url_is": "exact", "url": "site.com", "strict": ["colour"]}, "strict"),
            ({"url_is": "some", "url": "site.com"}, "url_is"),
        ),
    ),
    "conversion_occurred": Sample(
        lambda automation: {"conversion": a_conversion()},
        (({"conversion": 999_999}, "conversion"), ({"conversion": None}, "conversion")),
    ),
    "score_changed": Sample(
        lambda automation: {"score": a_score(), "direction": "below", "value": -5},
        (
            ({"score": 999_999, "value": 1}, "score"),
            ({"score": None, "value": 1}, "score"),
            ({"value": "many"}, "value"),
            ({"value": None}, "value"),
            ({"value": 10**18}, "value"),
            ({"direction": "sideways", "value": 1}, "direction"),
        ),
    ),
    "calendly_meeting_received": app_source("calendly"),
    "typeform_form_received": app_source("typeform"),
    "unbounce_page_received": app_source("unbounce"),
    "event_recorded": Sample(
        lambda automation: {"event": custom_event(), "value_is": "contains", "value": "blue"},
        (
            ({"event": 999_999, "value_is": "any"}, "event"),
            ({"event": None, "value_is": "any"}, "event"),
            ({"value_is": "starts"}, "value_is"),
            ({"value_is": "equals", "value": ""}, "value"),
        ),
    ),
    "email_opened": Sample(
        fixed(
            kind="transactional",
            server="Shop",
            stream="outbound",
            which="tag",
            which_op="is",
            which_text="receipt",
        ),
        (
            *NO_EMAIL,
            ({"kind": "transactional", "which": "tag", "which_text": ""}, "which_text"),
            ({"kind": "transactional", "which": "size"}, "which"),
            ({"kind": "transactional", "which_op": "like"}, "which_op"),
            ({"kind": "transactional", "server": "x" * 101}, "server"),
            ({"kind": "transactional", "stream": "x" * 101}, "stream"),
        ),
    ),
    "email_link_clicked": Sample(
        a_link, (*NO_EMAIL, ({"link": 999_999}, "link"), ({"kind": "transactional"}, "kind"))
    ),
    "email_shared": Sample(
        lambda automation: {
            "campaign": Campaign.objects.create(name="News").pk,
            "list": ListFactory().pk,
            "network": "x",
        },
        (({"campaign": 999_999}, "campaign"), ({"list": 999_999}, "list"), ({"network": "myspace"}, "network")),
    ),
    "email_forwarded": Sample(
        lambda automation: {"campaign": Campaign.objects.create(name="News").pk},
        (({"campaign": 999_999}, "campaign"), ({"campaign": "x"}, "campaign")),
    ),
    "email_replied": Sample(
        lambda automation: {"scope": "campaign", "campaign": Campaign.objects.create(name="News").pk},
        (*NO_EMAIL, ({"kind": "transactional"}, "kind")),
    ),
    "tag_added": Sample(tags, NO_TAGS),
    "tag_removed": Sample(tags, NO_TAGS),
    "list_subscribed": Sample(one_list, NO_LIST),
    "list_unsubscribed": Sample(one_list, NO_LIST),
    "form_submitted": Sample(
        lambda automation: {"form": FormFactory().pk},
        (({"form": 999_999}, "form"), ({"form": "x"}, "form"), ({"form": {}}, "form")),
    ),
    "contact_field_changed": Sample(
        fixed(field="first_name", old="any", old_value="", new="value", new_value="Ada"),
        (
            ({"field": "gone", "old": "any", "new": "any"}, "field"),
            ({"field": "email", "new": "sometimes"}, "new"),
            ({"field": "email", "old": "value", "old_value": "no address"}, "old_value"),
            ({"field": "email", "old": "value", "new": "value"}, "new_value"),
        ),
    ),
    "goal_achieved": Sample(
        lambda automation: {"goal": a_goal().key, "outcome": "skipped"},
        (
            ({"goal": "gone"}, "goal"),
            ({"goal": "", "outcome": "either"}, "goal"),
            ({"outcome": "missed"}, "outcome"),
        ),
    ),
}

STEPS: dict[str, Sample] = {}

CONDITIONS: dict[str, Sample] = {}


def sample_of(samples: Mapping[str, Sample], slug: str) -> Sample:
    """The sample of a type, or a failure that says what to write."""
    assert slug in samples, f"The type “{slug}” has no sample settings: add one in tests/automations/samples/."
    return samples[slug]


# Each area's module adds the samples of its types.
for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
