"""What PostgreSQL answers when it refuses, in the product's own errors."""

import re
from dataclasses import dataclass

import psycopg
from psycopg import errors

from common.errors import (
    DbcrewError,
    DiskFull,
    EngineDied,
    InputError,
    Locked,
    MalformedSql,
    Refused,
    TimedOut,
    UnknownObject,
    Unreachable,
    WriteRefused,
)
from tools.postgres.place import quoted


@dataclass(frozen=True)
class Limits:
    """The most milliseconds one statement may take, and may wait for a lock."""

    statement_ms: int
    lock_ms: int


def translate(error: psycopg.Error, what: str, where: str, limits: Limits | None = None, role: str = "") -> DbcrewError:
    """The product's error for one of psycopg's, by SQLSTATE (PostgreSQL documentation, appendix A)."""
    detail = _one_line(error)
    match error:
        case errors.QueryCanceled():
            return TimedOut(
                what="The statement",
                seconds=f"{limits.statement_ms / 1000:g}" if limits else "its limit of some",
                next="Raise DBCREW_STATEMENT_TIMEOUT_MS to allow it more.",
            )
        case errors.LockNotAvailable():
            return Locked(
                what="Waiting for a lock",
                seconds=f"{limits.lock_ms / 1000:g}" if limits else "its limit of some",
                next="Somebody holds it: ./p3 health names who when others wait for it, too. Try again afterwards.",
            )
        case errors.InsufficientPrivilege():
            return Refused(reason=detail, needs=_grant(detail, role))
        case (
            errors.UndefinedTable()
            | errors.UndefinedColumn()
            | errors.UndefinedFunction()
            | errors.UndefinedObject()
            | errors.InvalidSchemaName()
        ):
            return UnknownObject(
                kind="object",
                name=f"({detail})",
                next="Check the name, write it with its schema, or GRANT access to it.",
            )
        case errors.ReadOnlySqlTransaction() | errors.ActiveSqlTransaction():
            return WriteRefused(reason=detail, needs="Only reads run on a live engine.")
        case errors.SyntaxError():
            return MalformedSql(detail=detail)
        case errors.DiskFull():
            return DiskFull(where=where, doing="running a statement")
        case psycopg.OperationalError() if is_lost(error):
            return EngineDied(what=what, where=where, detail=detail)
        case errors.SerializationFailure() | errors.OperatorIntervention():
            return TimedOut(what="The statement", seconds="the server allows", next=f"The server said: {detail}.")
        case _:
            return InputError(detail=f"{what} refused the statement: {detail}", next="Correct it and ask again")


def _grant(detail: str, role: str) -> str:
    """The GRANT that a refusal asks for, as far as the server's words (in English) tell."""
    denied = re.search(
        r"permission denied for (table|view|materialized view|foreign table|sequence|schema) (.+)", detail
    )
    if denied is None or not role:
        return "Grant it to this role, or have ./p3 grant make one that can."
    kind, name = denied.groups()
    what = f"USAGE ON SCHEMA {quoted(name)}" if kind == "schema" else f"SELECT ON {quoted(name)}"
    return f"GRANT {what} TO {quoted(role)}; or have ./p3 grant make a role that can."


def unreachable(error: psycopg.Error | OSError, where: str) -> Unreachable:
    """Why no connection came about, in one line, and what to do about it."""
    detail = _one_line(error)
    return Unreachable(what="PostgreSQL", where=where, detail=detail, next=_next_step(error, detail))


def _next_step(error: psycopg.Error | OSError, detail: str) -> str:
    state = getattr(error, "sqlstate", None)
    low = detail.lower()
    if "password authentication failed" in low or (state in ("28P01", "28000") and "pg_hba" not in low):
        return "Check user and password in the DSN."
    if "no password supplied" in low:
        return "Put the password into the DSN, PGPASSWORD or ~/.pgpass."
    if "definition of service" in low or "service file" in low:
        return "Write a section of that name into ~/.pg_service.conf or the file PGSERVICEFILE names, or leave service out."
    if "pg_hba.conf" in low and "no encryption" in low:
        return "Add ?sslmode=require to the DSN, or add a line for this user and place to the server's pg_hba.conf."
    if "pg_hba.conf" in low:
        return "The server does not admit this user from here: add a line to its pg_hba.conf."
    if "does not support ssl" in low:
        return "The server has no TLS: switch it on, or drop sslmode=require from the DSN."
    if "certificate" in low:
        return "Give the server's certificate authority with ?sslrootcert=FILE."
    if state == "3D000" or ("does not exist" in low and "database" in low):
        return "Check the name of the database in the DSN."
    if "translate host name" in low or "resolve" in low or "name or service" in low:
        return "Check the host in the DSN."
    if "unsupported startup parameter" in low:
        return "A pooler refuses it: take it out of the DSN and PGOPTIONS, or name it in its ignore_startup_parameters."
    if "too many" in low or "remaining connection slots" in low:
        return "Every connection is taken: close some, or try again in a moment."
    if "starting up" in low or "shutting down" in low or "not yet accepting" in low:
        return "Try again in a moment."
    if "timeout" in low or "timed out" in low:
        return "Nothing answers there: check host, port and firewall."
    return "Check that the server runs and that host and port in the DSN are right."


def is_lost(error: psycopg.OperationalError) -> bool:
    """Whether the connection is gone with the error, or none came about."""
    state = error.sqlstate
    if state == "08P01":  # it did not understand a message, and is still there to say so
        return False
    return state is None or state[:2] in ("08", "28", "3D") or state in ("57P01", "57P02", "57P03", "57P05", "53300")


def _one_line(error: psycopg.Error | OSError) -> str:
    """The server's own words. Values that a statement stumbled over (class 22) are rows' content and left out."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    if primary is None:
        primary = str(error).split("Multiple connection attempts failed")[0].split("Is the server running")[0]
    text = " ".join(primary.split()).rstrip(".:")
    if (getattr(error, "sqlstate", None) or "").startswith("22"):
        text = re.sub(r'(:? )".*', "", text)
    return text or type(error).__name__
