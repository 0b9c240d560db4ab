from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        from contacts import (  # noqa: F401 connects them
            account_fields,
            audited,
            contact_fields,
            object_fields,
            provider_events,
            receivers,
        )
        from contacts.roles import update_groups
        from contacts.schedules import SCHEDULES, ensure_schedules, register_schedules
        from contacts.selectors import accounts, custom_objects  # noqa: F401 their part of the timelines

        # Not only for this app: each model gets its permissions once its own app is migrated.
        post_migrate.connect(update_groups, dispatch_uid="contacts.roles")
        register_schedules(SCHEDULES)
        post_migrate.connect(ensure_schedules, dispatch_uid="contacts.schedules")
