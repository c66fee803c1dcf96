"""A file or folder that a question names. Only whoever sits at this machine decides which of its files are read."""

import re

from agents.desk import Brief

_PATH = re.compile(r"(?<![\w./:])(~?/[^\s'\"`,;()<>|]+)")


def named_path(brief: Brief, words: str) -> str:
    """The first absolute path in the words; empty when there is none, or when they came from elsewhere."""
    return next(iter(named_paths(brief, words)), "")


def named_paths(brief: Brief, words: str) -> tuple[str, ...]:
    """Every absolute path in the words, in their order; none when they came from elsewhere."""
    return tuple(path.rstrip(".:!?") for path in _PATH.findall(words)) if brief.at_hand else ()


def untrusted(brief: Brief) -> tuple[str, ...]:
    """What to say of paths that were not followed."""
    if brief.at_hand or not _PATH.search(brief.question.words):
        return ()
    return (
        "The path in the text was not followed: which files of this machine are read is set there, not in an issue.",
    )
