"""One finding for each cause: what a worse or plainer finding already says is left out."""

from collections.abc import Sequence

from common.findings import Finding

_SAID_BY: dict[str, frozenset[str]] = {
    "no-lock-timeout": frozenset({
        "table-rewrite", "index-build-blocks-writes", "lock-blocks-reads", "lock-blocks-writes", "long-lock-on-large-table",
        "ddl-and-backfill-together",
    }),
    "long-lock-on-large-table": frozenset({"ddl-and-backfill-together"}),
}  # fmt: skip
"""A finding of the first code about a table says nothing new beside one of the others about it."""
_FAILS = frozenset({
    "fails-on-existing-data", "dependent-object-breaks", "not-possible-here", "enum-value-in-own-transaction",
    "concurrently-in-transaction",
})  # fmt: skip
_BACK = frozenset({"not-reversible", "down-does-not-restore"})


def one_a_cause(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that repeat another one, in the order given."""
    kept: list[Finding] = []
    for each in findings:
        others = [one for one in findings if one is not each and one.object == each.object]
        if any(one.code in _SAID_BY.get(each.code, ()) and one.severity.rank <= each.severity.rank for one in others):
            continue
        if any(_same(each, one) for one in kept):
            continue
        kept.append(each)
    if any(each.code == "rollback-loses-data" for each in kept):
        # That it cannot be undone is what a loss means.
        kept = [each for each in kept if each.code != "not-reversible"]
    # Where the down that was given does not bring a value back, that says all: what is lost is listed with the down.
    untrue = {each.object for each in kept if each.code == "down-does-not-restore"}
    return [each for each in kept if each.code != "rollback-loses-data" or not _about(each, untrue)]


def _about(each: Finding, tables: set[str]) -> bool:
    return any(each.object == table or each.object.startswith(f"{table}.") for table in tables)


def _same(one: Finding, other: Finding) -> bool:
    """Whether two findings are about the same statement and object, and of one kind."""
    alike = one.code == other.code or {one.code, other.code} <= _FAILS or {one.code, other.code} <= _BACK
    return alike and one.object == other.object and one.facts.get("statement") == other.facts.get("statement")
