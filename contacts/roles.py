"""Who may do what: three groups, kept in step with the models after every migration.

viewer   looks at everything
editor   looks, adds and changes; deletes people's data, but not what others build on, and leaves the
         account's plan alone
manager  everything, users and groups included
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db.models import Q

BUSINESS_APPS = ("contacts", "deals", "ecommerce", "automations")
ADMIN_APPS = (*BUSINESS_APPS, "auth", "authtoken", "admin", "django_q", "axes")
# What an editor may make and change but not delete: other things are built on it.
KEPT_FROM_EDITORS = (
    "list",
    "tag",
    "customfield",
    "segment",
    "suppression",
    "automation",
    "customevent",
    "form",
    "sitemessage",
    "score",
    "conversion",
    "pipeline",
    "stage",
    "tasktype",
    "taskoutcome",
    "product",
    "category",
    "objecttype",
    "objectrelation",
    "spreadsheet",
)

# What an editor only looks at.
FOR_MANAGERS = (
    "trackingsettings",
    "trackeddomain",
    "appconnection",
    "appsource",
    "appdelivery",
    "postmarkserver",
    "store",
    "webhookdelivery",
)


def update_groups(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """Make the groups, and give them the permissions they lack. What an administrator added stays."""
    if sender.label not in ADMIN_APPS:
        return
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    permissions = permission_model.objects.using(using)
    for name, wanted in (("viewer", _viewer()), ("editor", _editor()), ("manager", _manager())):
        group, _created = group_model.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(wanted))


def _viewer() -> Q:
    return Q(content_type__app_label__in=BUSINESS_APPS) & _named(["view_"])


def _editor() -> Q:
    business = Q(content_type__app_label__in=BUSINESS_APPS)
    kept = Q(codename__startswith="delete_", content_type__model__in=KEPT_FROM_EDITORS)
    plan = Q(content_type__app_label="automations", content_type__model="account")
    managed = ~Q(codename__startswith="view_") & (Q(content_type__model__in=FOR_MANAGERS) | plan)
    return business & _named(["view_", "add_", "change_", "delete_"]) & ~kept & ~managed


def _manager() -> Q:
    return Q(content_type__app_label__in=ADMIN_APPS)


def _named(prefixes: Iterable[str]) -> Q:
    wanted = Q()
    for prefix in prefixes:
        wanted |= Q(codename__startswith=prefix)
    return wanted
