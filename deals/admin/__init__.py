"""The admin pages, one module per area."""

from . import contact_page, deals, pipelines, tasks

__all__ = ["contact_page", "deals", "pipelines", "tasks"]
