"""The recorded workload as data."""

from tools.worlds.workload import statements, wallet_history


def test_the_demo_asks_about_a_statement_of_the_workload():
    one = wallet_history("f2")
    (other,) = [each for each in statements("f2") if each.name == one.name]
    assert (one.sql, one.weight, one.kind, one.params[0]) == (other.sql, other.weight, other.kind, other.params[0])
