"""What would recovery to a point in time give? Done in a throwaway server: how far, how long, what would be lost."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.backup import tables, unconfigured
from agents.playbooks.paths import named_paths
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply
from agents.streams.seen import about
from common.evidence import Evidence, Status

_PITR = re.compile(
    r"\b(pitr|point[- ]in[- ]time|rto|rpo|wal archive|archived wal|recover(y|ed)? (up )?to|(go|get|roll|turn) back to|"
    r"how much (data )?(would|do|could) (we|i) lose|how long (would|does|will) (a )?recovery)\b",
    re.I,
)
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)")
_LSN = re.compile(r"\bLSN ([0-9A-F]{1,8}/[0-9A-F]{1,8})\b", re.I)
TITLE = "What would point-in-time recovery give?"


def fits(question: Question) -> float:
    """Words about going back to a moment, without a statement."""
    return question.about_words(_PITR, 0.9)


async def work(brief: Brief) -> Reply:
    """Recover the base backup with the archive, to the moment the question names or as far as it goes."""
    words = brief.question.words
    arguments = dict(zip(("backup", "archive"), named_paths(brief, words), strict=False))
    if target := _TIME.search(words) or _LSN.search(words):
        arguments["target"] = target[1].replace("Z", "+00:00")
    drill = await brief.call("pitr_drill", **arguments)
    if drill.status is Status.NO_DATA:
        return await unconfigured(brief, drill, TITLE)
    if not drill.ok:
        return stopped(brief, TITLE, drill, input_is_wrong=drill.status is Status.REFUSED)
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title=TITLE,
        verdict=_verdict(drill),
        prose=(*_prose(drill), *tables(drill)),
        findings=tuple(about(drill)),
        limits=(
            "The time does not hold what it takes to notice the loss, to decide, and to fetch backup and WAL from where they "
            "are kept; another machine has other disks.",
        ),
        looked_at=(drill.id,),
        status=CaseStatus.DONE,
    )


def _verdict(drill: Evidence) -> str:
    data = drill.data
    if data["failure"]:
        return f"Nothing: the base backup does not come up with this archive. {ref(drill, 'failure')}."
    until = f"up to {ref(drill, 'recovered_until')}" if data["recovered_until"] else "up to the end of the base backup"
    if data["faults"]:
        return (
            f"Only a part of what it should: the archive is broken at segment {ref(drill, 'faults.0.segment')} "
            f"({ref(drill, 'faults.0.reason')}), so recovery is possible {until}, in {ref(drill, 'rto_ms')}."
        )
    if data["target"] and not data["reached"]:
        return f"{ref(drill, 'target')} cannot be reached: the archive ends before it. It leads {until}."
    if data["target"]:
        return f"The state at {ref(drill, 'target')}, in {ref(drill, 'rto_ms')} (RTO, measured): everything committed {until}."
    loss = ""
    if data["loss_bytes"] == 0:
        loss = " Nothing of what is live now would be lost (RPO, measured)."
    elif data["loss_s"] is not None:
        loss = (
            f" If the live server vanished now, at most {ref(drill, 'loss_s')} of changes would be lost, "
            f"{ref(drill, 'loss_bytes')} of WAL (RPO, measured)."
        )
    return f"A server {until}, in {ref(drill, 'rto_ms')} (RTO, measured).{loss}"


def _prose(drill: Evidence) -> tuple[str, ...]:
    data = drill.data
    steps = ", ".join(f"{one['step']} {ref(drill, f'steps.{n}.ms')}" for n, one in enumerate(data["steps"]))
    parts = [
        f"Base backup {ref(drill, 'backup')} ({ref(drill, 'size_bytes')}) and {ref(drill, 'segments')} segments of "
        f"{ref(drill, 'archive')} ({ref(drill, 'archive_bytes')}), the newest {ref(drill, 'newest_segment')}; recovered "
        f"with PostgreSQL {ref(drill, 'server_version')} on this machine, fsync on ({steps})."
    ]
    if data["archive_lag_bytes"] is not None:
        lag = f"The live server has written {ref(drill, 'archive_lag_bytes')} of WAL that the archive does not hold"
        timeout = (
            f"; `archive_timeout` is {ref(drill, 'archive_timeout_s')}."
            if data["archive_timeout_s"]
            else "; `archive_timeout` is off, so a quiet server may keep a segment to itself for any length of time."
        )
        parts.append(lag + timeout)
    return tuple(parts)


RECOVERY = Playbook("recovery", "admin", (), fits, work)
