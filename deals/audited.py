"""What of this app is kept in the log of changes: how deals and tasks are set up, and users' mailboxes."""

from contacts.audit import watch
from deals.models import Mailbox, Pipeline, Stage, TaskOutcome, TaskType

for model in (Mailbox, Pipeline, Stage, TaskOutcome, TaskType):
    watch(model)
