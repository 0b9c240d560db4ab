from .accounts import (
    Account,
    AccountContact,
    AccountContactChange,
    AccountFieldChange,
    AccountFieldValue,
    AccountNote,
)
from .api import IdempotencyKey
from .apps import AppConnection, AppDelivery, AppReceipt, AppSource
from .campaigns import Campaign, CampaignCount, CampaignLink, EmailTemplate
from .contact import Contact
from .conversions import Conversion, ConversionRecord
from .custom_objects import (
    ObjectFieldChange,
    ObjectFieldValue,
    ObjectLink,
    ObjectRecord,
    ObjectRelation,
    ObjectType,
)
from .engagement import EmailActivity, HeldClick, SentEmail
from .facts import FieldChange, SubscriptionChange, TagChange
from .fields import ContactFieldValue, CustomField, FieldValue
from .forms import Form, FormNotice, FormSubmission
from .jobs import BulkJob, ExportJob, ImportIssue, ImportJob
from .lists import List, Subscription
from .mailing import EmailForward, EmailReply, PostmarkServer, ProviderNotice
from .month_day import MonthDay, UtcMonthDay
from .notes import Note
from .scores import ContactScore, ExpiringPoints, Score, ScoreChange
from .segments import Segment
from .site import PageVisit, TrackedDomain, Visitor
from .site_messages import SiteMessage, SiteMessageAction, SiteMessageFact, SiteMessageTarget
from .suppression import Suppression
from .tags import ContactTag, Tag
from .tracking import CustomEvent, EventRecord, IdentifyCalls, TrackingSettings

__all__ = [
    "Account",
    "AccountContact",
    "AccountContactChange",
    "AccountFieldChange",
    "AccountFieldValue",
    "AccountNote",
    "AppConnection",
    "AppDelivery",
    "AppReceipt",
    "AppSource",
    "BulkJob",
    "Campaign",
    "CampaignCount",
    "CampaignLink",
    "Contact",
    "ContactFieldValue",
    "ContactScore",
    "ContactTag",
    "Conversion",
    "ConversionRecord",
    "CustomEvent",
    "CustomField",
    "EmailActivity",
    "EmailForward",
    "EmailReply",
    "EmailTemplate",
    "EventRecord",
    "ExpiringPoints",
    "ExportJob",
    "FieldChange",
    "FieldValue",
    "Form",
    "FormNotice",
    "FormSubmission",
    "HeldClick",
    "IdempotencyKey",
    "IdentifyCalls",
    "ImportIssue",
    "ImportJob",
    "List",
    "MonthDay",
    "Note",
    "ObjectFieldChange",
    "ObjectFieldValue",
    "ObjectLink",
    "ObjectRecord",
    "ObjectRelation",
    "ObjectType",
    "PageVisit",
    "PostmarkServer",
    "ProviderNotice",
    "Score",
    "ScoreChange",
    "Segment",
    "SentEmail",
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
    "UtcMonthDay",
    "Visitor",
]
