"""One suite for both ledgers: memory and the state store."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.evidence import GENESIS, Draft, Ledger, MemoryLedger, Status, canonical
from common.state.cases import Cases, Request
from common.state.ledger import StateLedger, audit
from common.state.store import Store

CASE = "local#1"


def draft(key: str = "k", **facts: object) -> Draft:
    given = {"case": CASE, "key": key, "tool": "overview", "engine": "postgresql", "status": Status.OK, "ms": 1.5}
    return Draft.model_validate({**given, **facts})


@pytest.fixture
async def store(database) -> AsyncIterator[Store]:
    async with await Store.open(database.dsn) as opened:
        await Cases(opened).open(CASE, "test", Request(board="local", issue=1, actor="me"))
        yield opened


@pytest.fixture(params=["memory", "state"])
async def ledger(request, store) -> Ledger:
    return MemoryLedger() if request.param == "memory" else StateLedger(store)


async def test_records_are_numbered_and_chained(ledger):
    first, second = await ledger.append(draft("a")), await ledger.append(draft("b", data={"rows": 3, "share": 0.5}))
    assert (first.id, second.id) == ("E1", "E2")
    assert first.previous == GENESIS
    assert second.previous == first.digest
    assert all(record.sealed() for record in await ledger.records(CASE))
    assert await ledger.records(CASE) == [first, second]


async def test_a_call_is_found_again_and_the_newest_one_counts(ledger):
    assert await ledger.find(CASE, "a") is None
    await ledger.append(draft("a", status=Status.ERROR))
    second = await ledger.append(draft("a"))
    assert await ledger.find(CASE, "a") == second
    assert await ledger.find("local#2", "a") is None


async def test_appends_at_once_keep_one_chain(ledger):
    await asyncio.gather(*(ledger.append(draft(f"k{number}")) for number in range(20)))
    records = await ledger.records(CASE)
    assert [record.id for record in records] == [f"E{number}" for number in range(1, 21)]
    assert all(after.previous == before.digest for before, after in itertools.pairwise(records))


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "é😀", "'; DROP TABLE x; --", float("inf"), 10**30])
async def test_odd_values_come_back_or_are_made_harmless(ledger, odd):
    record = await ledger.append(draft("odd", data={"value": odd}))
    assert (await ledger.records(CASE))[-1].sealed()
    assert record.id == "E1"


async def test_an_untouched_chain_passes_the_audit(store):
    ledger = StateLedger(store)
    for number in range(5):
        await ledger.append(draft(f"k{number}", data={"value": float(number)}))
    found = await audit(store)
    assert (found.ok, found.records, found.broken_at) == (True, 5, None)


@given(
    record=st.integers(1, 4),
    position=st.floats(0, 0.999),
    other=st.characters(codec="ascii", exclude_characters="\x00"),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_changed_byte_breaks_the_audit_and_is_named(database, record, position, other):
    async def check() -> None:
        async with await Store.open(database.dsn) as store:
            async with store.connection() as connection:
                await connection.execute("TRUNCATE dbcrew.evidence, dbcrew.cases")
            await Cases(store).open(CASE, "test", Request(board="local", issue=1, actor="me"))
            ledger = StateLedger(store)
            for number in range(4):
                await ledger.append(draft(f"k{number}", data={"value": number}, statement="SELECT 1"))
            async with store.connection() as connection:
                row = await (
                    await connection.execute("SELECT record FROM dbcrew.evidence WHERE number = %s", (record,))
                ).fetchone()
                text = row["record"]
                at = int(position * len(text))
                changed = text[:at] + other + text[at + 1 :]
                await connection.execute("UPDATE dbcrew.evidence SET record = %s WHERE number = %s", (changed, record))
            found = await audit(store)
            assert found.ok == (changed == text)
            if changed != text:
                assert found.broken_at == f"{CASE}:E{record}"

    asyncio.run(check())


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("DELETE FROM dbcrew.evidence WHERE number = 2", "E3"),
        ("DELETE FROM dbcrew.evidence WHERE number = 3", "E3"),
        ("UPDATE dbcrew.evidence SET key = 'other' WHERE number = 2", "E2"),
        ("UPDATE dbcrew.evidence SET number = 7 WHERE number = 3", "E7"),
    ],
)
async def test_a_missing_or_misfiled_record_is_named(store, change, broken):
    ledger = StateLedger(store)
    for number in range(3):
        await ledger.append(draft(f"k{number}"))
    async with store.connection() as connection:
        await connection.execute(change)
    assert (await audit(store)).broken_at == f"{CASE}:{broken}"


async def test_the_canonical_form_is_stable(store):
    record = await StateLedger(store).append(draft("a", data={"b": 1, "a": [1.0, None, True]}))
    again = (await StateLedger(store).records(CASE))[0]
    assert canonical(record.model_dump(mode="json")) == canonical(again.model_dump(mode="json"))
