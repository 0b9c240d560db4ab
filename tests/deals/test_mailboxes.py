"""Connecting a mailbox: both servers are logged in to, and what is wrong is said of the right field."""

import socket
from typing import Any

import pytest
import trustme
from django.core.exceptions import ValidationError
from django.db import connection

from deals.models import Mailbox
from deals.services.mailboxes import delete_mailbox, mailbox_of, save_mailbox
from tests.deals.mailboxes import PASSWORD, mailbox_values
from tests.factories import UserFactory
from tests.peers.imap import ImapServer
from tests.peers.processes import free_port

pytestmark = pytest.mark.django_db


def refused(**values: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        save_mailbox(mailbox=Mailbox(user=UserFactory()), values=values)
    assert not Mailbox.objects.exists()
    return error.value.message_dict


def test_connects(mailbox, own_smtp, imap_server):
    assert own_smtp.connections == 1
    assert mailbox_of(mailbox.user_id) == mailbox
    with connection.cursor() as cursor:
        cursor.execute("SELECT smtp_password, imap_password FROM deals_mailbox")
        stored = cursor.fetchone()
    assert PASSWORD not in stored[0] and imap_server.password not in stored[1]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"smtp_password": "wrong"}, "smtp_password", "refused the log-in"),
        ({"imap_password": "wrong"}, "imap_password", "refused the log-in"),
        ({"smtp_host": "nowhere.invalid"}, "smtp_host", "can't be reached"),
        ({"imap_host": "nowhere.invalid"}, "imap_host", "can't be reached"),
        ({"smtp_security": "starttls"}, "smtp_security", "STARTTLS"),
        ({"imap_security": "starttls"}, "imap_security", "TLS"),
        ({"smtp_security": "tls"}, "smtp_security", "encrypted connection"),
        ({"smtp_port": 0}, "smtp_port", "greater than or equal to 1"),
        ({"imap_port": 70_000}, "imap_port", "less than or equal to"),
        ({"address": "nobody"}, "address", "valid e"),
        ({"imap_user": ""}, "imap_user", "blank"),
        ({"smtp_password": ""}, "smtp_password", "Give the password"),
        ({"imap_password": ""}, "imap_password", "blank"),
        ({"name": ""}, "name", "blank"),
    ],
)
def test_says_which_field_is_wrong(own_smtp, imap_server, changes, field, words):
    found = refused(**mailbox_values(own_smtp, imap_server, **changes))
    assert list(found) == [field]
    assert words in " ".join(found[field])


def test_both_servers_are_reported_at_once(own_smtp, imap_server):
    wrong = mailbox_values(own_smtp, imap_server, smtp_password="wrong", imap_port=free_port())
    assert set(refused(**wrong)) == {"smtp_password", "imap_host"}


def test_a_silent_server_is_not_waited_for(own_smtp, imap_server, settings):
    settings.MAILBOX_TIMEOUT = 0.3
    with socket.create_server(("127.0.0.1", 0)) as silent:
        values = mailbox_values(own_smtp, imap_server, imap_port=silent.getsockname()[1])
        assert "did not answer in time" in refused(**values)["imap_host"][0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "::ffff:192.168.1.1"])
def test_private_addresses_are_refused(own_smtp, imap_server, settings, host):
    settings.MAILBOX_ALLOW_PRIVATE = False
    found = refused(**mailbox_values(own_smtp, imap_server, smtp_host=host))
    assert "private address" in found["smtp_host"][0]
    assert "private address" in found["imap_host"][0]


def test_a_password_does_not_follow_to_another_server(mailbox, imap_server):
    with pytest.raises(ValidationError) as error:
        save_mailbox(mailbox=mailbox, values={"imap_port": free_port()})
    assert list(error.value.message_dict) == ["imap_password"]
    mailbox.refresh_from_db()
    assert mailbox.imap_port == imap_server.port


def test_changes_nothing_else_without_a_password(mailbox, own_smtp):
    mailbox.refresh_from_db()
    save_mailbox(mailbox=mailbox, values={"name": "Office", "smtp_password": "", "imap_password": ""})
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.smtp_password) == ("Office", PASSWORD)
    assert own_smtp.connections == 1  # no setting of the servers changed


def test_one_that_is_off_is_not_tested(own_smtp, imap_server):
    values = mailbox_values(own_smtp, imap_server, imap_port=free_port(), is_active=False)
    mailbox = save_mailbox(mailbox=Mailbox(user=UserFactory()), values=values)
    assert mailbox_of(mailbox.user_id) is None
    with pytest.raises(ValidationError):
        save_mailbox(mailbox=mailbox, values={"is_active": True})
    mailbox.refresh_from_db()
    assert not mailbox.is_active


def test_goes_when_it_is_deleted(mailbox):
    delete_mailbox(mailbox=mailbox)
    assert not Mailbox.objects.exists()


def test_encrypted_connections(own_smtp, monkeypatch, tmp_path):
    """TLS and STARTTLS, with a certificate that is checked against the host's name."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    server = ImapServer(tls=(chain, issued.private_key_pem.bytes()))
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    server.start()
    try:
        for security, port in (("tls", server.tls_port), ("starttls", server.port)):
            values = mailbox_values(
                own_smtp, server, imap_host="localhost", imap_port=port, imap_security=security
            )
            assert "certificate" in refused(**values)["imap_host"][0]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        for security, port in (("tls", server.tls_port), ("starttls", server.port)):
            values = mailbox_values(
                own_smtp, server, imap_host="localhost", imap_port=port, imap_security=security
            )
            save_mailbox(mailbox=Mailbox(user=UserFactory()), values=values)
        other = mailbox_values(own_smtp, server, imap_port=server.tls_port, imap_security="tls")
        with pytest.raises(ValidationError) as error:  # 127.0.0.1 is not in the certificate
            save_mailbox(mailbox=Mailbox(user=UserFactory()), values=other)
        assert "certificate" in error.value.message_dict["imap_host"][0]
    finally:
        server.stop()
