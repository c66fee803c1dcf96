"""The words of a question that may name a table or a column, and the name that a misspelt one may mean."""

import difflib
import itertools
import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+(?:_[^\W_]+)*")
_MOST = 400
"""Words looked at: a long issue names what it is about early."""
_LIKE = 0.8
"""difflib's ratio, 0..1, from which one name may be meant by another: a letter or two amiss."""
_COMMON = frozenset(
    """
    about after all also and any are because been before but can database does done else for from get has have how index
    into its just like make more most much need not now off one our out over postgres postgresql query question select
    should slow some table than that the then there these they this too use was what when where which while who why will
    with would you your
    """.split()  # noqa: SIM905
)


def words_of(text: str) -> list[str]:
    """The words of `text` in lower case, in singular and plural, and neighbours joined by `_` as table names are."""
    plain = [word.lower() for word in _WORD.findall(text)[:_MOST]]
    kept = [word for word in plain if len(word) > 2 and word not in _COMMON]
    forms = {form for word in kept for form in _forms(word)}
    for left, right in itertools.pairwise(plain):
        forms.update(f"{left}_{form}" for form in _forms(right))
    return sorted(forms)


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name (`schema.name`) that `name` is most like, case and a schema it does not give aside; empty if none is."""
    bare = "." not in name
    spelt = {(one.rsplit(".", 1)[-1] if bare else one).lower(): one for one in reversed(known)}
    close = difflib.get_close_matches(name.lower(), spelt, n=1, cutoff=_LIKE)
    return spelt[close[0]] if close else ""


def _forms(word: str) -> set[str]:
    """English singular and plural, by rule."""
    forms = {word, f"{word}s", f"{word}es"}
    if word.endswith("y"):
        forms.add(f"{word[:-1]}ies")
    if word.endswith("ies"):
        forms.add(f"{word[:-3]}y")
    if word.endswith("es"):
        forms.add(word[:-2])
    if word.endswith("s"):
        forms.add(word[:-1])
    return forms
