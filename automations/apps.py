from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AutomationsConfig(AppConfig):
    name = "automations"
    verbose_name = _("Automations")

    def ready(self) -> None:
        from contacts.schedules import register_schedules

        from . import audited, conditions, delivery, sources, steps, triggers  # noqa: F401 each registers its types
        from .delivery import channels  # noqa: F401  registers them
        from .engine.schedule import SCHEDULES
        from .guards import make_guards

        register_schedules(SCHEDULES)
        post_migrate.connect(make_guards, sender=self, dispatch_uid="automation-guards")
