from .api import IdempotencyKey
from .contact import Contact
from .conversions import Conversion, ConversionRecord
from .facts import FieldChange, SubscriptionChange, TagChange
from .fields import ContactFieldValue, CustomField, FieldValue
from .jobs import BulkJob, ExportJob, ImportIssue, ImportJob
from .lists import List, Subscription
from .notes import Note
from .scores import ContactScore, ExpiringPoints, Score, ScoreChange
from .segments import Segment
from .suppression import Suppression
from .tags import ContactTag, Tag
from .tracking import CustomEvent, EventRecord, TrackingSettings

__all__ = [
    "BulkJob",
    "Contact",
    "ContactFieldValue",
    "ContactScore",
    "ContactTag",
    "Conversion",
    "ConversionRecord",
    "CustomEvent",
    "CustomField",
    "EventRecord",
    "ExpiringPoints",
    "ExportJob",
    "FieldChange",
    "FieldValue",
    "IdempotencyKey",
    "ImportIssue",
    "ImportJob",
    "List",
    "Note",
    "Score",
    "ScoreChange",
    "Segment",
    "Subscription",
    "SubscriptionChange",
    "Suppression",
    "Tag",
    "TagChange",
    "TrackingSettings",
]
