"""The kinds of store that can be connected. Import a kind's module below and it exists everywhere."""

from . import shopify, woocommerce, paypal, api  # isort: skip
from .base import STORES, Parcel, StoreConnector

__all__ = ["STORES", "Parcel", "StoreConnector", "api", "paypal", "shopify", "woocommerce"]
