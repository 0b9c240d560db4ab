"""Who or what causes the changes that are being made now.

Facts keep the source; the automation engine reads the chain, so that an automation that
caused an event (however indirectly) is not entered by it again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    SYSTEM = "system", _("system")
    ADMIN = "admin", _("user")
    API = "api", _("API")
    IMPORT = "import", _("import")
    FORM = "form", _("form")
    CONTACT = "contact", _("the contact")
    AUTOMATION = "automation", _("automation")
    INTEGRATION = "integration", _("integration")
    BOUNCE = "bounce", _("bounce or complaint")


@dataclass(frozen=True, slots=True)
class Origin:
    """`chain` holds ids of automations, the outermost cause first; `rules` the tokens of rules likewise."""

    source: str = Source.SYSTEM
    user_id: int | None = None
    chain: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 it is frozen


def current_origin() -> Origin:
    return _current.get()


@contextmanager
def caused_by(origin: Origin) -> Iterator[None]:
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


class OriginMiddleware:
    """Changes made by a request carry its user, and whether it came over the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = getattr(request, "user", None)
        source = Source.API if request.path.startswith("/api/") else Source.ADMIN
        user_id = user.pk if user is not None and user.is_authenticated else None
        if user_id is None and source == Source.ADMIN:
            source = Source.CONTACT
        with caused_by(Origin(source=source, user_id=user_id)):
            return self.get_response(request)
