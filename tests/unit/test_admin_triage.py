"""Which playbook the administrator's questions get, and which questions are none of these."""

import pytest

from agents.asked import questions
from agents.playbooks import PLAYBOOKS

ASKED = {
    "is my backup good?": "backup",
    "is our backup in /backups/monday.dump any good?": "backup",
    "can we restore from last night's dump?": "backup",
    "have our backups ever been tested": "backup",
    "what would PITR give me?": "recovery",
    "if the server burns down now, what are our RTO and RPO?": "recovery",
    "can we go back to 2026-11-21 09:30, before somebody deleted the orders?": "recovery",
    "is replication healthy?": "replication",
    "how far behind is the standby": "replication",
    "is the pooler sized right?": "pooler",
    "pgbouncer: are the pools large enough?": "pooler",
    "do we have too many connections?": "pooler",
    "when does this disk fill up?": "capacity",
    "when do the keys of this table run out?": "capacity",
    "when do the keys of shop.orders run out?": "capacity",
    "how long until the disk is full": "capacity",
    "is our database healthy?": "health-check",
    "The booking screen has felt sluggish since Monday, can you help?": "slow-query",
    "the app is unresponsive": "slow-query",
    "is the standby lagging behind?": "replication",
    "why is this slow: SELECT * FROM shop.orders WHERE id = 1": "slow-query",
    "is the index orders_placed_at_idx useful?": "index-useful",
    "ALTER TABLE shop.orders ADD COLUMN restored boolean; can we go back?": "migration-review",
    "the dump of the job takes an hour: SELECT * FROM shop.orders ORDER BY id": "slow-query",
}


@pytest.mark.parametrize("text", ASKED)
def test_triage(text: str) -> None:
    question = questions("", text)[0]
    assert max(PLAYBOOKS.values(), key=lambda one: one.fits(question)).name == ASKED[text]
