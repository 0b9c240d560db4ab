"""/healthz, /readyz and /metrics: for machines, before hosts, sessions, log-ins and redirects to https.

/healthz   the process answers; asks nobody, so a database that is away doesn't get web servers restarted
/readyz    the database answers and is migrated: only then requests may come
/metrics   for Prometheus, with the bearer token METRICS_TOKEN; without that setting there is no such page
"""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django_prometheus.middleware import PrometheusAfterMiddleware

from automations.health.metrics import exposition

Answer = Callable[[HttpRequest], HttpResponse]
_migrated = False


class CountingMiddleware(PrometheusAfterMiddleware):
    """django-prometheus's, which a Content-Length that is no number would stop: such a request is not counted."""

    def process_request(self, request: HttpRequest) -> None:
        with suppress(ValueError):
            super().process_request(request)


class ProbesMiddleware:
    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        answer = probe(request)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    problems = _problems()
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


def _problems() -> list[str]:
    """Words for a log, without anything that a stranger shouldn't read."""
    global _migrated
    try:
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return ["migrations are missing"]
            _migrated = True  # they don't become fewer while this code runs
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return ["the database does not answer"]
    return []


def metrics(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    text, content_type = exposition()
    return HttpResponse(text, content_type=content_type)


PROBES: dict[str, Answer] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
