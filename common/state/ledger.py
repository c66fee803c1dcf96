"""Evidence in the state store, and the proof that nobody changed it."""

from dataclasses import dataclass

from pydantic import ValidationError

from common.evidence import GENESIS, Draft, Evidence, canonical, seal
from common.queries import query
from common.state.store import Store


class StateLedger:
    """A ledger that survives the process: records as text, chained per case, the head kept with the case."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, case: str, key: str) -> Evidence | None:
        """The newest record of this call in this case, if it was made before."""
        rows = await self._store.rows("evidence_find", case=case, key=key)
        return Evidence.model_validate_json(rows[0]["record"]) if rows else None

    async def append(self, draft: Draft) -> Evidence:
        """Give the draft its id and its place in the chain. The case must exist; appends to it are serialised."""
        async with self._store.connection() as connection, connection.transaction():
            head = await (
                await connection.execute(query(__package__, "evidence_head"), {"case": draft.case})
            ).fetchone()
            if head is None:
                raise LookupError(f"no case {draft.case}")
            record = seal(draft, head["records"] + 1, head["head"])
            facts = {
                "case": draft.case,
                "number": head["records"] + 1,
                "key": draft.key,
                "record": canonical(record.model_dump(mode="json")),
                "head": record.digest,
            }
            await connection.execute(query(__package__, "evidence_append"), facts)
        return record

    async def records(self, case: str) -> list[Evidence]:
        """All records of the case, in order."""
        rows = await self._store.rows("evidence_list", case=case)
        return [Evidence.model_validate_json(row["record"]) for row in rows]


@dataclass(frozen=True)
class Audit:
    """The outcome of an audit: how many records were read, and where the chain is broken (`case:E3`, or None)."""

    records: int
    broken_at: str | None
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether every record is as it was written."""
        return self.broken_at is None


async def audit(store: Store) -> Audit:
    """Recompute every digest of every case, and compare the chain's end with the head kept with the case."""
    count = 0
    for case, rows in _by_case(await store.rows("audit")).items():
        previous, number = GENESIS, 0
        for row in rows:
            if row["number"] is None:
                continue
            number += 1
            count += 1
            if why := _broken(row, case, number, previous):
                return Audit(count, f"{case}:E{row['number']}", why)
            previous = Evidence.model_validate_json(str(row["record"])).digest
        if (number, previous) != (rows[0]["records"], rows[0]["head"]):
            return Audit(count, f"{case}:E{number + 1}", "records at the end of the chain are missing")
    return Audit(count, None)


def _broken(row: dict[str, object], case: str, number: int, previous: str) -> str:
    text = str(row["record"])
    try:
        record = Evidence.model_validate_json(text)
    except ValidationError:
        return "the record cannot be read"
    if row["number"] != number or record.id != f"E{number}":
        return "a record before this one is missing"
    if canonical(record.model_dump(mode="json")) != text or not record.sealed():
        return "its digest is not the one of its content"
    if record.previous != previous:
        return "it does not follow the record before it"
    if record.key != row["key"] or record.case != case:
        return "it is filed under another call or case"
    return ""


def _by_case(rows: list[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    cases: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        cases.setdefault(str(row["case_id"]), []).append(row)
    return cases
