from .deals import Deal, DealContact, DealFieldValue, DealStatus, Rotation
from .facts import DealChange
from .notes import DealNote
from .pipelines import Pipeline, Stage
from .scores import DealScore, DealScoreChange
from .tasks import Task, TaskOutcome, TaskType

__all__ = [
    "Deal",
    "DealChange",
    "DealContact",
    "DealFieldValue",
    "DealNote",
    "DealScore",
    "DealScoreChange",
    "DealStatus",
    "Pipeline",
    "Rotation",
    "Stage",
    "Task",
    "TaskOutcome",
    "TaskType",
]
