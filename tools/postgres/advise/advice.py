"""Advice for a workload: candidates, search, proof on a copy, what to drop, what to create."""

import asyncio
import math
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack

import psycopg

from common.config.settings import Settings
from common.errors import DbcrewError, EngineDied, NoData, Refused
from tools.postgres.advise.advised import Advice
from tools.postgres.advise.building import beside, beyond_hypopg, grown, reserved, wanted
from tools.postgres.advise.built import Built
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.carried import carried, lost
from tools.postgres.advise.case import Case
from tools.postgres.advise.cases import Missing, cases_of
from tools.postgres.advise.clock import Clock
from tools.postgres.advise.costs import Known, Trial
from tools.postgres.advise.hypothetical import Hypothetical, Prices, possible
from tools.postgres.advise.masked import distrusted
from tools.postgres.advise.mixed import Mixed
from tools.postgres.advise.proof import prove, without_the_guilty
from tools.postgres.advise.search import Choice, Search
from tools.postgres.advise.statistics import statistics
from tools.postgres.advise.tidy import drops
from tools.postgres.advise.unused import unused
from tools.postgres.advise.workload import Workload
from tools.postgres.advise.writes import upkeep
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.copy import copy_of

_MOST_BUILT = 80
_SURE = 0.98
"""Of the storage given so much is planned for: sizes are estimates, and were seen to be 1 % low."""
_READING = 0.25
"""Share of the time that reading the statements may take."""
_TIMING_MS = 20.0
"""Milliseconds that one run may take while indexes are still chosen, for each second that is given."""
_WARMING = 0.3
"""Share of the time that HypoPG may be asked while the copy is made."""
_STATEMENT_LIMIT_MS = 15_000
"""The most one run of a statement may take, when a minute or more is given; in less time a quarter of it."""
_WORTH_NAMING = 1.5
"""Times cheaper that an index must make a statement to be spoken of when it is not advised."""
_COPY_ROWS, _FEW_ROWS, _LITTLE_S = 50_000, 30_000, 30.0
"""Rows of a table that are enough to see which plan is the faster, and in less than half a minute; said in the notes when
a table has more."""
_LEAST_S = 10.0
"""Seconds that building, searching and proving get each, however long the copy took, when a minute is given."""
_ROW_SECURITY = (
    "Measured as the tables' owner: other roles can use an index there only for comparisons that are LEAKPROOF "
    "(=, < and their like on plain columns; not lower(), LIKE or @>)"
)


class Adviser:
    """Gives advice for one workload on one live PostgreSQL."""

    def __init__(
        self,
        postgres: Postgres,
        settings: Settings,
        *,
        storage_bytes: float = math.inf,
        sparing: bool = True,
        seconds: float = 60.0,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._postgres, self._settings, self._progress = postgres, settings, progress
        self._storage, self._sparing, self._seconds = _SURE * storage_bytes, sparing, seconds
        self._least_s = min(_LEAST_S, seconds / 6)
        self._known: Known | None = None
        """What HypoPG has said."""
        self._prices: Prices = {}
        self._possible: set[Candidate] = set()
        self._limit_ms = int(min(_STATEMENT_LIMIT_MS, 250 * seconds))

    async def advise(self, workload: Workload) -> Advice:
        """Advice for `workload`: what can be told when something is missing is told, and what is missing named.

        Raises EngineDied when the live server goes away.
        """
        began = time.monotonic()
        read = await cases_of(self._postgres, workload, _READING * self._seconds, self._progress)
        advice = Advice(read.cases, read.skipped, missing=read.missing, notes=list(workload.notes))
        if not any(case.statement.relations for case in advice.cases):
            return advice
        # The copy is made while HypoPG is asked: they wait for the server in turn.
        searching = asyncio.create_task(self._hypothetical(advice))
        try:
            await self._on_copy(advice, searching, began + self._seconds)
        except (DbcrewError, psycopg.Error) as error:
            (hypothetical,) = await asyncio.gather(searching, return_exceptions=True)
            if isinstance(error, EngineDied):
                raise
            said = " ".join(str(error).split())
            advice.missing.append(Missing("a copy to run the statements on", said))
            if hypothetical is True and not advice.proof.measured:
                free = max(self._storage / 2, self._storage - reserved(advice.cases))
                advice.choice = await self._by_estimate(advice.cases, free)
            elif not advice.proof.measured:
                advice.how = "none"
                advice.guess(advice.cases, self._storage)
        tables = {r.table.oid: r.table for case in advice.cases for r in case.statement.relations}
        advice.drops = list(drops(tables.values(), advice.choice.indexes))
        named = {each.ddl for each in advice.drops}
        async with self._postgres.session([]) as session:
            idle = await unused(session, tables.values(), advice.proof.indexes_read)
        advice.drops += [each for each in idle if each.ddl not in named]
        return advice

    async def _hypothetical(self, advice: Advice) -> bool:
        """Find out by HypoPG what helps each statement; False where there is no HypoPG."""
        every = list(dict.fromkeys(each for case in advice.cases for each in case.candidates))
        try:
            async with self._postgres.session([]) as session:
                await Hypothetical.begin(session)
            self._progress(f"trying {len(every)} candidates with HypoPG")
            usable = set(await possible(self._postgres, every))
            async with self._postgres.session([], timeout_ms=int(self._seconds * 1000)) as session:
                self._known = Known(await Hypothetical.begin(session, self._prices))
                self._possible = {each for each in usable if not beyond_hypopg(each)}
                # The choice beside the copy then knows these plans.
                seconds = _WARMING * self._seconds
                await self._search(self._known, advice.cases, self._possible, seconds, self._storage).run()
        except EngineDied:
            raise
        except DbcrewError as error:
            facts = error.facts if isinstance(error, (NoData, Refused)) else {"reason": str(error), "needs": "-"}
            advice.missing.append(Missing(f"HypoPG: {facts['reason']}", facts["needs"]))
            return False
        advice.how = "hypopg"
        return True

    async def _by_estimate(self, cases: Sequence[Case], storage: float) -> Choice:
        """The choice among what HypoPG can make, for statements that no copy can run."""
        async with self._postgres.session([], timeout_ms=int(self._seconds * 1000)) as session:
            trial = Known(await Hypothetical.begin(session, self._prices), self._known)
            return await self._search(trial, cases, self._possible, 0.4 * self._seconds, storage).run()

    def _search(
        self,
        trial: Trial,
        cases: Sequence[Case],
        usable: set[Candidate],
        seconds: float,
        storage: float,
    ) -> Search:
        return Search(
            trial,
            [case.query for case in cases],
            {case.number: [each for each in case.candidates if each in usable] for case in cases},
            storage_bytes=storage,
            seconds=seconds,
            upkeep=upkeep,
            inventive=not isinstance(trial, Built),
            sparing=self._sparing,
        )

    async def _on_copy(self, advice: Advice, searching: asyncio.Task[bool], deadline: float) -> None:
        """Build what is left to choose from on a copy, search it, run the workload, and keep what was used."""
        carry = await carried(self._postgres, advice.cases)
        advice.missing += carry.missing
        most = _COPY_ROWS if self._seconds >= _LITTLE_S else _FEW_ROWS
        settings = self._settings.model_copy(update={"copy_rows": min(most, self._settings.copy_rows)})
        async with AsyncExitStack() as stack:
            copy = await stack.enter_async_context(
                copy_of(self._postgres, carry.names, settings=settings, progress=self._progress, writes=False)
            )
            advice.notes.append(copy.about)
            if carry.guarded:
                advice.notes.append(f"{', '.join(carry.guarded)}: row security. {_ROW_SECURITY}")
            keeper = await stack.enter_async_context(await copy.connect())
            reader = await stack.enter_async_context(await copy.connect_as_owner())
            await reader.execute(f"SET statement_timeout = {self._limit_ms}")
            await reader.execute("SET default_transaction_read_only = on")
            advice.notes += [f"not on the copy: {each}" for each in copy.missing]
            built = Built(keeper, reader, grown(copy, [case.statement for case in advice.cases]))
            away = await lost(built, advice.cases)
            here = [case for case in advice.cases if case.number not in away]
            by_number = {case.number: case for case in here}
            now = time.monotonic()
            # It is needed until the choice is made: for the paces, the builds and the search.
            clock = Clock(built, max(deadline, now + 3 * self._least_s), min(1_000.0, _TIMING_MS * self._seconds))
            paces = await clock.pace(here, now + self._least_s)
            hypothetical = await searching
            if not hypothetical:
                advice.how = "copy"
            for number, measured in paces.items():
                by_number[number].pace = measured
            now = time.monotonic()
            until = max(now + self._least_s, now + 0.5 * (deadline - now))
            usable = await self._built(built, advice, wanted(advice.cases, hypothetical), until)
            left = max(self._least_s, 0.4 * (deadline - time.monotonic()))
            result = await self._chosen(built, clock, here, usable, left)
            advice.dear = {
                number: (best[0][1], result.before[number] / best[0][0])
                for number, best in result.alone.items()
                if best and 0 < best[0][0] < result.before[number] / _WORTH_NAMING
            }
            if hypothetical and away:
                apart = [case for case in advice.cases if case.number in away]
                result = beside(result, await self._by_estimate(apart, self._storage), away.keys(), self._storage)
            usable |= await self._built(built, advice, [e for e in result.indexes if e not in usable], math.inf)
            result.indexes = [e for e in result.indexes if e in usable or away.keys() & {*result.users.get(e, ())}]
            self._progress("running the statements without and with the indexes")
            until = max(deadline, time.monotonic() + self._least_s)
            queries = [case.query for case in here]
            every = frozenset(result.indexes)
            proof = await prove(built, queries, every, until)
            more = grown(copy, [case.statement for case in here])
            advice.proof = await distrusted(self._postgres, here, proof, copy.masked, more)
            kept, advice.proof = await without_the_guilty(built, queries, every, advice.proof, until)
            advice.dropped = [each for each in result.indexes if each not in kept]
            result.indexes = [each for each in result.indexes if each in kept]
            advice.choice = result
            advice.build_ms = built.build_ms
            advice.proof.not_run.update(away)
            self._keep_used(advice, {table for table, times in more.items() if times > 1})
            for each in advice.choice.indexes:
                advice.insert_us[each] = await built.insert_us(each)
            advice.statistics = statistics(advice.cases, advice.proof)
            if not hypothetical:
                advice.guess([case for case in advice.cases if case.number in away], self._storage)

    async def _chosen(
        self, built: Built, clock: Clock, cases: Sequence[Case], usable: set[Candidate], seconds: float
    ) -> Choice:
        """The choice among what is built, and with HypoPG among all that it can make up at live size."""
        if self._known is None:
            self._progress(f"choosing among {len(usable)} built indexes")
            return await self._search(built, cases, usable, seconds, self._storage).run()
        usable = usable | self._possible
        self._progress(f"choosing among {len(usable)} indexes")
        async with self._postgres.session([], timeout_ms=int(self._seconds * 1000)) as session:
            live = Known(await Hypothetical.begin(session, self._prices), self._known)
            joining = {text for case in cases if case.query.joins for text in case.query.texts}
            trial = Mixed(live, Known(built), clock, joining)
            return await self._search(trial, cases, usable, seconds, self._storage).run()

    async def _built(self, built: Built, advice: Advice, ranked: Sequence[Candidate], until: float) -> set[Candidate]:
        """Build these on the copy, in this order, as far as time and room go. Those that are there."""
        usable: set[Candidate] = set()
        for number, each in enumerate(ranked):
            if number >= _MOST_BUILT or time.monotonic() > until:
                advice.notes.append(f"{len(ranked) - number} of {len(ranked)} candidates were not tried")
                break
            self._progress(f"building candidate {number + 1} of {min(len(ranked), _MOST_BUILT)}")
            try:
                if await built.build(each):
                    usable.add(each)
            except psycopg.errors.DiskFull:  # it left nothing behind, and what was built before is there to be used
                advice.missing.append(Missing(f"room to build {each.name}", "Free some space, or give less --storage."))
                break
        return usable

    def _keep_used(self, advice: Advice, sampled: Collection[str]) -> None:
        """Drop from the advice what made no statement faster when it was run, unless that one could not be run.

        BRIN skips ranges of 128 pages: of a sample, which has few, nothing is seen of that.
        """
        missing = set(advice.proof.not_run)
        kept: list[Candidate] = []
        for each in advice.choice.indexes:
            estimated = advice.choice.users.get(each, [])
            if any(run.faster for run in advice.proof.users(each)) or missing.intersection(estimated):
                kept.append(each)
            elif each.method == "brin" and each.place in sampled and estimated:
                kept.append(each)
                advice.notes.append(f"{each.name}: by estimate, the sample has too few pages to show what BRIN skips")
            else:
                advice.dropped.append(each)
        advice.choice.indexes = kept
