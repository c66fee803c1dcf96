"""Worlds loaded once for all tests that only look at them."""

import asyncio

import pytest

from tools.worlds import ALL_FAULTS, FAULTS, load

WORLDS = {
    "planted": ALL_FAULTS,
    "healthy": frozenset(),
    "odd": frozenset(fault.name for fault in FAULTS[1::2]),
    "even": frozenset(fault.name for fault in FAULTS[::2]),
}


def worlds(server):
    made = {}

    def world(name):
        if name not in made:
            made[name] = server.new_database()
            asyncio.run(load(made[name].dsn, "f2", faults=WORLDS[name]))
        return made[name]

    yield world
    for database in made.values():
        database.drop()


@pytest.fixture(scope="session")
def world_of(any_postgres):
    """`world_of(name)`: a database with that world of scope f2, on each server in turn. Nobody may change it."""
    yield from worlds(any_postgres)


@pytest.fixture(scope="session")
def half_of(postgres18):
    """`half_of("odd")`, `half_of("even")`: worlds with every other fault."""
    yield from worlds(postgres18)
