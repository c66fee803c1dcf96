"""What `advise` prints of an index."""

from agents.commands.advise import _text


def test_what_was_not_measured_has_no_times() -> None:
    """A masked column's statement finds no row on the copy: its index is judged by the estimate, and said to be."""
    used = {"statement": "SELECT 1", "before_ms": None, "after_ms": None, "stopped": False}
    timed = {"statement": "SELECT 2", "before_ms": 2.0, "after_ms": 0.5, "stopped": False}
    index = {
        "ddl": "CREATE INDEX i ON t (c)",
        "kind": "btree",
        "size_bytes": 8192,
        "why": "finds",
        "statements": [used, timed],
    }
    none: list[dict[str, str]] = []
    answer = {
        "indexes": [index], "drops": none, "statistics": none, "not_helped": none, "slower": none, "missing": none,
        "notes": none, "elapsed_s": 1.0,
    }  # fmt: skip
    text = _text(answer, blind=False, short=False)
    assert "by estimate alone  SELECT 1" in text
    assert "2 ms → 500 µs  SELECT 2" in text
    assert "unknown" not in text
