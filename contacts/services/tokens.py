"""API tokens: one a user."""

from typing import Any

from django.db import transaction
from rest_framework.authtoken.models import Token


@transaction.atomic
def rotate_token(*, user: Any) -> Token:
    """Make a new token in the place of the old one, which stops working at once."""
    Token.objects.filter(user=user).delete()
    return Token.objects.create(user=user)


def revoke_token(*, user: Any) -> None:
    Token.objects.filter(user=user).delete()
