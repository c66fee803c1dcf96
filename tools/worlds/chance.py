"""Seeded randomness in bulk, and the calendar of the world. Same seed, same bytes, on every machine."""

import math
import random
import sys
from array import array
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate

FIRST_DAY = date(2023, 1, 1)
"""Second 0 of the world."""
WORLD_TODAY = date(2026, 6, 30)
"""The last day with rows. The world's calendar stands still: nothing in it depends on the clock."""
HISTORY_BEGINS = (date(2025, 7, 1) - FIRST_DAY).days * 86_400
"""Second of the first transaction."""
HISTORY_ENDS = ((WORLD_TODAY - FIRST_DAY).days + 1) * 86_400

_DAYS = [str(FIRST_DAY + timedelta(days=day)) for day in range((WORLD_TODAY - FIRST_DAY).days + 400)]
_MINUTES = [f"{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]
_SECONDS = [f"{second:02}+00" for second in range(60)]


def stamp(second: int) -> str:
    """The timestamp (UTC) of a second of the world, as COPY reads it."""
    day, rest = divmod(second, 86_400)
    return f"{_DAYS[day]} {_MINUTES[rest // 60]}{_SECONDS[rest % 60]}"


def day(number: int) -> str:
    """The date of a day of the world."""
    return _DAYS[number]


def source(seed: int, name: str) -> random.Random:
    """The generator of one table: independent of how much the others draw."""
    return random.Random(f"{seed}:{name}")


def draws(rng: random.Random, count: int) -> "array[int]":
    """`count` uniform 32-bit numbers; a hundredfold faster than asking one by one."""
    numbers = array("I", rng.randbytes(4 * count))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def slots(weights: Sequence[float], size: int) -> "array[int]":
    """A table of `size` slots (a power of two) in which item i fills its share: a weighted draw is one look-up.

    Items lighter than half a slot get none, and so are never drawn.
    """
    total = sum(weights)
    table = array("I")
    for item, reached in enumerate(accumulate(weights)):
        table.extend([item] * (round(reached / total * size) - len(table)))
    return table


def zipf(items: int, exponent: float, size: int, stride: int = 1) -> "array[int]":
    """Slots by Zipf's law: the item of rank r weighs 1/(r+1)^exponent. `stride` scatters the ranks over the items."""
    step = stride
    while math.gcd(items, step) > 1:
        step += 1
    table = slots([1 / (rank + 1) ** exponent for rank in range(items)], size)
    return array("I", [rank * step % items for rank in table])
