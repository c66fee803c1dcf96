"""Words cut into clauses: where one that may be a question of its own begins, how it is joined on, and whether it asks."""

import re
from itertools import islice

MOST = 200
"""Clauses that are told apart; a longer text is a log or a page of prose, and what follows is one more clause."""
_JOINER = (
    r"(?:and|also|plus|but|or|then|too|besides|moreover|furthermore|finally|lastly|next|secondly|additionally|"
    r"by the way|btw|another (?:question|thing)|apart from that)"
)
_DOES = (
    r"(?:is|are|was|were|do|does|did|has|have|can|could|may|might|must|shall|should|will|would|"
    r"isn't|aren't|don't|doesn't|can't)\b"
)
_ASKS = (
    rf"(?:{_DOES}|why\b|whether\b|how\b|what(?:'s)?\b|(?:when|where|who|which)\b(?!\s+(?:we|you|they|he|she|it|i|the|our|my)\b)|"
    r"(?:check|verify|tell|show|explain|please|wondering|(?:let|tell) (?:me|us) know|"
    r"i(?:'d| would)? (?:wonder|like to know|want to know|need to know))\b)"
)
"""How a question begins; `when we` and its like begin a clause that explains."""
_AFTER_COMMA = rf"(?:{_DOES}|why\b|how\b|(?:when|what|where)\s+{_DOES})"
"""The same after a mere comma, where `which is` goes on with what was said."""
_SHORT = r"and\s+(?:the|our|my)\s+\w+\s+\w"
"""The second of two questions that share their verb: `is the pooler healthy and the backup verified`."""
_MARK = r"(?:[-*•+]|\d+[.)]|[a-z]\))"
_CUT = re.compile(
    rf"(?<=[?!;])\s++|(?<=\D\.)\s++(?=\S{{2}})|\n[ \t]*+(?={_MARK}[ \t])|\n[ \t]*+(?={_JOINER}\b|{_ASKS})"
    rf"|(?:(?<=,)\s*+|(?<!\s)\s++)(?=(?:{_JOINER},?\s++){{1,3}}{_ASKS})|(?<=,)\s*+(?={_AFTER_COMMA})|(?<!\s)\s++(?={_SHORT})",
    re.I,
)
_ITEM = re.compile(rf"\s*{_MARK}[ \t]", re.I)
_JOINED = re.compile(rf"\s*(?:{_MARK}[ \t]+)?{_JOINER}\b", re.I)
_SHARES = re.compile(_SHORT, re.I)
_ASKING = re.compile(
    rf"\s*(?:{_MARK}[ \t]+)?(?:(?:{_JOINER}|hi|hello|hey|ok|so|well|please|[\w' ]{{1,40}}:),?\s++){{0,4}}{_ASKS}", re.I
)
_BESIDE = re.compile(
    r"\b(it|its|this|that|these|those|they|them|there|here|you|your|idea|advice|thoughts?|help|thanks?|index(es)?|quer(y|ies)|"
    r"fix\w*|improve\w*|causes?|reasons?|happen\w*|why|wrong|(should|can|could|shall|may|do) (we|i) (do|try|check|look))\b",
    re.I,
)
_SENTENCE = 5
"""A question of fewer words ("any thoughts at all?") leans on what was said before it."""


def clauses(words: str) -> list[tuple[str, bool]]:
    """The words cut wherever a sentence, a list item, or a clause that asks begins; nothing is lost but white space.

    The second says whether its line or paragraph ends with the clause.
    """
    cuts = [(found.start(), found.end(), "\n" in found.group()) for found in islice(_CUT.finditer(words), MOST)]
    begins = [0, *(end for _, end, _ in cuts)]
    ends = [*((start, line) for start, _, line in cuts), (len(words), True)]
    found = [(words[begin:end].strip(), line) for begin, (end, line) in zip(begins, ends, strict=True)]
    return [(piece, line) for piece, line in found if piece]


def asks(clause: str) -> bool:
    """Whether the clause is put as a question or as a request."""
    return clause.rstrip(" \t)\"'").endswith("?") or _ASKING.match(clause) is not None


def item(clause: str) -> bool:
    """Whether the clause is an item of a list."""
    return _ITEM.match(clause) is not None


def joined(clause: str) -> bool:
    """Whether the clause says that it is one more thing: by its first word, or as an item of a list."""
    return item(clause) or _JOINED.match(clause) is not None


def shares(clause: str) -> bool:
    """Whether the clause may go on with the verb of the question before it."""
    return _SHARES.match(clause) is not None


def leans(clause: str) -> bool:
    """Whether the clause is no question by itself: too short, or about what was said beside it."""
    return not clause.endswith("?") or len(clause.split()) < _SENTENCE or _BESIDE.search(clause) is not None
