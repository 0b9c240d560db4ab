from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    name = "deals"
    verbose_name = _("Deals")

    def ready(self) -> None:
        from contacts.schedules import SCHEDULES
        from deals import fields, mail_receivers, mail_tasks, receivers  # noqa: F401 connects them
        from deals.selectors import timeline  # noqa: F401 tells timelines of deals and tasks

        SCHEDULES.update(mail_tasks.SCHEDULES)
