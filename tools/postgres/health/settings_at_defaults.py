"""The server runs with the settings of an empty installation, made for a machine of long ago."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

SMALL_BYTES = 512 << 20
LARGE_BYTES = 16 << 30


async def look(view: View) -> Outcome:
    """shared_buffers never set: medium from 16 GB of data, low for a server in service from 1 GB, else for information."""
    data = (await view.server())["data_bytes"]
    if not await view.at_default("shared_buffers") or data < SMALL_BYTES:
        return []
    level = Severity.LOW if await view.in_service() and data >= 1 << 30 else Severity.INFO
    names = ("shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "max_wal_size")
    untouched = [name for name in names if await view.at_default(name)]
    return [
        CHECK.finding(
            Severity.MEDIUM if data >= LARGE_BYTES else level,
            {"object": "shared_buffers"},
            buffers_bytes=8192 * int(await view.setting("shared_buffers") or 0),
            data_bytes=data,
            untouched=", ".join(untouched),
            remedy="ALTER SYSTEM SET shared_buffers = '4GB'; -- a quarter of memory; then restart the server",
        )
    ]


CHECK = Check(
    code="settings-at-defaults",
    means="shared_buffers has its built-in value although the database holds 512 MB or more.",
    summary="{object} was never set: {buffers_bytes} for {data_bytes} of data; also at their defaults: {untouched}",
    wrong_if="the machine has so little memory that the defaults fit, or nobody minds",
    look=look,
)
