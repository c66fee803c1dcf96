"""What can be wrong with a plan: one file a code, and this list."""

from collections.abc import Callable, Iterator

from common.findings import Finding
from tools.postgres.plans.look import Look
from tools.postgres.plans.rules import (
    cartesian_join,
    correlated_columns,
    cte_fence,
    hash_spill,
    heap_fetches,
    implicit_cast_defeats_index,
    jit_overhead,
    leading_wildcard_like,
    lossy_bitmap_scan,
    missing_index,
    n_plus_one,
    nested_loop_explosion,
    non_sargable_predicate,
    not_in_nullable,
    offset_pagination,
    or_across_columns,
    partition_pruning_missed,
    row_misestimate,
    seq_scan_on_large_table,
    sort_spill,
    trigger_time,
)

Rule = Callable[[Look], Iterator[Finding]]

RULES: dict[str, Rule] = {
    "missing-index": missing_index.check,
    "seq-scan-on-large-table": seq_scan_on_large_table.check,
    "sort-spill": sort_spill.check,
    "hash-spill": hash_spill.check,
    "row-misestimate": row_misestimate.check,
    "nested-loop-explosion": nested_loop_explosion.check,
    "lossy-bitmap-scan": lossy_bitmap_scan.check,
    "heap-fetches": heap_fetches.check,
    "non-sargable-predicate": non_sargable_predicate.check,
    "implicit-cast-defeats-index": implicit_cast_defeats_index.check,
    "leading-wildcard-like": leading_wildcard_like.check,
    "or-across-columns": or_across_columns.check,
    "offset-pagination": offset_pagination.check,
    "not-in-nullable": not_in_nullable.check,
    "cartesian-join": cartesian_join.check,
    "cte-fence": cte_fence.check,
    "n-plus-one": n_plus_one.check,
    "jit-overhead": jit_overhead.check,
    "trigger-time": trigger_time.check,
    "correlated-columns": correlated_columns.check,
    "partition-pruning-missed": partition_pruning_missed.check,
}


def look_over(look: Look) -> list[Finding]:
    """What the rules find, the worst first; each code at most once per object."""
    found: dict[tuple[str, str], Finding] = {}
    for rule in RULES.values():
        for finding in rule(look):
            found.setdefault((finding.code, finding.object), finding)
    return sorted(found.values(), key=lambda each: (each.severity.rank, each.code, each.object))
