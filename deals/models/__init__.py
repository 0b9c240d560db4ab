from .deals import Deal, DealContact, DealStatus, Rotation
from .facts import DealChange
from .notes import DealNote
from .pipelines import Pipeline, Stage
from .tasks import Task, TaskOutcome, TaskType

__all__ = [
    "Deal",
    "DealChange",
    "DealContact",
    "DealNote",
    "DealStatus",
    "Pipeline",
    "Rotation",
    "Stage",
    "Task",
    "TaskOutcome",
    "TaskType",
]
