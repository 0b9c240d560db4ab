"""Connected apps: taking in what they deliver, once, and asking their APIs for what there is."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.connectors import CONNECTORS, Connector, Malformed, Received, Request
from contacts.connectors.base import fingerprint
from contacts.models import AppConnection, AppDelivery, AppReceipt, AppSource, Contact, List, Tag
from contacts.models.apps import new_secret
from contacts.origin import Origin, Source, caused_by, current_origin
from contacts.values import address_hash, clean_email

from .changes import current_facts
from .contacts import ContactDraft, save_contacts, update_contact
from .lists import subscribe_contacts
from .parsing import parse_contact
from .records import save_record
from .tags import tag_contacts

logger = logging.getLogger(__name__)
Outcome = AppDelivery.Outcome
SECRETS = ("secret", "token")


@transaction.atomic
def save_connection(
    *,
    connection: AppConnection,
    values: Mapping[str, Any],
    lists: Iterable[List] | None = None,
    tags: Iterable[Tag] | None = None,
) -> AppConnection:
    """Make or change a connection; ValidationError by field.

    An empty `secret` or `token` among the values leaves what is there; a new connection without a
    secret gets a random one. None leaves lists or tags as they are.
    """
    given = {name: value for name, value in values.items() if name not in SECRETS or value}
    connector = CONNECTORS.get(given.get("app", connection.app))
    if connector is None:
        raise ValidationError({"app": _("There is no such app; the apps are: %s.") % ", ".join(_slugs())})
    if not connection._state.adding and connector.slug != connection.app:
        raise ValidationError({"app": _("A connection's app can't be changed; make another connection.")})
    if connection._state.adding and "secret" not in given:
        given["secret"] = new_secret()
    if "secret" in given:
        _field("secret", connector, given["secret"])
    save_record(record=connection, values=given)
    if lists is not None:
        connection.lists.set(lists)
    if tags is not None:
        connection.tags.set(tags)
    return connection


def webhook_address(connection: AppConnection, *, secret: str = "") -> str:
    """The address to give to the app; `secret` stands at its end where the app signs nothing."""
    address = settings.SITE_URL + reverse("contacts:app", args=[connection.app, connection.public_id])
    return f"{address}{secret}/" if CONNECTORS[connection.app].secret_in_address else address


def receive_delivery(*, connection: AppConnection, request: Request) -> str:
    """Take in a delivery whose sender was verified; its outcome, or "replay" for one that came before.

    Malformed for a body that is not the app's; it is kept as failed. What goes wrong unexpectedly
    is kept as failed too, and raised: the app will send it again.
    """
    connector = CONNECTORS[connection.app]
    try:
        received = connector.parse(request)
    except Malformed as error:
        unknown = Received(external_id=fingerprint(request.body))
        _keep(connection, unknown, request, Outcome.FAILED, " ".join(error.messages))
        raise
    try:
        with transaction.atomic():
            return _take_in(connection, received, request)
    except Exception as error:
        logger.exception("A delivery of %s could not be taken in.", connection.app)
        _keep(connection, received, request, Outcome.FAILED, f"{type(error).__name__}: {error}"[:500])
        raise


@transaction.atomic
def replay_delivery(*, delivery: AppDelivery) -> str:
    """Take in again what failed or came while the connection was off; the new outcome."""
    delivery = AppDelivery.objects.select_for_update(of=("self",)).select_related("connection").get(pk=delivery.pk)
    if not delivery.replayable:
        raise ValidationError(_("This delivery went in already, or its content is not kept any more."))
    if not delivery.connection.is_active:
        raise ValidationError(_("The connection is switched off; switch it on first."))
    headers = {"content-type": delivery.content_type}
    request = Request(delivery.body.encode(), headers)
    try:
        received = CONNECTORS[delivery.connection.app].parse(request)
    except ValidationError as error:
        delivery.outcome, delivery.error = Outcome.FAILED, " ".join(error.messages)
        delivery.save(update_fields=["outcome", "error"])
        return delivery.outcome
    return _process(delivery, received)


def refresh_sources(*, connection: AppConnection) -> int:
    """Read the meeting types or forms from the app's API; how many it has. ApiFailed."""
    connector = CONNECTORS[connection.app]
    if not connector.lists_sources or not connection.token:
        raise ValidationError({"token": _("Save an API token first.")})
    found = connector.sources(connection.token)
    for external_id, name in found:
        if external_id:
            learn_source(connection=connection, external_id=external_id, name=name)
    return len(found)


def subscribe_app(*, connection: AppConnection) -> None:
    """Let the app send its deliveries here, where its API can be told to. ApiFailed."""
    connector = CONNECTORS[connection.app]
    if not connector.subscribes or not connection.token:
        raise ValidationError({"token": _("Save an API token first.")})
    connector.subscribe(connection.token, address=webhook_address(connection), secret=connection.secret)


def learn_source(*, connection: AppConnection, external_id: str, name: str) -> AppSource:
    """The source of this id, made or renamed as the app calls it now."""
    called = (name or external_id)[:250]
    source, created = AppSource.objects.get_or_create(
        connection=connection, external_id=external_id[:255], defaults={"name": called}
    )
    if not created and name and source.name != called:
        source.name = called
        source.save(update_fields=["name", "updated_at"])
    return source


def delete_old_deliveries(*, now: datetime) -> int:
    """Delete what was delivered more than APP_DELIVERY_DAYS ago; receipts stay."""
    old = AppDelivery.objects.filter(received_at__lt=now - timedelta(days=settings.APP_DELIVERY_DAYS))
    return old.delete()[0]


def _slugs() -> Sequence[str]:
    return [slug for slug, _label in CONNECTORS.choices()]


def _field(name: str, connector: Connector, secret: str) -> None:
    try:
        connector.check_secret(secret)
    except ValidationError as error:
        raise ValidationError({name: error}) from None


def _take_in(connection: AppConnection, received: Received, request: Request) -> str:
    if AppReceipt.objects.filter(
        app_source__connection=connection, external_id=received.external_id
    ).exists():  # its delivery may be deleted by now
        return "replay"
    values = _columns(received, request)
    delivery, new = AppDelivery.objects.select_for_update().get_or_create(
        connection=connection, external_id=received.external_id, defaults={"outcome": Outcome.FAILED, **values}
    )
    if not new and delivery.outcome != Outcome.FAILED:
        return "replay"
    delivery.connection = connection
    for name, value in values.items():
        setattr(delivery, name, value)
    return _process(delivery, received)


def _process(delivery: AppDelivery, received: Received) -> str:
    delivery.error = ""
    if not delivery.connection.is_active:
        delivery.outcome = Outcome.OFF
    elif not received.counts:
        delivery.outcome = Outcome.NOTED
    else:
        try:
            with transaction.atomic(), caused_by(_origin()):
                delivery.contact_id = _record(delivery.connection, received)
            delivery.outcome = Outcome.RECEIVED
        except ValidationError as error:
            delivery.outcome, delivery.error = Outcome.FAILED, " ".join(error.messages)
    delivery.save()
    return str(delivery.outcome)


def _record(connection: AppConnection, received: Received) -> int:
    if not received.source_id:
        raise ValidationError(
            _("The delivery does not say which %s it is about.") % CONNECTORS[connection.app].source_label
        )
    if not received.email:
        raise ValidationError(_("The delivery has no e-mail address."))
    contact_id = _contact(received)
    source = learn_source(connection=connection, external_id=received.source_id, name=received.source_name)
    for tag in connection.tags.all():
        tag_contacts(contacts=[contact_id], tag=tag)
    for one in connection.lists.all():
        subscribe_contacts(contacts=[contact_id], list=one)
    AppReceipt(
        contact_id=contact_id,
        app_source=source,
        external_id=received.external_id,
        data=dict(received.data),
        **current_facts(),
    ).save(force_insert=True)
    return contact_id


def _contact(received: Received) -> int:
    """Make the contact, or fill what it lacks; what is there is never overwritten."""
    address = clean_email(received.email)
    standard = {"first_name": received.first_name[:100], "last_name": received.last_name[:100]}
    if len(received.phone) <= 32:
        standard["phone"] = received.phone
    values, _custom = parse_contact(standard=standard, custom={}, fields={})
    saved = save_contacts(drafts=[ContactDraft(address, values)], update_existing=False)
    contact_id = saved.ids[address]
    if not saved.created:
        contact = Contact.objects.get(pk=contact_id)
        lacking = {name: value for name, value in values.items() if value and not getattr(contact, name)}
        # A first name of one source beside the last name of another makes a person nobody is.
        if contact.first_name or contact.last_name:
            lacking = {name: value for name, value in lacking.items() if name == "phone"}
        if lacking:
            update_contact(contact=contact_id, **lacking)
    return contact_id


def _keep(
    connection: AppConnection, received: Received, request: Request, outcome: str, error: str
) -> AppDelivery:
    values = {"outcome": outcome, "error": error, **_columns(received, request)}
    delivery, _new = AppDelivery.objects.update_or_create(
        connection=connection, external_id=received.external_id, defaults=values
    )
    return delivery


def _columns(received: Received, request: Request) -> dict[str, Any]:
    return {
        "received_at": timezone.now(),
        "content_type": request.content_type[:100],
        "body": request.body.decode("utf-8", "replace").replace("\x00", ""),
        "address_hash": address_hash(received.email) if received.email else "",
    }


def _origin() -> Origin:
    return replace(current_origin(), source=Source.INTEGRATION)
