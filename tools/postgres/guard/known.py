"""What a live database says about its own functions, for `judge`."""

from common.queries import query
from tools.postgres.connection import Session
from tools.postgres.guard.names import Known


async def known(session: Session, trusted: frozenset[str] = frozenset()) -> Known:
    """The functions of the session's database; `trusted` holds the `schema.name` that the owner lists as reads.

    Raises what Session.rows raises.
    """
    rows = await session.rows(query(str(__package__), "known"))
    return Known(functions={str(row["function"]): row["volatility"] for row in rows}, trusted=trusted)
