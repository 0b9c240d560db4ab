"""Marketing e-mails: eligibility asked again, personalised, with the ways out that law and RFC 8058 ask for."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext as _

from automations.delivery.eligibility import lists_of_automation, refusals
from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.message import build_message
from automations.delivery.outbox import CHANNELS, Parcel, Permanent, Temporary
from automations.engine.plan import plan_of_version
from automations.models import Delivery, Enrollment
from automations.reasons import Skip
from contacts.models import Contact
from contacts.selectors.fields import values_of
from contacts.selectors.scores import points_of

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
    """Contacts, values and events in a fixed number of queries; eligibility in three an automation."""
    contacts = Contact.objects.select_related("owner").in_bulk([d.contact_id for d in deliveries if d.contact_id])
    values, points = values_of(list(contacts)), points_of(list(contacts))
    for contact in contacts.values():
        contact.custom_values = values.get(contact.pk, {})
        contact.score_points = points.get(contact.pk, {})
    events = dict(
        Enrollment.objects.filter(pk__in=[d.enrollment_id for d in deliveries]).values_list("pk", "event")
    )
    contents = _Contents()
    for automation_id in dict.fromkeys(delivery.automation_id for delivery in deliveries):
        lists = lists_of_automation(automation_id)
        group = [delivery for delivery in deliveries if delivery.automation_id == automation_id]
        refused = refusals([contacts[d.contact_id] for d in group if d.contact_id in contacts], lists)
        for delivery in group:
            person = contacts.get(delivery.contact_id or 0)
            if person is None:
                yield Parcel(delivery, None, Skip.CONTACT_GONE)
            elif person.pk in refused:
                yield Parcel(delivery, None, refused[person.pk])
            else:
                event = events.get(delivery.enrollment_id or 0, {})
                yield Parcel(delivery, _sending(connection, contents, delivery, person, event, lists))


class _Contents(dict[tuple[int, str], Any]):
    """The settings of a batch's steps by version and step key; ValidationError where they are gone."""

    def __missing__(self, place: tuple[int, str]) -> Any:
        try:
            self[place] = plan_of_version(place[0]).steps[place[1]].settings()
        except (ObjectDoesNotExist, KeyError):
            raise ValidationError(_("The version of the automation that held this e-mail is gone.")) from None
        return self[place]


def _sending(
    connection: Any,
    contents: _Contents,
    delivery: Delivery,
    person: Contact,
    event: Mapping[str, Any],
    lists: Sequence[int],
) -> Callable[[], str]:
    """How to send it. What goes wrong in building concerns this one alone: it fails, the rest goes on."""
    try:
        content = contents[delivery.version_id or 0, delivery.step_key]
        return partial(hand_over, connection, build_message(content, person, event, lists, delivery))
    except ValidationError as error:
        return partial(_fail, Permanent(" ".join(error.messages)))
    except Exception as error:
        log.exception("Delivery %s can't be built", delivery.pk)
        return partial(_fail, Temporary(f"{type(error).__name__}: {error}"))


def _fail(error: Exception) -> str:
    raise error
