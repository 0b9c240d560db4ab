from .account import Account
from .automation import Automation, EntryPolicy, IndexVersion, Revision, Usage, Version
from .configured import Configured
from .dates import DateEntry, DateWatch
from .delivery import Delivery, SenderState
from .enrollment import Enrollment, EntryRefusal, WakeUp
from .feeds import Feed, FeedItem, FeedRun, FeedWatch
from .health import HealthAlarm, SweepMark, TriggerUse, WorkerBeat
from .log import StepCount, StepLog
from .rules import ConversionRule, RuleCheck, ScoreRule, ScoreRuleState
from .spreadsheets import Spreadsheet, SpreadsheetRow
from .step import Step
from .trigger import Trigger, Turn

__all__ = [
    "Account",
    "Automation",
    "Configured",
    "ConversionRule",
    "DateEntry",
    "DateWatch",
    "Delivery",
    "Enrollment",
    "EntryPolicy",
    "EntryRefusal",
    "Feed",
    "FeedItem",
    "FeedRun",
    "FeedWatch",
    "HealthAlarm",
    "IndexVersion",
    "Revision",
    "RuleCheck",
    "ScoreRule",
    "ScoreRuleState",
    "SenderState",
    "Spreadsheet",
    "SpreadsheetRow",
    "Step",
    "StepCount",
    "StepLog",
    "SweepMark",
    "Trigger",
    "TriggerUse",
    "Turn",
    "Usage",
    "Version",
    "WakeUp",
    "WorkerBeat",
]
