"""The fintech architect: whatever touches money, without loss or inconsistency; fast, reliable, compliant."""

from agents.reply import Authority
from agents.roles.role import LOOKING, Role

FINTECH = Role(
    name="fintech",
    title="Fintech architect",
    labels=("agent:database-fintech",),
    tools=LOOKING | {"index_candidates", "rehearse", "measure"},
    authority={
        "index": Authority.FULL,
        "statistics": Authority.FULL,
        "rewrite": Authority.SHARED,
        "migration": Authority.SHARED,
    },
)
