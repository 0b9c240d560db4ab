"""Writes that may be sent twice and take effect once."""

from datetime import datetime

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import IdempotencyKey


def claim_key(*, user_id: int, key: str, fingerprint: str, now: datetime) -> IdempotencyKey | None:
    """Take a key for the transaction that is open, or return what its first use left.

    While another transaction holds the same key this waits for its end: if that one commits its
    answer is returned, if it rolls back the key is free and taken here.
    """
    while True:
        taken = insert_rows(
            IdempotencyKey,
            {
                "user_id": [user_id],
                "key": key,
                "fingerprint": fingerprint,
                "status": 0,
                "body": "",
                "created_at": now,
            },
            size=1,
            ignore_conflicts=True,
            returning=["id"],
        )
        if taken:
            return None
        # None only if the key was forgotten between the two statements; then it is free again.
        if found := IdempotencyKey.objects.filter(user_id=user_id, key=key).first():
            return found


def keep_answer(*, user_id: int, key: str, status: int, body: str) -> None:
    """Store the answer beside its effect, in the same transaction."""
    IdempotencyKey.objects.filter(user_id=user_id, key=key).update(status=status, body=body)


def forget_keys(*, before: datetime) -> int:
    """Delete keys made before a moment; returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=before).order_by("pk")
    ids = list(old.values_list("pk", flat=True))
    for chunk in chunks(ids):
        IdempotencyKey.objects.filter(pk__in=id_set(chunk)).delete()
    return len(ids)
