"""The architect: plans the work, designs schema and indexes, and answers for the final comment."""

from agents.reply import Authority
from agents.roles.role import LOOKING, Role

ARCHITECT = Role(
    name="architect",
    title="Database architect",
    labels=("agent:database", "state:data-modeling"),
    tools=LOOKING | {"index_candidates", "rehearse", "measure"},
    authority={
        "index": Authority.FULL,
        "drop-index": Authority.FULL,
        "statistics": Authority.FULL,
        "rewrite": Authority.SHARED,
        "migration": Authority.SHARED,
    },
)
