"""One small typed registry for triggers, steps and conditions. A bad type is rejected at import."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


class Registry(Generic[T]):
    """Types by slug, in the order in which their modules are imported."""

    def __init__(self, name: str, required: tuple[str, ...]) -> None:
        self.name = name
        self._required = required
        self._types: dict[str, type[T]] = {}

    def register(self, cls: type[T]) -> type[T]:
        """Class decorator. Raises ImproperlyConfigured, saying what the type lacks."""
        slug: Any = getattr(cls, "slug", None)
        if not (isinstance(slug, str) and slug.isidentifier() and slug == slug.lower()):
            raise ImproperlyConfigured(f"{cls.__name__}: slug must be a lower-case identifier, not {slug!r}.")
        if slug in self._types:
            raise ImproperlyConfigured(f"{cls.__name__}: another {self.name} has the slug “{slug}”.")
        missing = [name for name in self._required if not getattr(cls, name, None)]
        if missing:
            raise ImproperlyConfigured(f"{cls.__name__}: a {self.name} needs {', '.join(missing)}.")
        self._types[slug] = cls
        return cls

    def __getitem__(self, slug: str) -> type[T]:
        return self._types[slug]

    def get(self, slug: str) -> type[T] | None:
        return self._types.get(slug)

    def __contains__(self, slug: object) -> bool:
        return slug in self._types

    def __iter__(self) -> Iterator[type[T]]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)
