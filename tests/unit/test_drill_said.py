"""The one line of a drill's verdict."""

from agents.commands.drill import _verdict


def test_a_restore_with_errors_names_the_first_of_them() -> None:
    drill = {"failure": "", "loses_s": None, "rto_ms": 5.0, "rows_restored": 1, "tables_restored": 1, "error_count": 3}
    assert "errors on the way: 3, the first: ERROR: x" in _verdict("restore_drill", drill | {"errors": ["ERROR: x"]})
    assert "errors" not in _verdict("restore_drill", drill | {"errors": [], "error_count": 0})
