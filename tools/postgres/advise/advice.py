"""Advice for a workload: candidates, search, proof on a copy, what to drop, what to create."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import psycopg

from common.config.settings import Settings
from common.errors import DbcrewError, EngineDied, NoData, Refused
from tools.postgres.advise.built import Built
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.candidates import propose
from tools.postgres.advise.hypothetical import Hypothetical, possible
from tools.postgres.advise.proof import Proof, prove
from tools.postgres.advise.search import Choice, Query, Search
from tools.postgres.advise.single import prepared, why_none
from tools.postgres.advise.tidy import Drop, drops
from tools.postgres.advise.values import Filled
from tools.postgres.advise.workload import Item, Workload
from tools.postgres.advise.writes import penalty
from tools.postgres.connection import Postgres
from tools.postgres.plans.look import Look
from tools.postgres.plans.rules.correlated_columns import check as correlated
from tools.postgres.plans.statement import Statement
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.names import QualifiedName

_MOST_BUILT = 80
_MOST_STATEMENTS = 300
_STATEMENT_LIMIT_MS = 15_000
_ROW_SECURITY = (
    "Measured as the tables' owner: other roles can use an index there only for comparisons that are LEAKPROOF "
    "(=, < and their like on plain columns; not lower(), LIKE or @>)"
)


@dataclass
class Case:
    """One statement of the workload, ready to be costed."""

    number: int
    item: Item
    statement: Statement
    filled: Filled
    candidates: list[Candidate] = field(default_factory=list)


@dataclass
class Advice:
    """What came out. Costs are the planner's; `proof` holds what was measured on the copy."""

    cases: list[Case] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    choice: Choice = field(default_factory=Choice)
    proof: Proof = field(default_factory=Proof)
    build_ms: dict[Candidate, float] = field(default_factory=dict)
    dropped: list[Candidate] = field(default_factory=list)
    """Chosen by estimate, but no statement that used them was faster when it was run."""
    drops: list[Drop] = field(default_factory=list)
    statistics: list[Drop] = field(default_factory=list)
    how: str = "copy"
    notes: list[str] = field(default_factory=list)

    def why_not(self, case: Case) -> str:
        """Why nothing helps a statement."""
        return why_none(case.statement, bool(case.candidates))


class Adviser:
    """Gives advice for one workload on one live PostgreSQL."""

    def __init__(
        self,
        postgres: Postgres,
        settings: Settings,
        *,
        storage_bytes: float = math.inf,
        seconds: float = 60.0,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._postgres, self._settings, self._progress = postgres, settings, progress
        self._storage, self._seconds = storage_bytes, seconds

    async def advise(self, workload: Workload) -> Advice:
        """Advice for `workload`: what can be told when something is missing is told, and what is missing named.

        Raises EngineDied when the live server goes away.
        """
        advice = Advice(skipped=list(workload.bad))
        await self._read(workload, advice)
        tables = {r.table.oid: r.table for case in advice.cases for r in case.statement.relations}
        if not advice.cases:
            return advice
        chosen = await self._hypothetical(advice)
        try:
            await self._on_copy(advice, chosen)
        except EngineDied:
            raise
        except (DbcrewError, psycopg.Error) as error:
            advice.notes.append(f"nothing was run on a copy: {' '.join(str(error).split())}")
            if chosen is None:
                advice.how = "none"
        advice.drops = list(drops(tables.values(), advice.choice.indexes))
        return advice

    async def _read(self, workload: Workload, advice: Advice) -> None:
        self._progress(f"reading {len(workload.items)} statements")
        for item in workload.items[:_MOST_STATEMENTS]:
            try:
                statement, filled = await prepared(self._postgres, item.text, [])
                async with self._postgres.session([]) as session:  # a value that does not fit shows here, alone
                    await session.rows(f"EXPLAIN {filled.sql}")
            except EngineDied:
                raise
            except DbcrewError as error:
                where = f"line {item.line}: " if item.line else ""
                advice.skipped.append((item.label, where + " ".join(str(error).split())))
                continue
            case = Case(len(advice.cases) + 1, item, statement, filled, propose(statement))
            advice.cases.append(case)
        for item in workload.items[_MOST_STATEMENTS:]:
            advice.skipped.append((item.label, f"only the {_MOST_STATEMENTS} heaviest statements are looked at"))

    async def _hypothetical(self, advice: Advice) -> Choice | None:
        """The choice among what HypoPG can make, or None where there is no HypoPG."""
        every = list(dict.fromkeys(each for case in advice.cases for each in case.candidates))
        try:
            async with self._postgres.session([]) as session:
                await Hypothetical.begin(session)
            self._progress(f"trying {len(every)} candidates with HypoPG")
            usable = set(await possible(self._postgres, every))
            async with self._postgres.session([], timeout_ms=int(self._seconds * 1000)) as session:
                trial = await Hypothetical.begin(session)
                search = self._search(trial, advice.cases, usable, 0.4 * self._seconds)
                choice = await search.run()
        except (NoData, Refused) as error:
            advice.notes.append(str(error))
            return None
        advice.how, advice.choice = "hypopg", choice
        return choice

    def _search(
        self, trial: "Hypothetical | Built", cases: Sequence[Case], usable: set[Candidate], seconds: float
    ) -> Search:
        queries = [_query(case) for case in cases]
        candidates = {case.number: [each for each in case.candidates if each in usable] for case in cases}
        weight = sum(query.weight for query in queries) / max(1, len(queries))
        return Search(
            trial,
            queries,
            candidates,
            storage_bytes=self._storage,
            seconds=seconds,
            penalty=lambda each: penalty(each) * weight,
        )

    async def _on_copy(self, advice: Advice, chosen: Choice | None) -> None:
        """Build what is left to choose from on a copy, search it, run the workload, and keep what was used."""
        known = {
            relation.table.oid: relation.table
            for case in advice.cases
            for relation in case.statement.relations
            if relation.table.kind in ("r", "p", "m") and not relation.table.temporary
        }
        tables = [QualifiedName(table.schema, table.name) for table in known.values()]
        async with AsyncExitStack() as stack:
            copy = await stack.enter_async_context(
                copy_of(self._postgres, tables, settings=self._settings, progress=self._progress)
            )
            advice.notes.append(copy.about)
            guarded = sorted({t.qualified for t in known.values() if t.row_security})
            if guarded:
                advice.notes.append(f"{', '.join(guarded)}: row security. {_ROW_SECURITY}")
            keeper = await stack.enter_async_context(await copy.connect())
            reader = await stack.enter_async_context(await copy.connect_as_owner())
            await reader.execute(f"SET statement_timeout = {_STATEMENT_LIMIT_MS}")
            await reader.execute("SET default_transaction_read_only = on")
            built = Built(keeper, reader, _grown(copy, advice.cases))
            usable = await self._built(built, advice, chosen)
            search = self._search(built, advice.cases, usable, max(5.0, 0.3 * self._seconds))
            result = await search.run()
            if chosen is not None:
                result = _joined(chosen, result)
            queries = [_query(case) for case in advice.cases]
            until = time.monotonic() + max(5.0, 0.5 * self._seconds)
            advice.proof = await prove(built, queries, frozenset(result.indexes), until)
            advice.choice = result
            advice.build_ms = built.build_ms
            self._keep_used(advice)
            advice.statistics = _statistics(advice)

    async def _built(self, built: Built, advice: Advice, chosen: Choice | None) -> set[Candidate]:
        """Build the candidates that are still open: all, or (after HypoPG) the chosen and those it cannot make."""
        wanted: dict[Candidate, None] = {}
        if chosen is not None:
            wanted.update(dict.fromkeys(chosen.indexes))
        for case in advice.cases:
            wanted.update(dict.fromkeys(e for e in case.candidates if chosen is None or _open(e)))
        ranked = sorted(wanted, key=_rank(advice.cases) if chosen is None else _slow_to_build)
        usable: set[Candidate] = set()
        until = time.monotonic() + 0.4 * self._seconds
        for number, each in enumerate(ranked):
            if number >= _MOST_BUILT or (time.monotonic() > until and each not in advice.choice.indexes):
                advice.notes.append(f"{len(ranked) - number} of {len(ranked)} candidates were not tried")
                break
            self._progress(f"building candidate {number + 1} of {min(len(ranked), _MOST_BUILT)}")
            if await built.build(each):
                usable.add(each)
        return usable

    def _keep_used(self, advice: Advice) -> None:
        """Drop from the advice what made no statement faster when it was run, unless that one could not be run."""
        missing = set(advice.proof.not_run)
        kept: list[Candidate] = []
        for each in advice.choice.indexes:
            estimated = advice.choice.users.get(each, [])
            if any(run.faster for run in advice.proof.users(each)) or missing.intersection(estimated):
                kept.append(each)
            else:
                advice.dropped.append(each)
        advice.choice.indexes = kept


def _open(candidate: Candidate) -> bool:
    """Whether HypoPG could not judge a candidate: GIN it cannot make, and row security hides what the owner can use."""
    return candidate.method == "gin" or candidate.table.row_security


def _slow_to_build(candidate: Candidate) -> tuple[float, int, str]:
    """B-trees first, trigrams last: a GIN index over trigrams takes longest."""
    return (float(candidate.method == "gin") + bool(candidate.extension), len(candidate.parts), candidate.name)


def _query(case: Case) -> Query:
    return Query(case.number, case.filled.sql, case.item.weight)


def _grown(copy: Copy, cases: Sequence[Case]) -> dict[str, float]:
    """How many times more rows each live table has than the copy."""
    found: dict[str, float] = {}
    for case in cases:
        for relation in case.statement.relations:
            table = relation.table
            copied = copy.table(QualifiedName(table.schema, table.name))
            if copied and copied.copied_rows:
                found[table.qualified] = max(1.0, table.rows / copied.copied_rows)
    return found


def _joined(hypothetical: Choice, built: Choice) -> Choice:
    """The copy's choice, with the live server's costs and sizes where HypoPG knew them.

    The copy may hold a sample: an index that only pays at live size is kept when HypoPG chose it.
    """
    kept = list(dict.fromkeys([*built.indexes, *hypothetical.indexes]))
    sizes = {**built.sizes, **hypothetical.sizes}
    users: Mapping[Candidate, list[int]] = {**hypothetical.users, **built.users}
    return Choice(
        indexes=sorted(kept, key=lambda each: (each.place, each.name)),
        before=hypothetical.before,
        after={
            number: min(cost, built.after[number] / built.before[number] * hypothetical.before[number])
            if built.before.get(number)
            else cost
            for number, cost in hypothetical.after.items()
        },
        users=dict(users),
        sizes=sizes,
        alone=hypothetical.alone,
        out_of_time=hypothetical.out_of_time or built.out_of_time,
    )


def _rank(cases: Sequence[Case]) -> Callable[[Candidate], tuple[float, int, str]]:
    """Which candidates to build first: those of many and heavy statements, wide before narrow."""
    weight: dict[Candidate, float] = {}
    for case in cases:
        for position, each in enumerate(case.candidates):
            heavy = 1.0 + case.item.weight / max(1e-9, sum(other.item.weight for other in cases))
            weight[each] = weight.get(each, 0.0) + heavy / (1 + position / 10)
    special = {"gin", "trigram", "partial", "latest", "extreme", "pattern", "sort"}
    return lambda each: (-weight[each] - (1.0 if each.kind in special else 0.0), len(each.parts), each.name)


def _statistics(advice: Advice) -> list[Drop]:
    """Extended statistics that the measured plans call for."""
    plans = {each.number: each.after for each in advice.proof.measured}
    found: dict[str, Drop] = {}
    for case in advice.cases:
        plan = plans.get(case.number)
        if plan is None:
            continue
        for finding in correlated(Look(plan, case.statement, case.statement.schema)):
            found.setdefault(finding.remedy, Drop(finding.remedy, finding.text))
    return list(found.values())
