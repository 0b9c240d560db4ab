from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AutomationsConfig(AppConfig):
    name = "automations"
    verbose_name = _("Automations")

    def ready(self) -> None:
        from . import conditions, delivery, sources, steps, triggers  # noqa: F401 each registers its types
        from .delivery import channels  # noqa: F401  registers them
        from .engine.schedule import ensure_schedules
        from .guards import make_guards

        def make_schedules(**kwargs: Any) -> None:
            ensure_schedules()

        post_migrate.connect(make_schedules, sender=self, weak=False, dispatch_uid="automation-schedules")
        post_migrate.connect(make_guards, sender=self, dispatch_uid="automation-guards")
