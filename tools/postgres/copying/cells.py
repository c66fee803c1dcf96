"""One value of a masked column for another, as text in PostgreSQL's own output format."""

import json
import re
from collections.abc import Callable

from tools.postgres.copying.columns import Column
from tools.postgres.copying.dates import Days
from tools.postgres.copying.kinds import EMAIL, kind_of_name, kind_of_value
from tools.postgres.copying.masks import Masks
from tools.postgres.copying.proofs import is_payment_card
from tools.postgres.copying.texts import spans

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(\s*(?::|=>))?|-?\d[\d.eE+-]*|[{}\[\]]')
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|[^{},"]+')
_BOUNDS = re.compile(r"(?:\[-?\d+:-?\d+\])+=")
_LEXEME = re.compile(r"'((?:[^']|'')*)'")


class Cells:
    """What becomes of the values of masked columns; one for a whole copy."""

    def __init__(self, masks: Masks) -> None:
        self.masks = masks
        self._days = Days(masks.stream(b"days", 32))
        self._ways: dict[str, Callable[[str], str]] = {
            "text": masks.text,
            "hex": masks.text,
            "day": self._days.day,
            "address": self._address,
            "bytes": self._bytes,
            "words": self._words,
            "look": self.look,
        }

    def of(self, column: Column) -> Callable[[str], str]:
        """The function that masks one value of this column (not NULL)."""
        way: Callable[[str], str]
        if column.how == "number":
            way = lambda value: self.masks.number(value, column.most)  # noqa: E731
        elif column.how == "document":
            way = lambda value: self.document(value, all_of_it=bool(column.kind))  # noqa: E731
        else:
            way = self._ways[column.how]
        return (lambda value: self._array(value, way)) if column.array and column.how != "look" else way

    def look(self, value: str) -> str:
        """A text with the e-mail addresses, card numbers, IBANs and telephone numbers with `+` in it masked."""
        parts, after = [], 0
        for start, end in spans(value):
            parts += [self._mails(value[after:start]), self.masks.text(value[start:end])]
            after = end
        return "".join([*parts, self._mails(value[after:])])

    def document(self, value: str, *, all_of_it: bool = False) -> str:
        """A JSON document or hstore with personal values masked: those of keys that say so, with all below them, and
        those, keys among them, that look like it. Everything else, blanks included, stays as it is."""
        personal, stack = all_of_it, [all_of_it]
        keyed = False

        def replaced(found: re.Match[str]) -> str:
            nonlocal personal, keyed
            token = found[0]
            if found[1] is not None:
                key = _text(token[: -len(found[1])])
                personal = stack[-1] or bool(kind_of_name(key))
                keyed = True
                return _quoted(self.masks.text(key)) + found[1] if kind_of_value(key) else token
            mine = personal if keyed else stack[-1]
            if token in "{[":
                stack.append(mine)
            elif token in "}]":
                if len(stack) > 1:
                    stack.pop()
            elif token[0] == '"':
                text = _text(token)
                if mine or kind_of_value(text):
                    token = _quoted(self.masks.text(text))
            elif mine or is_payment_card(token):
                token = self.masks.number(token)
            keyed = False
            return token

        return _TOKEN.sub(replaced, value)

    def _mails(self, value: str) -> str:
        return EMAIL.sub(lambda found: self.masks.text(found[0]), value) if "@" in value else value

    def elements(self, value: str, way: Callable[[str], str], *, rising: bool = False) -> str:
        """An array as text with each element masked; with `rising`, put in order again."""
        made = self._array(value, way)
        return "{" + ",".join(sorted(each[0] for each in _ELEMENT.finditer(made))) + "}" if rising else made

    def _array(self, value: str, way: Callable[[str], str]) -> str:
        begin = _BOUNDS.match(value)
        bounds = begin[0] if begin else ""

        def replaced(found: re.Match[str]) -> str:
            if found[1] is None and found[0].upper() == "NULL":
                return found[0]
            plain = found[0] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1])
            return '"' + way(plain).replace("\\", "\\\\").replace('"', '\\"') + '"'

        return bounds + _ELEMENT.sub(replaced, value[len(bounds) :])

    def _address(self, value: str) -> str:
        return self.masks.address(value)

    def _bytes(self, value: str) -> str:
        if not value.startswith("\\x"):  # bytea_output = escape
            return "\\x" + self.masks.stream(b"bytes" + value.encode(), len(value)).hex()
        return "\\x" + self.masks.stream(b"bytes" + value.encode(), (len(value) - 2) // 2).hex()

    def _words(self, value: str) -> str:
        return _LEXEME.sub(lambda found: "'" + self.masks.text(found[1].replace("''", "")) + "'", value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _text(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except json.JSONDecodeError:  # hstore's escapes
        return re.sub(r"\\(.)", r"\1", token[1:-1])
