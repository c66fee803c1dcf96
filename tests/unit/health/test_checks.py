"""What one machine cannot plant (age, volume, other machines) is judged on rows as the server would give them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from common.catalogue import CATALOGUE
from common.findings import Severity
from tools.postgres.health import CHECKS
from tools.postgres.health import end_of_life_version as eol
from tools.postgres.health import inactive_replication_slot as slot
from tools.postgres.health import missing_future_partition as partition
from tools.postgres.health import replication_lag as lag
from tools.postgres.health import sequence_near_limit as sequence
from tools.postgres.health import xid_wraparound as xid
from tools.postgres.health.checkpoints_too_frequent import too_frequent
from tools.postgres.health.view import View

SERVER = {
    "version": 180001,
    "server_version": "18.1",
    "database": "app",
    "quoted_database": "app",
    "role": "reader",
    "in_recovery": False,
    "reads_stats": True,
    "reads_settings": True,
    "monitors": True,
    "stats_age_s": 864_000.0,
    "standbys": 0,
    "slots": 0,
    "wal_archived": False,
    "data_bytes": 100 << 20,
    "managed": False,
    "holds_money": False,
}
BY_CODE = {check.code: check for check in CHECKS}


def view(
    settings: dict[str, str] | None = None, server: dict[str, Any] | None = None, **rows: list[dict[str, Any]]
) -> View:
    """A view whose queries have been answered already."""
    known = {
        "server": [{**SERVER, **(server or {})}],
        "settings": [
            {"name": name, "setting": value, "boot_val": "", "reset_val": value, "source": "configuration file"}
            for name, value in (settings or {}).items()
        ],
        **rows,
    }
    return View(None, _known=known)


async def levels(code: str, seen: View) -> list[str]:
    return [getattr(each, "severity", "not checked") for each in await BY_CODE[code].look(seen)]


def test_every_code_of_the_health_sections_has_one_check() -> None:
    wanted = {code for name, codes in CATALOGUE.items() if name in SECTIONS for code in codes}
    assert wanted <= set(BY_CODE)
    assert len(BY_CODE) == len(CHECKS)
    assert all(check.means and check.wrong_if and check.summary for check in CHECKS)


SECTIONS = (
    "PostgreSQL: schema and indexes",
    "PostgreSQL: running",
    "PostgreSQL: recovery, replication, security",
)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (199_000_000, None),
        (399_000_000, None),
        (400_000_000, Severity.MEDIUM),
        (1_000_000_000, Severity.HIGH),
        (1_600_000_000, Severity.CRITICAL),
    ],
)
def test_wraparound(age: int, expected: Severity | None) -> None:
    assert xid.severity(age, 200_000_000) is expected


async def test_wraparound_names_the_worst_table() -> None:
    row = {
        "object": "app",
        "transactions": 1_700_000_000,
        "multixacts": 5,
        "transactions_at": 200_000_000,
        "multixacts_at": 400_000_000,
        "worst_by_transactions": "VACUUM (FREEZE, VERBOSE) s.t;",
        "worst_by_multixacts": "",
    }
    seen = view(wraparound=[row])
    [finding] = await BY_CODE["xid-wraparound"].look(seen)
    assert finding.remedy == "VACUUM (FREEZE, VERBOSE) s.t;"  # type: ignore[union-attr]
    assert await levels("multixact-wraparound", seen) == []
    late = view(wraparound=[{**row, "multixacts": 1_000_000_000}])
    assert await levels("multixact-wraparound", late) == ["high"]


@pytest.mark.parametrize(
    ("major", "today", "expected"),
    [
        (14, date(2026, 11, 12), Severity.HIGH),
        (14, date(2026, 11, 1), Severity.LOW),
        (15, date(2026, 11, 21), None),
        (9, date(2026, 11, 21), Severity.HIGH),
        (19, date(2026, 11, 21), None),
    ],
)
def test_end_of_life(major: int, today: date, expected: Severity | None) -> None:
    assert eol.severity(major, today) is expected


@pytest.mark.parametrize(
    ("timed", "requested", "age_s", "expected"),
    [(5, 60, 7200, True), (5, 60, 600, False), (80, 60, 7200, False), (0, 10, 86_400, False)],
)
def test_checkpoints(timed: int, requested: int, age_s: float, expected: bool) -> None:
    assert too_frequent(timed, requested, age_s) is expected


async def test_checkpoints_read_the_view_of_the_version() -> None:
    row = {"timed": 1, "requested": 100, "stats_age_s": 7200.0, "max_wal_size": "1GB"}
    assert await levels("checkpoints-too-frequent", view(checkpoints=[row])) == ["medium"]
    old = view(server={"version": 150020}, checkpoints_before_17=[row])
    assert await levels("checkpoints-too-frequent", old) == ["medium"]


@pytest.mark.parametrize(("used", "expected"), [(0.69, "info"), (0.7, "medium"), (0.8, "high"), (0.95, "critical")])
def test_ranges_that_run_out(used: float, expected: str) -> None:
    assert sequence.severity(used) == expected


def test_partitions_that_end() -> None:
    now, month = datetime(2026, 11, 21, tzinfo=UTC), timedelta(days=30)
    assert partition.severity(now + timedelta(days=8), month, False, now) is None
    assert partition.severity(now + timedelta(days=6), month, False, now) is Severity.MEDIUM
    assert partition.severity(now - month, month, True, now) is Severity.MEDIUM
    assert partition.severity(now - month, month, False, now) is Severity.HIGH
    assert partition.severity(now + timedelta(hours=30), timedelta(days=1), False, now) is None


def test_lag_and_slots() -> None:
    assert lag.severity(1 << 20, 5) is None
    assert lag.severity(64 << 20, None) is Severity.MEDIUM
    assert lag.severity(0, 301) is Severity.HIGH
    assert slot.severity({"wal_status": "lost", "reserves": False, "kept_bytes": None}) is Severity.HIGH
    assert slot.severity({"wal_status": "none", "reserves": False, "kept_bytes": None}) is None
    assert slot.severity({"wal_status": "extended", "reserves": True, "kept_bytes": 2 << 30}) is Severity.HIGH
    assert slot.severity({"wal_status": "reserved", "reserves": True, "kept_bytes": 16 << 20}) is Severity.INFO


async def test_tls_matters_only_beyond_loopback() -> None:
    far = {"nearby": False, "encrypted": False}
    near = {"nearby": True, "encrypted": False}
    here = {"listen_addresses": "localhost, 127.0.0.1, ::1", "ssl": "off"}
    everywhere = {"listen_addresses": "*", "ssl": "off"}
    assert await levels("tls-off", view(here, activity=[near])) == []
    assert await levels("tls-off", view(everywhere, activity=[near])) == ["info"]
    assert await levels("tls-off", view(everywhere, {"data_bytes": 2 << 30}, activity=[near])) == ["medium"]
    assert await levels("tls-off", view(everywhere, activity=[far])) == ["high"]
    assert await levels("tls-off", view(everywhere | {"ssl": "on"}, activity=[far | {"encrypted": True}])) == []
    assert await levels("tls-off", view(everywhere, {"reads_stats": False}, activity=[])) == ["not checked"]


async def test_good_practice_is_asked_of_servers_in_service() -> None:
    settings = {"listen_addresses": "*", "archive_mode": "off", "data_checksums": "off"}
    small = view(settings, standbys=[])
    large = view(settings, {"data_bytes": 2 << 30}, standbys=[])
    cloud = view(settings, {"data_bytes": 2 << 30, "managed": True}, standbys=[])
    received = view(settings, {"data_bytes": 2 << 30}, standbys=[{"application": "pg_receivewal"}])
    assert [await levels("archiving-off", seen) for seen in (small, large, cloud, received)] == [
        ["info"],
        ["high"],
        [],
        [],
    ]
    assert [await levels("checksums-off", seen) for seen in (small, large, cloud)] == [["info"], ["low"], []]


async def test_counters_need_volume() -> None:
    row = {
        "object": "app",
        "transactions": 20_000,
        "blks_read": 500_000,
        "blks_hit": 1_000_000,
        "temp_files": 2_000,
        "temp_bytes": 50 << 30,
        "deadlocks": 50,
        "stats_age_s": 864_000.0,
    }
    busy, quiet = (
        view(database_counters=[row]),
        view(database_counters=[{**row, "transactions": 50, "temp_files": 3, "deadlocks": 4}]),
    )
    for code in ("low-cache-hit", "temp-files-heavy", "deadlocks"):
        assert await levels(code, busy) == ["medium"]
        assert await levels(code, quiet) == []


async def test_defaults_under_a_large_database() -> None:
    for size, expected in ((100 << 20, []), (2 << 30, ["info"]), (20 << 30, ["medium"])):
        seen = view({"shared_buffers": "16384", "listen_addresses": "localhost"}, {"data_bytes": size})
        seen._known["settings"][0]["source"] = "default"
        assert await levels("settings-at-defaults", seen) == expected
    assert await levels("settings-at-defaults", view({"shared_buffers": "1048576"}, {"data_bytes": 20 << 30})) == []


async def test_autovacuum_that_falls_behind() -> None:
    vacuum = {"automatic": True, "counted": True, "workers": 3, "running": 3, "had_time": True}
    late = {"automatic": True, "dead_rows": 50_000, "vacuum_at": 1_000.0}
    check = "autovacuum-falling-behind"
    assert await levels(check, view(autovacuum=[vacuum], table_activity=[late] * 5)) == ["high"]
    assert await levels(check, view(autovacuum=[vacuum | {"running": 0}], table_activity=[late] * 5)) == ["medium"]
    assert await levels(check, view(autovacuum=[vacuum], table_activity=[late] * 4)) == []
    assert await levels(check, view(autovacuum=[vacuum | {"had_time": False}], table_activity=[late] * 5)) == []


def test_missing_partitions_are_as_wide_as_the_others_and_reach_beyond_now() -> None:
    def day(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]

    years = [(day(2022, 1, 1), day(2023, 1, 1)), (day(2023, 1, 1), day(2024, 1, 1)), (day(2024, 1, 1), day(2024, 2, 1))]
    starts = [start for start, _ in partition.missing(years, day(2026, 11, 21))]
    assert starts == [day(2024, 2, 1), day(2025, 2, 1), day(2026, 2, 1), day(2027, 2, 1)]
    weeks = [(day(2026, 1, 5), day(2026, 1, 12)), (day(2026, 1, 12), day(2026, 1, 19))]
    assert partition.missing(weeks, day(2026, 1, 20)) == [
        (day(2026, 1, 19), day(2026, 1, 26)), (day(2026, 1, 26), day(2026, 2, 2)),
    ]  # fmt: skip
    assert partition.missing(weeks, day(2026, 11, 21)) == [
        (day(2026, 1, 19), day(2026, 11, 16)), (day(2026, 11, 16), day(2026, 11, 23)), (day(2026, 11, 23), day(2026, 11, 30)),
    ]  # fmt: skip
    assert partition.missing(weeks, day(2026, 1, 15)) == [(day(2026, 1, 19), day(2026, 1, 26))]
