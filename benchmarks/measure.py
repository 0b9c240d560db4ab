"""Side by side timing: A and B in turn, the ratio of the medians."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table; `limit` None: shown, not judged."""

    name: str
    ours: float
    bare: float
    unit: str
    limit: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.bare

    @property
    def ok(self) -> bool:
        return self.limit is None or self.ratio <= self.limit


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def fastest(
    sizes: Sequence[int],
    action: Callable[[], object],
    prepare: Callable[[int], object],
    *,
    rounds: int,
    inner: int,
) -> dict[int, float]:
    """{size: seconds of one call} in the quickest of `rounds` rounds, which take each size in turn.

    The quickest and not the median: what grows with the size is in every round, what else the
    machine did meanwhile is not.
    """
    times: dict[int, list[float]] = {size: [] for size in sizes}
    gc.collect()
    gc.disable()
    try:
        for _round in range(rounds):
            for size in sizes:
                prepare(size)
                times[size].append(timed(lambda: [action() for _ in range(inner)]) / inner)
    finally:
        gc.enable()
    return {size: min(found) for size, found in times.items()}


def in_turn(
    ours: Callable[[], object],
    bare: Callable[[], object],
    *,
    rounds: int,
    inner: int = 1,
    between: Callable[[], object] = lambda: None,
) -> tuple[float, float]:
    """Median seconds of one call of each, over `rounds` rounds of `inner` calls, alternating."""
    first, second = [], []
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds + 1):
            pair = [(ours, first), (bare, second)]
            for action, times in pair if number % 2 else pair[::-1]:
                between()
                seconds = timed(lambda: [action() for _ in range(inner)]) / inner  # noqa: B023 called at once
                if number:  # the first round warms up
                    times.append(seconds)
    finally:
        gc.enable()
    return statistics.median(first), statistics.median(second)
