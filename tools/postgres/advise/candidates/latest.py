"""The first rows of each group (DISTINCT ON, row_number): the group's keys, then the order within."""

from collections.abc import Iterator
from dataclasses import replace

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.candidates.composite import candidate, joined
from tools.postgres.advise.candidates.covering import covered
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """Group keys then order keys in their exact directions, alone and with the columns that are read."""
    equal = tuple(Part(key.text, key.plain) for key in shape.keys[:2])
    for order in shape.ranked:
        keys = tuple(Part(each.key.text, each.key.plain, each.descending, each.nulls_first) for each in order)
        for head in dict.fromkeys(((), equal)):
            why = "reads the first row of each group in order, without sorting"
            found = replace(candidate(shape, joined(head, keys), "latest"), why=why)
            yield found
            more = covered(shape, found)
            if more:
                yield replace(more, kind="latest", why=why + " and without visiting the table")
