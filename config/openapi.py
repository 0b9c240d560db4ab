"""What the API's document says of itself; part of the settings."""

API_DESCRIPTION = """
Log in with a token (`Authorization: Token ...`) or with the session of the admin pages.

Lists are paged with cursors: follow `next` and `previous`; `page_size` is at most 500.

Errors have one shape everywhere:
`{"error": {"code": "...", "message": "...", "fields": {"email": [{"code": "...", "message": "..."}]}}}`.
What concerns no single field stands under `fields.__all__`. Unknown fields and unknown query
parameters are refused, by name.

A `POST`, `PATCH` or `DELETE` with an `Idempotency-Key` header may be sent again: it takes effect once,
and the later tries get the first answer again, with the header `Idempotent-Replayed: true`. A request
that was refused had no effect, so its key may be used again for the corrected request.
"""
SPECTACULAR_SETTINGS = {
    "TITLE": "Marketing automation API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "DESCRIPTION": API_DESCRIPTION,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": True, "docExpansion": "none", "filter": True},
    "ENUM_NAME_OVERRIDES": {
        "SubscriptionStatusEnum": "contacts.models.lists.SubscriptionStatus",
        "JobStatusEnum": "contacts.models.jobs.JobStatus",
        "SourceEnum": "contacts.origin.Source",
        "EnrollmentStatusEnum": "automations.models.enrollment.EnrollmentStatus",
        "DeliveryStatusEnum": "automations.models.delivery.DeliveryStatus",
        "EntryEnum": "automations.reasons.Entry",
        "SuppressionReasonEnum": "contacts.models.suppression.Suppression.Reason",
        "AppDeliveryOutcomeEnum": "contacts.models.apps.AppDelivery.Outcome",
        "MailboxSecurityEnum": "deals.models.mailbox.Security",
        "SentimentEnum": "deals.models.mail.Sentiment",
        "RowStatusEnum": "contacts.api.contact_serializers.ROW_STATUSES",
        "PlanEnum": "automations.availability.Plan",
        "AddOnEnum": "automations.availability.AddOn",
        "DealStatusEnum": "deals.models.deals.DealStatus",
        "HealthStateEnum": "automations.api.health.STATES",
        "StageColorEnum": "deals.models.pipelines.Stage.Color",
        "OrderStatusEnum": "ecommerce.models.OrderStatus",
        "RecurringPaymentStatusEnum": "ecommerce.models.PaymentStatus",
        "StoreDeliveryOutcomeEnum": "ecommerce.models.WebhookDelivery.Outcome",
        "StoreKindEnum": "ecommerce.connectors.STORES.choices",
        "CurrencyEnum": "deals.money.currency_choices",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "automations.api.settings.inline_enums",
    ],
}
