"""How a measured value is written for people: the unit is the last part of its name, one rule for every report."""

import re
from collections.abc import Mapping
from string import Formatter

Value = str | int | float | bool | None
Facts = Mapping[str, Value]

_BYTES = ("B", "kB", "MB", "GB", "TB")


def show(name: str, value: Value) -> str:
    """`value` as text, by the unit that ends `name`.

    `_ms` milliseconds, `_s` or `seconds` seconds, `_bytes` (multiples of 1024, as pg_size_pretty), `_share` (0..1, shown in per
    cent), `_times` (a factor), anything else a count or a word.
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    unit = name.rsplit("_", 1)[-1]
    if unit == "ms":
        return _duration(value / 1000)
    if unit in ("s", "seconds"):
        return _duration(float(value))
    if unit == "bytes":
        return _bytes(float(value))
    if unit == "share":
        return f"{_short(100 * value)} %"
    if unit == "times":
        return f"{_short(float(value))}×"
    return f"{value:,}" if isinstance(value, int) else _short(value)


_NOUNS = (
    "rows|loops|calls|runs|times|statements|sessions|tables|columns|values|pages|blocks|nodes|days|hours|minutes|seconds|"
    "connections|transactions|backends|workers|characters|findings|kinds|partitions|slots|files|locks|users|roles|ids|keys|"
    "triggers|views|functions|schemas|databases|servers|replicas|constraints|sequences|points|records|bytes|processes|indexes|"
    "queries"
)
_SINGULAR = {"processes": "process", "indexes": "index", "queries": "query"}
_ONE = re.compile(rf"(?<![\w.,:/×-])1 ({_NOUNS})\b(?: (are|were|have)\b)?")
_VERBS = {"are": "is", "were": "was", "have": "has"}


def agreeing(text: str) -> str:
    """`text` with what stands after a count of one in the singular: `1 rows are` becomes `1 row is`."""

    def one(match: re.Match[str]) -> str:
        noun = _SINGULAR.get(match[1], match[1].removesuffix("s"))
        return f"1 {noun}" + (f" {_VERBS[match[2]]}" if match[2] else "")

    return _ONE.sub(one, text)


def fill(template: str, facts: Facts) -> str:
    """`template` with every `{name}` replaced by the fact of that name. Raises KeyError when a fact is missing."""
    parts: list[str] = []
    for text, name, _, _ in Formatter().parse(template):
        parts.append(text)
        if name is not None:
            parts.append(show(name, facts[name]))
    return agreeing("".join(parts))


def _duration(seconds: float) -> str:
    if seconds and abs(seconds) < 0.001:
        return f"{_short(seconds * 1_000_000)} µs"
    if abs(seconds) < 1:
        return f"{_short(seconds * 1000)} ms"
    if abs(seconds) < 120:
        return f"{_short(seconds)} s"
    if abs(seconds) < 7200:
        return f"{_short(seconds / 60)} min"
    return f"{_short(seconds / 3600)} h" if abs(seconds) < 172_800 else f"{_short(seconds / 86_400)} days"


def _bytes(size: float) -> str:
    for unit in _BYTES[:-1]:
        if abs(size) < 1024:
            return f"{_short(size)} {unit}"
        size /= 1024
    return f"{_short(size)} {_BYTES[-1]}"


def _short(value: float) -> str:
    """Three significant digits below a thousand, whole numbers with separators above."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
