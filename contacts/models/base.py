"""What several models of people's data share."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.origin import Source


class Timestamped(models.Model):
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False, db_index=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


class Fact(models.Model):
    """Something that happened to a contact: written once, never changed."""

    at = models.DateTimeField(_("at"), default=timezone.now)
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.SYSTEM)
    user_id = models.BigIntegerField(_("user"), null=True, blank=True)

    class Meta:
        abstract = True


def cascade_in_sql(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """As CASCADE, but one statement deletes the rows, however many: none is loaded, none is announced.

    For rows whose own deletion has receivers, which would make Django load them all first.
    """
    collector.fast_deletes.append(sub_objs)


# Else Django reads them, to see whether there are any.
cascade_in_sql.lazy_sub_objs = True  # type: ignore[attr-defined]  # Django looks for it on a function
