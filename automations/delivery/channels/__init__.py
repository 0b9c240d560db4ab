"""How effects leave the system. Import a channel's module below and the sender serves it."""

from . import email, google_sheet, notification, personal, sms, webhook

__all__ = ["email", "google_sheet", "notification", "personal", "sms", "webhook"]
