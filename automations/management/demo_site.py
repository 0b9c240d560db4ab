"""The demo's site: its pages, who reads them, and a message that is shown there."""

from collections.abc import Sequence
from random import Random

from contacts.models import SiteMessage, SiteMessageTarget, TrackedDomain
from contacts.services import clean_page, get_visitor, identify_visitor, record_visits
from contacts.services.site import Visit
from contacts.services.site_messages import record_message_action

TOUR = "Shall we show you around?"
PRICES = "example.com/pricing*"
PAGES = [
    ("/", "Example"),
    ("/features", "Features – Example"),
    ("/pricing?plan=team", "Prices – Example"),
    ("/blog/ten-ideas", "Ten ideas – Example"),
]


def make_site() -> None:
    TrackedDomain.objects.create(domain="example.com")
    SiteMessage.objects.create(
        title=TOUR,
        html="<p>Half an hour with one of us, and no slides.</p>",
        button_text="Choose a time",
        button_url="https://www.example.com/demo",
    )


def site_of_a_day(pick: Random, ids: Sequence[int]) -> None:
    """Some people read several pages in a row; some of those who are to see the message close or click it."""
    pages = [clean_page(url=f"https://www.example.com{path}", title=title) for path, title in PAGES]
    visits = [
        Visit(pk, page)
        for pk in pick.sample(list(ids), 40)
        for page in pick.choices(pages, [5, 3, 2, 4], k=pick.randint(1, 4))
    ]
    record_visits(visits=visits)
    rows = SiteMessageTarget.objects.filter(done_at=None).order_by("pk")
    for contact_id, message_id in list(rows.values_list("contact_id", "message_id")[:6]):
        key = f"{pick.getrandbits(128):032x}"
        identify_visitor(visitor=get_visitor(key=key), contact=contact_id, proven=True)
        for action in ("shown", pick.choices(["dismissed", "clicked"], [3, 2])[0]):
            record_message_action(key=key, message_id=message_id, action=action)
