"""Recovery to a point in time: how far an archive leads, and the segment that ends it when it is broken."""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.live.drills.conftest import Call, Primary


class Story:
    """A base backup, then three batches of orders, each in segments of its own, with the moment after each."""

    def __init__(self, primary: Primary) -> None:
        self.base = primary.base("pitr-base", "--wal-method=stream")
        self.moments: list[str] = []
        self.rows: list[int] = []
        self.segments: list[str] = []
        for _ in range(3):
            primary.run("INSERT INTO shop.orders (customer_id, total) SELECT 1, 1 FROM generate_series(1, 1000)")
            self.rows.append(primary.value("SELECT count(*) FROM shop.orders"))
            self.moments.append(primary.value("SELECT clock_timestamp()").astimezone(UTC).isoformat())
            primary.run("SELECT pg_sleep(0.05)")
            self.segments.append(primary.archived())


@pytest.fixture(scope="module")
def story(primary: Primary) -> Story:
    return Story(primary)


@pytest.fixture
def archive(primary: Primary, story: Story, tmp_path_factory) -> Path:
    """A copy of the archive that a test may break."""
    target = primary.home / f"wal-{tmp_path_factory.mktemp('a').name}"
    shutil.copytree(primary.archive, target)
    return target


async def drilled(call: Call, primary: Primary, story: Story, archive: Path, target: str = ""):
    record = await call(primary, "pitr_drill", backup=story.base, archive=archive, target=target)
    assert record.ok, record.data
    return record.data


def orders(drill) -> int:
    return next(one["restored_rows"] for one in drill["tables"] if one["table"] == "shop.orders")


async def test_to_the_end_of_the_archive(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    drill = await drilled(call, primary, story, archive)
    assert (drill["reached"], drill["failure"], drill["faults"], drill["findings"]) == (True, "", [], [])
    assert orders(drill) == story.rows[-1]
    assert drill["recovered_until"] <= story.moments[-1].replace("+00:00", "Z")
    assert drill["loss_bytes"] is not None
    assert 0 <= drill["archive_lag_bytes"] <= 16 << 20
    assert drill["rto_ms"] > 0
    print(
        f"\n{primary.major}: RTO {drill['rto_ms']:.0f} ms, loss {drill['loss_s']} s / {drill['loss_bytes']} bytes,"
        f" lag {drill['archive_lag_bytes']} bytes, {drill['segments']} segments",
        file=sys.stderr,
    )


@pytest.mark.parametrize("number", [0, 1])
async def test_to_a_moment(number: int, primary: Primary, story: Story, archive: Path, call: Call) -> None:
    drill = await drilled(call, primary, story, archive, story.moments[number])
    assert drill["reached"]
    assert orders(drill) == story.rows[number]
    assert drill["findings"] == []
    assert drill["loss_s"] is None


async def test_to_an_lsn(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    lsn = f"{int(story.segments[0][8:16], 16):X}/{int(story.segments[0][16:], 16) + 1:X}000000"
    drill = await drilled(call, primary, story, archive, lsn)
    assert drill["reached"]
    assert orders(drill) == story.rows[0]


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def short(path: Path) -> None:
    os.truncate(path, 5_000_000)


def zeros(path: Path) -> None:
    path.write_bytes(bytes(16 << 20))


def another_place(path: Path) -> None:
    shutil.copy(path.with_name(f"{path.name[:16]}{int(path.name[16:], 16) - 1:08X}"), path)


def another_version(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\x01\xd0")


def another_cluster(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(24)
        file.write(b"\x01\x02\x03\x04\x05\x06\x07\x08")


def bad_record(path: Path) -> None:
    """Bytes in the middle of what was written, headers untouched."""
    content = bytearray(path.read_bytes())
    used = len(content.rstrip(b"\0"))
    for place in range(used // 2, used // 2 + 40):
        content[place] ^= 0x5A
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (missing, "missing"),
        (empty, "empty"),
        (short, "5,000,000 bytes"),
        (zeros, "zeros"),
        (another_place, "another segment"),
        (another_version, "no WAL of this version"),
        (another_cluster, "another cluster"),
        (bad_record, "damaged"),
    ],
)
async def test_a_broken_archive(harm, says: str, primary: Primary, story: Story, archive: Path, call: Call) -> None:
    harm(archive / story.segments[1])
    drill = await drilled(call, primary, story, archive)
    print(f"\n{primary.major} {harm.__name__}: {drill['faults']}", file=sys.stderr)
    first = drill["faults"][0]
    assert first["segment"] == story.segments[1]
    assert says in first["reason"]
    (finding,) = [one for one in drill["findings"] if one["code"] == "archive-broken"]
    assert (finding["severity"], finding["object"]) == ("critical", story.segments[1])
    # Up to what came before the damage: the first batch, and not all of the second.
    assert story.rows[0] <= orders(drill) < story.rows[1]
    assert datetime.fromisoformat(drill["recovered_until"]) <= datetime.fromisoformat(story.moments[1])


async def test_a_moment_behind_the_break(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    (archive / story.segments[1]).unlink()
    drill = await drilled(call, primary, story, archive, story.moments[2])
    assert not drill["reached"]
    assert drill["faults"][0]["segment"] == story.segments[1]
    assert orders(drill) == story.rows[0]


async def test_a_moment_that_is_not_there_yet(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    drill = await drilled(call, primary, story, archive, "2199-01-01T00:00:00+00:00")
    assert not drill["reached"]
    assert drill["faults"] == []
    assert orders(drill) == story.rows[2]


async def test_a_moment_before_the_backup(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    record = await call(primary, "pitr_drill", backup=story.base, archive=archive, target="2020-01-01T00:00:00+00:00")
    assert record.status == "refused"
    assert "before the base backup" in record.data["reason"]


async def test_the_wrong_timeline(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    """A history that says the cluster went on elsewhere, whose segments are not there."""
    number = story.segments[0]
    switched = f"{int(number[8:16], 16):X}/{int(number[16:], 16) + 1:X}000000"
    (archive / "00000002.history").write_text(f"1\t{switched}\tno recovery target specified\n")
    drill = await drilled(call, primary, story, archive)
    assert drill["faults"][0]["segment"] == "00000002" + story.segments[1][8:]
    assert "older timeline" in drill["faults"][0]["reason"]
    assert drill["findings"][0]["code"] == "archive-broken"
    # PostgreSQL reads the old timeline's segments where the new one's are not there.
    assert orders(drill) == story.rows[2]


async def test_compressed_segments(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    import gzip

    for segment in story.segments:
        path = archive / segment
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes(), 1))
        path.unlink()
    drill = await drilled(call, primary, story, archive)
    assert drill["faults"] == []
    assert orders(drill) == story.rows[2]
    cut = archive / f"{story.segments[2]}.gz"
    cut.write_bytes(cut.read_bytes()[:5_000])
    drill = await drilled(call, primary, story, archive)
    assert drill["faults"][0]["segment"] == story.segments[2]
    assert "uncompressed" in drill["faults"][0]["reason"]


async def test_a_dump_cannot_be_brought_forward(primary: Primary, story: Story, archive: Path, call: Call) -> None:
    dump = primary.dump("pitr-dump", "--format=custom")
    record = await call(primary, "pitr_drill", backup=dump, archive=archive)
    assert record.status == "refused"
    assert "is a dump" in record.data["reason"]


@pytest.mark.parametrize("target", ["yesterday", "0/zzz", "2026-13-01"])
async def test_a_target_that_is_none(target: str, primary: Primary, story: Story, archive: Path, call: Call) -> None:
    record = await call(primary, "pitr_drill", backup=story.base, archive=archive, target=target)
    assert record.status == "refused"
    assert target in record.data["reason"]


async def test_a_folder_without_wal(primary: Primary, story: Story, call: Call, tmp_path: Path) -> None:
    record = await call(primary, "pitr_drill", backup=story.base, archive=tmp_path)
    assert record.status == "refused"
    assert "no archived WAL" in record.data["reason"]
    record = await call(primary, "pitr_drill", backup=story.base)
    assert record.status == "no_data"
    assert "DBCREW_WAL_ARCHIVE" in record.data["needs"]
