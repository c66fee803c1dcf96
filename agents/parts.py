"""One text that asks for several things: which of its clauses are questions of their own, and what belongs to each.

A clause is one when it asks and a playbook fits it by itself. Everything else explains: it stays with the question it
stands behind, or with the statement of the text.
"""

import re

from agents.asked import Block, Question, question_of
from agents.clauses import MOST, asks, clauses, item, joined, leans, shares
from agents.playbooks import OPEN_QUESTION, PLAYBOOKS, Playbook
from agents.playbooks.slow_query import SLOW_QUERY
from agents.sqltext import Sort

_FITS = 0.5
"""What a playbook must say of a clause by itself."""
_NAMED = 0.9
"""The same where a statement stands beside it that it may be about: only a name makes it a question of its own."""
_SURE = 0.8
"""From here on the clause that asks decides, whatever stands beside it; below, all the words do."""
_POINTS = re.compile(r"\b(this|these|below|above|following)\b", re.I)
_SERVER = "admin"
"""The role whose playbooks are about the server as a whole, and not about a statement beside the question."""


def parts(question: Question) -> list[tuple[Question, Playbook]]:
    """The questions in what reads as one, in the order asked, each with its playbook; mostly it is one."""
    cut = [
        (kind, *piece)
        for kind, text in question.blocks
        for piece in (_rejoined(clauses(text)) if kind == "words" else [(text, True)])
    ]
    pieces = [(kind, text) for kind, text, _ in cut]
    if len(pieces) == 1:
        return [(question, _best(question))]
    own = _own(question, pieces, {position for position, (_, _, line) in enumerate(cut) if line})
    with_sql = any(kind != "words" for kind, _ in pieces)
    if not own:
        return [(question, _best(question))]
    if len(set(own.values())) == 1 and not with_sql and not _unanswered(pieces, own):
        asked = PLAYBOOKS[next(iter(own.values()))]
        return [(question, asked if asked.fits(question) >= _SURE else _best(question))]
    groups: dict[str, list[Block]] = {}
    for position, name in enumerate(_belonging(pieces, own)):
        groups.setdefault(name, []).append(pieces[position])
    if len(groups) == 1:
        return [(question, _best(question))]
    found = []
    for name, blocks in groups.items():
        part = question_of(question.number, blocks)
        if not name:
            part = part.model_copy(update={"pasted": question.pasted})
        found.append((part, PLAYBOOKS[name] if name else _best(part)))
    return found


def _best(question: Question) -> Playbook:
    return max(PLAYBOOKS.values(), key=lambda one: one.fits(question))


def _rejoined(cut: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The clauses, where one stays with the one before it that shares its verb unless both are about the server, each
    about something else: `is the disk of the standby and the primary full` is one."""
    found: list[tuple[str, bool]] = []
    for text, line in cut:
        if found and shares(text) and not _two_of_the_server(found[-1][0], text):
            found[-1] = (f"{found[-1][0]} {text}", line)
        else:
            found.append((text, line))
    return found


def _two_of_the_server(one: str, other: str) -> bool:
    alone = [question_of(0, [("words", text)]) for text in (one, other)]
    fitting = [_best(each) for each in alone]
    sure = all(playbook.fits(each) >= _FITS for playbook, each in zip(fitting, alone, strict=True))
    return sure and all(each.role == _SERVER for each in fitting) and fitting[0] is not fitting[1]


def _own(question: Question, pieces: list[Block], lines: set[int]) -> dict[int, str]:
    """The positions of the clauses that are questions of their own, with the playbooks they are given to.

    `lines` are the positions where a line ends.
    """
    fitting = {
        position: (question_of(0, [piece]), playbook)
        for position, piece in enumerate(pieces[:MOST])
        if piece[0] == "words" and (playbook := _best(alone := question_of(0, [piece]))).fits(alone) >= _FITS
    }
    statements = [position for position, (kind, _) in enumerate(pieces) if kind != "words"]
    asking = {position for position in fitting if asks(pieces[position][1])}
    if not any(not item(pieces[position][1]) for position in asking):
        asking |= {position for position in fitting if item(pieces[position][1])}
    asking |= {place for place in fitting if place - 1 in asking and shares(pieces[place][1])}
    own: dict[int, str] = {}
    for position in sorted(asking):
        alone, playbook = fitting[position]
        if not statements or _beside_statements(question, alone, playbook, position + 1 in statements):
            own[position] = playbook.name
    for position, (_, playbook) in fitting.items():
        if position not in own and playbook is SLOW_QUERY and _complains(question, pieces, position, own, lines):
            own[position] = playbook.name
    return dict(sorted(own.items()))


def _beside_statements(question: Question, alone: Question, playbook: Playbook, leads_over: bool) -> bool:
    """Whether a clause that asks is about something else than the statements of the same text."""
    if _POINTS.search(alone.words) or alone.words.endswith(":"):
        return False
    if playbook.role == _SERVER:
        return SLOW_QUERY.fits(alone) < _FITS
    sql = " ".join(text for kind, text in question.blocks if kind != "words")
    known = any(re.search(rf"\b{re.escape(name.rsplit('.', 1)[-1])}\b", sql, re.I) for name in alone.names)
    return playbook.fits(alone) >= _NAMED and not leads_over and not known


def _complains(question: Question, pieces: list[Block], position: int, own: dict[int, str], lines: set[int]) -> bool:
    """Whether words that say that something is slow are one more thing, and not why the others are asked.

    They are when a joining word or a new line stands between: "the report is slow. And is the backup good?" Beside
    statements only the word counts, and only where the statement, a change of the schema, cannot be what is slow.
    """
    statements = [place for place, (kind, _) in enumerate(pieces) if kind != "words"]
    behind = [place for place in own if place > position]
    if not statements:
        if behind:
            return position in lines or any(joined(text) for _, text in pieces[position + 1 : min(behind) + 1])
        return bool(own) and joined(pieces[position][1])
    readable = question.of(Sort.READ, Sort.WRITE, Sort.BROKEN) or question.plan or question.pasted
    if readable or position > statements[0] or _POINTS.search(pieces[position][1]):
        return False
    between = pieces[position + 1 : min(behind + statements[:1]) + 1]
    return any(kind == "words" and joined(text) for kind, text in between)


def _unanswered(pieces: list[Block], own: dict[int, str]) -> set[int]:
    """The whole questions that no playbook fits beside those that one does; not those that lean on a neighbour."""
    return {
        position
        for position, (kind, text) in enumerate(pieces[:MOST])
        if kind == "words" and position not in own and asks(text) and not leans(text) and _fits_none(text)
    }


def _fits_none(text: str) -> bool:
    return _best(question_of(0, [("words", text)])) is OPEN_QUESTION


def _belonging(pieces: list[Block], own: dict[int, str]) -> list[str]:
    """For every piece the playbook of the question it belongs to; empty for what belongs to the statements."""
    statements = [position for position, (kind, _) in enumerate(pieces) if kind != "words"]
    unanswered = set() if statements else _unanswered(pieces, own)
    last = "" if statements else next(iter(own.values()))
    found = []
    for position, (kind, _) in enumerate(pieces):
        if kind != "words" or (position + 1 in statements and position not in own):
            last = ""
        elif position in unanswered:
            found.append(OPEN_QUESTION.name)
            continue
        last = own.get(position, last)
        found.append(last)
    return found
