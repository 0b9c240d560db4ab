"""What config.api registers for this app: (prefix, viewset)."""

from rest_framework.viewsets import GenericViewSet

from .deals import DealViewSet
from .pipelines import PipelineViewSet, StageViewSet
from .tasks import TaskOutcomeViewSet, TaskTypeViewSet, TaskViewSet

routes: list[tuple[str, type[GenericViewSet]]] = [
    ("deals", DealViewSet),
    ("pipelines", PipelineViewSet),
    ("stages", StageViewSet),
    ("task-outcomes", TaskOutcomeViewSet),
    ("task-types", TaskTypeViewSet),
    ("tasks", TaskViewSet),
]
