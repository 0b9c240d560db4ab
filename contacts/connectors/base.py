"""What every connected app has: how its deliveries are verified and read, and where its sources are listed."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare
from django.utils.text import slugify
from django.utils.translation import gettext as _

MAX_ANSWERS = 200
MAX_ANSWER = 1_000


class WrongSignature(Exception):
    """Nobody who knows the secret has sent this."""


class Malformed(ValidationError):
    """The body is not what the app sends."""


class ApiFailed(ValidationError):
    """The app's API could not be asked, or refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A delivery as it came. `headers` have lower-case names; `path_secret` is the address's last part."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    path_secret: str = ""
    now: float = 0.0

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Received:
    """What a delivery says. `counts` is False for what is only noted, such as a cancelled meeting.

    data    what messages see as `event`: texts, and under "answers" texts by a name made of the question
    """

    external_id: str
    source_id: str = ""
    source_name: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    counts: bool = True


class Connector:
    """One app. Register an instance with `CONNECTORS.register` and it exists everywhere but for its trigger."""

    slug: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str] = "extension"
    #: What its sources are called: "meeting type", "form", "page".
    source_label: ClassVar[Any]
    #: How to connect it: sentences for people; `{address}` stands for the webhook address.
    steps: ClassVar[tuple[Any, ...]]
    #: The secret is the last part of the address, because the app signs nothing.
    secret_in_address: ClassVar[bool] = False
    #: The sources can be read from the app's API with a token.
    lists_sources: ClassVar[bool] = False
    #: The webhook can be made through the app's API with a token.
    subscribes: ClassVar[bool] = False
    #: What the contact did, as a sentence with one place for the source's name.
    happened: ClassVar[Any]

    def verify(self, request: Request, secret: str) -> None:
        """WrongSignature unless who sent `request` knows `secret`."""
        raise NotImplementedError  # each app has its own; tests/contacts/test_apps.py takes every one

    def parse(self, request: Request) -> Received:
        """Malformed where it is not what the app sends; ValidationError where it can't be used."""
        raise NotImplementedError  # each app has its own; tests/contacts/test_apps.py takes every one

    def sources(self, token: str) -> list[tuple[str, str]]:
        """(id, name) of the account's meeting types, forms or pages, by the app's API; ApiFailed."""
        raise NotImplementedError  # each app has its own; tests/contacts/test_apps.py takes every one

    def subscribe(self, token: str, *, address: str, secret: str) -> None:
        """Let the app send to `address`, signed with `secret`; ApiFailed."""
        raise NotImplementedError  # each app has its own; tests/contacts/test_apps.py takes every one

    def check_secret(self, secret: str) -> None:
        """ValidationError for one that could be guessed or can't be used."""
        if len(secret) < 16 or len(secret) > 200:
            raise ValidationError(_("Give a secret of 16 to 200 characters."))
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ValidationError(_("A secret has letters, digits and signs, and no spaces."))
        if self.secret_in_address and not re.fullmatch(r"[A-Za-z0-9_-]+", secret):
            raise ValidationError(_("This secret becomes part of an address: use letters, digits, “-” and “_”."))


def same(given: str, expected: str) -> None:
    """WrongSignature unless both are the same; takes as long either way."""
    if not constant_time_compare(given.encode("utf-8", "replace"), expected.encode()):
        raise WrongSignature


def json_object(body: bytes | str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(_("The body is no JSON.")) from None
    if not isinstance(found, dict):
        raise Malformed(_("The body is no JSON object."))
    return found


def part(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`; {} without one."""
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def text(value: Any) -> str:
    """A value as one storable line of text; "" for None and for what is no plain value."""
    if value is None or isinstance(value, dict | list):
        return ""
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    plain = plain.encode("utf-8", "ignore").decode().replace("\x00", "")
    return plain.strip()[:MAX_ANSWER]


def texts(values: Any) -> str:
    return ", ".join(filter(None, (text(value) for value in values if value is not None)))[:MAX_ANSWER]


def named(answers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{name for templates: answer}; a question that comes again gets a number."""
    found: dict[str, str] = {}
    for question, answer in list(answers)[:MAX_ANSWERS]:
        base = slugify(question).replace("-", "_")[:60].strip("_") or "answer"
        name, number = base, 1
        while name in found:
            number += 1
            name = f"{base}_{number}"
        found[name] = answer
    return found


def split_name(name: str) -> tuple[str, str]:
    """First and last name of a whole one: the last word is the last name."""
    first, _space, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def fingerprint(*parts: bytes) -> str:
    """Stands for an id where the app gives none."""
    return "sha256:" + hashlib.sha256(b"\n".join(parts)).hexdigest()


class Connectors:
    """The apps by slug, in the order of their modules."""

    def __init__(self) -> None:
        self._by_slug: dict[str, Connector] = {}

    def register(self, cls: type[Connector]) -> type[Connector]:
        self._by_slug[cls.slug] = cls()
        return cls

    def get(self, slug: str) -> Connector | None:
        return self._by_slug.get(slug)

    def __getitem__(self, slug: str) -> Connector:
        return self._by_slug[slug]

    def __iter__(self) -> Any:
        return iter(self._by_slug.values())

    def choices(self) -> list[tuple[str, str]]:
        return [(one.slug, one.label) for one in self._by_slug.values()]


CONNECTORS = Connectors()
