"""Guards outgoing requests: no private, loopback or link-local address unless a setting allows it."""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def check_url(url: str) -> None:
    """ValidationError for a URL that must not be called, as far as the URL itself tells."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError(_("Give a web address that begins with https:// or http://."))
    if parts.username or parts.password:
        raise ValidationError(_("Put credentials in a header, not in the address."))
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        if parts.hostname == "localhost" or parts.hostname.endswith((".localhost", ".local", ".internal")):
            _refuse(parts.hostname)
        return
    if not _public(address):
        _refuse(parts.hostname)


def resolve_public(host: str, port: int) -> str:
    """One address of `host` that may be called. Connect to it, not to the name: a name can change its mind."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    for address in addresses:
        if not _public(address) and not settings.WEBHOOK_ALLOW_PRIVATE:
            raise ValidationError(_("“%s” is a private address; webhooks don't go there.") % host)
    return str(addresses[0])


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_global and not address.is_multicast


def _refuse(host: str) -> None:
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        raise ValidationError(_("“%s” is a private address; webhooks don't go there.") % host)
