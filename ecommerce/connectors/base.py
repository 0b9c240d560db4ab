"""What every kind of store has: how its deliveries are verified and read, and how it is set up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.connectors.base import Malformed, Request, text
from contacts.values import clean_email
from ecommerce.drafts import Draft
from ecommerce.models import Store, WebhookDelivery

MAX_MONEY = Decimal(10) ** 13
MAX_ITEMS = 500
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a delivery says. `draft` None: it is only noted, as `note` says.

    external_id  the same for each try to deliver the same thing
    """

    external_id: str
    topic: str = ""
    draft: Draft | None = None
    email: str = ""


class StoreConnector:
    """One kind of store. Register an instance with `STORES.register` and it exists everywhere."""

    slug: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str] = "storefront"
    #: How to connect it: sentences for people. `topics` are what its webhooks are to be made for.
    steps: ClassVar[tuple[Any, ...]]
    topics: ClassVar[tuple[str, ...]] = ()
    #: It sends webhooks; else it is spoken to over the API.
    delivers: ClassVar[bool] = True
    #: What `Store.secret` is called here; "" where none is needed.
    secret_label: ClassVar[Any] = ""
    #: The secret is made here and given to the store; else the store gives it, and it is pasted here.
    makes_secret: ClassVar[bool] = False
    #: Its deliveries name the shop's domain, which has to be right.
    has_domain: ClassVar[bool] = False
    #: The header that says what a delivery is about; "" where its body does.
    topic_header: ClassVar[str] = ""
    #: What the API may write into it.
    api_orders: ClassVar[bool] = False
    api_carts: ClassVar[bool] = False
    #: Its orders are told one by one, with every change of status (spec: order_created, order_updated).
    tells_orders: ClassVar[bool] = False
    #: What it has at all.
    has_orders: ClassVar[bool] = True
    has_payments: ClassVar[bool] = False

    def is_probe(self, request: Request) -> bool:
        """Whether it only asks if anybody is there: answered, and nothing else."""
        return False

    def verify(self, request: Request, store: Store) -> None:
        """WrongSignature unless the store sent `request`."""
        raise NotImplementedError  # those that deliver have their own; tests/ecommerce takes every one

    def parse(self, request: Request, store: Store) -> Parcel:
        """Malformed where it is not what the store sends; ValidationError where it can't be used."""
        raise NotImplementedError  # those that deliver have their own; tests/ecommerce takes every one

    def request_of(self, delivery: WebhookDelivery) -> Request:
        """What is kept of a delivery, to be read again."""
        headers = {self.topic_header: delivery.topic} if self.topic_header else {}
        return Request(delivery.body.encode(), headers, now=delivery.received_at.timestamp())

    def check_secret(self, secret: str) -> None:
        """ValidationError for one that can't be right."""
        if len(secret) < 8 or len(secret) > 200 or not secret.isascii() or not secret.isprintable():
            raise ValidationError(_("Give 8 to 200 letters, digits and signs."))
        if " " in secret:
            raise ValidationError(_("There is no space in it."))


class StoreConnectors:
    def __init__(self) -> None:
        self._by_slug: dict[str, StoreConnector] = {}

    def register(self, cls: type[StoreConnector]) -> type[StoreConnector]:
        self._by_slug[cls.slug] = cls()
        return cls

    def get(self, slug: str) -> StoreConnector | None:
        return self._by_slug.get(slug)

    def __getitem__(self, slug: str) -> StoreConnector:
        return self._by_slug[slug]

    def __iter__(self) -> Iterator[StoreConnector]:
        return iter(self._by_slug.values())

    def choices(self) -> list[tuple[str, Any]]:
        return [(one.slug, one.label) for one in self._by_slug.values()]


STORES = StoreConnectors()


# --- Reading values ----------------------------------------------------------------------------


def rows(value: Any, most: int = MAX_ITEMS) -> list[dict[str, Any]]:
    """The objects of a list; [] where there is none."""
    return [row for row in value[:most] if isinstance(row, dict)] if isinstance(value, list) else []


def ident(value: Any, name: str) -> str:
    """An id as text; Malformed without one."""
    found = text(value)
    if not found or len(found) > 255:
        raise Malformed(_("“%s” is missing, or is no id.") % name)
    return found


def money(value: Any) -> Decimal:
    """An amount with two decimals; 0 for none. Malformed where it is no amount."""
    if value in (None, ""):
        return Decimal(0)
    try:
        amount = Decimal(str(value)).quantize(CENT)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) >= MAX_MONEY:
        raise Malformed(_("“%s” is no amount.") % text(value)[:40])
    return amount


def count(value: Any) -> int:
    """A number of pieces: 0 or more."""
    try:
        found = int(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        found = -1
    if not 0 <= found < 10**9:
        raise Malformed(_("“%s” is no quantity.") % text(value)[:40])
    return found


def moment(value: Any, name: str) -> datetime:
    """ISO 8601; without a zone it is UTC. Malformed where it is none."""
    found = maybe_moment(value)
    if found is None:
        raise Malformed(_("“%s” is missing, or is no date and time.") % name)
    return found


def maybe_moment(value: Any) -> datetime | None:
    try:
        found = parse_datetime(text(value))
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 9000:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def address(value: Any) -> str:
    """A folded address; "" for one that no mail could reach."""
    try:
        return clean_email(text(value)) if text(value) else ""
    except ValidationError:
        return ""


def currency(value: Any) -> str:
    code = text(value).upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Malformed(_("“%s” is no currency.") % code[:20])
    return code


def link(value: Any) -> str:
    """An http(s) address; "" for anything else, which could be a script."""
    found = text(value)
    return found if found.startswith(("https://", "http://")) else ""


def names(values: Iterable[Any]) -> tuple[str, ...]:
    """Distinct names of categories, in their order."""
    found = dict.fromkeys(text(value)[:200] for value in values)
    return tuple(name for name in found if name)[:50]


def status_of(word: str, known: Mapping[str, str], other: str) -> str:
    return str(known.get(word.strip().lower(), other))
