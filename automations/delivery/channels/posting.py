"""One post of JSON to an address that was chosen in the settings, and what its answer means for the ledger."""

import ssl
from collections.abc import Mapping, Sequence

import httpcore
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from automations.delivery.outbox import Permanent, Temporary
from contacts.outgoing.addresses import check_url
from contacts.outgoing.http import Header, post

TRY_LATER = (408, 425, 429)


class Unreachable(Temporary):
    """Nobody answered there."""


def header_lines(headers: Mapping[str, str]) -> list[Header]:
    """ValidationError where a name or value can't stand in a request."""
    try:
        return [(name.encode("ascii"), value.encode()) for name, value in headers.items()]
    except UnicodeError as error:
        raise ValidationError(_("The address can't be called: %s") % error) from error


def post_json(
    url: str, body: bytes, headers: Sequence[Header], seconds: float, tls: ssl.SSLContext | None = None
) -> str:
    """The answer's status where it is a success; Unreachable, Temporary or Permanent where it is not."""
    try:
        check_url(url)
        status = post(url, body=body, headers=headers, seconds=seconds, tls=tls)
    except ValidationError as error:
        raise Permanent(error.messages[0]) from error
    except (UnicodeError, httpcore.LocalProtocolError) as error:
        raise Permanent(_("The address can't be called: %s") % error) from error
    except (OSError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise Unreachable(_("The address can't be reached: %s") % (str(error) or type(error).__name__)) from error
    if 200 <= status < 300:
        return str(status)
    if status >= 500 or status in TRY_LATER:
        raise Temporary(_("The address answered %s.") % status)
    if 300 <= status < 400:
        raise Permanent(_("The address answered %s; redirects are not followed, give the final one.") % status)
    raise Permanent(_("The address answered %s.") % status)
