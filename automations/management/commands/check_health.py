"""`manage.py check_health`: the checks of the health page, for cron and containers; code 1 on an error."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from automations.health.alarm import watch
from automations.health.checks import CHECKS, ERROR, OK, look


class Command(BaseCommand):
    help = "Looks at workers, due work, schedules and the rest; ends with code 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", nargs="+", choices=sorted(CHECKS), help="these checks only")
        parser.add_argument("--mail", action="store_true", help="let alarms be raised, and tell the managers")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["mail"]:
            watch(now=now)
        found = [row for row in look(now=now) if not options["only"] or row.name in options["only"]]
        for row in found:
            style = {OK: self.style.SUCCESS, ERROR: self.style.ERROR}.get(row.finding.state, self.style.WARNING)
            self.stdout.write(f"{style(row.finding.state):10} {row.name:12} {row.finding.text}")
        if wrong := [row.name for row in found if row.finding.state == ERROR]:
            raise CommandError(f"wrong: {', '.join(wrong)}")
