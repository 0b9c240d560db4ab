"""What config.api registers for this app: (prefix, viewset), and views at fixed addresses."""

from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from .account import AccountView
from .automations import AutomationViewSet
from .campaigns import CampaignViewSet, EmailTemplateViewSet
from .catalogue import ConditionTypeViewSet, StepTypeViewSet, TriggerTypeViewSet
from .deliveries import DeliveryViewSet
from .enrollments import EnrollmentViewSet
from .feeds import FeedItemViewSet, FeedViewSet
from .health import HealthView
from .personal_emails import PersonalEmailViewSet
from .rules import ConversionRuleViewSet, ScoreRuleViewSet
from .segments import SegmentViewSet
from .spreadsheets import SpreadsheetRowViewSet, SpreadsheetViewSet
from .steps import StepViewSet
from .triggers import TriggerViewSet

routes: list[tuple[str, type[GenericViewSet]]] = [
    ("automations", AutomationViewSet),
    ("campaigns", CampaignViewSet),
    ("condition-types", ConditionTypeViewSet),
    ("conversion-rules", ConversionRuleViewSet),
    ("deliveries", DeliveryViewSet),
    ("email-templates", EmailTemplateViewSet),
    ("enrollments", EnrollmentViewSet),
    ("feed-items", FeedItemViewSet),
    ("feeds", FeedViewSet),
    ("personal-emails", PersonalEmailViewSet),
    ("score-rules", ScoreRuleViewSet),
    ("segments", SegmentViewSet),
    ("spreadsheet-rows", SpreadsheetRowViewSet),
    ("spreadsheets", SpreadsheetViewSet),
    ("step-types", StepTypeViewSet),
    ("steps", StepViewSet),
    ("trigger-types", TriggerTypeViewSet),
    ("triggers", TriggerViewSet),
]
views: list[tuple[str, type[APIView]]] = [("account", AccountView), ("health", HealthView)]
