"""Signs of life, and when triggers were last used."""

import os
import socket
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from automations.models import Enrollment, SweepMark, TriggerUse, WorkerBeat
from contacts.bulk import insert_rows

FORGOTTEN = timedelta(days=1)
# Rows commit out of the order of their ids; so many are looked at again.
OVERLAP = 10_000
SWEPT = 500_000


def beat(*, now: datetime) -> None:
    """This process has come to the due work."""
    host = socket.gethostname()[:150]
    WorkerBeat.objects.update_or_create(
        name=f"{host}:{os.getpid()}",
        defaults={"at": now},
        create_defaults={"host": host, "at": now, "started_at": now},
    )


def forget_workers(*, now: datetime) -> int:
    return WorkerBeat.objects.filter(at__lt=now - FORGOTTEN).delete()[0]


@transaction.atomic
def note_trigger_uses() -> int:
    """Read the entries since the last sweep; returns how many triggers they came through."""
    SweepMark.objects.get_or_create(name="entries")
    mark = SweepMark.objects.select_for_update().get(name="entries")
    last = Enrollment.objects.aggregate(last=Max("pk"))["last"] or 0
    until = min(last, mark.seen + SWEPT)
    rows = Enrollment.objects.filter(pk__gt=mark.seen - OVERLAP, pk__lte=until).exclude(trigger_key="")
    found = list(rows.order_by().values_list("automation_id", "trigger_key").annotate(at=Max("entered_at")))
    insert_rows(
        TriggerUse,
        {
            "automation_id": [row[0] for row in found],
            "trigger_key": [row[1] for row in found],
            "last_at": [row[2] for row in found],
        },
        size=len(found),
        update_on=(["automation", "trigger_key"], ["last_at"]),
    )
    mark.seen = until
    mark.save()
    return len(found)
