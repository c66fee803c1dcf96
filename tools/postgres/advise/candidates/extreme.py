"""min() and max(): equality keys, then the argument."""

from collections.abc import Iterator
from dataclasses import replace

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.candidates.composite import candidate, joined
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """The argument of min or max behind all equality keys."""
    head = tuple(Part(key.text, key.plain) for key in shape.keys[:3])
    for order in shape.extremes:
        found = candidate(shape, joined(head, (Part(order.key.text, order.key.plain),)), "extreme")
        yield replace(found, why=f"finds the first or last {order.key.text} at once")
