"""Marketing e-mails: eligibility asked again, personalised, with the ways out that law and RFC 8058 ask for."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from automations.delivery.campaigns import campaigns_of, content_of, sent_emails
from automations.delivery.eligibility import lists_of_automation, refusals
from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.message import build_message
from automations.delivery.outbox import CHANNELS, Parcel, Permanent, Temporary
from automations.delivery.tracking import Tracking
from automations.engine.plan import plan_of_version
from automations.models import Delivery, Enrollment
from automations.reasons import Skip
from contacts.mail_tokens import reply_address
from contacts.models import Campaign, Contact, SentEmail
from contacts.selectors.fields import values_of
from contacts.selectors.scores import points_of
from contacts.services.engagement import note_sent

WITHOUT_METADATA = ("Postal",)
log = logging.getLogger(__name__)


@CHANNELS.register
class EmailChannel:
    slug = "email"
    repeatable = False

    @property
    def rate(self) -> int:
        return int(settings.EMAIL_RATE_PER_MINUTE)

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        with mail_connection() as connection:
            yield partial(_prepare, connection)


def _prepare(connection: Any, deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
    """Contacts, values, campaigns and events in a fixed number of queries; eligibility in three a sender."""
    contacts = Contact.objects.select_related("owner").in_bulk([d.contact_id for d in deliveries if d.contact_id])
    values, points = values_of(list(contacts)), points_of(list(contacts))
    for contact in contacts.values():
        contact.custom_values = values.get(contact.pk, {})
        contact.score_points = points.get(contact.pk, {})
    events = dict(
        Enrollment.objects.filter(pk__in=[d.enrollment_id for d in deliveries]).values_list("pk", "event")
    )
    campaigns = campaigns_of(deliveries)
    lists = _lists(deliveries, campaigns)
    emails = sent_emails(deliveries, contacts, campaigns, lists)
    contents = _Contents()
    for sender in dict.fromkeys(map(_sender, deliveries)):
        group = [delivery for delivery in deliveries if _sender(delivery) == sender]
        refused = refusals([contacts[d.contact_id] for d in group if d.contact_id in contacts], lists[group[0].pk])
        for delivery in group:
            person = contacts.get(delivery.contact_id or 0)
            if person is None:
                yield Parcel(delivery, None, Skip.CONTACT_GONE)
            elif person.pk in refused:
                yield Parcel(delivery, None, refused[person.pk])
            else:
                event = events.get(delivery.enrollment_id or 0, {})
                yield Parcel(
                    delivery, _sending(connection, contents, delivery, person, event, emails[delivery.pk])
                )


def _sender(delivery: Delivery) -> tuple[int | None, int | None]:
    return delivery.automation_id, delivery.campaign_id


def _lists(deliveries: Sequence[Delivery], campaigns: Mapping[int, Campaign]) -> dict[int, list[int]]:
    """{delivery id: the lists one of which its contact must be on; none: any}."""
    automations = {d.automation_id for d in deliveries if d.automation_id}
    of_automation = {pk: lists_of_automation(pk) for pk in automations}
    return {
        d.pk: of_automation[d.automation_id]
        if d.automation_id
        else [row.pk for row in campaigns[d.pk].lists.all()]
        if d.pk in campaigns
        else []
        for d in deliveries
    }


class _Contents(dict[tuple[int | None, int | None, str], Any]):
    """E-mails by campaign, or version and step key; ValidationError where they are gone."""

    def __init__(self) -> None:
        super().__init__()
        self._tracking: dict[tuple[int | None, int | None, str], Tracking | None] = {}

    def of(self, delivery: Delivery) -> Any:
        return self[delivery.campaign_id, delivery.version_id, delivery.step_key]

    def tracking_of(self, delivery: Delivery, email: SentEmail) -> Tracking | None:
        """How the e-mail is counted, worked out once for all of the batch that get it."""
        place = (delivery.campaign_id, delivery.version_id, delivery.step_key)
        if place not in self._tracking:
            self._tracking[place] = Tracking.of(self.of(delivery), email.campaign_id)
        return self._tracking[place]

    def __missing__(self, place: tuple[int | None, int | None, str]) -> Any:
        campaign_id, version_id, key = place
        try:
            if campaign_id:
                self[place] = content_of(Campaign.objects.get(pk=campaign_id))
            else:
                self[place] = plan_of_version(version_id or 0).steps[key].settings()
        except (ObjectDoesNotExist, KeyError):
            raise ValidationError(_("The version of the automation that held this e-mail is gone.")) from None
        return self[place]


def _sending(
    connection: Any,
    contents: _Contents,
    delivery: Delivery,
    person: Contact,
    event: Mapping[str, Any],
    email: SentEmail,
) -> Callable[[], str]:
    """How to send it. What goes wrong in building concerns this one alone: it fails, the rest goes on."""
    try:
        tracking = contents.tracking_of(delivery, email)
        message = build_message(contents.of(delivery), person, event, email, delivery, tracking)
        return partial(_send, connection, message, email)
    except ValidationError as error:
        return partial(_fail, Permanent(" ".join(error.messages)))
    except Exception as error:
        log.exception("Delivery %s can't be built", delivery.pk)
        return partial(_fail, Temporary(f"{type(error).__name__}: {error}"))


def _send(connection: Any, message: EmailMessage, email: SentEmail) -> str:
    _mark(connection, message, email)
    message_id = hand_over(connection, message)
    note_sent(email=email, message_id=message_id, subject=str(message.subject))
    return message_id


def _mark(connection: Any, message: Any, email: SentEmail) -> None:
    """So that what comes back of it is known to be of it: a provider's notices, a mail server's bounces."""
    if hasattr(connection, "esp_name"):
        if connection.esp_name not in WITHOUT_METADATA:
            message.metadata = {"sent_email": str(email.pk)}
    elif settings.INBOUND_BOUNCES and (address := reply_address(email.pk)):
        # Django sends `From` as it is given here, and `from_email` to the server as the return path.
        message.extra_headers["From"] = message.from_email
        message.from_email = address


def _fail(error: Exception) -> str:
    raise error
