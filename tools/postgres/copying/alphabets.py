"""Signs and what may stand in their place: a digit for a digit, a letter for a letter of the same script and width."""

from functools import cache

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEX_LETTERS = "abcdef"
_WIDE = {2: (0xE0, 0xF6), 3: (0x4E00, 0x9FA0), 4: (0x20000, 0x2A000)}
"""Ranges of letters that UTF-8 writes in two, three and four bytes, so that a row stays as wide as it was."""


def alphabet(sign: str, *, hexadecimal: bool = False) -> str:
    """The signs that may replace `sign` (a letter in lower case); empty for punctuation and blanks, which stay."""
    if "0" <= sign <= "9":
        return DIGITS
    if "a" <= sign <= "z":
        return HEX_LETTERS if hexadecimal and sign <= "f" else LETTERS
    if sign < "\x80" or not (sign.isalpha() or sign.isnumeric()):
        return ""
    return _wide(len(sign.encode("utf-8", errors="surrogatepass")))


@cache
def _wide(width: int) -> str:
    first, last = _WIDE[width]
    return "".join(map(chr, range(first, min(last, first + 251))))


class Substitutes(dict[str, str]):
    """For every sign, 256 substitutes to pick from with one random byte, none of them the sign itself."""

    def __init__(self, *, hexadecimal: bool = False) -> None:
        super().__init__()
        self._hexadecimal = hexadecimal

    def __missing__(self, sign: str) -> str:
        signs = alphabet(sign, hexadecimal=self._hexadecimal)
        others = signs.replace(sign, "")
        found = (others * (256 // len(others) + 1))[:256] if others else sign * 256
        self[sign] = found
        return found
