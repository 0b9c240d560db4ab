from .api import IdempotencyKey
from .contact import Contact
from .facts import FieldChange, SubscriptionChange, TagChange
from .fields import ContactFieldValue, CustomField, FieldValue
from .jobs import BulkJob, ExportJob, ImportIssue, ImportJob
from .lists import List, Subscription
from .notes import Note
from .segments import Segment
from .site import PageVisit, TrackedDomain, Visitor
from .site_messages import SiteMessage, SiteMessageAction, SiteMessageFact, SiteMessageTarget
from .suppression import Suppression
from .tags import ContactTag, Tag
from .tracking import CustomEvent, EventRecord, IdentifyCalls, TrackingSettings

__all__ = [
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
    "IdentifyCalls",
    "ImportIssue",
    "ImportJob",
    "List",
    "Note",
    "PageVisit",
    "Segment",
    "SiteMessage",
    "SiteMessageAction",
    "SiteMessageFact",
    "SiteMessageTarget",
    "Subscription",
    "SubscriptionChange",
    "Suppression",
    "Tag",
    "TagChange",
    "TrackedDomain",
    "TrackingSettings",
    "Visitor",
]
