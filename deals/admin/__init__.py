"""The admin pages, one module per area."""

from . import contact_page, deals, mail, mail_section, mailboxes, pipelines, tasks

__all__ = ["contact_page", "deals", "mail", "mail_section", "mailboxes", "pipelines", "tasks"]
