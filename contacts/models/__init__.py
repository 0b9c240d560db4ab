from .api import IdempotencyKey
from .campaigns import Campaign, CampaignCount, CampaignLink
from .contact import Contact
from .engagement import EmailActivity, HeldClick, SentEmail
from .facts import FieldChange, SubscriptionChange, TagChange
from .fields import ContactFieldValue, CustomField, FieldValue
from .forms import Form, FormNotice, FormSubmission
from .jobs import BulkJob, ExportJob, ImportIssue, ImportJob
from .lists import List, Subscription
from .mailing import EmailForward, EmailReply, PostmarkServer, ProviderNotice
from .notes import Note
from .segments import Segment
from .suppression import Suppression
from .tags import ContactTag, Tag
from .tracking import CustomEvent, EventRecord, TrackingSettings

__all__ = [
    "BulkJob",
    "Campaign",
    "CampaignCount",
    "CampaignLink",
    "Contact",
    "ContactFieldValue",
    "ContactTag",
    "CustomEvent",
    "CustomField",
    "EmailActivity",
    "EmailForward",
    "EmailReply",
    "EventRecord",
    "ExportJob",
    "FieldChange",
    "FieldValue",
    "Form",
    "FormNotice",
    "FormSubmission",
    "HeldClick",
    "IdempotencyKey",
    "ImportIssue",
    "ImportJob",
    "List",
    "Note",
    "PostmarkServer",
    "ProviderNotice",
    "Segment",
    "SentEmail",
    "Subscription",
    "SubscriptionChange",
    "Suppression",
    "Tag",
    "TagChange",
    "TrackingSettings",
]
