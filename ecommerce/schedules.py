"""What the worker does by the clock for stores."""

from contacts.schedules import Schedules

SCHEDULES: Schedules = {
    "ecommerce.tasks.take_in": ("stores: take in deliveries", 1),
    "ecommerce.tasks.abandon_carts": ("stores: find abandoned carts", 1),
    "ecommerce.tasks.retain": ("stores: retention", 24 * 60),
}
