"""Where recovery is to end."""

import re
from datetime import UTC, datetime

from common.errors import InputError
from tools.postgres.drills.unpack import Unpacked

_LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}\Z")


def recovery_target(target: str) -> dict[str, str]:
    """The setting that makes recovery stop at a time or an LSN; none for an empty text. Raises InputError."""
    if not target:
        return {}
    if _LSN.match(target):
        return {"recovery_target_lsn": target}
    try:
        moment = datetime.fromisoformat(target)
    except ValueError as error:
        raise InputError(
            detail=f"{target} is no time and no LSN",
            next="Write 2026-11-21T14:05:00+00:00, or an LSN such as 0/3000148",
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {"recovery_target_time": moment.isoformat(sep=" ")}


def refuse_before(aimed: dict[str, str], unpacked: Unpacked) -> None:
    """Raise InputError for a moment before the backup: the server would stop right behind it and call that reached."""
    moment = aimed.get("recovery_target_time")
    if moment and unpacked.started_at and datetime.fromisoformat(moment) < unpacked.started_at:
        raise InputError(
            detail=f"{moment} lies before the base backup, which was begun at {unpacked.started_at}",
            next="Name a later time, or an older backup",
        )
