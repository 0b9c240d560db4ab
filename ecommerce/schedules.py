"""What the worker does by the clock for stores."""

from contacts.schedules import Schedules

SCHEDULES: Schedules = {
    "ecommerce.tasks.abandon_carts": ("stores: find abandoned carts", 1),
    "ecommerce.tasks.retain": ("stores: retention", 24 * 60),
}
