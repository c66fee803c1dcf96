"""Is replication healthy? Lag in bytes and time, what slots keep, and what a failover would lose."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply
from agents.streams.seen import about, unchecked
from common.evidence import Evidence

_CODES = ("replication-lag", "replica-disconnected", "inactive-replication-slot", "no-synchronous-standby")
_ASKS = re.compile(
    r"\b(replicas?|replicat(ion|ing|es?)|stand-?bys?|fail-?over|replication slots?|wal senders?|streaming|ha set-?up)\b",
    re.I,
)
_SHOWN = 5


def fits(question: Question) -> float:
    """Words about replication, without a statement."""
    return question.about_words(_ASKS, 0.85)


async def work(brief: Brief) -> Reply:
    """Look at standbys, slots and settings; conclude by what the checks of replication found."""
    seen = await brief.call("replication")
    if not seen.ok:
        return stopped(brief, "Is replication healthy?", seen, input_is_wrong=False)
    health = await brief.call("health", codes=sorted(_CODES))
    found = about(health)
    limits = [f"The state of each standby is hidden from this role. {ref(seen, 'needs')}"] if seen.data["needs"] else []
    if not seen.data["standby"]:
        limits.append("What a standby answers was not asked: give its DSN to look at it from its own side.")
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is replication healthy?",
        verdict=_verdict(seen, bool(found)),
        prose=tuple(_prose(seen)),
        findings=tuple(found),
        not_checked=unchecked(health),
        limits=tuple(limits),
        looked_at=(seen.id, health.id),
        status=CaseStatus.DONE if health.ok else CaseStatus.PARTIAL,
    )


def _verdict(seen: Evidence, trouble: bool) -> str:
    data = seen.data
    word = "No: the findings say what is wrong." if trouble else "Yes."
    if data["standby"]:
        connected = "connected to its primary" if data["connected"] else "not connected to any primary"
        behind = f", {ref(seen, 'own_lag_bytes')} of WAL behind" if data["own_lag_bytes"] is not None else ""
        return f"{word} This server is a standby, {connected}{behind}."
    if not data["standbys"] and not data["slots"]:
        return (
            "There is none: no standby is connected and no slot exists. It would need a standby (`pg_basebackup -R`) and a "
            "`primary_slot_name`; until then a lost server means a restore."
        )
    behind = ""
    if data["worst_lag_bytes"] is not None:
        behind = f"; the one farthest behind has {ref(seen, 'worst_lag_bytes')} of WAL to replay"
        behind += f" ({ref(seen, 'worst_lag_s')})" if data["worst_lag_s"] is not None else ""
    streaming = f"{ref(seen, 'streaming')} standbys stream, {ref(seen, 'synchronous')} of them synchronously"
    return f"{word} {streaming}{behind}."


def _prose(seen: Evidence) -> list[str]:
    data = seen.data
    said = []
    for number, one in enumerate(data["standbys"][:_SHOWN]):
        if one["lag_bytes"] is None:
            continue
        at = f"standbys.{number}"
        time = f", in time {ref(seen, f'{at}.lag_s')}" if one["lag_s"] is not None else ""
        said.append(
            f"- {ref(seen, f'{at}.application')}: {one['state']}, {one['sync_state']}; "
            f"not sent {ref(seen, f'{at}.unsent_bytes')}, "
            f"not flushed {ref(seen, f'{at}.unflushed_bytes')}, not replayed {ref(seen, f'{at}.lag_bytes')}{time}"
        )
    for number, one in enumerate(data["slots"][:_SHOWN]):
        at = f"slots.{number}"
        kept = f"keeps {ref(seen, f'{at}.kept_bytes')} of WAL" if one["kept_bytes"] is not None else "keeps nothing"
        active = "read from" if one["active"] else "not read from"
        said.append(f"- slot {ref(seen, f'{at}.name')} ({one['kind']}): {active}, {kept}, WAL {one['wal_status']}")
    lines = ["\n".join(said)] if said else []
    if data["wal_rate_bytes"] is not None:
        lines.append(
            f"The server writes {ref(seen, 'wal_rate_bytes')} of WAL a second, in the moment it was looked at."
        )
    if data["standbys"] and not data["synchronous"]:
        lines.append(
            "All standbys are asynchronous: a failover loses what was committed here and not yet flushed there, "
            "which is the amount above at the moment it happens."
        )
    if data["slots"] and data["settings"].get("max_slot_wal_keep_size", "").startswith("-"):
        lines.append(
            "`max_slot_wal_keep_size` sets no limit: a slot that nobody reads keeps WAL until the disk is full."
        )
    return lines


REPLICATION = Playbook("replication", "admin", (), fits, work)
