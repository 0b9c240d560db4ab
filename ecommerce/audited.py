"""What of this app is kept in the log of changes: stores and their secrets (never the secrets themselves)."""

from contacts.audit import watch
from ecommerce.models import Store

watch(Store)
