"""What config.api registers for this app: (prefix, viewset)."""

from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from .accounts import AccountViewSet
from .apps import AppConnectionViewSet, AppDeliveryViewSet, AppSourceViewSet
from .contacts import ContactViewSet
from .conversions import ConversionRecordViewSet, ConversionViewSet
from .custom_objects import ObjectRecordViewSet, ObjectRelationViewSet, ObjectTypeViewSet
from .engagement import EmailActivityViewSet, EmailLinkViewSet, SentEmailViewSet
from .events import EventTypeViewSet, EventViewSet
from .forms import FormSubmissionViewSet, FormViewSet
from .imports import ImportViewSet
from .labels import ListViewSet, TagViewSet
from .mailing import EmailReplyViewSet, PostmarkServerViewSet
from .notes import NoteViewSet
from .records import FieldViewSet, SegmentViewSet, SubscriptionViewSet, SuppressionViewSet
from .scores import ContactScoreViewSet, ScoreViewSet
from .site import PageVisitViewSet, SiteViewSet, TrackingView
from .site_messages import SiteMessageViewSet
from .users import UserViewSet

routes: list[tuple[str, type[GenericViewSet]]] = [
    ("accounts", AccountViewSet),
    ("app-connections", AppConnectionViewSet),
    ("app-deliveries", AppDeliveryViewSet),
    ("app-sources", AppSourceViewSet),
    ("contacts", ContactViewSet),
    ("email-activity", EmailActivityViewSet),
    ("email-links", EmailLinkViewSet),
    ("email-replies", EmailReplyViewSet),
    ("emails", SentEmailViewSet),
    ("contact-scores", ContactScoreViewSet),
    ("conversion-records", ConversionRecordViewSet),
    ("conversions", ConversionViewSet),
    ("event-types", EventTypeViewSet),
    ("events", EventViewSet),
    ("fields", FieldViewSet),
    ("form-submissions", FormSubmissionViewSet),
    ("forms", FormViewSet),
    ("imports", ImportViewSet),
    ("lists", ListViewSet),
    ("notes", NoteViewSet),
    ("object-records", ObjectRecordViewSet),
    ("object-relations", ObjectRelationViewSet),
    ("object-types", ObjectTypeViewSet),
    ("page-visits", PageVisitViewSet),
    ("postmark-servers", PostmarkServerViewSet),
    ("scores", ScoreViewSet),
    ("segments", SegmentViewSet),
    ("site-messages", SiteMessageViewSet),
    ("sites", SiteViewSet),
    ("subscriptions", SubscriptionViewSet),
    ("suppressions", SuppressionViewSet),
    ("tags", TagViewSet),
    ("users", UserViewSet),
]

# (name, view) of what is one thing, not a list.
views: list[tuple[str, type[APIView]]] = [("tracking", TrackingView)]
