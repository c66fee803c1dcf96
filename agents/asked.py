"""What an issue asks: its text cut into questions, with the SQL, the plans and the names each one holds.

Everything here is untrusted data. It is parsed and compared with what the server knows; it is never obeyed.
"""

import re

from pydantic import BaseModel, ConfigDict, Field

from agents.pasted import migration
from agents.sqltext import Sort, Statement, blocks, statements
from tools.postgres.rehearsal.formats.reading import Reading

_ITEM = re.compile(r"[ \t]*\d+[.)](?:[ \t]|$)")
_NAME = re.compile(r"`([A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?)`|\b([A-Za-z_]\w*\.[A-Za-z_]\w*)\b|\b([a-z]\w*_\w+)\b")
_MOST_STATEMENTS = 200
Block = tuple[str, str]
"""A stretch of a text: what it is (`words`, `plan`, or SQL as `read` or `change`), and the text."""


class Question(BaseModel):
    """One question: its words, its statements, a plan that was pasted, and the names that may be tables or indexes."""

    model_config = ConfigDict(frozen=True)

    number: int
    words: str
    statements: tuple[Statement, ...] = ()
    plan: str = ""
    names: tuple[str, ...] = ()
    pasted: Reading | None = None
    """The migration that the statements are, when one of the known tools wrote or printed it."""
    blocks: tuple[Block, ...] = Field(default=(), exclude=True)
    """What it was made of, in the order written; not kept, for it is needed only to see whether it asks for several things."""

    def of(self, *sorts: Sort) -> tuple[Statement, ...]:
        """The statements of these sorts, as written."""
        return tuple(statement for statement in self.statements if statement.sort in sorts)

    def about_words(self, asked: re.Pattern[str], weight: float) -> float:
        """How well a playbook fits that answers what is asked in these words: `weight`, next to nothing beside a statement."""
        if not asked.search(self.words):
            return 0.0
        return 0.2 if self.statements or self.plan else weight

    def joined(self, other: "Question") -> "Question":
        """This question with what the other one adds."""
        return Question(
            number=self.number,
            words=f"{self.words}\n{other.words}".strip(),
            statements=self.statements + other.statements,
            plan=f"{self.plan}\n{other.plan}".strip(),
            names=tuple(dict.fromkeys(self.names + other.names)),
            pasted=self.pasted or other.pasted,
        )


def questions(title: str, body: str) -> list[Question]:
    """The questions of an issue, in the order asked. A text without SQL or a plan is one question."""
    title, body = title.strip(), body.strip()
    shortened = title.endswith("…") and body.startswith(title[:-1])
    whole = body if shortened else f"{title}\n\n{body}"
    if (pasted := migration(whole)) is not None:
        before, reading, after = pasted
        words = [block for text in (before, after) for block in blocks(text) if block[0] == "words"]
        question = question_of(1, [*words, ("change", reading.up)])
        return [question.model_copy(update={"pasted": reading})]
    found = blocks(whole)
    groups: list[list[Block]] = [[]]
    for kind, text in found:
        if kind == "words" and _opens_another(groups[-1], text):
            groups.append([])
        if kind == "change" and any(known == "read" for known, _ in groups[-1]):
            groups.append(_leading_over(groups[-1]))
        groups[-1].append((kind, text))
    return [question_of(number, group) for number, group in enumerate((g for g in groups if g), 1)]


def _leading_over(group: list[Block]) -> list[Block]:
    """Takes the words behind the last statement of a group out of it: they lead over to the statement that follows."""
    last = max(place for place, (kind, _) in enumerate(group) if kind != "words")
    words = group[last + 1 :]
    del group[last + 1 :]
    return words


def _opens_another(group: list[Block], words: str) -> bool:
    """A numbered item after another opens a question; so do words after SQL that ask. A closing remark does not."""
    numbered = bool(_ITEM.match(words))
    if numbered and any(kind == "words" and _ITEM.match(text) for kind, text in group):
        return True
    answered = any(kind != "words" for kind, _ in group)
    return answered and (numbered or "?" in words or words.rstrip().endswith(":"))


def question_of(number: int, group: list[Block]) -> Question:
    """The question that these blocks are."""
    words = "\n".join(text for kind, text in group if kind == "words").strip()
    plan = "\n".join(text for kind, text in group if kind == "plan")
    sql = [one for kind, text in group if kind not in ("words", "plan") for one in statements(text)]
    names = dict.fromkeys(next(part for part in match.groups() if part) for match in _NAME.finditer(words))
    return Question(
        number=number,
        words=words,
        statements=tuple(sql[:_MOST_STATEMENTS]),
        plan=plan,
        names=tuple(names),
        blocks=tuple(group),
    )
