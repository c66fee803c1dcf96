"""Numbers that carry their own proof: payment cards and IBANs, recognised and made valid again."""

import re

_SCHEMES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[0-8]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|(?:35|6\d)\d{14,17}"
)
"""First digits and lengths of the card schemes in use."""
EVEN = {
    **dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0xDCA0), " "),
    **dict.fromkeys((*range(0x2010, 0x2014), 0x2212), "-"),
}
"""Blanks and hyphens of typesetters, for those of keyboards: one for one, so that places stay (0xDCA0: a byte of no known
encoding)."""
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""Each digit doubled, and the digits of that added up."""
_NUMBERS = {ord(letter): str(int(letter, 36)) for letter in "abcdefghijklmnopqrstuvwxyz"}
_IBAN = re.compile(r"[a-z]{2}\d{2}[a-z0-9]{11,30}\Z")
_LENGTHS = {
    15: "no", 16: "be", 18: "dk fi fk fo gl nl sd", 19: "mk si", 20: "at ba ee kz lt lu mn xk", 21: "ch hr li lv",
    22: "bg bh cr de gb ge ie me rs va", 23: "ae gi il iq om tl", 24: "ad cz es md pk ro sa se sk tn vg",
    25: "ly pt st", 26: "is tr", 27: "bi dj fr gr it mc mr sm", 28: "al az by cy do gt hn hu lb ni pl sv",
    29: "br eg ps qa ua", 30: "jo kw mu ye", 31: "mt sc", 32: "lc", 33: "ru",
}  # fmt: skip
IBAN_LENGTHS = {country: length for length, countries in _LENGTHS.items() for country in countries.split()}
"""How long an IBAN of each country is (SWIFT, IBAN Registry): other texts have right check digits too, hashes above all."""


def luhn(digits: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1)."""
    code = (digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)).encode()[::-1]
    return (sum(code[::2]) + sum(code[1::2].translate(_DOUBLED)) - len(code) * ord("0")) % 10 == 0


def is_card(text: str) -> bool:
    """13 to 19 digits, blanks and hyphens aside, with a right check digit."""
    digits = text.translate(EVEN).replace(" ", "").replace("-", "")
    return digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def is_payment_card(digits: str) -> bool:
    """Whether it is the number of a card scheme's card, digits only: other long numbers have a right check digit too."""
    return digits.isascii() and bool(_SCHEMES.fullmatch(digits)) and is_card(digits)


def with_check_digit(text: str) -> str:
    """The card number with its last digit made right."""
    last = max(place for place, sign in enumerate(text) if sign.isdigit())
    digits = "".join(sign for sign in text if sign.isdigit())
    right = next(each for each in "0123456789" if luhn(digits[:-1] + each))
    return text[:last] + right + text[last + 1 :]


def is_iban(text: str) -> bool:
    """A valid IBAN (ISO 13616, remainder of ISO 7064 MOD 97-10), in lower case, blanks and hyphens aside."""
    code = text.translate(EVEN).replace(" ", "").replace("-", "")
    return bool(_IBAN.match(code)) and IBAN_LENGTHS.get(code[:2]) == len(code) and _remainder(code) == 1


def with_check_digits(text: str) -> str:
    """The IBAN, in lower case, with the digits after its country made right."""
    code = text.translate(EVEN).replace(" ", "").replace("-", "")
    check = 98 - _remainder(code[:2] + "00" + code[4:])
    return f"{text[:2]}{check:02}{text[4:]}"


def _remainder(code: str) -> int:
    return int((code[4:] + code[:4]).translate(_NUMBERS)) % 97
