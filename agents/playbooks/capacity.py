"""When does it run out: keys, sequences, the disk? With rates where there are any, and a plain word where there are none."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply
from agents.streams.seen import about, unchecked
from common.evidence import Evidence

_CODES = ("sequence-near-limit", "int4-key-near-limit", "inactive-replication-slot", "table-unpartitioned-and-huge")
_ASKS = re.compile(
    r"\b(disks?|storage|volumes?|tablespaces?|space)\b.{0,60}\b(full|fills?( up)?|runs? out|last|left|enough)\b"
    r"|\b(when|how (long|soon)|how much longer)\b.{0,80}\b(runs? out|full|fills?( up)?|exhaust\w*|overflows?)\b"
    r"|\b(keys?|ids?|sequences?|serials?|integers?|int4)\b.{0,60}\b(runs? out|running out|exhaust\w*|overflow\w*|limit|left)\b"
    r"|\bcapacity\b",
    re.I | re.S,
)
_SHOWN = 5


def fits(question: Question) -> float:
    """Words about what fills up or runs out, without a statement."""
    return question.about_words(_ASKS, 0.88)


async def work(brief: Brief) -> Reply:
    """Ranges of keys and sequences with the time they have left, sizes, and what nobody can see over SQL."""
    tables = [one for one in brief.tables if {one, one.rsplit(".", 1)[-1]} & set(brief.question.names)]
    seen = await brief.call("capacity", **({"tables": tables} if tables else {}))
    if not seen.ok:
        return stopped(brief, "When does it run out?", seen, input_is_wrong=False)
    health = await brief.call("health", codes=sorted(_CODES))
    timed = about(seen)
    named = {one.object for one in timed}
    found = timed + [one for one in about(health, tables or None) if one.object not in named]
    limits = [
        f"When the disk is full cannot be said over SQL: how much of it is free needs {ref(seen, 'disk_needs')}. "
        f"How fast the data grows needs {ref(seen, 'rate_needs')}."
    ]
    if seen.data["needs"]:
        limits.append(f"The sizes of all databases and of the WAL are hidden from this role. {ref(seen, 'needs')}")
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="When does it run out?",
        verdict=_verdict(seen),
        prose=tuple(_prose(seen)),
        findings=tuple(found),
        not_checked=unchecked(health),
        limits=tuple(limits),
        looked_at=(seen.id, health.id),
        status=CaseStatus.DONE,
    )


def _verdict(seen: Evidence) -> str:
    data = seen.data
    ranges = data["ranges"]
    if not ranges:
        keys = "No key or sequence with a narrow range was found"
    elif ranges[0]["left_s"] is not None:
        keys = (
            f"The first key to run out is {ref(seen, 'ranges.0.object')}, in {ref(seen, 'ranges.0.left_s')} at the rate of "
            f"{ref(seen, 'ranges.0.rate_from')}"
        )
    else:
        most = max(range(len(ranges)), key=lambda number: ranges[number]["used_share"])
        keys = (
            "No key is known to run out: nothing was drawn from any while it was looked at; "
            f"{ref(seen, f'ranges.{most}.object')} has used most of its range, {ref(seen, f'ranges.{most}.used_share')}"
        )
    size = f", and the database takes {ref(seen, 'database_bytes')}" if data["database_bytes"] is not None else ""
    return f"{keys}{size}. When the disk is full, the server does not know."


def _prose(seen: Evidence) -> list[str]:
    data = seen.data
    said = []
    lines = []
    for number, one in enumerate(data["ranges"][:_SHOWN]):
        at = f"ranges.{number}"
        left = (
            f"{ref(seen, f'{at}.per_day')} a day ({ref(seen, f'{at}.rate_from')}), {ref(seen, f'{at}.left_s')} left"
            if one["left_s"] is not None
            else "no rate known, so no date"
        )
        lines.append(
            f"- {ref(seen, f'{at}.object')} ({ref(seen, f'{at}.type')}): {ref(seen, f'{at}.last_value')} of "
            f"{ref(seen, f'{at}.maximum')}, {ref(seen, f'{at}.used_share')} used; {left}"
        )
    if lines:
        said.append("\n".join(lines))
    sizes = []
    for number, _ in enumerate(data["largest"][:_SHOWN]):
        at = f"largest.{number}"
        sizes.append(f"{ref(seen, f'{at}.table')} {ref(seen, f'{at}.size_bytes')}")
    if sizes:
        said.append(f"The largest tables, with their indexes: {', '.join(sizes)}.")
    if data["wal_bytes"] is not None:
        said.append(f"WAL takes {ref(seen, 'wal_bytes')} in `pg_wal`.")
    if data["wal_rate_bytes"] is not None:
        said.append(f"The server writes {ref(seen, 'wal_rate_bytes')} of WAL a second, in the moment it was looked at.")
    return said


CAPACITY = Playbook("capacity", "admin", (), fits, work)
