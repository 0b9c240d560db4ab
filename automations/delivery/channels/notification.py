"""Plain e-mails to the team."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage

from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.outbox import CHANNELS, Parcel
from automations.models import Delivery


@CHANNELS.register
class NotificationChannel:
    slug = "notification"
    rate = 0
    repeatable = False

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        with mail_connection() as connection:

            def prepare(deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
                for delivery in deliveries:
                    message = EmailMessage(
                        subject=" ".join(delivery.subject.split()),
                        body=delivery.payload["text"],
                        from_email=settings.SERVER_EMAIL,
                        to=[delivery.target],
                    )
                    yield Parcel(delivery, partial(hand_over, connection, message))

            yield prepare
