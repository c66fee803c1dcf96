"""Indexes that could go: those another one makes needless."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.postgres.advise.candidate import Candidate, plain
from tools.postgres.plans.names import quoted
from tools.postgres.plans.schema import Index, Table


@dataclass(frozen=True)
class Drop:
    """An index that could be dropped, and why."""

    ddl: str
    why: str


def drops(tables: Iterable[Table], chosen: Iterable[Candidate]) -> Iterator[Drop]:
    """Duplicates, prefixes of other indexes, and those that a chosen index makes needless. Constraints stay."""
    new = list(chosen)
    for table in sorted({each.oid: each for each in tables}.values(), key=lambda each: each.qualified):
        for index in table.indexes:
            reason = _reason(table, index, new)
            if reason:
                name = f"{quoted(index.schema)}.{quoted(index.name)}"
                yield Drop(f"DROP INDEX CONCURRENTLY {name}", reason)


def _reason(table: Table, index: Index, chosen: list[Candidate]) -> str:
    if index.unique or index.constraint or not index.valid or table.kind == "p":
        return ""
    for other in table.indexes:
        if other.name == index.name or index.classes != other.classes[: len(index.classes)]:
            continue
        if index.descending != other.descending[: len(index.descending)] or not _within(
            index, other.keys, other.predicate, other.method, other.valid
        ):
            continue
        same = len(other.keys) == len(index.keys) and other.included == index.included
        if index.included and not {*index.included} <= {*other.keys, *other.included}:
            continue
        if same and not (other.unique or other.constraint) and other.name > index.name:
            continue  # of two that are alike, the later by name goes
        return f"{other.name} does all that it does" if not same else f"it is the same as {other.name}"
    for each in chosen:
        keys = tuple(part.text for part in each.parts)
        straight = not any(part.descending or part.operators for part in each.parts)
        fits = each.table.oid == table.oid and straight and not index.included and not any(index.descending)
        if fits and _within(index, keys, each.predicate, each.method, True):
            return f"the new index {each.name} begins with the same columns"
    return ""


def _within(index: Index, keys: tuple[str, ...], predicate: str, method: str, valid: bool) -> bool:
    """Whether the index is a btree whose keys are the first keys of another with the same condition."""
    if index.method != "btree" or method != "btree" or not valid or plain(index.predicate) != plain(predicate):
        return False
    if any("_pattern_ops" in each for each in index.classes) or len(index.keys) > len(keys):
        return False
    return all(plain(mine) == plain(its) for mine, its in zip(index.keys, keys, strict=False))
