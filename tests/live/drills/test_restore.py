"""A backup restored into a throwaway server: good ones of every kind, and damaged ones that must be named.

It is what `recovery-never-tested`, a code that health can neither pass nor fail, asks for.
"""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common import directories
from tests.live.drills.conftest import Call, Primary
from tools.postgres.drills import directory

DUMPS = {
    "custom": ("--format=custom",),
    "directory": ("--format=directory",),
    "tar": ("--format=tar",),
    "plain": ("--format=plain",),
}


def codes(record) -> set[tuple[str, str]]:
    return {(one["code"], one["severity"]) for one in record.data["findings"]}


@pytest.mark.parametrize("kind", DUMPS)
async def test_a_good_dump(kind: str, primary: Primary, call: Call) -> None:
    record = await call(primary, "restore_drill", backup=primary.dump(f"good-{kind}", *DUMPS[kind]))
    assert record.ok, record.data
    drill = record.data
    assert (drill["restored"], drill["failure"], drill["errors"]) == (True, "", [])
    assert drill["findings"] == []
    assert (drill["rows_restored"], drill["tables_restored"], drill["tables_equal"]) == (32010, 3, 3)
    assert drill["rto_ms"] == pytest.approx(sum(one["ms"] for one in drill["steps"][:2]), abs=0.2)
    orders = next(one for one in drill["tables"] if one["table"] == "shop.orders")
    assert orders["restored_rows"] == orders["live_rows"] == 30000
    assert orders["live_exact"]
    assert orders["newest_restored"] == orders["newest_live"]
    assert drill["loses_s"] == 0
    assert drill["server_version"].split(".")[0] == str(primary.major)
    print(f"\n{primary.major} {kind}: RTO {drill['rto_ms']:.0f} ms, {drill['steps']}", file=sys.stderr)


@pytest.mark.parametrize("options", [(), ("--format=tar",), ("--format=tar", "--gzip")])
async def test_a_good_base_backup(options: tuple[str, ...], primary: Primary, call: Call) -> None:
    name = f"base{len(options)}"
    backup = primary.home / name
    if not backup.exists():
        primary.base(name, *options)
    record = await call(primary, "restore_drill", backup=backup)
    assert record.ok, record.data
    drill = record.data
    assert (drill["restored"], drill["failure"]) == (True, "")
    assert (drill["manifest"], drill["amcheck"]) == ("verified", "no damage")
    assert drill["findings"] == []
    assert drill["rows_restored"] == 32010
    print(f"\n{primary.major} {drill['kind']}: RTO {drill['rto_ms']:.0f} ms", file=sys.stderr)


async def test_a_tablespace_is_not_shared_with_the_live_server(primary: Primary, call: Call) -> None:
    from common.engines.account import account

    live = primary.home / "space"
    live.mkdir()
    account().own(live)
    primary.run(f"CREATE TABLESPACE aside LOCATION '{live}'", "postgres")
    primary.run(
        "CREATE TABLE shop.aside (a int) TABLESPACE aside; INSERT INTO shop.aside SELECT generate_series(1, 5);"
    )
    try:
        mapped = primary.base("spaced", f"--tablespace-mapping={live}={primary.home / 'space-copy'}")
        tar = primary.base("spaced-tar", "--format=tar")
        before = snapshot(live)
        for backup in (mapped, tar):
            drill = (await call(primary, "restore_drill", backup=backup)).data
            assert drill["restored"], drill["failure"]
            assert {"table": "shop.aside", "restored_rows": 5}.items() <= next(
                one for one in drill["tables"] if one["table"] == "shop.aside"
            ).items()
        assert snapshot(live) == before
    finally:
        primary.run("DROP TABLE shop.aside")
        primary.run("DROP TABLESPACE aside", "postgres")


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("kind", ["custom", "plain", "gzip", "tar"])
async def test_a_dump_that_was_cut_off(kind: str, primary: Primary, call: Call) -> None:
    whole = primary.dump(f"whole-{kind}", *DUMPS.get(kind, ()))
    cut = primary.home / f"cut-{kind}"
    content = whole.read_bytes()
    cut.write_bytes(gzip.compress(content)[:60_000] if kind == "gzip" else content[: len(content) * 6 // 10])
    record = await call(primary, "restore_drill", backup=cut)
    assert record.ok, record.data
    assert not record.data["restored"]
    assert record.data["failure"]
    assert record.data["rto_ms"] is None
    assert ("backup-not-restorable", "critical") in codes(record)
    print(f"\n{primary.major} cut {kind}: {record.data['failure']}", file=sys.stderr)


PACKED = {18: ("none", "gzip", "zstd", "lz4"), 15: ("0", "6")}


async def test_a_dump_in_a_folder_that_is_not_whole(
    primary: Primary, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_restore says nothing of an empty file, and of a cut one only when it is gzip."""
    install = primary.cluster.install
    broken: list[Path] = []
    for packed in PACKED[primary.major]:
        for options in ((), ("--inserts",)):
            whole = primary.dump(
                f"folder-{packed}{len(options)}", "--format=directory", f"--compress={packed}", *options
            )
            assert await directory.damage(install, whole, failed=True) == ""
            (rows,) = sorted(whole.glob("*.dat*"), key=lambda each: each.stat().st_size)[-1:]
            for name, size in (("cut", rows.stat().st_size * 6 // 10), ("empty", 0), ("without", None)):
                copied = Path(shutil.copytree(whole, primary.home / f"{whole.name}-{name}"))
                if size is None:
                    (copied / rows.name).unlink()
                else:
                    os.truncate(copied / rows.name, size)
                said = await directory.damage(install, copied, failed=rows.suffix == ".gz")
                assert "rows of shop.orders" in said
                assert {"cut": "cut off: its end", "empty": "is empty", "without": "is not there"}[name] in said
                broken.append(copied)
    os.truncate(broken[-1] / "toc.dat", 500)
    assert "table of contents, toc.dat" in await directory.damage(install, broken[-1], failed=True)
    # A path is looked up where the command was given, not where pg_restore runs.
    monkeypatch.chdir(primary.home)
    for folder in (broken[0], broken[3]):
        drill = (await call(primary, "restore_drill", backup=Path(folder.name))).data
        assert not drill["restored"]
        assert "cut off: its end is not there" in drill["failure"]
        assert [one["code"] for one in drill["findings"] if one["severity"] == "critical"] == ["backup-not-restorable"]
    whole = Path(broken[0].name.removesuffix("-cut"))
    assert (await call(primary, "restore_drill", backup=whole)).data["rows_restored"] == 32010


async def test_without_the_program_it_is_not_known_whether_a_dump_is_whole(
    primary: Primary, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    if primary.major < 16:
        return  # pg_dump 15 knows gzip only
    dump = primary.dump("folder-alone", "--format=directory", "--compress=zstd")
    monkeypatch.setattr("tools.postgres.drills.compressed.shutil.which", lambda name: None)
    drill = (await call(primary, "restore_drill", backup=dump)).data
    assert drill["restored"]
    (missed,) = [one for one in drill["not_checked"] if one["code"] == "backup-not-restorable"]
    assert "zstd" in missed["needs"]


async def test_a_dump_with_flipped_bytes(primary: Primary, call: Call) -> None:
    content = bytearray(primary.dump("flipped", "--format=custom", "--compress=6").read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 200):
        content[place] ^= 0xFF
    (primary.home / "flipped").write_bytes(content)
    record = await call(primary, "restore_drill", backup=primary.home / "flipped")
    assert not record.data["restored"]
    assert ("backup-not-restorable", "critical") in codes(record)


async def test_a_base_backup_with_a_flipped_byte(primary: Primary, call: Call) -> None:
    backup = primary.base("flipped-base")
    place = primary.value("SELECT pg_relation_filepath('shop.orders')")
    with (backup / place).open("r+b") as file:
        file.seek(8192 * 3 + 4000)
        file.write(b"\x00\xff\x13" * 200)
    record = await call(primary, "restore_drill", backup=backup)
    assert ("backup-not-restorable", "critical") in codes(record)
    assert str(place) in record.data["manifest"]
    assert record.data["rto_ms"] is None


async def test_a_base_backup_without_its_control_file(primary: Primary, call: Call) -> None:
    backup = primary.base("no-control")
    (backup / "global" / "pg_control").unlink()
    record = await call(primary, "restore_drill", backup=backup)
    assert record.ok, record.data
    assert not record.data["restored"]
    assert "control file" in record.data["failure"]


async def test_a_dump_that_leaves_a_table_out(primary: Primary, call: Call) -> None:
    part = primary.dump("part", "--format=custom", "--exclude-table=shop.orders")
    record = await call(primary, "restore_drill", backup=part)
    (finding,) = record.data["findings"]
    assert (finding["code"], finding["object"]) == ("backup-incomplete", "shop.orders")
    empty = primary.dump("schema-only", "--format=custom", "--schema-only")
    record = await call(primary, "restore_drill", backup=empty)
    (finding,) = record.data["findings"]
    assert finding["object"] == Path(empty).name
    assert finding["summary"].startswith("this backup holds no rows")
    assert codes(record) == {("backup-incomplete", "high")}


async def test_an_older_dump_says_what_it_would_lose(primary: Primary, call: Call) -> None:
    older = primary.dump("older", "--format=custom")
    primary.run("INSERT INTO shop.orders (customer_id, total) VALUES (1, 1)")
    try:
        drill = (await call(primary, "restore_drill", backup=older)).data
        assert drill["restored"]
        assert drill["findings"] == []
        assert drill["loses_s"] > 0
        assert drill["tables_equal"] == 2
    finally:
        primary.run("DELETE FROM shop.orders WHERE id > 30000")


async def test_a_dump_cannot_run_programs(primary: Primary, call: Call, tmp_path: Path) -> None:
    """psql's own commands in a dump are refused by psql; the dump is not called good."""
    dump = primary.dump("hostile", "--format=plain")
    mark = directories.build_data() / "hostile-mark"
    text = dump.read_text().replace(
        "CREATE SCHEMA shop;", f"CREATE SCHEMA shop;\nSELECT 1 \\! touch {mark}\n\\! touch {mark}\n"
    )
    text = text.replace("SET statement_timeout", f"\\unrestrict x\n\\! touch {mark}\nSET statement_timeout", 1)
    dump.write_text(text)
    record = await call(primary, "restore_drill", backup=dump)
    assert not mark.exists()
    assert not record.data["restored"]
    assert "refused" in record.data["failure"]


async def test_a_dump_of_the_whole_cluster(primary: Primary, call: Call) -> None:
    target = primary.home / "all.sql"
    primary.program("pg_dumpall", "-f", str(target))
    record = await call(primary, "restore_drill", backup=target)
    assert record.data["restored"], record.data["failure"]
    assert record.data["rows_restored"] == 32010


async def test_the_newest_of_a_folder(primary: Primary, call: Call) -> None:
    folder = primary.home / "several"
    folder.mkdir()
    for number, name in enumerate(("monday", "tuesday")):
        shutil.copy(primary.dump("one", "--format=custom"), folder / name)
        os.utime(folder / name, (1_790_000_000 + number, 1_790_000_000 + number))
    (folder / "notes.txt").write_text("nothing")
    record = await call(primary, "restore_drill", backup=folder)
    assert record.data["backup"].endswith("tuesday")
    assert [one["code"] for one in record.data["findings"]] == ["backup-too-old"]


@pytest.mark.parametrize("content", [None, b"", b"\x00\x01nothing", b"-- a file of notes\n"])
async def test_no_backup_at_all(content: bytes | None, primary: Primary, call: Call) -> None:
    path = primary.home / "nothing"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    record = await call(primary, "restore_drill", backup=path)
    assert record.status == "refused"
    assert str(path) in record.data["reason"]


async def test_nothing_is_left_behind(primary: Primary, call: Call) -> None:
    copies = directories.engines() / "copies"
    pgrep = ["pgrep", "-f", str(copies)]  # others on this machine have copies too
    before = subprocess.run(pgrep, capture_output=True, text=True, check=False).stdout.split()
    folders = set(copies.iterdir())
    await call(primary, "restore_drill", backup=primary.dump("left", "--format=custom"))
    await call(primary, "restore_drill", backup=primary.base("left-base"))
    assert set(copies.iterdir()) == folders
    after = subprocess.run(pgrep, capture_output=True, text=True, check=False).stdout.split()
    # Autovacuum workers of the primary may come and go; servers do not.
    assert len(after) <= len(before) + 2


async def test_no_backup_is_named(primary: Primary, call: Call) -> None:
    record = await call(primary, "restore_drill")
    assert record.status == "no_data"
    assert "DBCREW_BACKUP" in record.data["needs"]
