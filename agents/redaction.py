"""What must not leave: secrets and personal data, replaced by the name of their kind before a text is published.

The patterns are data (`redaction.toml`). Card numbers must pass the Luhn check (ISO/IEC 7812-1), IBANs the remainder of
ISO 7064 MOD 97-10 and their country's length, so that identifiers and figures of a plan stay as they are.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from ipaddress import ip_address
from typing import Any

from agents.telephones import telephones


@dataclass(frozen=True)
class Cleaned:
    """The text that may leave, and the kinds of what was taken out, each once, in the order of the patterns."""

    text: str
    found: tuple[str, ...]


@dataclass(frozen=True)
class _Pattern:
    kind: str
    hints: tuple[str, ...]
    find: Callable[[str], Iterable[tuple[int, int]]]

    def replace(self, text: str) -> str:
        mark = f"‹{self.kind}›"
        done, parts = 0, []
        for start, end in self.find(text):
            secret = text[start:end]
            quote = secret[0] if secret[:1] in "'\"" and len(secret) > 1 and secret[-1] == secret[0] else ""
            if secret.strip("'\"") != mark:
                parts += [text[done:start], quote, mark, quote]
                done = end
        return "".join([*parts, text[done:]])


@dataclass(frozen=True)
class _Matches:
    """Where a regular expression matches, as far as the proof says so."""

    regex: re.Pattern[str]
    proof: Callable[[str], int]

    def __call__(self, text: str) -> Iterator[tuple[int, int]]:
        group = "value" if "value" in self.regex.groupindex else 0
        for match in self.regex.finditer(text):
            if length := self.proof(match[group]):
                yield match.start(group), match.start(group) + length


_MOST_PASSES = 20
"""What stood at a secret's edge may be seen to be one when that is gone; so long a chain of them is nobody's text."""


@lru_cache(maxsize=2048)
def clean(text: str) -> Cleaned:
    """`text` with every secret and every piece of personal data replaced, like `‹email›`. Cleaning twice changes nothing."""
    found: set[str] = set()
    for _ in range(_MOST_PASSES):
        before, lowered = text, text.lower()
        for pattern in _patterns():
            if pattern.hints and not any(hint in lowered for hint in pattern.hints):
                continue
            replaced = pattern.replace(text)
            if replaced != text:
                found.add(pattern.kind)
            text = replaced
        if text == before:
            break
    return Cleaned(text, tuple(kind for kind in dict.fromkeys(each.kind for each in _patterns()) if kind in found))


def clean_all(value: Any) -> Any:
    """A JSON value with every string in it cleaned, keys included."""
    if isinstance(value, str):
        return clean(value).text
    if isinstance(value, dict):
        return {clean_all(key): clean_all(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_all(each) for each in value]
    return value


@cache
def _patterns() -> tuple[_Pattern, ...]:
    rules = tomllib.loads(files("agents").joinpath("redaction.toml").read_text(encoding="utf-8"))
    lengths: dict[str, int] = rules["iban"]
    proofs = {"": len, "card": _card, "iban": lambda text: _iban(text, lengths), "address": _address}
    finders = {"telephones": telephones}
    return tuple(
        _Pattern(
            each["kind"],
            tuple(each.get("hints", ())),
            finders[each["finder"]]
            if "finder" in each
            else _Matches(re.compile(each["regex"], re.S), proofs[each.get("proof", "")]),
        )
        for each in rules["pattern"]
    )


def _card(text: str) -> int:
    """Its length when the issuer's prefix, the number of digits and the check digit are those of a card; else 0."""
    digits = re.sub(r"\D", "", text)
    issuer = re.match(r"4|5[1-5]|2[2-7]|3[47]|3[0689]|35|6011|62|64[4-9]|65", digits)
    total = sum(
        int(digit) if place % 2 == 0 else sum(divmod(2 * int(digit), 10))
        for place, digit in enumerate(reversed(digits))
    )
    return len(text) if issuer and total % 10 == 0 and len(set(digits)) > 1 else 0


def _iban(text: str, lengths: dict[str, int]) -> int:
    """How many characters of `text`, from its start, are a valid IBAN; 0 when none are."""
    wanted, kept = lengths.get(text[:2], 0), 0
    for length, each in enumerate(text, 1):
        kept += each != " "
        if kept == wanted:
            code = text[:length].replace(" ", "")
            return length if int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1 else 0
    return 0


def _address(text: str) -> int:
    """Its length when it is an IP address of a machine: not the loopback or any address, and not a reserved one."""
    try:
        found = ip_address(text)
    except ValueError:
        return 0
    return 0 if found.is_loopback or found.is_unspecified or found.is_reserved else len(text)
