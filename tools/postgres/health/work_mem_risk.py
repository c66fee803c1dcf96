"""work_mem so large that a busy hour can take all memory, and the kernel ends the server."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

LARGE_BYTES = 32 << 20
MEMORY_TIMES = 4
"""shared_buffers times this stands for the memory of the machine, which SQL cannot see."""
OVER_TIMES = 4


async def look(view: View) -> Outcome:
    work = 1024 * int(await view.setting("work_mem") or 0)
    sessions = int(await view.setting("max_connections") or 0)
    memory = MEMORY_TIMES * 8192 * int(await view.setting("shared_buffers") or 0)
    if work < LARGE_BYTES or work * sessions < OVER_TIMES * memory:
        return []
    return [
        CHECK.finding(
            Severity.MEDIUM,
            {"object": "work_mem"},
            work_bytes=work,
            sessions=sessions,
            all_bytes=work * sessions,
            memory_bytes=memory,
            remedy="ALTER SYSTEM SET work_mem = '16MB'; SELECT pg_reload_conf(); -- more only for the roles that need it",
        )
    ]


CHECK = Check(
    code="work-mem-risk",
    means="work_mem of 32 MB or more, and in all allowed sessions four times the memory that shared_buffers suggests.",
    summary="{object} of {work_bytes} in {sessions} sessions comes to {all_bytes}; shared_buffers suggests {memory_bytes}"
    " of memory",
    wrong_if="the machine has much more memory than four times shared_buffers, or a pooler keeps sessions few",
    look=look,
)
