"""What config.api registers for this app: (prefix, viewset)."""

from rest_framework.viewsets import GenericViewSet

from .contacts import ContactViewSet
from .engagement import EmailActivityViewSet, EmailLinkViewSet, SentEmailViewSet
from .events import EventTypeViewSet, EventViewSet
from .forms import FormSubmissionViewSet, FormViewSet
from .imports import ImportViewSet
from .labels import ListViewSet, TagViewSet
from .notes import NoteViewSet
from .records import FieldViewSet, SegmentViewSet, SubscriptionViewSet, SuppressionViewSet
from .users import UserViewSet

routes: list[tuple[str, type[GenericViewSet]]] = [
    ("contacts", ContactViewSet),
    ("email-activity", EmailActivityViewSet),
    ("email-links", EmailLinkViewSet),
    ("emails", SentEmailViewSet),
    ("event-types", EventTypeViewSet),
    ("events", EventViewSet),
    ("fields", FieldViewSet),
    ("form-submissions", FormSubmissionViewSet),
    ("forms", FormViewSet),
    ("imports", ImportViewSet),
    ("lists", ListViewSet),
    ("notes", NoteViewSet),
    ("segments", SegmentViewSet),
    ("subscriptions", SubscriptionViewSet),
    ("suppressions", SuppressionViewSet),
    ("tags", TagViewSet),
    ("users", UserViewSet),
]
