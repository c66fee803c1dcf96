"""The sample world: a wallet platform with planted faults, at four sizes, and a workload recorded on it."""

from tools.worlds.faults import ALL_FAULTS, FAULTS, Expected, Fault, SeenBy, expected
from tools.worlds.load import Loaded, World, found, load
from tools.worlds.scopes import SCOPES, Scope
from tools.worlds.workload import Played, WorkloadStatement, play, statements

__all__ = [
    "ALL_FAULTS",
    "FAULTS",
    "SCOPES",
    "Expected",
    "Fault",
    "Loaded",
    "Played",
    "Scope",
    "SeenBy",
    "WorkloadStatement",
    "World",
    "expected",
    "found",
    "load",
    "play",
    "statements",
]
