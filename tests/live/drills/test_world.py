"""Both drills on the sample world: rows counted, RTO and RPO measured, a broken archive found."""

import shutil
import sys
from dataclasses import replace
from datetime import datetime

import pytest

from tests.live.drills.conftest import Call, Primary
from tools.worlds import load

pytestmark = pytest.mark.each

WRITE = "UPDATE wallet.users SET full_name = full_name WHERE id IN (SELECT id FROM wallet.users LIMIT 100)"


async def test_both_drills(primary: Primary, call: Call) -> None:
    primary.run("CREATE DATABASE wallet", "postgres")
    world = replace(primary, database="wallet")
    try:
        await load(primary.cluster.dsn_of("wallet"), "f2", faults=frozenset())
        primary.run(
            "GRANT USAGE ON SCHEMA wallet TO drill_reader; GRANT SELECT ON ALL TABLES IN SCHEMA wallet TO drill_reader;"
            "ANALYZE",
            "wallet",
        )
        rows = sum(
            primary.value(f"SELECT count(*) FROM ONLY {table}", "wallet")
            for table in primary.value(
                "SELECT array_agg(oid::regclass::text) FROM pg_class WHERE relnamespace = 'wallet'::regnamespace"
                " AND relkind = 'r'",
                "wallet",
            )
        )
        restored = (await call(world, "restore_drill", backup=world.dump("world.dump", "--format=custom"))).data
        assert (restored["restored"], restored["findings"], restored["errors"]) == (True, [], [])
        assert restored["rows_restored"] == rows
        assert restored["tables_equal"] == restored["tables_restored"] == restored["tables_live"]
        base = world.base("world-base")
        primary.run(WRITE, "wallet")
        first = primary.archived()
        until = primary.value("SELECT clock_timestamp()")
        primary.run(WRITE, "wallet")
        second = primary.archived()
        primary.run(WRITE, "wallet")
        drill = (await call(world, "pitr_drill", backup=base, archive=primary.archive)).data
        assert (drill["reached"], drill["faults"]) == (True, [])
        assert drill["rows_restored"] == rows
        assert drill["loss_s"] > 0
        assert drill["loss_bytes"] > 0
        broken = primary.home / "world-wal"
        shutil.copytree(primary.archive, broken)
        (broken / second).unlink()
        (broken / f"{second[:16]}{int(second[16:], 16) + 1:08X}").write_bytes((broken / first).read_bytes())
        cut = (await call(world, "pitr_drill", backup=base, archive=broken)).data
        assert cut["faults"][0] == {"segment": second, "reason": "missing"}
        assert datetime.fromisoformat(cut["recovered_until"]) <= until
        sys.stderr.write(
            f"sample world f2 on {primary.major}: {rows:,} rows; dump restored in {restored['rto_ms']:.0f} ms; PITR in"
            f" {drill['rto_ms']:.0f} ms, {drill['segments']} segments, loss {drill['loss_s']:.2f} s /"
            f" {drill['loss_bytes']:,} bytes\n"
        )
    finally:
        primary.run("DROP DATABASE wallet WITH (FORCE)", "postgres")
