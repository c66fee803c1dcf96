"""Whether a backup can be restored is known only to those who have restored one."""

import asyncio
from datetime import UTC, datetime, timedelta

from tools.postgres.drills.held import last_held
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

_AGREED = timedelta(days=90)
"""A drill a quarter, as is custom: what has changed since the last one has never been restored."""
_DRILL = "a restore drill: ./p3 drill restore --backup PATH --dsn DSN"


async def look(view: View) -> Outcome:
    """No server remembers that its backup was restored elsewhere: passed by a good drill of our own, never failed."""
    row = (await view.rows("identity"))[0]
    held = await asyncio.to_thread(last_held, row["system_identifier"], row["database"])
    if held is None:
        return [CHECK.not_checked(_DRILL)]
    if datetime.now(UTC) - held.at > _AGREED:
        return [CHECK.not_checked(f"{_DRILL} (the last one in which everything came back was on {held.at:%Y-%m-%d})")]
    return []


CHECK = Check(
    code="recovery-never-tested",
    means="No restore of a backup has been seen.",
    summary="no restore of a backup of {object} has been seen",
    wrong_if="drills are held and written down elsewhere",
    look=look,
    needs=_DRILL,
)
