"""`manage.py load_demo`: data worth looking at, once. A database that has contacts is left alone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from automations.management.demo import PEOPLE, Demo
from automations.models import Automation
from contacts.models import Contact


class Command(BaseCommand):
    help = "Load demo contacts and automations into an empty database (does nothing when there are contacts)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=PEOPLE, help="how many contacts")

    def handle(self, *args: Any, **options: Any) -> None:
        if Contact.objects.exists():
            self.stdout.write("There are contacts already: the demo data is left out.")
            return
        with transaction.atomic():
            Demo(people=options["people"]).load()
        self.stdout.write(
            f"Loaded {Contact.objects.count():,} demo contacts and {Automation.objects.count()} automations."
        )
