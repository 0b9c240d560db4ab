"""Guards outgoing requests: no private, loopback or link-local address unless a setting allows it."""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LOCAL_NAMES = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")
#: IPv6 prefixes that carry an IPv4 address in their last 32 bits (NAT64; IPv4-compatible).
CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


def check_url(url: str) -> None:
    """ValidationError for a URL that must not be called, as far as the URL itself tells.

    Names are looked at again when the request is made: see `public_addresses`.
    """
    parts = _split(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValidationError(_("Give a web address that begins with https:// or http://."))
    if parts.username is not None or parts.password is not None:
        raise ValidationError(_("Put credentials in a header, not in the address."))
    address = _literal(host)
    local_name = host == "localhost" or host.endswith(LOCAL_NAMES)
    if local_name or (address is not None and not is_public(address)):
        _refuse(host)


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of `host`, if all may be called; ValidationError otherwise, OSError when it has none.

    Connect to these and not to the name: by the next look-up a name can have changed its mind.
    """
    addresses = look_up(host, port)
    if not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        _refuse(host)
    return addresses


def look_up(host: str, port: int) -> list[str]:
    """The host's addresses in their order; OSError where there are none, for names that can't be, too."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Reachable for everyone on the internet, and no private IPv4 address in the clothes of an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if any(address in network for network in CARRIERS):
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        carried = [other for other in inner if other is not None]
        if carried:
            return all(is_public(other) for other in carried)
    return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _port = parts.port  # parsed when it is read
    except ValueError:
        raise ValidationError(_("This is not a web address.")) from None
    return parts


def _literal(host: str) -> Address | None:
    """The address that a host is, in any notation that the system's resolver takes (127.1, 0x7f000001, …)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _refuse(host: str) -> None:
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        raise ValidationError(_("“%s” is a private address; requests don't go there.") % host)
