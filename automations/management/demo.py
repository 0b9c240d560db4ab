"""What the demo holds: people, lists, tags, fields, and automations that have been at work for a month."""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from automations.engine.pump import turn
from contacts.models import (
    AppSource,
    Contact,
    CustomEvent,
    CustomField,
    List,
    Segment,
    Tag,
)
from contacts.services import (
    ContactDraft,
    record_event,
    save_contacts,
    set_field,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
)

from . import demo_crm, demo_dates, demo_deals, demo_scores
from .demo_apps import app_day, connect_apps
from .demo_automations import DemoAutomations, all_of, field_is
from .demo_campaigns import load_campaigns
from .demo_emails import read_emails, talk_about_emails
from .demo_forms import forms_of_a_day, make_forms
from .demo_mail import load_mail
from .demo_names import FIRST, LAST
from .demo_site import make_site, site_of_a_day
from .demo_stores import make_stores, shop_day

PEOPLE = 3_000
DAYS = 30

PLACES = [
    ("Paris", "Europe/Paris", "fr"),
    ("Lyon", "Europe/Paris", "fr"),
    ("Montréal", "America/Toronto", "fr"),
    ("London", "Europe/London", "en"),
    ("Dublin", "Europe/Dublin", "en"),
    ("New York", "America/New_York", "en"),
    ("Sydney", "Australia/Sydney", "en"),
]
FIELDS: list[tuple[str, str, str, list[str]]] = [
    ("plan", "Plan", "dropdown", ["Free", "Team", "Business"]),
    ("city", "City", "text", []),
    ("birthday", "Birthday", "date", []),
    ("interests", "Interests", "multiselect", ["Design", "Sales", "Support", "Development"]),
    ("seats", "Seats", "number", []),
    ("lifetime_value", "Lifetime value", "money", ["EUR"]),
    ("renewal", "Renewal date", "date", []),
    ("website", "Website", "url", []),
]


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """History is made by the real services, with the clock set back."""
    with patch.object(timezone, "now", lambda: moment):
        yield


def _analyze() -> None:
    """PostgreSQL plans by statistics, and collects none by itself while a transaction is filling the tables."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


AREAS = ("apps", "emails", "talk", "forms", "site", "deals", "shop", "crm", "mail", "campaigns")


class Demo:
    """Builds everything from one seed, so that two machines show the same."""

    def __init__(self, people: int = PEOPLE) -> None:
        self.random = random.Random(20_261)  # noqa: S311 a demo holds no secrets
        # One for each area: what one of them draws changes nothing in the others.
        self.luck = {area: random.Random(f"20261 {area}") for area in AREAS}  # noqa: S311 as above
        self.people = people
        self.now = timezone.now()
        self.tags: dict[str, Tag] = {}
        self.lists: dict[str, List] = {}
        self.sources: dict[str, AppSource] = {}

    def load(self) -> None:
        self._vocabulary()
        with at(self.now - timedelta(days=DAYS)):
            ids = self._contacts()
            self._segments()
            make_forms(self.lists, self.tags)
            demo_scores.define_scores()
            demo_deals.make_pipelines()
            DemoAutomations(self.tags, self.lists, self.sources).make()
            demo_scores.add_automations()
            demo_deals.add_automations()
            demo_dates.add_automations()
            make_stores()
            demo_crm.make_accounts(self.luck["crm"], ids)
            self.booking = demo_crm.make_bookings()
            demo_crm.add_automations(self.booking, self.tags["Needs a call"])
        # A month of deliveries is counted, not written to disk.
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
            self._history(ids)
            load_campaigns(self.luck["campaigns"], self.now, self.lists, at)
            load_mail(self.luck["mail"], self.now, at)

    def _vocabulary(self) -> None:
        make_site()
        for name, text in (
            ("Price list opened", "Somebody who is signed in looks at the prices."),
            ("Report exported", "A report was downloaded; the value is its format."),
        ):
            CustomEvent.objects.create(name=name, description=text)
        self.sources = connect_apps()
        for position, (key, label, kind, options) in enumerate(FIELDS):
            CustomField.objects.create(key=key, label=label, type=kind, options=options, position=position)
        for name in (
            "Lead",
            "Customer",
            "VIP",
            "Webinar",
            "Trial",
            "Onboarded",
            "Needs a call",
            "Churn risk",
            "Reader",
        ):
            self.tags[name] = Tag.objects.create(name=name)
        for name, text, public in (
            ("Newsletter", "News and ideas, twice a month.", True),
            ("Product updates", "What is new in the product.", True),
            ("Partners", "For agencies and resellers.", False),
        ):
            self.lists[name] = List.objects.create(name=name, description=text, is_public=public)

    def _contacts(self) -> list[int]:
        drafts = [self._person(number) for number in range(self.people)]
        ids = save_contacts(drafts=drafts).created
        subscribe_contacts(contacts=self._some(ids, 0.7), list=self.lists["Newsletter"])
        subscribe_contacts(contacts=self._some(ids, 0.4), list=self.lists["Product updates"])
        subscribe_contacts(contacts=self._some(ids, 0.05), list=self.lists["Partners"])
        for name, share in (("Lead", 0.5), ("Customer", 0.3), ("Webinar", 0.1)):
            tag_contacts(contacts=self._some(ids, share), tag=self.tags[name])
        return ids

    def _person(self, number: int) -> ContactDraft:
        pick = self.random
        first, last = pick.choice(FIRST), pick.choice(LAST)
        city, zone, language = pick.choice(PLACES)
        plan = pick.choices(["Free", "Team", "Business"], [6, 3, 1])[0]
        custom: dict[str, Any] = {"plan": plan, "city": city}
        if pick.random() < 0.6:
            custom["birthday"] = date(pick.randint(1960, 2004), pick.randint(1, 12), pick.randint(1, 28))
        if pick.random() < 0.5:
            custom["interests"] = sorted(pick.sample(FIELDS[3][3], pick.randint(1, 3)), key=FIELDS[3][3].index)
        if plan != "Free":
            custom["seats"] = pick.randint(1, 60)
            custom["lifetime_value"] = (pick.randint(2, 400) * 25, "EUR")
            custom["renewal"] = (self.now + timedelta(days=pick.randint(-20, 300))).date()
        # Without accents: most mail servers take no others.
        name = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
        address = f"{name}.{number}@example.com".replace(" ", "-").casefold()
        standard = {"first_name": first, "last_name": last, "time_zone": zone, "language": language}
        return ContactDraft(address, standard, custom)

    def _segments(self) -> None:
        paying = all_of(field_is("plan", "is_not", "Free"))
        Segment.objects.create(name="Paying customers", conditions=paying)
        active = {"type": "subscription", "op": "is", "status": "active", "list": self.lists["Newsletter"].pk}
        Segment.objects.create(
            name="French-speaking readers", conditions=all_of(field_is("language", "is", "fr"), active)
        )

    # --- A month -------------------------------------------------------------------------------

    def _history(self, ids: Sequence[int]) -> None:
        reading = set(Contact.objects.filter(subscriptions__status="active").values_list("pk", flat=True))
        waiting = [pk for pk in ids if pk not in reading]
        for day in range(DAYS, -1, -1):
            moment = self.now - timedelta(days=day, hours=self.random.randint(1, 4))
            with at(moment):
                self._a_day(ids, waiting)
                demo_dates.sweep_of_a_day(moment, day)
                self._run(moment)
            _analyze()
        self._run(self.now)

    def _a_day(self, ids: Sequence[int], waiting: list[int]) -> None:
        pick = self.random
        fresh = [waiting.pop() for _number in range(min(len(waiting), pick.randint(8, 20)))]
        subscribe_contacts(contacts=fresh, list=self.lists["Newsletter"])
        tag_contacts(contacts=pick.sample(ids, 9), tag=self.tags["Trial"])
        tag_contacts(contacts=pick.sample(ids, 4), tag=self.tags["Onboarded"])
        tag_contacts(contacts=pick.sample(ids, 5), tag=self.tags["VIP"])
        untag_contacts(contacts=pick.sample(ids, 3), tag=self.tags["VIP"])
        unsubscribe_contacts(contacts=pick.sample(ids, 3), list=self.lists["Newsletter"])
        plan = CustomField.objects.get(key="plan")
        opened, exported = CustomEvent.objects.order_by("name")
        record_event(contacts=pick.sample(ids, 20), event=opened)
        for kind, count in (("xlsx", 6), ("pdf", 6)):
            record_event(contacts=pick.sample(ids, count), event=exported, value=kind)
        app_day(self.luck["apps"], ids, self.sources)
        set_field(field=plan, values=dict.fromkeys(pick.sample(ids, 4), "Team"))
        read_emails(self.luck["emails"])
        talk_about_emails(self.luck["talk"])
        forms_of_a_day(self.luck["forms"], ids)
        site_of_a_day(self.luck["site"], ids)
        demo_deals.deals_of_a_day(self.luck["deals"], ids)
        shop_day(self.luck["shop"], ids)
        demo_crm.crm_of_a_day(self.luck["crm"], ids, self.booking)

    def _run(self, moment: datetime) -> None:
        while turn(clock=lambda: moment):
            pass

    def _some(self, ids: Sequence[int], share: float) -> list[int]:
        return self.random.sample(list(ids), int(len(ids) * share))
