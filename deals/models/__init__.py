from .attachments import FileDownload, MailAttachment
from .deals import Deal, DealContact, DealFieldValue, DealStatus, Rotation
from .facts import DealChange
from .mail import PersonalEmail
from .mailbox import Mailbox
from .notes import DealNote
from .pipelines import Pipeline, Stage
from .scores import DealScore, DealScoreChange
from .sentiment import DealSentiment, SentimentChange
from .tasks import Task, TaskOutcome, TaskType

__all__ = [
    "Deal",
    "DealChange",
    "DealContact",
    "DealFieldValue",
    "DealNote",
    "DealScore",
    "DealScoreChange",
    "DealSentiment",
    "DealStatus",
    "FileDownload",
    "MailAttachment",
    "Mailbox",
    "PersonalEmail",
    "Pipeline",
    "Rotation",
    "SentimentChange",
    "Stage",
    "Task",
    "TaskOutcome",
    "TaskType",
]
