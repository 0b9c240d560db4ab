"""The whole URL map, walked: what is there, and an address of each to ask for."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver, reverse

#: What stands for each parameter: records with these only where the test makes them.
VALUES = {
    "pk": 7,
    "object_id": 7,
    "id": 0,
    "automation_id": 0,
    "enrollment": 0,
    "kind": "triggers",
    "key": "x",
    "slug": "x",
    "action": "x",
    "start": "plain",
    "app_label": "contacts",
    "content_type_id": 1,
    "token": "x",
    "network": "facebook",
    "public_id": "x",
    "app": "typeform",
    "secret": "x",
    "hook": "x",
}

#: Routes without a name, by pattern.
UNNAMED = {
    "favicon.ico": "/favicon.ico",
    "admin/(?P<url>.*)$": "/admin/nothing/here/",
    "api/^.*$": "/api/nothing/here/",
    "apps/<slug:app>/<str:public_id>/<str:secret>/": "/apps/typeform/x/y/",
}
#: Django's admin keeps addresses of before version 1.9 as redirects to the change page, which asks who it is.
OLD_ADMIN = re.compile(r"admin/\w+/\w+/<path:object_id>/")


@dataclass(frozen=True, slots=True)
class Route:
    """`name` with its namespaces, or the pattern where it has no name."""

    name: str
    pattern: str
    parameters: tuple[str, ...]
    view: Callable[..., Any]

    @property
    def path(self) -> str:
        if self.pattern in UNNAMED:
            return UNNAMED[self.pattern]
        return reverse(self.name, kwargs={name: VALUES[name] for name in self.parameters})

    @property
    def viewset(self) -> Any:
        """The class of an API view."""
        return getattr(self.view, "cls", None)

    @property
    def actions(self) -> dict[str, str]:
        """Of an API view: methods, and the action each one runs."""
        if given := getattr(self.view, "actions", None):
            return dict(given)
        verbs = ("get", "post", "patch", "delete")
        return {verb: verb for verb in verbs if hasattr(self.viewset, verb)}


def routes() -> list[Route]:
    return [route for route in _walk(get_resolver(), "", "") if not OLD_ADMIN.fullmatch(route.pattern)]


def _walk(resolver: Any, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, pattern, inner)
        else:
            name = f"{namespace}{entry.name}" if entry.name else pattern
            parameters = tuple(entry.pattern.converters) or tuple(entry.pattern.regex.groupindex)
            yield Route(name, pattern, parameters, entry.callback)
