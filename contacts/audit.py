"""Who changed what: an entry of Django's log for each change that a person makes to what others build on.

Registered models are watched through their signals, so that the API and the pages leave the same trace as the
admin; the admin's own entries, which name fields without their values, are left out for them. Changes that
nobody made (schedules, workers) have no user, and no entry. See docs/decisions/0014-audit-log.md.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils.translation import gettext as _

from contacts.encryption import EncryptedTextField
from contacts.origin import Source, current_origin

#: Of every model: what changes by itself with another change.
IGNORED = {"created_at", "updated_at", "last_login", "revision", "published_revision"}
HIDDEN = "••••"
LONGEST = 120
_watched: dict[type[models.Model], frozenset[str]] = {}


def watch(model: type[models.Model], *, secrets: Iterable[str] = (), members: Iterable[Any] = ()) -> None:
    """Log changes of `model`. Of `secrets` (and encrypted fields) only that they changed; `members` are the
    `through` models of its many-to-many fields."""
    _watched[model] = frozenset(secrets)
    pre_save.connect(_before, sender=model, dispatch_uid=f"audit-before-{model.__name__}")
    post_save.connect(_saved, sender=model, dispatch_uid=f"audit-saved-{model.__name__}")
    post_delete.connect(_deleted, sender=model, dispatch_uid=f"audit-deleted-{model.__name__}")
    for through in members:
        m2m_changed.connect(_members_changed, sender=through, dispatch_uid=f"audit-{through.__name__}")


def is_watched(model: type[models.Model]) -> bool:
    return model in _watched


def _before(sender: type[models.Model], instance: models.Model, raw: bool, **kwargs: Any) -> None:
    """Keep the stored values beside the instance until it is saved; one query, for a person's change only."""
    instance._audit_before = None  # type: ignore[attr-defined]  # ours, until _saved
    if raw or instance.pk is None or current_origin().user_id is None:
        return
    names = [field.attname for field in sender._meta.concrete_fields]
    instance._audit_before = sender._base_manager.filter(pk=instance.pk).values(*names).first()  # type: ignore[attr-defined]


def _saved(sender: type[models.Model], instance: models.Model, created: bool, raw: bool, **kwargs: Any) -> None:
    if raw or current_origin().user_id is None:
        return
    if created:
        _write(instance, ADDITION, "")
        return
    before = getattr(instance, "_audit_before", None) or {}
    changes = [
        _("%(field)s: %(old)s → %(new)s") % {"field": field.verbose_name, "old": old, "new": new}
        for field in sender._meta.concrete_fields
        if field.name not in IGNORED and field.attname in before
        for old, new in [_shown(sender, field, before[field.attname], getattr(instance, field.attname))]
        if before[field.attname] != getattr(instance, field.attname)
    ]
    if changes:
        _write(instance, CHANGE, "; ".join(changes))


def _shown(sender: type[models.Model], field: Any, old: Any, new: Any) -> tuple[str, str]:
    if field.name in _watched[sender] or isinstance(field, EncryptedTextField):
        return HIDDEN, HIDDEN
    return _short(old), _short(new)


def _short(value: Any) -> str:
    text = "–" if value in (None, "") else f"“{value}”"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…”"


def _deleted(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    if current_origin().user_id is not None:
        _write(instance, DELETION, "")


def _members_changed(instance: models.Model, action: str, model: Any, pk_set: Any, **kwargs: Any) -> None:
    """A user's groups, a group's permissions, an automation's lists."""
    if current_origin().user_id is None or not action.startswith("post_") or not is_watched(type(instance)):
        return
    if action != "post_clear" and not pk_set:
        return
    names = ", ".join(str(row) for row in model._base_manager.filter(pk__in=list(pk_set or ())[:50]))
    words = {"post_add": _("added: %s"), "post_remove": _("taken away: %s")}
    text = words[action] % names if action in words else _("all taken away")
    _write(instance, CHANGE, f"{model._meta.verbose_name_plural} – {text}")


def _write(instance: models.Model, action: int, text: str) -> None:
    origin = current_origin()
    if origin.user_id is None:
        return
    kind = ContentType.objects.get_for_model(instance)
    via = _("(over the API)") if origin.source == Source.API else ""
    LogEntry.objects.create(
        user_id=origin.user_id,
        content_type=kind,
        object_id=str(instance.pk),
        object_repr=str(instance)[:200],
        action_flag=action,
        change_message=f"{text} {via}".strip(),
    )
