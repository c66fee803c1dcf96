"""What a column or a JSON key holds about people, told from its name, its type or its values (the words: words.toml)."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from tools.postgres.copying.proofs import is_card, is_iban
from tools.postgres.copying.texts import spans

EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]+@[\w-]+(?:\.[\w-]+)*", re.I)
"""An address wherever it stands in a text; stricter would miss `app@localhost`."""
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\Z")
_PHONE = re.compile(r"(?:\+|00)?[(\d][\d ()./-]{6,18}\d\Z")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IP = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}(?:/\d+)?\Z|[0-9a-f]{{0,4}}(?::[0-9a-f]{{0,4}}){{4,7}}\Z", re.I)
_WORDS = re.compile(r"[A-ZÀ-Þ]?[^\W\dA-ZÀ-Þ_]+|[A-ZÀ-Þ]+(?![^\W\dA-ZÀ-Þ_])|\d+")
_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){1,3}\Z")

_SHORTEST = 8
"""Signs: fewer hold no telephone number, card number or IBAN."""
_SHORT = 3
"""Letters: a longer word before a column's last one is a word, not the table's name shortened."""
NUMBERS = frozenset({"phone", "bank", "card", "government"})
"""Kinds that are personal in a column of numbers too."""


@lru_cache(maxsize=20_000)
def kind_of_name(name: str, table: str = "") -> str:
    """`email`, `name`, `phone` … when a column (of this table) or key of this name holds that; else empty."""
    rules = _rules()
    words = _words(name)
    entries = _entries()
    near = [each for word in words for each in entries.get(word, ())]
    if not near:
        return ""
    shown = f" {' '.join(words)} "
    found = [kind for entry, kind in near if entry in shown]
    if "government" in found:
        return "government"
    if not found or (words[-1] in rules["not_of"]["ends"] and shown[1:-1] not in ("postal code", "recovery code")):
        return ""
    kind = min(found, key=list(rules["kinds"]).index)
    things = rules["not_of"]["things"]
    about = _about(words[:-1], _words(table))
    if kind == "name" and any(each in things for each in about):
        return ""
    return "" if kind == "text" and any(each in ("error", "commit", "log") for each in words) else kind


def kind_of_value(text: str) -> str:
    """What this one value is by its form; else empty.

    `email`, `card`, `bank`, `ip`, `phone` (with `+` or separators), or `text` with such things in it.
    """
    text = text.strip()
    if len(text) > 320:
        return "text" if EMAIL.search(text) or spans(text) else ""
    if "@" in text:
        return "email" if _EMAIL.match(text) else "text" if EMAIL.search(text) else ""
    if _IP.match(text):
        return "ip"
    if text[:1].isdigit() and is_card(text):
        return "card"
    if is_iban(text.lower()):
        return "bank"
    if (
        _PHONE.match(text)
        and 8 <= sum(map(str.isdigit, text)) <= 15
        and (text[0] == "+" or re.search(r"\d[ (./-]+\d", text))
    ):
        return "" if re.match(r"\d{4}-\d\d-\d\d", text) else "phone"
    if len(text) <= _SHORTEST or not spans(text):
        return ""
    return "text" if spans(text, national=False) else "phone"


def kind_of_values(values: Iterable[str]) -> str:
    """What a column holds, judged by a sample of its values; empty when nothing about people is seen.

    One e-mail address, card number or IBAN is enough; telephone numbers, addresses of machines and names of people must
    be a tenth of the values, as other things look like them.
    """
    found: dict[str, int] = {}
    count = 0
    for value in values:
        count += 1
        kind = kind_of_value(value) or ("name" if _person(value) else "")
        if kind:
            found[kind] = found.get(kind, 0) + 1
    for kind, seen in sorted(found.items(), key=lambda each: -each[1]):
        if kind in ("email", "bank", "text") or seen * 10 >= count or (kind == "card" and seen * 20 >= count):
            return kind
    return ""


def _about(before: Sequence[str], table: Sequence[str]) -> Sequence[str]:
    """What a column's last word is about: the words before it; the table's, where they only shorten its name (`p_name`)."""
    short = "".join(before)
    if table and len(short) <= _SHORT and not before[1:] and _is_short_for(short, "".join(table)):
        return table
    return before


def _is_short_for(short: str, long: str) -> bool:
    """Whether it begins with the same letter, and its other letters come in the same order."""
    letters = iter(long)
    return long[:1] == short[:1] and all(letter in letters for letter in short) if short else True


def _person(value: str) -> bool:
    return bool(_NAME.match(value)) and _plain(value.split()[0]) in _rules()["values"]["first_names"]


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = tomllib.loads(
        files("tools.postgres.copying").joinpath("words.toml").read_text(encoding="utf-8")
    )
    rules["not_of"]["ends"], rules["not_of"]["things"] = map(
        frozenset, (rules["not_of"]["ends"], rules["not_of"]["things"])
    )
    rules["values"]["first_names"] = frozenset(rules["values"]["first_names"])
    return rules


def _words(name: str) -> Sequence[str]:
    return [_plain(word) for word in _WORDS.findall(name)]


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    return (
        "".join(sign for sign in apart if not unicodedata.combining(sign))
        if word.isascii() or word[0] < "ɐ"
        else word.lower()
    )


@cache
def _entries() -> dict[str, list[tuple[str, str]]]:
    """Entries, with blanks around them, and their kinds, by their first word."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, entries in _rules()["kinds"].items():
        for entry in entries:
            found.setdefault(entry.split()[0], []).append((f" {entry} ", kind))
    return found
