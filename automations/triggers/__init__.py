"""Trigger types. Import a type's module below and it exists everywhere."""

from . import list_subscribed, list_unsubscribed, tag_added, tag_removed, contact_field_changed  # isort: skip
from . import form_submitted  # isort: skip
from . import event_recorded  # isort: skip
from . import goal_achieved  # isort: skip
from . import email_opened, email_link_clicked  # isort: skip
from . import email_shared, email_forwarded, email_replied  # isort: skip
from . import page_visited, site_message_dismissed  # isort: skip
from . import score_changed, conversion_occurred  # isort: skip
from . import calendly_meeting_received, typeform_form_received, unbounce_page_received  # isort: skip
from . import date_reached, rss_updated  # isort: skip
from . import file_downloaded, sentiment_changed  # isort: skip
from . import account_field_changed  # isort: skip
from . import deal_stage_changed, deal_status_changed, deal_value_changed, deal_owner_changed  # isort: skip
from . import pipeline_entered, deal_field_changed, task_completed  # isort: skip
from . import purchase_made, cart_abandoned, order_created, order_updated  # isort: skip
from . import recurring_payment_created, recurring_payment_updated  # isort: skip
from . import custom_object_created, custom_object_updated  # isort: skip
from .base import FAMILIES, TRIGGERS

__all__ = [
    "FAMILIES",
    "TRIGGERS",
    "account_field_changed",
    "calendly_meeting_received",
    "cart_abandoned",
    "contact_field_changed",
    "conversion_occurred",
    "custom_object_created",
    "custom_object_updated",
    "date_reached",
    "deal_field_changed",
    "deal_owner_changed",
    "deal_stage_changed",
    "deal_status_changed",
    "deal_value_changed",
    "email_forwarded",
    "email_link_clicked",
    "email_opened",
    "email_replied",
    "email_shared",
    "event_recorded",
    "file_downloaded",
    "form_submitted",
    "goal_achieved",
    "list_subscribed",
    "list_unsubscribed",
    "order_created",
    "order_updated",
    "page_visited",
    "pipeline_entered",
    "purchase_made",
    "recurring_payment_created",
    "recurring_payment_updated",
    "rss_updated",
    "score_changed",
    "sentiment_changed",
    "site_message_dismissed",
    "tag_added",
    "tag_removed",
    "task_completed",
    "typeform_form_received",
    "unbounce_page_received",
]
