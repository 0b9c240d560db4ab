"""Records with fields: saves of one leave facts of what changed, and custom values are read once."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.utils.functional import cached_property


class Tracked(models.Model):
    """A record whose standard fields leave facts when `save()` changes them.

    Its entity (`contacts.entities`) says which facts, and which fields it has.
    """

    # The attributes whose changes leave facts; the entity's standard fields are a superset or the same.
    TRACKED: ClassVar[tuple[str, ...]]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and leave a fact for every standard field that really changed."""
        from contacts.services.changes import record_changes

        written = kwargs.get("update_fields")
        with transaction.atomic():
            before = {} if self._state.adding else self._stored(written)
            super().save(*args, **kwargs)
            record_changes(record=self, before=before)
        self._remember(written)

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any) -> Self:
        record = super().from_db(db, field_names, values, **kwargs)
        record._remember()
        return record

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, *args: Any, **kwargs: Any
    ) -> None:
        names = None if fields is None else list(fields)
        super().refresh_from_db(using, names, *args, **kwargs)
        self._remember(names)

    def _tracked(self, fields: Iterable[str] | None) -> list[str]:
        """The tracked attributes among `fields` (None: all that are loaded)."""
        if fields is None:
            return [name for name in self.TRACKED if name in self.__dict__]
        chosen = set(fields)
        return [name for name in self.TRACKED if name in chosen or name.removesuffix("_id") in chosen]

    def _remember(self, fields: Iterable[str] | None = None) -> None:
        """Take the values of `fields` as those that the database has."""
        self._loaded = getattr(self, "_loaded", {}) | {
            name: self.__dict__[name] for name in self._tracked(fields) if name in self.__dict__
        }

    def _stored(self, fields: Iterable[str] | None) -> dict[str, Any]:
        """The values that the database has of what is about to be saved; a query only for deferred fields."""
        names, loaded = self._tracked(fields), getattr(self, "_loaded", {})
        missing = [name for name in names if name not in loaded]
        if missing:
            stored = type(self)._default_manager.filter(pk=self.pk).values(*missing).first()
            loaded = loaded | (stored or {})
        return {name: loaded[name] for name in names if name in loaded}

    @property
    def scope(self) -> str:
        """How services and selectors of fields name this kind of record."""
        from contacts.entities import entity_of_model

        return entity_of_model(type(self)).key

    @cached_property
    def custom_values(self) -> dict[str, Any]:
        """Custom field values by key; one query, kept with the instance."""
        from contacts.selectors.fields import values_of

        return values_of([self.pk], scope=self.scope).get(self.pk, {})
