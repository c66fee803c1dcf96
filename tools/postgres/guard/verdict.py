"""What the guard answers."""

from dataclasses import dataclass
from typing import Literal

Effect = Literal["read", "write", "unknown"]
Name = tuple[str | None, str]


@dataclass(frozen=True)
class Verdict:
    """Whether one statement may run on a live engine.

    `effect` is `read` only for a proven read, which is what is allowed; `write` for what changes something; `unknown`
    for what cannot be proven or reaches beyond the rows of the database. `code` is a stable name for the outcome, `ok`
    when allowed. `kind` is the parser's name of the statement (`SelectStmt`), empty when it could not be parsed.
    `relations` are (schema or None, name) as written, names of CTEs included; `functions` are as written, dotted. Both
    end where a refusal ended the walk.
    """

    allowed: bool
    effect: Effect
    code: str
    reason: str
    kind: str = ""
    relations: tuple[Name, ...] = ()
    functions: tuple[str, ...] = ()


class Refusal(Exception):
    """Ends the walk over a statement that may not run. Never leaves this package."""

    def __init__(self, code: str, effect: Effect, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.effect = effect
        self.reason = reason
