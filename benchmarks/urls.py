"""The project's addresses, and the bare view that public endpoints are measured against."""

import base64
import hashlib
import hmac

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler500
from config.urls import urlpatterns as ours

__all__ = ["handler500", "urlpatterns"]
SECRET = b"a-signing-key-for-benchmarks"


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


@csrf_exempt
def bare_webhook(request: HttpRequest) -> HttpResponse:
    """Verify the signature and keep the delivery: one insert, and nothing else."""
    mac = base64.b64encode(hmac.new(SECRET, request.body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(mac, request.headers.get("X-Shopify-Hmac-Sha256", "")):
        return HttpResponse(status=403)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ecommerce_webhookdelivery (store_id, external_id, topic, received_at, outcome, error,"
            " body, address_hash) SELECT id, %s, 'orders/updated', %s, 'received', '', %s, '' FROM ecommerce_store"
            " WHERE domain = 'bench.myshopify.com'",
            [request.headers["X-Shopify-Webhook-Id"], timezone.now(), request.body.decode()],
        )
    return HttpResponse(status=204)


urlpatterns = [path("bare/", bare), path("bare-webhook/", bare_webhook), *ours]
