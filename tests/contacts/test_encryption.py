"""Secrets at rest: what the database sees, and what becomes of them when the key changes."""

import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection as database

from contacts.encryption import Unreadable, decrypt, encrypt
from contacts.models import AppConnection
from tests.peers.apps import SECRET, connect

pytestmark = pytest.mark.django_db


def stored() -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT secret FROM contacts_appconnection")
        return str(cursor.fetchone()[0])


def test_the_database_sees_none_of_it():
    connect("typeform")
    assert SECRET not in stored()
    assert AppConnection.objects.get().secret == SECRET
    assert encrypt("x") != encrypt("x")
    assert (encrypt(""), decrypt("")) == ("", "")
    with pytest.raises(FieldError):
        AppConnection.objects.filter(secret=SECRET)


def test_rotation(settings, capsys):
    connect("typeform")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5
    lost, before = AppConnection.objects.get(), stored()
    assert lost.secret == "" and isinstance(lost.secret, Unreadable)
    lost.save()
    assert stored() == before, "what can't be read is not destroyed"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert AppConnection.objects.get().secret == SECRET
    call_command("rotate_secrets")
    settings.SECRET_KEY_FALLBACKS = []
    assert AppConnection.objects.get().secret == SECRET


def test_rotation_says_what_is_lost(settings, capsys):
    connect("typeform")
    settings.SECRET_KEY = "another key " * 5
    call_command("rotate_secrets")
    assert "1 can't be read" in capsys.readouterr().err
