"""What comes after a statement that failed: the copy stops there, psql by itself does not."""

from collections.abc import Iterator, Sequence

from pglast.enums import TransactionStmtKind

from tools.postgres.rehearsal.script import Statement

_ENDS = (TransactionStmtKind.TRANS_STMT_COMMIT, TransactionStmtKind.TRANS_STMT_ROLLBACK)
_LISTED = 12


def unrun(statements: Sequence[Statement], failed: int) -> list[str]:
    """Notes for the reader of a report: which statements were not run, and which of them psql would go on with.

    Source: PostgreSQL documentation, psql, ON_ERROR_STOP. In a transaction that failed the server refuses what follows
    until it ends.
    """
    rest = [each for each in statements if each.number > failed]
    if not rest:
        return []
    on = [each.number for each in _goes_on(statements[failed - 1], rest)]
    said = f"statement {failed} failed, so {_named([each.number for each in rest])} not run: nothing is known of what follows"
    if on:
        said += f"; psql without ON_ERROR_STOP would go on with {_named(on, verb=False)} all the same"
    return [said]


def _goes_on(failed: Statement, rest: Sequence[Statement]) -> Iterator[Statement]:
    refused = failed.in_transaction
    for each in rest:
        if each.control:
            refused = refused and each.node.kind not in (*_ENDS, TransactionStmtKind.TRANS_STMT_ROLLBACK_TO)
        elif not refused:
            yield each


def _named(numbers: Sequence[int], *, verb: bool = True) -> str:
    shown = [str(each) for each in numbers[:_LISTED]]
    if len(numbers) > _LISTED:
        shown.append(f"{len(numbers) - _LISTED:,} more")
    if len(shown) == 1:
        return f"statement {shown[0]}" + (" was" if verb else "")
    return f"statements {', '.join(shown[:-1])} and {shown[-1]}" + (" were" if verb else "")
