"""Samples of conditions on contacts."""

from contacts.models import Segment
from tests.factories import FormFactory, ListFactory, TagFactory, UserFactory
from tests.peers.apps import source

from . import CONDITIONS, Sample, a_conversion, a_link, a_score, custom_event, fixed, site_message

CONDITIONS |= {
    "email_activity": Sample(
        lambda automation: {
            "op": "not_clicked",
            "campaign": (link := a_link(automation))["campaign"],
            "link": link["link"],
            "times": 2,
            "days": 14,
        },
        (
            ({"op": "read"}, "op"),
            ({"op": "clicked", "campaign": 999_999}, "campaign"),
            ({"op": "clicked", "link": 999_999}, "link"),
            ({"op": "opened", "days": 0}, "days"),
            ({"op": "opened", "times": 0}, "times"),
        ),
    ),
    "site_message": Sample(
        lambda automation: {"op": "not_clicked", "message": site_message(), "days": 14},
        (
            ({"op": "saw"}, "op"),
            ({"op": "seen", "message": 999_999}, "message"),
            ({"op": "seen", "days": 0}, "days"),
        ),
    ),
    "page": Sample(
        fixed(op="not_visited", url="site.com/*", times=2, days=14),
        (
            ({"op": "visited", "url": "a b"}, "url"),
            ({"op": "visited", "url": "site.com", "days": 0}, "days"),
            ({"op": "visited", "times": 0}, "times"),
            ({"op": "saw"}, "op"),
        ),
    ),
    "conversion": Sample(
        lambda automation: {"op": "has_not", "conversion": a_conversion(), "times": 2, "days": 14},
        (
            ({"op": "has", "conversion": 999_999}, "conversion"),
            ({"op": "has", "times": 0}, "times"),
            ({"op": "had"}, "op"),
        ),
    ),
    "score": Sample(
        lambda automation: {"op": "between", "score": a_score(), "value": -2, "upper": 5},
        (
            ({"op": "above", "score": 999_999, "value": 1}, "score"),
            ({"op": "above", "value": None}, "value"),
            ({"op": "between", "value": 1}, "upper"),
            ({"op": "between", "value": 5, "upper": 4}, "upper"),
            ({"op": "near", "value": 1}, "op"),
        ),
    ),
    "app_receipt": Sample(
        lambda automation: {
            "op": "not_received",
            "app": "typeform",
            "source": source("typeform", "one").pk,
            "days": 14,
        },
        (
            ({"op": "received", "app": "hubspot"}, "app"),
            ({"op": "received", "app": "typeform", "source": 999_999}, "source"),
            ({"op": "received", "app": "typeform", "days": 0}, "days"),
            ({"op": "got", "app": "typeform"}, "op"),
        ),
    ),
    "event": Sample(
        lambda automation: {"op": "did_not", "event": custom_event(), "times": 2, "days": 14},
        (
            ({"op": "did", "event": 999_999}, "event"),
            ({"op": "did", "event": 1, "days": 0}, "days"),
            ({"op": "did", "event": 1, "times": 0}, "times"),
            ({"op": "had", "event": 1}, "op"),
        ),
    ),
    "tag": Sample(
        lambda automation: {"op": "has_not", "tag": TagFactory().pk},
        (({"op": "has"}, "tag"), ({"op": "had", "tag": 1}, "op")),
    ),
    "subscription": Sample(
        lambda automation: {"op": "is", "status": "active", "list": ListFactory().pk},
        (
            ({"op": "is", "status": "asleep"}, "status"),
            ({"op": "is", "status": "active", "list": 999_999}, "list"),
        ),
    ),
    "field": Sample(
        fixed(field="first_name", op="starts_with", value="A"),
        (
            ({"field": "gone", "op": "is", "value": "x"}, "field"),
            ({"field": "first_name", "op": "greater", "value": "1"}, "op"),
            ({"field": "first_name", "op": "is", "value": ""}, "value"),
        ),
    ),
    "created": Sample(
        fixed(op="within", days=7), (({"op": "within", "days": 0}, "days"), ({"op": "on", "days": 1}, "op"))
    ),
    "automation": Sample(
        lambda automation: {"op": "not_completed", "automation": automation.pk},
        (({"op": "inside", "automation": 999_999}, "automation"),),
    ),
    "now": Sample(
        fixed(weekdays=["0", "4"], after_time="09:00:00", before_time="17:30:00"),
        (({"weekdays": ["8"]}, "weekdays"), ({"after_time": "25:00"}, "after_time"), ({}, "__all__")),
    ),
    "owner": Sample(
        lambda automation: {"op": "is", "user": UserFactory().pk},
        (({"op": "is"}, "user"), ({"op": "is", "user": 999_999}, "user"), ({"op": "had"}, "op")),
    ),
    "tag_date": Sample(
        lambda automation: {"op": "within", "days": 7, "tag": TagFactory().pk},
        (({"op": "within", "days": 7}, "tag"), ({"op": "within", "days": 0, "tag": 1}, "days")),
    ),
    "subscription_date": Sample(
        lambda automation: {"op": "before", "days": 30, "list": ListFactory().pk},
        (({"op": "before", "days": 0}, "days"), ({"op": "on", "days": 1}, "op")),
    ),
    "email_sent": Sample(
        lambda automation: {"op": "not_sent", "automation": automation.pk, "days": 14},
        (({"op": "sent", "automation": 999_999}, "automation"), ({"op": "sent", "days": 0}, "days")),
    ),
    "form": Sample(
        lambda automation: {"op": "submitted", "form": FormFactory().pk, "days": 14},
        (
            ({"op": "submitted", "form": 999_999}, "form"),
            ({"op": "submitted", "days": 0}, "days"),
            ({"op": "sent"}, "op"),
        ),
    ),
    "segment": Sample(
        lambda automation: {"op": "in", "segment": Segment.objects.create(name="Everyone").pk},
        (({"op": "in", "segment": 999_999}, "segment"), ({"op": "on", "segment": 1}, "op")),
    ),
}
