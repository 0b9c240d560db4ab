"""Take in one mail from the standard input: for a mail server that pipes what comes to INBOUND_DOMAIN."""

import sys
from email import message_from_bytes, policy
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contacts.origin import Origin, Source, caused_by
from contacts.services.inbound import receive_mail


class Command(BaseCommand):
    help = "Takes in one mail from the standard input (an answer, a bounce): for Postfix's or Exim's pipes."

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(settings.MAIL_WEBHOOK_MAX_BYTES + 1)
        if len(raw) > settings.MAIL_WEBHOOK_MAX_BYTES:
            raise CommandError("The mail is too large.")
        with caused_by(Origin(source=Source.CONTACT)):
            came = receive_mail(message=message_from_bytes(raw, policy=policy.default))
        self.stdout.write(came.value)
