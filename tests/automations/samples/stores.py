"""Samples of what is about stores."""

from ecommerce.drafts import ProductDraft
from ecommerce.models import Product, Store
from ecommerce.services.products import categories_by_name, save_products
from tests.peers.stores import connect, now

from . import CONDITIONS, TRIGGERS, Sample, fixed


def a_store() -> Store:
    return Store.objects.first() or connect("shopify", "Shop")


def a_product(number: int = 1, *categories: str, store: Store | None = None) -> Product:
    store = store or a_store()
    draft = ProductDraft(str(number), f"Product {number}", now(), categories=categories)
    save_products(store=store, drafts=[draft])
    return Product.objects.get(store=store, external_id=str(number))


def a_category(name: str = "Shoes") -> int:
    return categories_by_name([name])[name.casefold()]


STATUS = (({"old": "gone"}, "old"), ({"new": "lost"}, "new"))
TRIGGERS |= {
    "purchase_made": Sample(
        lambda automation: {"product": a_product().pk},
        (({"product": 999_999}, "product"), ({"product": "x"}, "product")),
    ),
    "cart_abandoned": Sample(
        lambda automation: {
            "store": a_store().pk,
            "product": a_product().pk,
            "category": a_category(),
            "value_is": "above",
            "value": "99.50",
        },
        (
            ({"store": 999_999}, "store"),
            ({"product": 999_999}, "product"),
            ({"category": 999_999}, "category"),
            ({"value_is": "above", "value": ""}, "value"),
            ({"value_is": "above", "value": "-1"}, "value"),
            ({"value_is": "above", "value": "1.234"}, "value"),
            ({"value_is": "near", "value": "1"}, "value_is"),
        ),
    ),
    "order_created": Sample(fixed(), ()),
    "order_updated": Sample(
        fixed(old="paid", new="completed"), (*STATUS, ({"old": "paid", "new": "paid"}, "new"))
    ),
    "recurring_payment_created": Sample(fixed(), ()),
    "recurring_payment_updated": Sample(
        fixed(old="active", new="cancelled"), (*STATUS, ({"old": "active", "new": "active"}, "new"))
    ),
}

AMOUNT = (
    ({"op": "above"}, "amount"),
    ({"op": "above", "amount": "many"}, "amount"),
    ({"op": "near", "amount": "1"}, "op"),
    ({"op": "above", "amount": "1", "currency": "EU1"}, "currency"),
)
DAYS = (({"op": "within", "days": 0}, "days"), ({"op": "near", "days": 1}, "op"))
CONDITIONS |= {
    "bought": Sample(
        lambda automation: {
            "op": "not_bought",
            "what": "product",
            "product": a_product().pk,
            "times": 2,
            "days": 9,
        },
        (
            ({"op": "bought", "what": "product"}, "product"),
            ({"op": "bought", "what": "product", "product": 999_999}, "product"),
            ({"op": "bought", "what": "category"}, "category"),
            ({"op": "bought", "what": "any", "times": 0}, "times"),
            ({"op": "bought", "what": "any", "days": 0}, "days"),
            ({"op": "had", "what": "any"}, "op"),
        ),
    ),
    "order_count": Sample(
        lambda automation: {"op": "above", "count": 2, "store": a_store().pk},
        (
            ({"op": "above", "count": -1}, "count"),
            ({"op": "near", "count": 1}, "op"),
            ({"op": "above", "count": 1, "store": 999_999}, "store"),
        ),
    ),
    "total_spent": Sample(
        lambda automation: {"op": "below", "amount": "12.50", "currency": "EUR", "store": a_store().pk},
        (*AMOUNT, ({"op": "above", "amount": "1"}, "currency")),
    ),
    "last_order": Sample(
        fixed(which="first", op="before", days=30), (*DAYS, ({"which": "next", "days": 1}, "which"))
    ),
    "cart_state": Sample(fixed(which="any", state="open"), (({"state": "lost"}, "state"),)),
}
for kind, total in (("order", "total"), ("cart", "total"), ("payment", "amount")):
    CONDITIONS |= {
        f"{kind}_{total}": Sample(
            fixed(which="any", op="equals", amount="10.00", currency="EUR"),
            (*AMOUNT, ({"which": "some", "op": "above", "amount": "1"}, "which")),
        ),
        f"{kind}_currency": Sample(
            fixed(which="any", op="is_not", currency="EUR"), (({"op": "is", "currency": "€"}, "currency"),)
        ),
        f"{kind}_store": Sample(
            lambda automation: {"which": "any", "op": "is", "store": a_store().pk},
            (({"op": "is", "store": 999_999}, "store"),),
        ),
        f"{kind}_product": Sample(
            lambda automation: {"which": "any", "op": "has_not", "product": a_product().pk},
            (({"op": "has"}, "product"),),
        ),
        f"{kind}_category": Sample(
            lambda automation: {"which": "any", "op": "has", "category": a_category()},
            (({"op": "has", "category": 999_999}, "category"),),
        ),
        f"{kind}_date": Sample(fixed(which="any", op="within", days=3), DAYS),
    }
for kind, status in (("order", "refunded"), ("payment", "expired")):
    CONDITIONS[f"{kind}_status"] = Sample(
        fixed(which="any", op="is_not", status=status), (({"op": "is", "status": "lost"}, "status"),)
    )
