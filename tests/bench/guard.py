"""Statements a second of the guard on one core, and how that compares with pglast's own tree and visitor.

python tests/bench/guard.py [SECONDS]
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pglast import parse_sql
from pglast.visitors import Visitor

from tools.postgres.guard import judge

JOINS = [
    f"SELECT u.id, u.name, count(*) AS n, sum(t.amount) FROM users u JOIN wallets w ON w.user_id = u.id "
    f"JOIN transactions t ON t.wallet_id = w.id WHERE u.tenant_id = {number} GROUP BY 1, 2"
    for number in range(1000)
]


class _Names(Visitor):  # type: ignore[misc]
    """The least a guard on pglast's tree has to do: see every function and relation."""

    def __init__(self) -> None:
        self.found: list[object] = []

    def visit_FuncCall(self, ancestors: object, node: object) -> None:
        self.found.append(node)

    def visit_RangeVar(self, ancestors: object, node: object) -> None:
        self.found.append(node)


def rate(work: Callable[[str], object], seconds: float) -> float:
    """Statements a second of processor time."""
    done = 0
    start = time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for sql in JOINS[:100]:
            work(sql)
        done += 100
    return done / spent


def main(seconds: float) -> None:
    """Print both rates and their ratio."""
    assert all(judge(sql).allowed for sql in JOINS)
    guard = rate(judge, seconds)
    visitor = rate(lambda sql: _Names()(parse_sql(sql)), seconds)
    print(f"{len(JOINS[0])} characters a statement, one core")
    print(f"guard            {guard:9,.0f} statements/s")
    print(f"pglast visitor   {visitor:9,.0f} statements/s")
    print(f"ratio            {guard / visitor:9.1f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
