"""A real IMAP server: Dovecot, as a process of the test's own, with its files in a directory of its own."""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

from tests.peers.processes import free_port

CONFIG = """
base_dir = {run}
state_dir = {run}
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
{certificates}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{root}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


class ImapServer:
    """Any user may log in with `password`; each has an INBOX of their own.

    `tls` is (chain, key) in PEM: then `tls_port` speaks TLS at once, and `port` after STARTTLS.
    """

    password = "in-the-box"

    def __init__(self, tls: tuple[bytes, bytes] | None = None) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self.tls_port = free_port() if tls else 0
        self._tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        # Short: the path of a Unix socket has at most some 100 bytes.
        self.root = Path(tempfile.mkdtemp(prefix="imap"))

    def start(self) -> None:
        user, group = _owner()
        (self.root / "mail").mkdir()
        self.root.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.root / "mail", user, group)
        config = self.root / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                run=self.root / "run",
                root=self.root,
                ssl="yes" if self._tls else "no",
                certificates=self._certificates(),
                user=user,
                group=group,
                password=self.password,
                port=self.port,
                tls_port=self.tls_port,
            )
        )
        self.start_again()

    def start_again(self) -> None:
        """After `halt`."""
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        assert program, "Dovecot is needed: run .ci/imap.sh"
        config = self.root / "dovecot.conf"
        self._process = subprocess.Popen(
            [program, "-F", "-c", str(config)], stderr=subprocess.PIPE, start_new_session=True
        )
        self._wait()

    def stop(self) -> None:
        """At once: to end in good order takes it a second."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def halt(self) -> None:
        """Switch it off; its mail stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def put(self, user: str, message: EmailMessage | bytes) -> None:
        """Let a mail arrive in the user's INBOX."""
        if isinstance(message, EmailMessage) and "Message-ID" not in message:
            message["Message-ID"] = make_msgid(domain="example.org")
        raw = message if isinstance(message, bytes) else message.as_bytes()
        with self.client(user) as client:
            answer, data = client.append("INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
            assert answer == "OK", data

    def forget_uids(self, user: str) -> None:
        """What a restored backup does: the mails get new UIDs, under a new UIDVALIDITY."""
        time.sleep(1.1)  # Dovecot takes the second for it
        for path in (self.root / "mail" / user).glob("dovecot*"):
            path.unlink()

    def client(self, user: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4(self.host, self.port)
        client.login(user, self.password)
        client.select("INBOX")
        return client

    def _certificates(self) -> str:
        if self._tls is None:
            return ""
        paths = [self.root / name for name in ("chain.pem", "key.pem")]
        for path, content in zip(paths, self._tls, strict=True):
            path.write_bytes(content)
        return f"ssl_cert = <{paths[0]}\nssl_key = <{paths[1]}"

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                imaplib.IMAP4(self.host, self.port).logout()
                return
            except (OSError, imaplib.IMAP4.error):
                assert self._process is not None
                log = self.root / "log"
                said = log.read_text() if log.exists() else ""
                if self._process.poll() is not None and self._process.stderr is not None:
                    said += self._process.stderr.read().decode()
                assert self._process.poll() is None and time.monotonic() < deadline, said
                time.sleep(0.05)


def _owner() -> tuple[str, str]:
    """Whom the mail belongs to: Dovecot serves nobody's mail as root."""
    if os.geteuid() == 0:
        return "nobody", grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    account = pwd.getpwuid(os.geteuid())
    return account.pw_name, grp.getgrgid(account.pw_gid).gr_name
