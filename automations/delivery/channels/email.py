"""Marketing e-mails: eligibility asked again, personalised, with the ways out that law and RFC 8058 ask for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage

from automations.delivery.eligibility import lists_of_automation, refusals
from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.message import build_message
from automations.delivery.outbox import CHANNELS, Parcel, Permanent
from automations.engine.plan import plan_of_version
from automations.models import Delivery, Enrollment
from automations.reasons import Skip
from contacts.models import Contact
from contacts.selectors.fields import values_of


@CHANNELS.register
class EmailChannel:
    slug = "email"

    @property
    def rate(self) -> int:
        return int(settings.EMAIL_RATE_PER_MINUTE)

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        with mail_connection() as connection:

            def prepare(deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
                for delivery, skip, message in _prepare(deliveries):
                    if skip:
                        yield Parcel(delivery, None, skip)
                    else:
                        yield Parcel(delivery, partial(_send, connection, message))

            yield prepare


def _send(connection: object, message: "EmailMessage | ValidationError") -> str:
    if isinstance(message, ValidationError):
        raise Permanent(" ".join(message.messages))
    return hand_over(connection, message)


def _prepare(
    deliveries: Sequence[Delivery],
) -> "Iterator[tuple[Delivery, str, EmailMessage | ValidationError]]":
    """Contacts, values and events in a fixed number of queries; eligibility in two an automation."""
    contacts = Contact.objects.select_related("owner").in_bulk([d.contact_id for d in deliveries if d.contact_id])
    values = values_of(list(contacts))
    for contact in contacts.values():
        contact.custom_values = values.get(contact.pk, {})
    events = dict(
        Enrollment.objects.filter(pk__in=[d.enrollment_id for d in deliveries]).values_list("pk", "event")
    )
    for automation_id in dict.fromkeys(delivery.automation_id for delivery in deliveries):
        lists = lists_of_automation(automation_id)
        group = [delivery for delivery in deliveries if delivery.automation_id == automation_id]
        people = [contacts[d.contact_id] for d in group if d.contact_id in contacts]
        refused = refusals(people, lists)
        for delivery in group:
            person = contacts.get(delivery.contact_id or 0)
            skip = Skip.CONTACT_GONE if person is None else refused.get(person.pk, "")
            if skip or person is None:
                yield delivery, str(skip), ValidationError("")
                continue
            try:
                event = events.get(delivery.enrollment_id or 0, {})
                settings_of_step = plan_of_version(delivery.version_id or 0).steps[delivery.step_key].settings()
                yield delivery, "", build_message(settings_of_step, person, event, lists, delivery)
            except ValidationError as error:
                yield delivery, "", error
