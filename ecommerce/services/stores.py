"""Connecting stores and changing their settings."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import List
from contacts.models.apps import new_secret
from contacts.services.records import save_record
from ecommerce.connectors import STORES, StoreConnector
from ecommerce.models import Store

from .carts import reschedule_carts

HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
WAITS = ("is_active", "abandonment", "abandonment_hours")


@transaction.atomic
def save_store(*, store: Store, values: Mapping[str, Any], lists: Iterable[List] | None = None) -> Store:
    """Connect a store or change it; ValidationError by field. None leaves the lists as they are.

    An empty `secret` leaves what is there; a new store whose secret is made here gets a random one. Open
    carts wait from now on as long as the settings say.
    """
    given = {name: value for name, value in values.items() if name != "secret" or value}
    connector = _connector(store, str(given.get("kind", store.kind)))
    new = store._state.adding
    if new and connector.makes_secret:
        given.setdefault("secret", new_secret())
    _check_secret(connector, str(given.get("secret", "")))
    given |= _domain(connector, str(given.get("domain", store.domain)), str(given.get("name", store.name)))
    before = [getattr(store, name) for name in WAITS]
    save_record(record=store, values=given)
    if lists is not None:
        store.lists.set(lists)
    if not new and before != [getattr(store, name) for name in WAITS]:
        reschedule_carts(store=store)
    return store


def webhook_address(store: Store) -> str:
    """The address to give to the store; "" where it sends nothing."""
    if not STORES[store.kind].delivers:
        return ""
    return str(settings.SITE_URL + reverse("ecommerce:store", args=[store.public_id]))


def _connector(store: Store, kind: str) -> StoreConnector:
    connector = STORES.get(kind)
    if connector is None:
        named = ", ".join(slug for slug, _label in STORES.choices())
        raise ValidationError({"kind": _("There is no such kind of store; the kinds are: %s.") % named})
    if not store._state.adding and kind != store.kind:
        raise ValidationError({"kind": _("A store's kind can't be changed; connect another store.")})
    return connector


def _check_secret(connector: StoreConnector, secret: str) -> None:
    if not secret:
        return
    if not connector.secret_label:
        raise ValidationError({"secret": _("This kind of store has no secret.")})
    try:
        connector.check_secret(secret)
    except ValidationError as error:
        raise ValidationError({"secret": error}) from None


def _domain(connector: StoreConnector, given: str, name: str) -> dict[str, str]:
    """The shop's host, from an address as people paste it."""
    if not connector.has_domain:
        return {"domain": ""}
    text = given.strip().lower()
    host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    if not HOST.fullmatch(host) or "." not in host:
        message = _("Give the shop's domain, such as example.myshopify.com or shop.example.com.")
        raise ValidationError({"domain": message})
    return {"domain": host}
