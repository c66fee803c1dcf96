"""WITH … AS MATERIALIZED without MATERIALIZED."""

from collections.abc import Iterator
from typing import Any

from pglast import enums
from pglast.stream import RawStream
from pglast.visitors import Visitor

from tools.postgres.plans.reading import parse_one
from tools.postgres.plans.rewrites.rewrite import Rewrite
from tools.postgres.plans.schema import Schema

_HOW = enums.CTEMaterialize


def rewrites(sql: str, _: Schema) -> Iterator[Rewrite]:
    """`sql` with every fence taken down, so that conditions reach the tables inside."""
    tree = parse_one(sql)
    visitor = _Fences()
    visitor(tree)
    if visitor.found:
        why = "Conditions outside reach the tables inside, and only what is wanted is computed"
        yield Rewrite(str(RawStream()(tree)), why, "cte-fence")


class _Fences(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = 0

    def visit_CommonTableExpr(self, _: Any, node: Any) -> None:
        if node.ctematerialized == _HOW.CTEMaterializeAlways:
            node.ctematerialized = _HOW.CTEMaterializeNever
            self.found += 1
