"""The project's addresses, and the bare view that public endpoints are measured against."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler500
from config.urls import urlpatterns as ours

__all__ = ["handler500", "urlpatterns"]


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """One insert, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_pagevisit (url, page, title, referrer, at, source)"
            " VALUES (%s, %s, '', '', %s, 'contact')",
            ["https://bench.example/bare", "bench.example/bare", timezone.now()],
        )
    return HttpResponse(status=204)


urlpatterns = [path("bare/", bare), *ours]
