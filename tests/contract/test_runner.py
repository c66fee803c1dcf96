"""What the one way to a tool promises: validate → allowed → time limit → Evidence, once per call, whatever happens."""

import asyncio

import pytest
from pydantic import BaseModel, ConfigDict

from common.config.settings import Settings
from common.errors import (
    DiskFull,
    EngineDied,
    InputError,
    MalformedSql,
    Missing,
    NoData,
    Refused,
    TimedOut,
    UnknownObject,
    Unreachable,
    WriteRefused,
)
from common.evidence import MemoryLedger, Status, lost
from tools.postgres.connection import Postgres
from tools.runner import Runner
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = 0


class Result(BaseModel):
    number: int
    runs: int


class Work:
    """A tool whose outcome the test chooses: an exception to raise, or seconds to take."""

    def __init__(self, fails: BaseException | None = None, seconds: float = 0.0) -> None:
        self.fails, self.seconds, self.runs = fails, seconds, 0

    async def __call__(self, args: Args, bench: Bench) -> Result:
        """What the test says."""
        self.runs += 1
        runs = self.runs
        await asyncio.sleep(self.seconds)
        if self.fails is not None:
            raise self.fails
        return Result(number=args.number, runs=runs)


def runner(work: Work, ledger: MemoryLedger | None = None, timeout_s: float = 5.0) -> Runner:
    tool = Tool("look", "postgresql", Effect.READ, Args, work, timeout_s)
    return Runner("case", {"look": tool}, ledger or MemoryLedger(), Settings())


async def test_a_result_becomes_evidence():
    record = await runner(Work()).call("look", number=7)
    assert (record.status, record.data, record.id) == (Status.OK, {"number": 7, "runs": 1}, "E1")
    assert record.sealed()


@pytest.mark.parametrize("args", [{"number": "seven"}, {"nmber": 7}])
async def test_arguments_that_do_not_fit_are_refused_and_nothing_runs(args):
    work = Work()
    record = await runner(work).call("look", **args)
    assert (record.status, work.runs) == (Status.REFUSED, 0)
    assert "look" in record.data["reason"]


async def test_a_tool_that_is_not_allowed_or_not_there_is_refused():
    work = Work()
    team = runner(work)
    assert (await team.call("look", frozenset({"other"}))).status is Status.REFUSED
    assert (await team.call("nothing")).status is Status.REFUSED
    assert work.runs == 0


async def test_the_time_limit_holds():
    record = await runner(Work(seconds=30), timeout_s=0.05).call("look")
    assert record.status is Status.TIMEOUT
    assert "0.05 s" in record.data["reason"]


OUTCOMES = [
    (NoData(reason="no counters", needs="CREATE EXTENSION x"), Status.NO_DATA),
    (Refused(reason="not here", needs="GRANT x"), Status.REFUSED),
    (WriteRefused(reason="a write", needs="none"), Status.REFUSED),
    (InputError(detail="wrong", next="mend it"), Status.REFUSED),
    (MalformedSql(detail="wrong"), Status.REFUSED),
    (UnknownObject(kind="table", name="x", next="look"), Status.REFUSED),
    (TimedOut(what="It", seconds="3", next="wait"), Status.TIMEOUT),
    (TimeoutError(), Status.TIMEOUT),
    (EngineDied(what="PostgreSQL", where="h", detail="gone"), Status.ERROR),
    (Unreachable(what="PostgreSQL", where="h", detail="gone", next="start it"), Status.ERROR),
    (DiskFull(where="h", doing="copying"), Status.ERROR),
    (Missing(what="x", next="get it"), Status.ERROR),
    (ZeroDivisionError("x"), Status.ERROR),
    (RecursionError("deep"), Status.ERROR),
]


@pytest.mark.parametrize(("error", "status"), OUTCOMES, ids=lambda one: type(one).__name__)
async def test_every_error_has_its_status_and_says_why_in_one_line(error, status):
    record = await runner(Work(fails=error)).call("look")
    assert record.status is status
    assert record.data["reason"]
    assert "\n" not in record.data["reason"]
    assert "Traceback" not in record.data["reason"]
    assert bool(record.data.get("engine_lost")) == isinstance(error, Unreachable | DiskFull)


async def test_cancelling_the_case_is_no_result():
    ledger = MemoryLedger()
    task = asyncio.create_task(runner(Work(seconds=30), ledger).call("look"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ledger.records("case") == []


async def test_the_same_call_is_made_once():
    work, ledger = Work(), MemoryLedger()
    first = await runner(work, ledger).call("look", number=1)
    assert await runner(work, ledger).call("look", number=1) == first
    assert (await runner(work, ledger).call("look", number=2)).id == "E2"
    assert work.runs == 2


async def test_calls_at_the_same_moment_share_one_run():
    work = Work(seconds=0.02)
    team = runner(work)
    records = await asyncio.gather(*(team.call("look", number=1) for _ in range(8)))
    assert work.runs == 1
    assert {record.id for record in records} == {"E1"}


@pytest.mark.parametrize(("error", "runs"), [(NoData(reason="a", needs="b"), 1), (Refused(reason="a", needs="b"), 1)])
async def test_an_answer_is_not_asked_for_again(error, runs):
    work = Work(fails=error)
    team = runner(work)
    await team.call("look")
    await team.call("look")
    assert work.runs == runs


async def test_an_error_is_tried_again_and_then_no_longer_lost():
    work, ledger = Work(fails=EngineDied(what="PostgreSQL", where="h", detail="gone")), MemoryLedger()
    team = runner(work, ledger)
    failed = await team.call("look")
    assert lost(await ledger.records("case")) == failed
    work.fails = None
    assert (await team.call("look")).ok
    assert lost(await ledger.records("case")) is None
    assert [record.id for record in await ledger.records("case")] == ["E1", "E2"]


async def test_statements_reach_the_evidence_to_the_letter(database):
    async def run(args: Args, bench: Bench) -> Result:
        """One statement."""
        async with bench.live() as session:
            return Result(number=await session.value("SELECT %s::int + 1", (41,)), runs=1)

    async with await Postgres.connect(database.dsn, Settings()) as live:
        tool = Tool("look", "postgresql", Effect.READ, Args, run)
        record = await Runner("case", {"look": tool}, MemoryLedger(), Settings(), live).call("look")
    assert record.data["number"] == 42
    assert record.statement == "SELECT 41::int + 1"
    assert record.server_version == live.server_version
    assert record.role == live.role
