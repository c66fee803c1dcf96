"""The mind that follows rules: no model, always there."""

from agents.desk import Brief
from agents.playbooks import PLAYBOOKS
from agents.reply import Reply


class PlaybookMind:
    """Follows the playbook that triage chose for the question."""

    name = "rules"

    async def investigate(self, brief: Brief) -> Reply:
        """Do what the playbook says. A tool that fails is part of the answer, never the end of it."""
        return await PLAYBOOKS[brief.playbook].work(brief)
