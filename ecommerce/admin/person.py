"""What a contact's page shows of stores: figures, last orders, open carts, recurring payments."""

from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest

from contacts.admin.sections import Section, register_section
from contacts.models import Contact
from ecommerce.models import Cart, Customer, CustomerSpending, Order, RecurringPayment

LAST = 5


def _purchases(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    """Nothing for those who may not see orders, and of contacts without any; five queries."""
    if not request.user.has_perm("ecommerce.view_order"):
        return None
    orders = Order.objects.filter(contact=contact).exclude(external_id="")
    carts = Cart.objects.filter(contact=contact, external_id="").filter(
        Q(active_at__isnull=False) | Q(abandoned_at__isnull=False)
    )
    payments = RecurringPayment.objects.filter(contact=contact)
    found = {
        "orders": list(orders.select_related("store").order_by("-placed_at", "-pk")[:LAST]),
        "carts": list(carts.select_related("store").order_by("-active_at", "-pk")[:LAST]),
        "payments": list(payments.select_related("store").order_by("-pk")[:LAST]),
    }
    if not any(found.values()):
        return None
    customers = list(Customer.objects.filter(contact=contact, orders_count__gt=0))
    spent = CustomerSpending.objects.filter(customer__contact=contact, spent__gt=0).values("currency")
    return {
        **found,
        "orders_count": sum(row.orders_count for row in customers),
        "first_order_at": min((row.first_order_at for row in customers if row.first_order_at), default=None),
        "last_order_at": max((row.last_order_at for row in customers if row.last_order_at), default=None),
        "spent": list(spent.annotate(amount=Sum("spent")).order_by("currency").values_list("amount", "currency")),
    }


register_section(Section(Contact, "admin/ecommerce/person_orders.html", _purchases))
