"""The few calls of Google's Sheets API that adding rows takes, and what their answers mean for the ledger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpcore
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials

from automations.delivery.outbox import Permanent, Temporary, Unclear
from automations.models import Spreadsheet
from contacts.outgoing.addresses import check_url
from contacts.outgoing.http import NOTHING_SENT, Header, TooMuch, fetch

SCOPE = "https://www.googleapis.com/auth/spreadsheets"
MAX_ANSWER = 1024 * 1024
#: Longer numbers (phones, references) would lose digits in a sheet.
LONGEST_NUMBER = 15


def account_of(key: str) -> str:
    """The address of the service account whose key it is; ValueError where it is none."""
    return str(_credentials(key).service_account_email)


def _credentials(key: str) -> Credentials:
    try:
        info = json.loads(key)
        if not isinstance(info, dict) or info.get("type") != "service_account":
            raise ValueError("no key of a service account")
        # Where tokens are asked for is a setting: a pasted file can't send us elsewhere.
        info["token_uri"] = settings.GOOGLE_TOKEN_URL
        credentials: Credentials = Credentials.from_service_account_info(info, scopes=[SCOPE])  # type: ignore[no-untyped-call]  # without types
    except (TypeError, KeyError, GoogleAuthError) as error:
        raise ValueError(str(error)) from error
    return credentials


@dataclass(frozen=True, slots=True)
class _Answer:
    """As google-auth reads it."""

    status: int
    data: bytes
    headers: Mapping[str, str]


def _transport(url: str, method: str = "GET", body: Any = None, headers: Any = None, **_kwargs: Any) -> _Answer:
    """google-auth's way out, which is ours: guarded, and bounded in time and length."""
    content = body.encode() if isinstance(body, str) else body or b""
    lines = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    status, data = fetch(
        method, url, headers=lines, seconds=settings.WEBHOOK_TIMEOUT, max_bytes=MAX_ANSWER, body=content
    )
    return _Answer(status, data, {})


class SheetClient:
    """One spreadsheet, for a batch of rows: one token, and its headings read once."""

    def __init__(self, spreadsheet: Spreadsheet) -> None:
        self.spreadsheet = spreadsheet
        self._headings: list[str] | None = None

    def headings(self) -> list[str]:
        """The texts of the first row. Temporary or Permanent where it can't be read."""
        if self._headings is None:
            found = self._call("GET", self._range("1:1"))
            rows = found.get("values") or [[]]
            self._headings = [str(text).strip() for text in rows[0]]
        return self._headings

    def append(self, cells: Mapping[str, str]) -> None:
        """Add a row, each text under its heading; headings that lack are added first.

        Unclear where Google may have it all the same.
        """
        self._add_headings(cells)
        row = [_value(cells.get(heading, "")) for heading in self.headings()]
        path = f"{self._range('A1')}:append?valueInputOption=RAW&insertDataOption=INSERT_ROWS"
        self._call("POST", path, {"majorDimension": "ROWS", "values": [row]}, adds=True)

    def _add_headings(self, cells: Mapping[str, str]) -> None:
        known = self.headings()
        missing = [heading for heading in cells if heading not in known]
        if missing:
            # Behind the others, which are not touched; two who add the same at once write the same.
            cell = f"{_letters(len(known) + 1)}1"
            self._call("PUT", f"{self._range(cell)}?valueInputOption=RAW", {"values": [missing]})
            self._headings = [*known, *missing]

    def _range(self, cells: str) -> str:
        tab = self.spreadsheet.tab.replace("'", "''")
        return "values/" + quote(f"'{tab}'!{cells}" if tab else cells, safe="")

    @cached_property
    def _token(self) -> str:
        try:
            credentials = _credentials(self.spreadsheet.key)
            credentials.refresh(_transport)  # type: ignore[no-untyped-call]  # without types
        except ValidationError as error:
            raise Temporary(error.messages[0]) from error
        except ValueError as error:
            raise Temporary(_("The service account's key can't be used; give it again.")) from error
        except GoogleAuthError as error:
            raise Temporary(_("Google does not accept the service account's key: %s") % _first(error)) from error
        except (
            OSError,
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            TooMuch,
        ) as error:
            raise Temporary(_("Google can't be reached: %s") % _first(error)) from error
        return str(credentials.token)

    def _call(self, method: str, path: str, content: Any = None, *, adds: bool = False) -> Any:
        url = f"{settings.GOOGLE_SHEETS_URL}/v4/spreadsheets/{quote(self.spreadsheet.document, safe='')}/{path}"
        headers: list[Header] = [
            (b"Authorization", f"Bearer {self._token}".encode()),
            (b"Content-Type", b"application/json"),
        ]
        body = json.dumps(content).encode() if content is not None else b""
        try:
            check_url(url)
            status, found = fetch(
                method, url, headers=headers, seconds=settings.WEBHOOK_TIMEOUT, max_bytes=MAX_ANSWER, body=body
            )
        except ValidationError as error:
            raise Permanent(error.messages[0]) from error
        except NOTHING_SENT as error:
            raise Temporary(_("Google can't be reached: %s") % _first(error)) from error
        except (OSError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            kind = Unclear if adds else Temporary
            raise kind(_("Google did not answer: %s") % _first(error)) from error
        except TooMuch as error:
            if adds:
                return {}  # written all the same
            raise Temporary(_("Google's answer is too long.")) from error
        if status == 200:
            return _parsed(found)
        raise self._refusal(status, found, adds)

    def _refusal(self, status: int, body: bytes, adds: bool) -> Exception:
        said = _parsed(body).get("error", {})
        reason = said.get("message", "") if isinstance(said, dict) else ""
        if status == 429:
            return Temporary(_("Google takes no more rows for the moment."))
        if status in (401, 403):
            guest = account_of(self.spreadsheet.key)
            return Temporary(
                _("Share the spreadsheet with %(guest)s, as an editor. Google says: %(reason)s")
                % {"guest": guest, "reason": reason or status}
            )
        if status == 404:
            return Temporary(_("Google knows no such spreadsheet: it was deleted, or its address is another."))
        if status >= 500:
            # It may have been written before something broke.
            return (Unclear if adds else Temporary)(_("Google answered %s.") % status)
        return Permanent(_("Google refused it: %s") % (reason or status))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _letters(number: int) -> str:
    """A column's name: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _value(text: str) -> str | int | float:
    """A number where it is one, so that sheets can calculate. RAW takes texts as they are, never as formulas."""
    digits = text.removeprefix("-")
    whole, _point, part = digits.partition(".")
    plain = whole.isascii() and whole.isdigit() and (not _point or (part.isascii() and part.isdigit()))
    if not plain or len(digits) > LONGEST_NUMBER or (len(whole) > 1 and whole.startswith("0")):
        return text
    return float(text) if _point else int(text)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
