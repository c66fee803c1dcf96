"""One value for another: the same everywhere in a copy, as long, as unique, and in the order the planner knows.

The order of values is kept at the planner's own resolution: between the bounds of the live server's histograms and its
most common values (the anchors). Within two neighbouring anchors it is random. Every lane (what a value begins with, a
digit or a letter) is cut at its anchors, and the first signs of a masked value say between which it lies. Anchors and
values are compared in lower case, sign by sign: under a collation that does not do so, order is kept as far as both
agree.
"""

import hashlib
import itertools
import re
import secrets
from bisect import bisect_right
from collections.abc import Iterable

from tools.postgres.copying.addresses import Octets
from tools.postgres.copying.alphabets import DIGITS, Substitutes, alphabet, lowered
from tools.postgres.copying.proofs import is_card, is_iban, with_check_digit, with_check_digits

_CODE = 3
"""Signs that carry the place in the order."""
_SMALL = 100_000
"""Forms with at most so many values (a PIN, a CVV, a postcode) are permuted as a whole: unique, but in no order."""
_ORDERED, _PROBED = 24, 60
_FORM = 12
_LONG = 64
"""Longer texts may by chance share four signs with what they replace."""
_MEMO = 100_000
_HEX = re.compile(r"[0-9a-f-]{16,}\Z")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")

Lane = tuple[str, str]


class Masks:
    """The mapping of one copy. Its key is drawn here, lives in memory, and is never sent or written anywhere."""

    def __init__(self, anchors: Iterable[str] = (), key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._taken: dict[str, int] = {}
        self._memo: dict[str, str] = {}
        self._plain, self._hex = Substitutes(), Substitutes(hexadecimal=True)
        self._octets = Octets(self._key)
        self._small: dict[tuple[str, ...], dict[int, int]] = {}
        self._back: dict[str, str] | None = None
        lanes: dict[Lane, set[str]] = {}
        for anchor in anchors:
            low = lowered(anchor)
            found = _lane(low, _kind(low))
            if found is not None:
                lanes.setdefault(found[0], set()).add(low)
        self._lanes = {lane: (sorted(each), self._places(lane, len(each) + 1)) for lane, each in lanes.items()}

    def text(self, value: str) -> str:
        """`value` masked: as long, letters for letters (case kept), digits for digits, punctuation where it was.

        Equal values give equal ones, values that differ in case only give ones that differ in case only, others give
        others. Card numbers and IBANs stay valid, IPv4 addresses keep what their octets share.
        """
        if len(value) <= _LONG and (known := self._memo.get(value)) is not None:
            return known
        low = lowered(value)
        found = self._lower(low)
        if low != value:
            found = "".join(m.upper() if v != w else m for v, w, m in zip(value, low, found, strict=True))
        if self._back is not None:
            self._back[found] = value
        if len(value) <= _LONG:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            self._memo[value] = found
        return found

    def number(self, value: str, most: int | None = None) -> str:
        """The digits of a number masked; as many as before, none above `most` (None: no limit), zero stays zero."""
        if not any("1" <= sign <= "9" for sign in value):
            return value
        if most is None or int(value.lstrip("-")) > most:
            found = self._lower(value, digits_only=True)
        else:
            found = self._lower(value, most=most)
        if self._back is not None:
            self._back[found] = value
        return found

    def another(self, form: str, number: int, most: int | None = None) -> str:
        """A value that never was: of the form of `form`, about where it stands in the order, each number another one."""
        low = lowered(form)
        if _IPV4.match(low):
            return self._octets.another(low, number)
        size = self._size(self._form(low)) if len(low) <= _FORM else _SMALL + 1
        made = (
            _written(number % size, self._form(low)) if size <= _SMALL else self._lower(low, most=most, salt=number + 1)
        )
        return "".join(m.upper() if v != w else m for v, w, m in zip(form, low, made, strict=True))

    def address(self, value: str) -> str:
        """An inet, cidr or MAC address masked: networks of whole octets stay networks."""
        return self._octets.address(value) or self._octets.hardware(value)

    def remember(self) -> None:
        """Keep, in memory, what each masked value was, from now on (`original`)."""
        if self._back is None:
            self._back = {}
            self._memo.clear()

    def original(self, masked: str) -> str:
        """What a value was that was masked after `remember`; itself when it was none of ours."""
        return (self._back or {}).get(masked, masked)

    def stream(self, purpose: bytes, size: int) -> bytes:
        """`size` bytes that only this copy's key gives for `purpose` (SHAKE-128 over the key and the purpose)."""
        return hashlib.shake_128(self._key + purpose).digest(size)

    def code(self, prefix: str) -> str:
        """What values of about the place of `prefix` in the order begin with; empty where no order is kept."""
        made = list(lowered(prefix).ljust(_CODE + 1, "a"))
        places = self._coded("".join(made), made, "")
        return "".join(made)[: places[-1] + 1] if places else ""

    def _lower(self, low: str, *, most: int | None = None, digits_only: bool = False, salt: int = 0) -> str:
        if not salt and _IPV4.match(low) and (masked := self._octets.address(low)):
            return masked
        signs = low if not digits_only else re.sub(r"[^0-9]", ".", low)
        if not salt and len(low) <= _FORM and (small := self._permuted(low, signs)) is not None:
            return small
        owner = int.from_bytes(self.stream(b"owner%d:" % salt + _bytes(low), 7), "big")
        kind = _kind(low)
        for attempt in itertools.count():
            made = self._made(low, signs, kind, attempt, salt)
            unfit = made == low or (most is not None and int(made) > most)
            if unfit and attempt < 100 * _PROBED:
                continue
            fresh = attempt > _PROBED or len(low) > _LONG or not shares(low, made)
            if fresh and self._taken.setdefault(made, owner) == owner:
                return made
        raise AssertionError

    def _made(self, low: str, signs: str, kind: str, attempt: int, salt: int) -> str:
        pick = self._hex if kind == "hex" else self._plain
        noise = self.stream(b"value%d.%d:" % (salt, min(attempt, _PROBED)) + _bytes(low), len(low))
        made = [pick[sign][byte] for sign, byte in zip(signs, noise, strict=True)]
        if signs is not low:
            made = [sign if sign.isdigit() else old for sign, old in zip(made, low, strict=True)]
        if attempt < _ORDERED:
            self._coded(low, made, kind)
        elif attempt > _PROBED:
            _forward(made, signs, attempt - _PROBED, hexadecimal=kind == "hex")
        first = 0
        while first < len(low) - 1 and not low[first].isalnum():
            first += 1
        if made[first] == "0" and low[first] != "0":
            made[first] = "123456789"[noise[first] % 9]
        text = "".join(made)
        if kind == "card":
            return with_check_digit(text)
        if kind == "iban":
            return with_check_digits(low[:2] + text[2:])
        return text

    def _coded(self, low: str, made: list[str], kind: str) -> list[int]:
        """Let the first signs of `made` say between which anchors `low` lies; the places of those signs."""
        found = _lane(low, kind)
        if found is None or found[0] not in self._lanes:
            return []
        lane, places = found
        anchors, codes = self._lanes[lane]
        rest = codes[bisect_right(anchors, low)]
        for place in places:
            signs = alphabet(low[place], hexadecimal=kind == "hex")
            if signs == DIGITS and place == places[0] and low[place] != "0":
                signs = DIGITS[1:]
            rest *= len(signs)
            made[place] = signs[int(rest)]
            rest -= int(rest)
        return places

    def _places(self, lane: Lane, count: int) -> list[float]:
        """`count` places in the order, rising, at random distances."""
        noise = self.stream(f"lane:{lane[0]}:{lane[1]}:".encode(errors="surrogatepass"), 2 * count)
        steps = [16_384 + (noise[2 * at] << 8 | noise[2 * at + 1]) for at in range(count)]
        whole = sum(steps) + 1
        ends = itertools.accumulate(steps)
        return [(end - step / 2) / whole for end, step in zip(ends, steps, strict=True)]

    @staticmethod
    def _form(signs: str) -> tuple[str, ...]:
        """What may stand at each place; a number keeps its digits, so that no two become one."""
        form = tuple(alphabet(sign) or sign for sign in signs)
        first = next((at for at, each in enumerate(form) if len(each) > 1), 0)
        if form and form[first] == DIGITS:
            return (*form[:first], "0" if signs[first] == "0" else DIGITS[1:], *form[first + 1 :])
        return form

    @staticmethod
    def _size(form: tuple[str, ...]) -> int:
        size = 1
        for each in form:
            size *= len(each)
            if size > _SMALL:
                break
        return size

    def _permuted(self, low: str, signs: str) -> str | None:
        """Another value of the same form, where a form has few: all of them in one cycle."""
        form = self._form(signs)
        size = self._size(form)
        if size > _SMALL:
            return None
        if size == 1:
            return low
        if form not in self._small:
            noise = self.stream(b"form" + _bytes("|".join(form)), 8 * size)
            order = sorted(range(size), key=lambda at: noise[8 * at : 8 * at + 8])
            self._small[form] = dict(zip(order, order[1:] + order[:1], strict=True))
        number = 0
        for sign, each in zip(signs, form, strict=True):
            number = number * len(each) + each.index(sign)
        made = _written(self._small[form][number], form)
        return "".join(sign if len(each) > 1 else old for sign, old, each in zip(made, low, form, strict=True))


def shares(original: str, masked: str) -> bool:
    """Whether four signs in a row, one of them a letter or digit at least, are in both."""
    for at in range(len(original) - 3):
        four = original[at : at + 4]
        if four in masked and any(map(str.isalnum, four)):
            return True
    return False


def _written(number: int, form: tuple[str, ...]) -> str:
    signs: list[str] = []
    for each in reversed(form):
        number, at = divmod(number, len(each))
        signs.append(each[at])
    return "".join(reversed(signs))


def _forward(made: list[str], signs: str, steps: int, *, hexadecimal: bool) -> None:
    """The value so many steps on, among all of the same form."""
    for place in range(len(made) - 1, -1, -1):
        each = alphabet(signs[place], hexadecimal=hexadecimal)
        if each and made[place] in each:
            steps, at = divmod(each.index(made[place]) + steps, len(each))
            made[place] = each[at]
            if not steps:
                return


def _kind(low: str) -> str:
    """What must be kept of a value beside its form: `card`, `iban`, `hex` or nothing."""
    if "0" <= low[:1] <= "9" and is_card(low):
        return "card"
    if low[2:4].isdigit() and is_iban(low):
        return "iban"
    return "hex" if _HEX.match(low) and not low.isdigit() else ""


def _lane(low: str, kind: str) -> tuple[Lane, list[int]] | None:
    """What the value begins with, up to its first sign that is replaced, that sign's kind, and the signs for a code."""
    if len(low) <= _CODE:
        return None
    begin = 4 if kind == "iban" else 0
    places: list[int] = []
    for at in range(begin, min(len(low), begin + 8)):
        if alphabet(low[at]):
            places.append(at)
            if len(places) == _CODE:
                break
    if not places:
        return None
    if low.isdigit():  # as numbers: those with more digits come later
        return (str(len(low)), "0"), places
    return (low[:2] if begin else low[: places[0]], alphabet(low[places[0]])[0]), places


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")
