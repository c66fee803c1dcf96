"""Is my backup good? Restored into a throwaway server, counted, and compared with what is live."""

import re
from collections.abc import Sequence

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.paths import named_path, untrusted
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped, why
from agents.reply import CaseStatus, Reply
from agents.streams.seen import about, everything, unchecked
from common.evidence import Evidence, Status
from common.findings import Finding, Severity

CODES = ("archiving-off", "archiving-failing", "no-recent-base-backup", "recovery-never-tested")
_ARCHIVE = ("archiving-failing", "archiving-off")
_BACKUP = re.compile(r"\b(back-?ups?|backed up|dumps?|pg_dump|pg_basebackup|restor(e|es|ed|able|ing))\b", re.I)
_ASKS = re.compile(
    r"\b(good|valid|usable|work(s|ing)?|any use|worth|trust|safe|intact|corrupt(ed)?|verif(y|ied)|check(ed)?|test(ed)?|"
    r"drill|restor(e|es|ed|able|ing)|have|complete|ok(ay)?|fine)\b",
    re.I,
)
_SHOWN = 10


def fits(question: Question) -> float:
    """Words about a backup and whether it serves, without a statement."""
    if not (_BACKUP.search(question.words) and _ASKS.search(question.words)):
        return 0.0
    return 0.86 if not question.statements and not question.plan else 0.2


async def work(brief: Brief) -> Reply:
    """Restore what the question or the configuration names; without it, say what the live server knows."""
    path = named_path(brief, brief.question.words)
    drill = await brief.call("restore_drill", **({"backup": path} if path else {}))
    if drill.status is Status.NO_DATA:
        return await unconfigured(brief, drill, "Is the backup good?")
    if not drill.ok:
        return stopped(brief, "Is the backup good?", drill, input_is_wrong=drill.status is Status.REFUSED)
    health = await brief.call("health", codes=list(_ARCHIVE))
    archive = everything(health)
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is the backup good?",
        verdict=_verdict(drill) + _since(archive),
        prose=(_how(drill), *tables(drill)),
        findings=(*about(drill), *archive),
        not_checked=unchecked(drill),
        limits=_limits(drill),
        looked_at=(drill.id, health.id),
        status=CaseStatus.DONE,
    )


async def unconfigured(brief: Brief, drill: Evidence, title: str) -> Reply:
    """The drill had nothing to work on: what it needs, and what the live server says of its backups and archive."""
    health = await brief.call("health", codes=sorted(CODES))
    found = [one for one in everything(health) if one.severity is not Severity.INFO or one.code in _ARCHIVE]
    seen = (
        f"What the live server knows of its backups and its archive stands below.{_since(found)}"
        if found
        else "The live server reports no trouble with its archive; that says nothing of a backup."
    )
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title=title,
        verdict=f"Not configured, so not answered: {why(drill)}",
        prose=(seen,),
        findings=tuple(found),
        not_checked=unchecked(health),
        limits=untrusted(brief),
        looked_at=(drill.id, health.id),
        status=CaseStatus.PARTIAL,
    )


def _verdict(drill: Evidence) -> str:
    if not drill.data["restored"]:
        return f"No: this backup does not bring the data back. {ref(drill, 'failure')}."
    damaged = [one for one in drill.data["findings"] if one["severity"] == "critical"]
    if damaged:
        return "No: it came back, but damaged; the findings say what."
    if any(one["code"] == "backup-incomplete" for one in drill.data["findings"]):
        return "It can be restored, but not everything that is live came back; the findings say what."
    says = (
        f"Yes: restored in {ref(drill, 'rto_ms')}, {ref(drill, 'rows_restored')} rows in "
        f"{ref(drill, 'tables_restored')} tables, every one of them read to its end."
    )
    if drill.data["loses_s"]:
        says += f" Restoring it would take the data back by {ref(drill, 'loses_s')}, going by the newest rows."
    elif drill.data["loses_s"] is not None:
        says += " Its newest rows are those that are newest now."
    return says


def _since(found: Sequence[Finding]) -> str:
    """What of the changes since a backup is lost with the server, where its archive does not keep them."""
    codes = {one.code for one in found}
    if "archiving-off" in codes:
        return (
            " The live server archives no WAL (`archive_mode` is off): what was changed after a backup is lost with it."
        )
    if "archiving-failing" in codes:
        return " The live server's archive takes no WAL at the moment: what was changed since is lost with it."
    return ""


def _how(drill: Evidence) -> str:
    checks = []
    if drill.data["manifest"] == "verified":
        checks.append("every file has the checksum that its manifest lists (pg_verifybackup)")
    if drill.data["amcheck"] == "no damage":
        checks.append("pg_amcheck found no damage in tables and indexes")
    if drill.data["error_count"] and drill.data["restored"]:
        checks.append(
            f"errors that did not stop the restore: {ref(drill, 'error_count')}, the first: {ref(drill, 'errors.0')}"
        )
    verified = f" Beside that: {'; '.join(checks)}." if checks else ""
    steps = ", ".join(f"{one['step']} {ref(drill, f'steps.{n}.ms')}" for n, one in enumerate(drill.data["steps"]))
    return (
        f"{ref(drill, 'backup')}: {drill.data['kind']}, {ref(drill, 'size_bytes')}, written {ref(drill, 'age_s')} ago; "
        f"restored with PostgreSQL {ref(drill, 'server_version')} on this machine, fsync on ({steps}).{verified}"
    )


def tables(drill: Evidence) -> tuple[str, ...]:
    """The tables that came back, the largest first, beside what is live."""
    rows = list(enumerate(drill.data["tables"]))
    rows.sort(key=lambda each: -(each[1]["live_rows"] or 0))
    lines = [_line(drill, number, row) for number, row in rows[:_SHOWN]]
    if not lines:
        return ()
    rest = len(rows) - len(lines)
    return (
        "\n".join(
            ["Table by table, restored beside live:", "", *lines, *(["- and more in the evidence"] if rest else [])]
        ),
    )


def _line(drill: Evidence, number: int, row: dict[str, object]) -> str:
    at = f"tables.{number}"
    restored = "not there" if row["restored_rows"] is None else f"{ref(drill, f'{at}.restored_rows')} rows"
    live = "no such table" if row["live_rows"] is None else ref(drill, f"{at}.live_rows")
    how = "" if row["live_rows"] is None else " (counted)" if row["live_exact"] else " (estimated)"
    behind = f"; newest row older by {ref(drill, f'{at}.behind_s')}" if row["behind_s"] else ""
    return f"- {ref(drill, f'{at}.table')}: {restored}, live {live}{how}{behind}"


def _limits(drill: Evidence) -> tuple[str, ...]:
    said = [
        "The time does not hold what it takes to notice the loss, to decide, and to bring the backup to the machine; "
        "another machine has other disks."
    ]
    if drill.data["live_version"].split(".")[0] != drill.data["server_version"].split(".")[0]:
        said.append(
            f"The live server is PostgreSQL {ref(drill, 'live_version')}; no server of that version is on this machine."
        )
    return tuple(said)


BACKUP = Playbook("backup", "admin", (), fits, work)
