"""Index advisors side by side, in one run: what the workload takes after each one's advice, and what that costs.

python tests/bench/advisors.py [m7|n100|tpch] [--dsn SUPERUSER_DSN] [--time 60] [--storage 410MB]
    [--tpch DIR] [--peers DIR] [--only ours,expert] [--keep FILE]

A world is loaded into a throwaway PostgreSQL 15 with HypoPG, its secondary indexes dropped, and each advisor asked with
a role that only reads. Its indexes are built, statistics taken anew, and every statement timed (the server's execution
time, best of five; each set of values counts the same), then 20,000 rows inserted. When all are through, the statements
are timed once more for each of them in turn, and the better time counts. pg_qualstats is Debian's; the other peers come
from PyPI, each into an environment of its own below DIR (Python 3.12 or later for postgres-mcp); without --peers they are
left out. What was measured is kept in FILE: a later part of the run (`--only`) measures the advisors it
names and shows the others as kept. TPC-H's data is made by `tpchgen-cli csv -s 0.1 -o DIR`.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from advisors import asked, measure
from advisors.world import World, server, tpch, wallet
from rich.console import Console
from rich.table import Table


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("world", nargs="?", default="m7")
    parser.add_argument("--dsn", default="")
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--storage", default="410MB")
    parser.add_argument("--tpch", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    wanted = set(options.only.split(",")) if options.only else None
    with server(options.dsn) as dsn:
        world = tpch(dsn, options.tpch) if options.world == "tpch" else wallet(dsn, options.world)
        kept = measure.kept(options.keep)
        before = kept.get("none") or measure.measure(world, "none", [])
        kept["none"] = before
        for name, ask in asked.advisors(options.peers, options.time, options.storage).items():
            if wanted is not None and name not in wanted:
                continue
            measure.keep(options.keep, kept)
            print(f"asking {name}", file=sys.stderr, flush=True)
            try:
                answer = ask(world)
            except asked.NoAnswer as error:
                print(f"  {name}: {error}", file=sys.stderr, flush=True)
                continue
            for statement in answer.ddl:
                print(f"  {name}: {statement}", file=sys.stderr, flush=True)
            outcome = measure.measure(world, name, answer.ddl)
            outcome.advisor_s, outcome.advisor_mb, outcome.note = answer.seconds, answer.peak_mb, answer.note
            kept[name] = outcome
        measure.keep(options.keep, kept)
        for outcome in kept.values():
            print(f"once more: {outcome.name}", file=sys.stderr, flush=True)
            measure.again(world, outcome)
        measure.keep(options.keep, kept)
        _print(world, list(kept.values()))


def _print(world: World, shown: list[measure.Outcome]) -> None:
    before = shown[0]
    console = Console(width=150)
    table = Table(title=f"{world.name}: {len(world.queries)} statements")
    for head in ("", *(each.name for each in shown)):
        table.add_column(head, justify="right" if head else "left")
    whole = {each.name: measure.weighted(world, each) for each in shown}
    plain = {each.name: sum(each.ms.values()) for each in shown}
    rows = {
        "workload, weighted (ms)": lambda each: f"{whole[each.name]:,.1f}",
        "  cut": lambda each: f"{100 * (1 - whole[each.name] / whole['none']):.1f} %",
        "workload, each once (ms)": lambda each: f"{plain[each.name]:,.1f}",
        "  cut ": lambda each: f"{100 * (1 - plain[each.name] / plain['none']):.1f} %",
        "geometric-mean speed-up": lambda each: f"{measure.speed_up(before, each):,.1f}",
        "indexes": lambda each: str(each.indexes),
        "size (MB)": lambda each: f"{each.size / 1e6:,.1f}",
        "statements slower by 10 %": lambda each: ", ".join(measure.slower(before, each)) or "0",
        "20,000 inserts (ms)": lambda each: f"{each.inserts_ms:,.0f}",
        "  times as dear": lambda each: f"{each.inserts_ms / before.inserts_ms:.2f}",
        "advisor's time (s)": lambda each: "" if each.advisor_s is None else f"{each.advisor_s:.1f}",
        "advisor's peak memory (MB)": lambda each: "" if each.advisor_mb is None else f"{each.advisor_mb:.0f}",
    }
    for label, value in rows.items():
        table.add_row(label, *(value(each) for each in shown))
    table.add_section()
    for query in world.queries:
        table.add_row(f"{query.name} (ms)", *(f"{each.ms[query.name]:,.3f}" for each in shown))
    console.print(table)
    for each in shown:
        if each.note:
            console.print(f"{each.name}: {each.note}")
        for refused in each.refused:
            console.print(f"{each.name}, not possible: {refused}")


if __name__ == "__main__":
    main()
