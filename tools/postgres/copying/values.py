"""Values of one column made up from what the planner knows of it: shares, spread, NULLs and how they follow the rows."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tools.postgres.channel import Row
from tools.postgres.copying.cells import Cells
from tools.postgres.copying.columns import Column

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_INTEGERS = frozenset({"int2", "int4", "int8"})
_NUMBERS = frozenset({*_INTEGERS, "numeric", "float4", "float8"})
_TIMES = frozenset({"date", "timestamp", "timestamptz"})
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name"})
_FORMS = {
    "email": "xxxxxxxx@xxxxxx.xxx",
    "phone": "+99999999999",
    "card": "9999999999999999",
    "ip": "10.10.10.10",
    "name": "Xxxxx Xxxxxxx",
}
"""What a value of a kind looks like where the planner knows none."""


@dataclass(frozen=True)
class Wanted:
    """What a column of made-up rows must be: `keys` are the values it may refer to, `unique` that no two are alike."""

    fact: Row
    known: Row | None
    column: Column | None
    unique: bool
    keys: Sequence[str] | None
    labels: Sequence[str]


class Values:
    """Makes the columns of one copy's rows; the same random source for all of it."""

    def __init__(self, cells: Cells, rng: random.Random) -> None:
        self._cells = cells
        self._rng = rng

    def column(self, wanted: Wanted, rows: int, total: int) -> list[str | None]:
        """`rows` values in the order of the rows (of `total` on the live server), as PostgreSQL reads them."""
        known = wanted.known or {"nulls": 0.0, "width": 8, "distinct": 0.0, "common": None, "shares": None, "bounds": None,
                                 "correlation": 0.0}  # fmt: skip
        nulls = 0 if wanted.fact["required"] or wanted.unique else round(known["nulls"] * rows)
        if wanted.column is not None and wanted.column.how == "nothing":
            return [None] * rows
        common = [] if wanted.unique else self._common(wanted, known)
        counts = [round(share * rows) for share in (known["shares"] or ())][: len(common)]
        left = max(0, rows - nulls - sum(counts))
        rest = self._rest(wanted, known, left, total, frozenset(common))
        sortable: list[str] = [value for value, count in zip(common, counts, strict=True) for _ in range(count)]
        values = [*sortable, *rest][: rows - nulls]
        values.sort(key=_order(wanted.fact["type"]))
        return self._placed(values, rows - len(values), float(known["correlation"] or 0.0))

    def _common(self, wanted: Wanted, known: Row) -> list[str]:
        values = list(known["common"] or ())
        if wanted.keys is not None:
            allowed = set(wanted.keys)
            return [value if value in allowed else self._rng.choice(wanted.keys) for value in values] if allowed else []
        if wanted.column is not None and wanted.column.how != "look":
            return [self._cells.of(wanted.column)(value) for value in values]
        return values

    def _rest(self, wanted: Wanted, known: Row, count: int, total: int, common: frozenset[str]) -> list[str]:
        """The values beside the most common ones, spread over the histogram, with as many different ones as there are."""
        if not count:
            return []
        if wanted.keys is not None:
            return self._referring(wanted.keys, known, count, total, common, wanted.unique)
        bounds = list(known["bounds"] or ())
        if not bounds and common and not wanted.unique:  # all values are common ones; what is left was lost in rounding
            order = sorted(common)
            return [order[at % len(order)] for at in range(count)]
        distinct = count if wanted.unique else max(1, min(count, _distinct(known, total, count) - len(common)))
        make = self._maker(wanted, known, bounds)
        different = make(distinct) if make is not None else []
        if not different:
            return []
        return [different[at * len(different) // count] for at in range(count)]

    def _referring(
        self, keys: Sequence[str], known: Row, count: int, total: int, common: frozenset[str], unique: bool
    ) -> list[str]:
        """Keys of the table referred to: as many different ones as on the live server, evenly used."""
        free = [key for key in keys if key not in common]
        if not free:
            return []
        distinct = min(len(free), count if unique else max(1, _distinct(known, total, count) - len(common)))
        picked = [free[at * len(free) // distinct] for at in range(distinct)]
        if unique:
            return picked
        return [self._rng.choice(picked) for _ in range(count)]

    def _maker(self, wanted: Wanted, known: Row, bounds: Sequence[str]) -> Callable[[int], list[str]] | None:
        type_ = wanted.fact["type"]
        personal = wanted.column is not None and wanted.column.how != "look"
        if type_ == "bool":
            return lambda count: ["f", "t"][: max(1, min(2, count))]
        if wanted.labels:
            return lambda count: [
                wanted.labels[at % len(wanted.labels)] for at in range(min(count, len(wanted.labels)))
            ]
        if (
            personal
            and wanted.column is not None
            and not wanted.column.array
            and (type_ in _TEXTS or type_ in _NUMBERS)
        ):
            return lambda count: self._masked(wanted, known, bounds, count)
        if type_ in _NUMBERS:
            return lambda count: self._numbers(wanted, bounds, count)
        if type_ in _TIMES:
            masked = self._cells.of(wanted.column) if personal and wanted.column is not None else str
            return lambda count: sorted({masked(each) for each in self._times(wanted, bounds, count)})
        if type_ in _TEXTS:
            return lambda count: self._texts(bounds, known, count, wanted)
        if type_ == "uuid":
            return lambda count: [self._hex(32) for _ in range(count)]
        if type_ == "bytea":
            return lambda count: ["\\x" + self._hex(2 * max(1, int(known["width"]) - 4)) for _ in range(count)]
        if type_ in ("inet", "cidr", "macaddr"):
            return lambda count: self._addresses(wanted, bounds, count)
        if type_ in ("json", "jsonb"):
            return lambda count: [f'{{"made up": {at}}}' for at in range(min(count, 1000))]
        if wanted.fact["category"] == "A":
            return lambda count: list(bounds) if bounds and not personal else ["{}"]
        return (lambda count: list(bounds)) if bounds and not personal else None

    def _masked(self, wanted: Wanted, known: Row, bounds: Sequence[str], count: int) -> list[str]:
        """Personal values: of the form of the histogram's bounds, in their places of the order, and none of them real."""
        assert wanted.column is not None
        form = _FORMS.get(wanted.column.kind, "x" * max(1, min(200, int(known["width"]))))
        if wanted.fact["type"] in _NUMBERS:
            form = "999999999"
        forms = list(bounds) or list(known["common"] or ()) or [form]
        most = wanted.column.most
        return [self._cells.masks.another(forms[at * len(forms) // count], at, most) for at in range(count)]

    def _numbers(self, wanted: Wanted, bounds: Sequence[str], count: int) -> list[str]:
        type_, unique = wanted.fact["type"], wanted.unique
        if type_ in _INTEGERS:
            least, most = (int(bounds[0]), int(bounds[-1])) if bounds else (1, max(1, count))
            if unique and most - least + 1 < count:
                most = least + count - 1
            marks = [int(each) for each in bounds] or [least, most]
            made = sorted({_between(marks, at, count) for at in range(count)})
            at = made[-1] + 1
            while unique and len(made) < count:  # unevenly spread keys: two fell on one
                made.append(at)
                at += 1
            return [str(each) for each in made]
        marks_of = [Decimal(each) for each in bounds if each not in ("NaN", "Infinity", "-Infinity")]
        if not marks_of:
            modifier = int(wanted.fact["modifier"])
            whole = 10 ** min(9, ((modifier - 4) >> 16) - ((modifier - 4) & 0x7FF)) if modifier >= 4 else 10**9
            return [str(at % whole) for at in range(count)]
        places = max(max(0, -int(each.as_tuple().exponent)) for each in marks_of)
        step = Decimal(1).scaleb(-places)
        return [str((_along(marks_of, at, count)).quantize(step)) for at in range(count)]

    def _times(self, wanted: Wanted, bounds: Sequence[str], count: int) -> list[str]:
        marks = [mark for mark in (_seconds(each) for each in bounds) if mark is not None]
        marks = marks or [0.0, float(86_400 * max(1, count))]
        if wanted.fact["type"] == "date":
            days = sorted({round(_between_floats(marks, at, count) // 86_400) for at in range(count)})
            return [(date(2000, 1, 1) + timedelta(days=each)).isoformat() for each in days]
        zone = "+00" if wanted.fact["type"] == "timestamptz" else ""
        found = (_EPOCH + timedelta(seconds=_between_floats(marks, at, count)) for at in range(count))
        return [each.strftime("%Y-%m-%d %H:%M:%S.%f") + zone for each in found]

    def _texts(self, bounds: Sequence[str], known: Row, count: int, wanted: Wanted) -> list[str]:
        if bounds and not wanted.unique:
            return list(bounds)
        form = "x" * max(4, min(200, int(known["width"])))
        return [self._cells.masks.another(form, at) for at in range(count)]

    def _addresses(self, wanted: Wanted, bounds: Sequence[str], count: int) -> list[str]:
        if wanted.fact["type"] == "inet":
            return [".".join(str(self._rng.randrange(1, 255)) for _ in range(4)) for _ in range(count)]
        column = wanted.column
        return (
            [self._cells.of(column)(each) for each in bounds] if column is not None and column.how == "address" else []
        )

    def _hex(self, digits: int) -> str:
        return f"{self._rng.getrandbits(4 * digits):0{digits}x}"

    def _placed(self, values: list[str], nulls: int, correlation: float) -> list[str | None]:
        """Values in order, laid upon the rows so that both orders agree as far as the correlation says."""
        rows = len(values) + nulls
        empty = set(self._rng.sample(range(rows), nulls)) if nulls else set()
        places = [at for at in range(rows) if at not in empty]
        if correlation < 0:
            values.reverse()
        noise = (1 - correlation**2) ** 0.5 * len(values)
        if abs(correlation) < 0.999:
            weight = abs(correlation)
            places.sort(key=lambda at: weight * at + noise * self._rng.random())
        laid: list[str | None] = [None] * rows
        for place, value in zip(places, values, strict=True):
            laid[place] = value
        return laid


def _distinct(known: Row, total: int, count: int) -> int:
    """How many different values there are: counts stay, shares of the rows follow the rows made."""
    found = float(known["distinct"])
    if found == 0:
        return count
    return round(found) if found > 0 else max(1, round(-found * count))


def _between(marks: Sequence[int], at: int, count: int) -> int:
    if count == 1:
        return marks[0]
    place = at * (len(marks) - 1)
    low, part = divmod(place, count - 1)
    if low >= len(marks) - 1:
        return marks[-1]
    return marks[low] + (marks[low + 1] - marks[low]) * part // (count - 1)


def _along(marks: Sequence[Decimal], at: int, count: int) -> Decimal:
    low, part = divmod(at * (len(marks) - 1), max(1, count - 1))
    if low >= len(marks) - 1:
        return marks[-1]
    return marks[low] + (marks[low + 1] - marks[low]) * part / max(1, count - 1)


def _between_floats(marks: Sequence[float], at: int, count: int) -> float:
    low, part = divmod(at * (len(marks) - 1), max(1, count - 1))
    if low >= len(marks) - 1:
        return marks[-1]
    return marks[low] + (marks[low + 1] - marks[low]) * part / max(1, count - 1)


def _seconds(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return (found - _EPOCH).total_seconds()


def _order(type_: str) -> Callable[[str], tuple[float, str]]:
    if type_ in _NUMBERS:
        return lambda value: (float(value), "")
    return lambda value: (0.0, value)
