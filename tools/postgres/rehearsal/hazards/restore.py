"""The way back: there is none, or it does not lead back."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.down import derive
from tools.postgres.rehearsal.snapshot import data_differences, differences


def check(case: Case) -> Iterator[Finding]:
    """Down was run on the copy and compared with what was there before."""
    trial = case.trial
    if trial.failed is not None:
        return
    where = trial.tables[0] if trial.tables else "the migration"
    if trial.down_source == "none" and not differences(trial.before, trial.after):
        return
    if trial.down_source == "none":
        yield case.found(
            "not-reversible", Severity.LOW, where, "There is no way back: {reason}", reason=trial.down_reason,
            remedy="Say so in the migration, and take a backup of what it changes.",
        )  # fmt: skip
        return
    if trial.restores:
        return
    broken = next((step for step in trial.down_steps if step.error is not None), None)
    first = (broken.error or "") if broken else trial.left[0]
    given = trial.down_source == "given"
    where = next((table for table in trial.tables if str(table) in first), where)
    yield case.found(
        "down-does-not-restore" if given else "not-reversible", Severity.HIGH if given else Severity.LOW, where,
        "The down that was " + trial.down_source + " does not lead back ({differences_count} differences): {first}"
        + _sample(case, first),
        differences_count=max(1, len(trial.left)), first=first, down_statement=broken.number if broken else 0,
        remedy=_remedy(case) if given else "Say in the migration that there is none, and take a backup of what it changes.",
    )  # fmt: skip


def _sample(case: Case, difference: str) -> str:
    """Row counts of the copy are no news of the live table: what they are a sample of."""
    table = next((each for each in case.trial.before.data if difference.startswith(f"{each}: had ")), None)
    if table is None:
        return ""
    copied, live_rows = case.copied(table), case.size(table)[0]
    return f" (counted on the copy, which has {copied:,} of about {live_rows:,} live rows)"


def _remedy(case: Case) -> str:
    """The down that the catalogue gives, where it gives one."""
    trial = case.trial
    derived = derive(trial.up, trial.before, trial.after)
    if derived.sql and not data_differences(trial.before, trial.after):
        return f"The catalogue gives this one (not rehearsed here): {' '.join(derived.sql.split())}"
    reason = f" ({derived.reason})" if derived.reason else ""
    return f"No down brings it all back{reason}: say so in the migration, and take a backup of what it changes."
