"""The health page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.builder.base import full_page, may
from automations.models import Account, HealthAlarm, WorkerBeat

from .checks import ERROR, OK, WARNING, look, worst
from .schedules import schedule_states

VIEW = "automations.view_workerbeat"
ICONS = {OK: "check_circle", WARNING: "warning", ERROR: "error"}


@may(VIEW, "GET")
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    results = look(now=now)
    words = {OK: _("All is well"), WARNING: _("Worth a look"), ERROR: _("Something is wrong")}
    state = worst(results)
    raised = dict(HealthAlarm.objects.exclude(raised_at=None).values_list("check_name", "raised_at"))
    context: dict[str, Any] = {
        "title": _("Health"),
        "zone": Account.current().zone,
        "state": state,
        "words": words[state],
        "icon": ICONS[state],
        "rows": [(result, ICONS[result.finding.state], words[result.finding.state], raised.get(result.name))
                 for result in results],
        "schedules": schedule_states(now=now),
        "workers": WorkerBeat.objects.order_by("-at")[:50],
    }  # fmt: skip
    return full_page(request, "automations/health/page.html", context)
