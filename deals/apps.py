from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    name = "deals"
    verbose_name = _("Deals")

    def ready(self) -> None:
        from contacts.schedules import register_schedules
        from deals import fields, mail_receivers, receivers  # noqa: F401 connects them
        from deals.schedules import SCHEDULES
        from deals.selectors import timeline  # noqa: F401 tells timelines of deals and tasks

        register_schedules(SCHEDULES)
