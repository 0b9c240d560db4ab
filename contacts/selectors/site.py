"""What every visit asks: the settings and the sites, remembered for SITE_SETTINGS_TTL seconds in each process."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from contacts.models import SiteMessage, TrackedDomain, TrackingSettings


@dataclass(frozen=True, slots=True)
class Site:
    """`domains` maps a domain to whether its subdomains count; `has_messages`: there may be one to show."""

    account: TrackingSettings
    domains: dict[str, bool]
    has_messages: bool = False

    def allows(self, host: str) -> bool:
        if host in self.domains:
            return True
        _label, dot, parent = host.partition(".")
        while dot:
            if self.domains.get(parent):
                return True
            _label, dot, parent = parent.partition(".")
        return False


_site: Site | None = None
_read_at = 0.0


def current_site() -> Site | None:
    """None until the settings exist. Three queries when they are read anew."""
    global _site, _read_at
    now = time.monotonic()
    if _site is None or now - _read_at >= settings.SITE_SETTINGS_TTL:
        account = TrackingSettings.objects.filter(pk=1).first()
        domains = dict(TrackedDomain.objects.values_list("domain", "subdomains")) if account else {}
        messages = account is not None and SiteMessage.objects.exclude(ends_at__lte=timezone.now()).exists()
        _site, _read_at = Site(account, domains, messages) if account else None, now
    return _site


def is_tracked(url: str) -> bool:
    """Whether pages of this host may report visits."""
    site, host = current_site(), ascii_host(url)
    return bool(site and host and site.allows(host))


def ascii_host(url: str) -> str:
    """The host as browsers name it, "" where there is none: lower case, no port, punycode."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        return host.encode("idna").decode() if parts.scheme in ("http", "https") and host else ""
    except ValueError:
        return ""


@receiver([post_save, post_delete], sender=SiteMessage)
@receiver([post_save, post_delete], sender=TrackedDomain)
@receiver([post_save, post_delete], sender=TrackingSettings)
def forget_site(**kwargs: Any) -> None:
    global _site
    _site = None
