"""What PostgreSQL said of a statement that failed on the copy, without what it quotes of the rows there."""

import psycopg

_RAISE = "exec_stmt_raise"
"""Where PL/pgSQL's RAISE is in PostgreSQL's source (pl_exec.c)."""
_DATA = "22"
"""Data exceptions: their messages end with the value (PostgreSQL's documentation, appendix A)."""
_CONSTRAINT = "23"
"""Violated constraints: their details hold the key or the whole row."""


def said(error: psycopg.Error, statement: str) -> str:
    """The server's message and detail. Rows never leave: a text that somebody's code raised, and the value that a data
    exception ends with, are given only when they stand in the statement."""
    message = (error.diag.message_primary or str(error)).strip()
    state = error.sqlstate or ""
    if error.diag.source_function == _RAISE:
        if message not in statement:
            return f"code in it or called by it raised an error ({state}), whose text is left out as it may hold rows"
        return message.rstrip(".")
    if state.startswith(_DATA):
        before, quote, value = message.partition(': "')
        if quote and value.removesuffix('"') not in statement:
            return f"{before} (the value is left out)"
        return message.rstrip(".")
    detail = None if state.startswith(_CONSTRAINT) else error.diag.message_detail
    return ". ".join(part.strip().rstrip(".") for part in (message, detail) if part)
