"""What PostgreSQL answers when it refuses, in the product's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from common.errors import (
    DbcrewError,
    DiskFull,
    EngineDied,
    InputError,
    MalformedSql,
    Refused,
    TimedOut,
    UnknownObject,
    WriteRefused,
)


@contextmanager
def translated(what: str, where: str) -> Iterator[None]:
    """Raise the product's error in place of psycopg's, for the server `what` at `where`."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, what, where) from error


def translate(error: psycopg.Error, what: str, where: str) -> DbcrewError:
    """The product's error for one of psycopg's, by SQLSTATE (PostgreSQL documentation, appendix A)."""
    detail = (error.diag.message_primary or str(error)).strip()
    match error:
        case errors.QueryCanceled():
            return TimedOut(what="The statement", seconds="its time limit", next=f"The server said: {detail}.")
        case errors.LockNotAvailable():
            return TimedOut(what="Waiting for a lock", seconds="its limit", next="Somebody holds it: see pg_locks.")
        case errors.InsufficientPrivilege():
            return Refused(reason=detail, needs="Grant it to this role, or have ./p3 grant make one that can.")
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction() | errors.UndefinedObject():
            return UnknownObject(kind="object", name=f"({detail})", next="Check the name, or GRANT SELECT on it.")
        case errors.ReadOnlySqlTransaction():
            return WriteRefused(reason=detail, needs="Only reads run on a live engine.")
        case errors.SyntaxError():
            return MalformedSql(detail=detail)
        case errors.DiskFull():
            return DiskFull(where=where, doing="running a statement")
        case psycopg.OperationalError() if error.sqlstate is None or error.sqlstate[:2] in ("08", "57"):
            return EngineDied(what=what, where=where, detail=detail)
        case _:
            return InputError(detail=f"{what} refused the statement: {detail}", next="Correct it and ask again")
