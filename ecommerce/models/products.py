"""What stores sell."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.base import Timestamped

from .stores import Store


def fold(name: str) -> str:
    return name.strip().casefold()[:250]


class Category(Timestamped):
    """A product category. One name is one category, whichever store uses it."""

    name = models.CharField(_("name"), max_length=200)
    #: The name, case folded: databases fold in different ways.
    folded = models.CharField(
        max_length=250, unique=True, editable=False,
        error_messages={"unique": _("There is a category with this name already.")},
    )  # fmt: skip

    class Meta:
        verbose_name = _("product category")
        verbose_name_plural = _("product categories")
        ordering = ["name", "id"]

    def clean(self) -> None:
        self.folded = fold(self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.folded = fold(self.name)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name


class Product(Timestamped):
    """`version` is the store's own time of the last change that was taken in; None: known from orders only."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="products", verbose_name=_("store"))
    external_id = models.CharField(_("the store's id"), max_length=255)
    name = models.CharField(_("name"), max_length=250)
    sku = models.CharField(_("SKU"), max_length=100, blank=True)
    url = models.CharField(_("page"), max_length=2_000, blank=True)
    image_url = models.CharField(_("picture"), max_length=2_000, blank=True)
    categories = models.ManyToManyField(
        Category, blank=True, related_name="products", verbose_name=_("categories")
    )
    version = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], name="product_id",
                violation_error_message=_("The store has a product with this id already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name
