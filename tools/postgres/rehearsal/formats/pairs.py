"""Tools that keep the way back in a file beside: golang-migrate and sqitch."""

from pathlib import Path

from tools.postgres.rehearsal.formats.reading import Reading, in_transaction


def read(text: str, path: Path | None) -> Reading | None:
    """N_name.up.sql with N_name.down.sql; deploy/name.sql with revert/name.sql of a folder that has a sqitch.plan.

    golang-migrate sends a file as one string, which the server runs in one transaction.
    """
    if path is None:
        return None
    if path.name.endswith(".up.sql") and path.name[:1].isdigit():
        beside = path.with_name(path.name.removesuffix(".up.sql") + ".down.sql")
        alone = "concurrently" in text.lower()
        back = beside.read_text(encoding="utf-8-sig") if beside.is_file() else None
        loose = back is not None and "concurrently" in back.lower()
        return Reading(
            "a golang-migrate migration" + (f", with {beside.name}" if back is not None else ""),
            text if alone else in_transaction(text),
            back if back is None or loose else in_transaction(back),
        )
    if path.parent.name == "deploy" and (path.parent.parent / "sqitch.plan").is_file():
        beside = path.parent.parent / "revert" / path.name
        back = beside.read_text(encoding="utf-8-sig") if beside.is_file() else None
        return Reading("a sqitch change" + (f", with revert/{beside.name}" if back is not None else ""), text, back)
    return None
