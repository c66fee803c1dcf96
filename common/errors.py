"""Every error the product raises on purpose, in one tree, sorted by who should read it.

The docstring is the message: a `str.format` template filled from the keyword arguments. The first line names the cause,
and the message ends with what to do next. Exit codes follow contract.md.
"""

import inspect
from typing import Any


class DbcrewError(Exception):
    """Something went wrong: {detail}."""

    exit_code: int = 1

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(inspect.cleandoc(type(self).__doc__ or "").format(**facts))


# --- The model (or the person asking) may fix it: the input is wrong. Exit code 2.


class InputError(DbcrewError):
    """{detail}. {next}."""

    exit_code = 2


class MalformedSql(InputError):
    """This is not valid SQL: {detail}. Correct it and ask again."""


class SeveralStatements(InputError):
    """This holds {count} statements where one is allowed. Send them one by one."""


class UnknownObject(InputError):
    """There is no {kind} {name} that this role can see. {next}"""


class NothingAsked(InputError):
    """There is no question in this text. Say what is slow, or paste the statement or migration you want looked at."""


class TooLarge(InputError):
    """{what} is {size}; the most that is read is {limit}. {next}"""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**{"next": "Send the part that matters.", **facts})


# --- The model must adapt: the way is closed here, another may be open. Exit code 1.


class Refused(DbcrewError):
    """{reason}. {needs}"""


class WriteRefused(Refused):
    """Refused: {reason}. {needs}"""


class NoData(DbcrewError):
    """{reason}. {needs}"""


class TimedOut(DbcrewError):
    """{what} took longer than {seconds} s and was stopped. {next}"""


class Locked(TimedOut):
    """{what} took longer than {seconds} s and was stopped. {next}"""


# --- A person must act or approve. Exit code 1 or 3 as it says.


class RoleTooStrong(Refused):
    """The role {role} can {rights}: too strong for a live engine. Make a safe one: ./p3 grant --dsn "{dsn}" --apply"""

    exit_code = 2


class Unreachable(DbcrewError):
    """Cannot reach {what} at {where}: {detail}. {next}"""

    exit_code = 3


class EngineDied(Unreachable):
    """{what} at {where} went away while it was looked at: {detail}. {next}"""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**{"next": "Run it again when it is back.", **facts})


class DiskFull(DbcrewError):
    """No space left in {where} while {doing}. Free some space and run the same command again: nothing done was lost."""

    exit_code = 3


class Missing(DbcrewError):
    """{what} is not on this machine. {next}"""

    exit_code = 3


class CaseBusy(DbcrewError):
    """Case {case} is being worked on by another process. Wait for it, or see ./p3 cases {case}"""

    exit_code = 3


class CaseFailed(DbcrewError):
    """Case {case} stopped: {detail}. Nothing found so far is lost; go on with ./p3 cases {case} --retry"""

    @classmethod
    def by(cls, error: DbcrewError, case: str) -> "CaseFailed":
        """The case stopped because of `error`, whose exit code it ends with."""
        failed = cls(case=case, detail=str(error).rstrip("."))
        failed.exit_code = error.exit_code
        return failed


# --- The developer: a promise of the code was broken.


class Defect(DbcrewError):
    """A promise of the code was broken: {detail}. Please report it with the id {id}."""


class UnbackedClaim(Defect):
    """The reply claims what no evidence backs: {detail}."""
