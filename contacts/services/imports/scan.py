"""A first pass over the whole file: how many rows, and which addresses stand in it twice."""

from array import array
from collections.abc import Callable, Iterator

from .reading import RawRow


def scan(rows: Callable[[], Iterator[RawRow]], email_of: Callable[[RawRow], str]) -> tuple[int, dict[str, int]]:
    """(rows without the header, {address that stands in several rows: number of the last of them}).

    Eight bytes a row are kept, not the addresses: a million rows take 8 MB.
    """
    hashes = array("q")
    total = 0
    for row in rows():
        total += 1
        email = email_of(row)
        if email:
            hashes.append(hash(email))
    repeated = _repeated(hashes)
    if not repeated:
        return total, {}
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    for row in rows():
        email = email_of(row)
        if email and hash(email) in repeated:
            counts[email] = counts.get(email, 0) + 1
            last[email] = row.number
    return total, {email: number for email, number in last.items() if counts[email] > 1}


def _repeated(hashes: "array[int]") -> set[int]:
    seen: set[int] = set()
    previous: int | None = None
    for item in sorted(hashes):
        if item == previous:
            seen.add(item)
        previous = item
    return seen
