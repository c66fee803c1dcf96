"""`./p3 advise`: indexes for a workload, measured on a copy."""

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
    from tools.postgres.advise.advised import Advice

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)?\Z", re.IGNORECASE)
_MOST_BYTES = 50_000_000
_MOST_ALIKE = 5
_UNITS = {"": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}


def advise(
    dsn: Annotated[
        str, typer.Option(help="The live PostgreSQL, with a role that only reads.", envvar="DBCREW_LIVE_DSN")
    ],
    workload: Annotated[
        str, typer.Option(help="A file of statements; `-- weight: 5` before one weighs it. Or a server's log.")
    ] = "",
    statements: Annotated[bool, typer.Option(help="Take them from pg_stat_statements.")] = False,
    storage: Annotated[
        str,
        typer.Option(help="The most that new indexes may take. Without it 512MB, used sparingly.", show_default=False),
    ] = "",
    time: Annotated[float, typer.Option(min=1, help="Seconds to search and measure.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is being done.")] = False,
) -> None:
    """Find the indexes that help a workload, prove them on a copy, and say what they cost. Writes nothing live.

    {"indexes", "drops", "statistics", "not_helped", "measured", "slower", "cost", "values_used", "how", "missing",
    "notes", "elapsed_s"}. A statement that was `stopped` without the indexes takes `before_ms` at the least.

    Exit code 1 when there is something to create or to drop, 0 when there is not; 2 for bad input or when the role may read
    none of it, 3 when the server cannot be reached.
    """
    answer, blind, short = run(
        _advise(dsn, workload, statements, storage, time, progress if verbose else (lambda line: None))
    )
    emit(answer, as_json, lambda: _text(answer, blind, short))
    if blind or any(answer[part] for part in ("indexes", "drops", "statistics")):
        raise typer.Exit(2 if blind else 1)


async def _advise(
    dsn: str, file: str, statements: bool, storage: str, seconds: float, told: Any
) -> tuple[dict[str, Any], bool, bool]:
    """The answer; whether the role may read so little that no statement could be looked at; whether storage was short."""
    from time import monotonic

    from common.config.settings import settings
    from common.errors import InputError, NoData
    from tools.postgres.advise.advice import Adviser
    from tools.postgres.advise.logged import from_log
    from tools.postgres.advise.workload import from_statements, from_text
    from tools.postgres.connection import Postgres
    from tools.postgres.rights import require_safe, rights

    began = monotonic()
    size = _SIZE.match(storage.strip() or "512MB")
    if size is None:
        raise InputError(detail=f"{storage} is no size", next="Write it as 512MB")
    if bool(file) == statements:
        raise InputError(detail="One source of statements is needed", next="Give --workload FILE or --statements")
    text = _read(file) if file else ""
    given = (from_log(text) or from_text(text)) if file else None
    async with await Postgres.connect(dsn, settings()) as postgres:
        async with postgres.session() as session:
            require_safe(await rights(session), dsn)
            try:
                found = given or await from_statements(session)
            except NoData as error:
                needs = f"{error.facts['needs']} Or give the statements with --workload FILE."
                raise NoData(reason=error.facts["reason"], needs=needs) from error
        adviser = Adviser(
            postgres,
            settings(),
            storage_bytes=float(size[1]) * _UNITS[(size[2] or "").lower()],
            sparing=not storage.strip(),
            seconds=seconds,
            progress=told,
        )
        advice = await adviser.advise(found)
        blind = not advice.cases and any("GRANT " in why for _, why in advice.skipped)
        return {**_public(advice), "elapsed_s": round(monotonic() - began, 2)}, blind, advice.short


def _read(file: str) -> str:
    from common.errors import InputError, TooLarge

    try:
        if (size := Path(file).stat().st_size) > _MOST_BYTES:
            raise TooLarge(what=file, size=f"{size:,} bytes", limit=f"{_MOST_BYTES:,} bytes")
        return Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(detail=f"Cannot read {file}: {error.strerror}", next="Check the file") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(detail=f"{file} is no UTF-8 text (line {line})", next="Save it as UTF-8") from error


def _public(advice: "Advice") -> dict[str, Any]:
    """The advice as contract.md prints it."""
    from tools.postgres.advise.writes import write_cost

    choice, labels = advice.choice, {case.number: case.item.label for case in advice.cases}
    runs = {each.number: each for each in advice.proof.measured}
    weights = {case.number: case.item.weight for case in advice.cases}
    helped = {number for each in choice.indexes for number in choice.users.get(each, ())}
    helped |= {run.number for run in runs.values() if run.used}
    indexes = []
    for each in choice.indexes:
        users = [run.number for run in advice.proof.users(each)] or choice.users.get(each, [])
        cost = write_cost(each)
        extension = f"CREATE EXTENSION IF NOT EXISTS {each.extension};\n" if each.extension else ""
        indexes.append(
            {
                "ddl": extension + each.ddl,
                "down": each.down,
                "table": each.place,
                "kind": each.kind,
                "size_bytes": choice.sizes.get(each, 0),
                "build_ms": round(advice.build_ms[each], 1) if each in advice.build_ms else None,
                "write_cost": {
                    "entries": cost.entries,
                    "hot_updates": cost.hot_updates,
                    "insert_us": advice.insert_us.get(each),
                },
                "statements": [
                    {
                        "statement": labels[number],
                        "before_ms": runs[number].before_ms if number in runs else None,
                        "after_ms": runs[number].after_ms if number in runs else None,
                        "stopped": number in runs and runs[number].stopped,
                        "cost_before": choice.before.get(number),
                        "cost_after": choice.after.get(number),
                    }
                    for number in users
                ],
                "why": each.why,
            }
        )
    idle = [case for case in advice.cases if case.number not in helped]
    return {
        "indexes": indexes,
        "drops": [{"ddl": each.ddl, "why": each.why} for each in advice.drops],
        "statistics": [{"ddl": each.ddl, "why": each.why} for each in advice.statistics],
        "not_helped": [{"statement": case.item.label, "why": advice.why_not(case)} for case in idle]
        + [{"statement": text, "why": why} for text, why in advice.skipped],
        "measured": [
            {
                "statement": labels[run.number],
                "before_ms": run.before_ms,
                "after_ms": run.after_ms,
                "stopped": run.stopped,
            }
            for run in runs.values()
        ],
        "slower": [labels[run.number] for run in runs.values() if run.slower],
        "cost": {
            "before": sum(weights[n] * cost for n, cost in choice.before.items()),
            "after": sum(weights[n] * cost for n, cost in choice.after.items()),
        },
        "values_used": [
            {"statement": case.item.label, "parameter": used.parameter, "value": used.value, "source": used.source}
            for case in advice.cases
            for used in case.values
        ],
        "how": advice.how,
        "missing": [{"what": each.what, "needs": each.needs} for each in advice.missing],
        "notes": advice.notes
        + [f"not run on the copy: {labels[n][:80]}: {why}" for n, why in advice.proof.not_run.items() if n in helped]
        + [f"{each.name} is named by rule: nothing could try it" for each in choice.indexes if each in advice.untried]
        + [
            f"{each.name} was chosen by estimate, but no statement got faster with it, or one slower"
            for each in advice.dropped
        ],
    }


def _text(answer: dict[str, Any], blind: bool, short: bool) -> str:
    from common.figures import show

    lines = []
    for each in answer["indexes"]:
        lines.append(f"{each['ddl']};  -- {each['kind']}, {show('size_bytes', each['size_bytes'])}")
        lines.append(f"    {each['why']}")
        for use in each["statements"]:
            before = f"{'over ' if use['stopped'] else ''}{show('before_ms', use['before_ms'])}"
            gain = f"{before} → {show('after_ms', use['after_ms'])}"
            known = use["after_ms"] is not None
            lines.append(f"    {gain if known else 'by estimate alone'}  {use['statement'][:90]}")
    if not lines:
        nothing = "No index that helps fits into the storage given." if short else "No index helps."
        lines.append("Nothing could be looked at: the role may not read it." if blind else nothing)
    lines += [f"{each['ddl']};  -- {each['why']}" for each in (*answer["drops"], *answer["statistics"])]
    alike = Counter(each["why"] for each in answer["not_helped"])
    lines += [
        f"not helped: {each['statement'][:80]}: {each['why']}"
        for each in answer["not_helped"]
        if alike[each["why"]] <= _MOST_ALIKE
    ]
    lines += [f"not helped: {many:,} statements: {why}" for why, many in alike.items() if many > _MOST_ALIKE]
    lines += [f"slower: {each[:100]}" for each in answer["slower"]]
    lines += [f"missing: {each['what']}. {each['needs']}" for each in answer["missing"]]
    return "\n".join([*lines, *answer["notes"], f"{show('elapsed_s', answer['elapsed_s'])}"])
