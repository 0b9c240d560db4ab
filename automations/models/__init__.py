from .account import Account
from .automation import Automation, EntryPolicy, IndexVersion, Revision, Usage, Version
from .configured import Configured
from .delivery import Delivery, SenderState
from .enrollment import Enrollment, EntryRefusal, WakeUp
from .health import HealthAlarm, SweepMark, TriggerUse, WorkerBeat
from .log import StepCount, StepLog
from .rules import ConversionRule, RuleCheck, ScoreRule, ScoreRuleState
from .step import Step
from .trigger import Trigger

__all__ = [
    "Account",
    "Automation",
    "Configured",
    "ConversionRule",
    "Delivery",
    "Enrollment",
    "EntryPolicy",
    "EntryRefusal",
    "HealthAlarm",
    "IndexVersion",
    "Revision",
    "RuleCheck",
    "ScoreRule",
    "ScoreRuleState",
    "SenderState",
    "Step",
    "StepCount",
    "StepLog",
    "SweepMark",
    "Trigger",
    "TriggerUse",
    "Usage",
    "Version",
    "WakeUp",
    "WorkerBeat",
]
