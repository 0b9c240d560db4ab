"""What of this app is kept in the log of changes. Drafts have their revisions, versions are kept themselves."""

from automations.models import Account, Automation, ConversionRule, ScoreRule, Spreadsheet
from contacts.audit import watch

watch(Automation, members=[Automation.lists.through])
for model in (Account, ConversionRule, ScoreRule, Spreadsheet):
    watch(model)
