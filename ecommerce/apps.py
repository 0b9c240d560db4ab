from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EcommerceConfig(AppConfig):
    name = "ecommerce"
    verbose_name = _("E-commerce")

    def ready(self) -> None:
        from contacts.schedules import register_schedules
        from ecommerce import people, receivers  # noqa: F401 connects them
        from ecommerce.schedules import SCHEDULES

        register_schedules(SCHEDULES)
