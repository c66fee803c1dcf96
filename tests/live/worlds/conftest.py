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
def worlds18(postgres18):
    """`worlds18(name)`: a database on PostgreSQL 18 with that world of scope f2. Nobody may change it."""
    yield from worlds(postgres18)


@pytest.fixture(scope="session")
def worlds15(postgres15):
    """The same on PostgreSQL 15."""
    yield from worlds(postgres15)


@pytest.fixture(scope="session")
def world_of(request, any_postgres):
    """`world_of(name)`: the same on each server in turn."""
    return request.getfixturevalue(f"worlds{any_postgres.major}")
