from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class EcommerceConfig(AppConfig):
    name = "ecommerce"
    verbose_name = _("E-commerce")

    def ready(self) -> None:
        from ecommerce import people, receivers  # noqa: F401 connects them
        from ecommerce.schedules import ensure_schedules

        post_migrate.connect(ensure_schedules, dispatch_uid="ecommerce.schedules")
