from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        from contacts import audited, provider_events, receivers  # noqa: F401 connects them
        from contacts.roles import update_groups
        from contacts.schedules import ensure_schedules

        # Not only for this app: each model gets its permissions once its own app is migrated.
        post_migrate.connect(update_groups, dispatch_uid="contacts.roles")
        post_migrate.connect(ensure_schedules, dispatch_uid="contacts.schedules")
