"""A statement read against the live schema, as a read with values in it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from common.errors import DbcrewError, EngineDied, Refused
from tools.postgres.advise.reads import as_read
from tools.postgres.advise.values import Filled, Seen, acceptable, fill
from tools.postgres.connection import Postgres
from tools.postgres.guard import Known, judge
from tools.postgres.plans.names import tables_in
from tools.postgres.plans.reading import read
from tools.postgres.plans.schema import Schema, schema_of
from tools.postgres.plans.statement import Statement
from tools.postgres.statements import has_parameters


class Schemas:
    """Tables of one live server, each asked for once."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._known = Schema()
        self._asked: set[str] = set()

    async def of(self, names: Iterable[str], trace: list[str]) -> Schema:
        """What is known of these tables, and of those asked for before. Raises what the session raises."""
        fresh = set(names) - self._asked
        if fresh or not self._known.version:
            async with self._postgres.session(trace) as session:
                found = await schema_of(fresh, session, self._postgres.version)
            self._known = replace(found, tables={**self._known.tables, **found.tables})
            self._asked |= fresh
        return self._known


async def prepared(
    postgres: Postgres,
    sql: str,
    trace: list[str],
    others: Sequence[str] = (),
    schemas: Schemas | None = None,
    seen: Seen | None = None,
) -> tuple[Statement, list[Filled]]:
    """`sql` read against the live schema, as a read with values in it: those `seen`, a common one and a rare one.

    `others` is the same statement with other constants; what differs among them is no constant of the program.

    Raises MalformedSql, SeveralStatements, Refused when it is nothing an index could help or no proven read, and what
    the session raises.
    """
    text = as_read(sql)
    if not text:
        raise Refused(reason="this statement looks nothing up", needs="Send a SELECT, UPDATE or DELETE.")
    schema = await (schemas or Schemas(postgres)).of(tables_in(text), trace)
    asked = read(text, schema)
    types = await _types(postgres, text, trace) if has_parameters(text) else ()
    fills = [fill(asked, "common", types, seen)] if seen else []
    fills += [fill(asked, "common", types), fill(asked, "rare", types)]
    bound = {(term.relation, term.key.text) for term in asked.terms if (term.value or "").startswith("$")}
    for other in others:
        again = read(as_read(other), schema)
        pairs = zip(asked.terms, again.terms, strict=False)
        bound |= {(one.relation, one.key.text) for one, two in pairs if one.value != two.value}
        fills.append(fill(again, "common", types))
    distinct = list({each.sql: each for each in fills}.values())
    for each in distinct:
        verdict = judge(each.sql, Known(trusted=postgres.trusted))
        if not verdict.allowed:
            raise Refused(reason=verdict.reason, needs="Only proven reads are planned on a live engine.")
    return replace(read(distinct[0].sql, schema), bound=frozenset(bound)), distinct


async def _types(postgres: Postgres, text: str, trace: list[str]) -> Sequence[str]:
    """The types of the parameters as the server understands them; none when it cannot tell."""
    if not judge(text, Known(trusted=postgres.trusted)).allowed:
        return ()
    try:
        async with postgres.session(trace) as session, session.prepared(acceptable(text)) as (_, types):
            return types
    except EngineDied:
        raise
    except DbcrewError:
        return ()
