"""Products and their categories, for a whole batch in a fixed number of statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from contacts.bulk import insert_rows, update_rows
from ecommerce.drafts import ItemDraft, ProductDraft
from ecommerce.models import Category, Product, Store
from ecommerce.models.products import fold

DETAILS = ("name", "sku", "url", "image_url")
Link = Product.categories.through


def products_for(*, store: Store, items: Iterable[ItemDraft]) -> dict[str, int]:
    """{the store's id: product}. Products that only orders tell of are kept as the last order has them."""
    wanted = {item.product_id: item for item in items}
    if not wanted:
        return {}
    found = _stored(store, wanted)
    missing = [wanted[key] for key in sorted(wanted.keys() - found.keys())]
    if missing:
        _insert(store, missing, None)
        found |= _stored(store, [item.product_id for item in missing])
    _refresh([(found[key], item) for key, item in wanted.items() if found[key].version is None])
    _add_categories({found[key].pk: item.categories for key, item in wanted.items() if item.categories})
    return {key: row.pk for key, row in found.items()}


@transaction.atomic
def save_products(*, store: Store, drafts: Sequence[ProductDraft]) -> dict[str, int]:
    """Products as the store has them now, with exactly these categories; {the store's id: product}.

    What is older than what is known is left out.
    """
    wanted = {draft.external_id: draft for draft in sorted(drafts, key=lambda draft: draft.version)}
    _insert(store, list(wanted.values()), None)
    stored = _stored(store, wanted, lock=True)
    news = {
        key: draft
        for key, draft in wanted.items()
        if (version := stored[key].version) is None or version <= draft.version
    }
    rows = [stored[key] for key in news]
    update_rows(
        Product,
        "id",
        [row.pk for row in rows],
        {name: [getattr(draft, name) for draft in news.values()] for name in (*DETAILS, "version")}
        | {"updated_at": timezone.now()},
    )
    kept = {stored[key].pk: draft.categories for key, draft in news.items()}
    _set_categories(kept)
    return {key: stored[key].pk for key in news}


def _stored(store: Store, keys: Collection[str], lock: bool = False) -> dict[str, Product]:
    rows = Product.objects.filter(store=store, external_id__in=keys).order_by("pk")
    return {row.external_id: row for row in (rows.select_for_update() if lock else rows)}


def _insert(store: Store, drafts: Sequence[ItemDraft | ProductDraft], version: datetime | None) -> None:
    now = timezone.now()
    ids = [draft.product_id if isinstance(draft, ItemDraft) else draft.external_id for draft in drafts]
    insert_rows(
        Product,
        {
            "store_id": store.pk,
            "external_id": ids,
            **{name: [getattr(draft, name) for draft in drafts] for name in DETAILS},
            "version": version,
            "created_at": now,
            "updated_at": now,
        },
        size=len(drafts),
        ignore_conflicts=True,
    )


def _refresh(pairs: Sequence[tuple[Product, ItemDraft]]) -> None:
    """Name, SKU, page and picture as the item has them; what it doesn't say stays."""
    changed = []
    for product, item in pairs:
        news = {name: getattr(item, name) or getattr(product, name) for name in DETAILS}
        if any(getattr(product, name) != value for name, value in news.items()):
            for name, value in news.items():
                setattr(product, name, value)
            changed.append(product)
    columns = {name: [getattr(row, name) for row in changed] for name in DETAILS}
    update_rows(Product, "id", [row.pk for row in changed], {**columns, "updated_at": timezone.now()})


def _add_categories(wanted: Mapping[int, Collection[str]]) -> None:
    if not wanted:
        return
    ids = categories_by_name({name for names in wanted.values() for name in names})
    pairs = sorted({(product, ids[fold(name)]) for product, names in wanted.items() for name in names})
    insert_rows(
        Link,
        {"product_id": [product for product, _one in pairs], "category_id": [one for _product, one in pairs]},
        size=len(pairs),
        ignore_conflicts=True,
    )


def _set_categories(wanted: Mapping[int, Collection[str]]) -> None:
    if not wanted:
        return
    names = {name for names in wanted.values() for name in names}
    ids = categories_by_name(names) if names else {}
    keep = {(product, ids[fold(name)]) for product, names in wanted.items() for name in names}
    links = Link.objects.filter(product_id__in=list(wanted)).values_list("pk", "product_id", "category_id")
    gone = [pk for pk, product, category in links if (product, category) not in keep]
    if gone:
        Link.objects.filter(pk__in=gone).delete()
    _add_categories({product: names for product, names in wanted.items() if names})


def categories_by_name(names: Collection[str]) -> dict[str, int]:
    """{folded name: category}; what is missing is made."""
    wanted = {fold(name): name for name in sorted(names)}
    rows = Category.objects.filter(folded__in=list(wanted)).order_by()
    found: dict[str, int] = dict(rows.values_list("folded", "pk"))
    missing = {folded: name for folded, name in wanted.items() if folded not in found}
    if missing:
        now = timezone.now()
        columns = {"name": [*missing.values()], "folded": [*missing], "created_at": now, "updated_at": now}
        insert_rows(Category, columns, size=len(missing), ignore_conflicts=True)
        found |= dict(Category.objects.filter(folded__in=list(missing)).order_by().values_list("folded", "pk"))
    return found
