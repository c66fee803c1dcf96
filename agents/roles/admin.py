"""The administrator: keeps engines healthy: maintenance, settings, backup and recovery, replication, capacity."""

from agents.reply import Authority
from agents.roles.role import LOOKING, Role

ADMIN = Role(
    name="admin",
    title="Database administrator",
    labels=("agent:database-admin",),
    tools=LOOKING | {"index_candidates", "rehearse", "measure"},
    authority={
        "index": Authority.FULL,
        "drop-index": Authority.FULL,
        "statistics": Authority.FULL,
        "vacuum": Authority.FULL,
        "setting": Authority.SHARED,
        "migration": Authority.SHARED,
    },
)
