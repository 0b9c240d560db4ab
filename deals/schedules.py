"""What the worker does by the clock for deals and mailboxes."""

from contacts.schedules import Schedules

SCHEDULES: Schedules = {
    "deals.tasks.send_reminders": ("deals: reminders of tasks", 1),
    "deals.mail_tasks.poll_mailboxes": ("deals: read mailboxes", 1),
    "deals.mail_tasks.tidy_attachments": ("deals: remove unused uploads", 24 * 60),
}
