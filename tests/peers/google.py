"""A server that speaks the few calls of Google's token and Sheets APIs: it checks signatures, and keeps cells."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

GUEST = "rows@shop.iam.gserviceaccount.com"
DOCUMENT = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def account_key(guest: str = GUEST) -> str:
    """The JSON file that Google gives for a service account; its token address is to be ignored."""
    pem = _key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "shop",
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": guest,
            "client_id": "1",
            "token_uri": "http://169.254.169.254/token",
        },
        indent=2,
    )


class Google:
    """`cells[document][tab]` are rows; documents in `closed` are not shared with anybody."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.cells: dict[str, dict[str, list[list[Any]]]] = {DOCUMENT: {"": []}}
        self.closed: set[str] = set()
        #: Statuses with which the next calls that add rows are answered instead.
        self.troubles: list[int] = []
        self.calls: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def rows(self, tab: str = "") -> list[list[Any]]:
        with self._lock:
            return [list(row) for row in self.cells[DOCUMENT][tab]]

    def _token(self, body: bytes) -> tuple[int, Any]:
        assertion = parse_qs(body.decode())["assertion"][0]
        public = _key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            claims = jwt.decode(assertion, certs=public, audience="https://oauth2.googleapis.com/token")
        except ValueError as error:
            return 400, {"error": "invalid_grant", "error_description": str(error)}
        if "https://www.googleapis.com/auth/spreadsheets" not in claims["scope"]:
            return 400, {"error": "invalid_scope"}
        return 200, {"access_token": f"token of {claims['iss']}", "expires_in": 3600, "token_type": "Bearer"}

    def _sheets(self, method: str, target: str, body: bytes, bearer: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        found = re.fullmatch(r"/v4/spreadsheets/([^/]+)/values/(.+?)(:append)?", parts.path)
        assert found, target
        if bearer != f"Bearer token of {GUEST}":
            return 401, {"error": {"message": "Request had invalid authentication credentials."}}
        document, (tab, _bang, cells) = found[1], unquote(found[2]).rpartition("!")
        tab = tab.strip("'").replace("''", "'")
        if document not in self.cells:
            return 404, {"error": {"message": "Requested entity was not found."}}
        if document in self.closed:
            return 403, {"error": {"message": "The caller does not have permission"}}
        if tab not in self.cells[document]:
            return 400, {"error": {"message": f"Unable to parse range: {unquote(found[2])}"}}
        rows = self.cells[document][tab]
        if method == "GET":
            return 200, {"range": "A1", **({"values": rows[:1]} if rows else {})}
        query = parse_qs(parts.query)
        assert query["valueInputOption"] == ["RAW"]
        values = json.loads(body)["values"]
        if found[3]:
            if self.troubles:
                return self.troubles.pop(0), {"error": {"message": "Trouble."}}
            rows.extend(values)
        else:
            first = ord(cells.removesuffix("1")) - ord("A")  # one letter is enough for a test
            rows[:1] = [[*rows[0][:first], *values[0]] if rows else values[0]]
        return 200, {}

    def _handler(peer: "Google") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with peer._lock:
                    peer.calls.append(f"{self.command} {self.path}")
                    if self.path == "/token":
                        status, said = peer._token(body)
                    else:
                        bearer = self.headers.get("Authorization", "")
                        status, said = peer._sheets(self.command, self.path, body, bearer)
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
