from .api import IdempotencyKey
from .apps import AppConnection, AppDelivery, AppReceipt, AppSource
from .contact import Contact
from .facts import FieldChange, SubscriptionChange, TagChange
from .fields import ContactFieldValue, CustomField, FieldValue
from .jobs import BulkJob, ExportJob, ImportIssue, ImportJob
from .lists import List, Subscription
from .notes import Note
from .segments import Segment
from .suppression import Suppression
from .tags import ContactTag, Tag
from .tracking import CustomEvent, EventRecord, TrackingSettings

__all__ = [
    "AppConnection",
    "AppDelivery",
    "AppReceipt",
    "AppSource",
    "BulkJob",
    "Contact",
    "ContactFieldValue",
    "ContactTag",
    "CustomEvent",
    "CustomField",
    "EventRecord",
    "ExportJob",
    "FieldChange",
    "FieldValue",
    "IdempotencyKey",
    "ImportIssue",
    "ImportJob",
    "List",
    "Note",
    "Segment",
    "Subscription",
    "SubscriptionChange",
    "Suppression",
    "Tag",
    "TagChange",
    "TrackingSettings",
]
