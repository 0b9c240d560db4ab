"""What is used can't be deleted: stores with what they hold, products, categories, and lists of stores."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from contacts.models import List
from contacts.services.usage import check_unused
from contacts.signals import usage_requested
from ecommerce.models import Category, Product, Store


@receiver(pre_delete, sender=Store)
@receiver(pre_delete, sender=Product)
@receiver(pre_delete, sender=Category)
def _refuse_if_used(instance: Model, **kwargs: Any) -> None:
    check_unused(record=instance)


@receiver(usage_requested, sender=List)
def _stores_using(record: List, **kwargs: Any) -> list[str]:
    """The stores whose customers are put on the list."""
    names = Store.objects.filter(lists=record).values_list("name", flat=True)
    return [_("the store “%s”") % name for name in names]
