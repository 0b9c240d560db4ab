from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    name = "deals"
    verbose_name = _("Deals")

    def ready(self) -> None:
        from deals import fields, mail_receivers, receivers  # noqa: F401 connects them
        from deals.schedules import ensure_schedules
        from deals.selectors import timeline  # noqa: F401 tells timelines of deals and tasks

        post_migrate.connect(ensure_schedules, dispatch_uid="deals.schedules")
