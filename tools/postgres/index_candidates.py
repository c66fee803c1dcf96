"""Indexes that might help one statement."""

from pydantic import BaseModel, Field

from common.errors import Missing
from tools.postgres.advise.single import Offer, Offers, offers
from tools.postgres.advise.values import Filled
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """The statement, with values or with $1, $2, … in it; and how many candidates are wanted."""

    sql: str = Field(min_length=1, max_length=200_000)
    most: int = Field(default=12, ge=1, le=50)


class Ranked(BaseModel):
    """One candidate. `ddl` and `down` run as they stand. `cost_after` is the planner's, null when not estimated.

    `chosen`: part of the set that is best together. `needs`: an extension to create first, or empty.
    """

    ddl: str
    down: str
    table: str
    kind: str
    why: str
    needs: str
    chosen: bool
    cost_after: float | None
    size_bytes: int


class ValueUsed(BaseModel):
    """A value that stood for a parameter, and where it is from."""

    parameter: str
    value: str
    source: str


class Result(BaseModel):
    """The candidates, the chosen ones first. `how`: `hypopg`, or why nothing was estimated.

    `cost_before` and `cost_after` are the planner's for the statement without and with the chosen set, the mean over all
    values; `values_used` are the first set of values, `others` further ones: an index must serve them all. `why_none`
    says why there is no candidate, when there is none. Sizes are estimates.
    """

    candidates: list[Ranked]
    cost_before: float | None
    cost_after: float | None
    gain_times: float | None
    how: str
    values_used: list[ValueUsed]
    others: list[list[ValueUsed]]
    why_none: str


async def run(args: Args, bench: Bench) -> Result:
    """Indexes that might help one statement, ranked by what the planner would make of them (HypoPG where it is)."""
    if bench.postgres is None:
        raise Missing(what="A PostgreSQL to look at", next="Name one with --dsn.")
    found = await offers(bench.postgres, args.sql, bench.trace.statements, most=args.most)
    return Result(
        candidates=[
            Ranked(
                ddl=offer.candidate.ddl,
                down=offer.candidate.down,
                table=offer.candidate.place,
                kind=offer.candidate.kind,
                why=offer.candidate.why,
                needs=f"CREATE EXTENSION IF NOT EXISTS {offer.candidate.extension}" if _lacks(found, offer) else "",
                chosen=offer.chosen,
                cost_after=offer.cost_after,
                size_bytes=offer.size_bytes,
            )
            for offer in found.offers
        ],
        cost_before=found.cost_before,
        cost_after=found.cost_after,
        gain_times=found.cost_before / found.cost_after if found.cost_before and found.cost_after else None,
        how=found.how,
        values_used=_used(found.fills[0]),
        others=[_used(each) for each in found.fills[1:]],
        why_none=found.why_none,
    )


def _used(filled: Filled) -> list[ValueUsed]:
    return [ValueUsed(parameter=one.parameter, value=one.value, source=one.source) for one in filled.values]


def _lacks(found: Offers, offer: Offer) -> bool:
    extension = offer.candidate.extension
    return bool(extension) and extension not in found.statement.schema.extensions


TOOL = Tool("index_candidates", "postgresql", Effect.HYPOTHETICAL, Args, run)
