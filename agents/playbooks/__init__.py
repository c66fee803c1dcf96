"""One file a situation, one line here. Triage takes the one that fits a question best."""

from agents.playbooks.backup import BACKUP
from agents.playbooks.capacity import CAPACITY
from agents.playbooks.health_check import HEALTH_CHECK
from agents.playbooks.index_useful import INDEX_USEFUL
from agents.playbooks.migration_review import MIGRATION_REVIEW
from agents.playbooks.open_question import OPEN_QUESTION
from agents.playbooks.playbook import Playbook
from agents.playbooks.pooler import POOLER
from agents.playbooks.recovery import RECOVERY
from agents.playbooks.replication import REPLICATION
from agents.playbooks.retirement import RETIREMENT
from agents.playbooks.slow_query import SLOW_QUERY

PLAYBOOKS: dict[str, Playbook] = {
    one.name: one
    for one in (
        SLOW_QUERY,
        HEALTH_CHECK,
        MIGRATION_REVIEW,
        INDEX_USEFUL,
        RETIREMENT,
        BACKUP,
        RECOVERY,
        REPLICATION,
        POOLER,
        CAPACITY,
        OPEN_QUESTION,
    )
}

__all__ = ["OPEN_QUESTION", "PLAYBOOKS", "Playbook"]
