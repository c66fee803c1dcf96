"""Whether a backup can be restored is known only to those who have restored one."""

from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """No server remembers that its backup was restored elsewhere, so this is never passed and never failed here."""
    return [CHECK.not_checked("a restore drill: restore the newest backup into a throwaway cluster and count its rows")]


CHECK = Check(
    code="recovery-never-tested",
    means="No restore of a backup has been seen.",
    summary="no restore of a backup of {object} has been seen",
    wrong_if="drills are held and written down elsewhere",
    look=look,
)
