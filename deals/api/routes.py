"""What config.api registers for this app: (prefix, viewset)."""

from rest_framework.viewsets import GenericViewSet

from .deals import DealViewSet
from .mail import AttachmentViewSet, FileDownloadViewSet, MailboxViewSet, SentimentChangeViewSet
from .pipelines import PipelineViewSet, StageViewSet
from .tasks import TaskOutcomeViewSet, TaskTypeViewSet, TaskViewSet

routes: list[tuple[str, type[GenericViewSet]]] = [
    ("attachments", AttachmentViewSet),
    ("deals", DealViewSet),
    ("file-downloads", FileDownloadViewSet),
    ("mailboxes", MailboxViewSet),
    ("pipelines", PipelineViewSet),
    ("sentiment-changes", SentimentChangeViewSet),
    ("stages", StageViewSet),
    ("task-outcomes", TaskOutcomeViewSet),
    ("task-types", TaskTypeViewSet),
    ("tasks", TaskViewSet),
]
