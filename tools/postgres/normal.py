"""Statement text without what people put into it."""

from pglast import parser

_TEXTS = frozenset({"SCONST", "USCONST", "BCONST", "XCONST"})
_NUMBERS = frozenset({"ICONST", "FCONST"})
_COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})


def normal(text: str, *, longest: int | None = None, numbers: bool = False) -> str:
    """`text` with `?` for every constant and without comments, cut to `longest` characters.

    `numbers` keeps numeric constants, for text that PostgreSQL has normalised already: those that are left there are
    positions, as in ORDER BY 1. Text that cannot be read (cut off in a string, say) ends before its first constant.
    """
    hidden = _TEXTS if numbers else _TEXTS | _NUMBERS
    text = text.replace("\x00", "\ufffd")  # the scanner stops at NUL, and what follows would stay as it is
    try:
        tokens = parser.scan(text)
    except parser.ParseError:
        cleaned = _readable(text)
    else:
        pieces, at = [], 0
        for token in tokens:
            if token.name in hidden or token.name in _COMMENTS:
                pieces += [text[at : token.start], "?" if token.name in hidden else ""]
                at = token.end + 1
        cleaned = "".join([*pieces, text[at:]]).strip()
    return cleaned if longest is None or len(cleaned) <= longest else f"{cleaned[: longest - 1]}…"


def _readable(text: str) -> str:
    for position, letter in enumerate(text):
        if letter in "'$0123456789" or text.startswith(("--", "/*"), position):
            return f"{text[:position]}…"
    return text
