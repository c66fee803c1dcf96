"""Signs and what may stand in their place: a digit for a digit, a letter for a letter of the same script and width."""

from functools import cache

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEX_LETTERS = "abcdef"
_BLOCK = 64


@cache
def alphabet(sign: str, *, hexadecimal: bool = False) -> str:
    """The signs that may replace `sign` (a letter in lower case), itself among them; empty for what stays as it is.

    Punctuation and blanks stay, and the few letters that have no single capital of their own.
    """
    if "0" <= sign <= "9":
        return DIGITS
    if "a" <= sign <= "z":
        return HEX_LETTERS if hexadecimal and sign <= "f" else LETTERS
    if sign < "\x80" or not _replaceable(sign):
        return ""
    return _wide(ord(sign) // _BLOCK, len(sign.encode()))


def lowered(value: str) -> str:
    """`value` in lower case, sign by sign, where that can be undone."""
    if value.isascii():
        return value.lower()
    return "".join(sign.lower() if sign.lower() != sign == sign.lower().upper() else sign for sign in value)


@cache
def _wide(block: int, width: int) -> str:
    """The letters around a letter: of one script, and as wide in UTF-8, so that a row stays as wide as it was."""
    signs = (chr(code) for code in range(max(0x80, block * _BLOCK), (block + 1) * _BLOCK))
    return "".join(sign for sign in signs if _replaceable(sign) and len(sign.encode()) == width)


def _replaceable(sign: str) -> bool:
    capital = sign.upper()
    return (
        (sign.isalpha() or sign.isnumeric())
        and len(capital) == 1
        and capital.lower() == sign
        and sign.lower() == sign
        and not "\ud800" <= sign <= "\udfff"
    )


class Substitutes(dict[str, str]):
    """For every sign, 256 substitutes to pick from with one random byte, none of them the sign itself."""

    def __init__(self, *, hexadecimal: bool = False) -> None:
        super().__init__()
        self._hexadecimal = hexadecimal

    def __missing__(self, sign: str) -> str:
        others = alphabet(sign, hexadecimal=self._hexadecimal).replace(sign, "")
        found = (others * (256 // len(others) + 1))[:256] if others else sign * 256
        self[sign] = found
        return found
