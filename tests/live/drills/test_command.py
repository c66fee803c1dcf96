"""`./p3 drill`: what it prints and how it ends."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from common import directories
from common.directories import ROOT
from tests.commands import said_by
from tests.live.drills.conftest import Primary
from tools.postgres.drills.held import Held

pytestmark = pytest.mark.once


def p3(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agents", "drill", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def fits(text: str) -> dict:
    from jsonschema import Draft202012Validator

    answer = json.loads(text)
    Draft202012Validator(json.loads((ROOT / "tests" / "schemas" / "drill.json").read_text())).validate(answer)
    return answer


def never_tested(primary: Primary) -> list[str]:
    """What health says that it needs to know of restores of this database."""
    said = said_by("health", "--dsn", primary.reader, "--json").json
    return [one["needs"] for one in said["not_checked"] if one["code"] == "recovery-never-tested"]


def test_a_good_backup_and_a_cut_one(primary: Primary, tmp_path: Path) -> None:
    shutil.rmtree(directories.build_data() / "drills", ignore_errors=True)
    dump = primary.dump("command.dump", "--format=custom")
    cut = tmp_path / "cut.dump"
    cut.write_bytes(dump.read_bytes()[:-40_000])
    said = p3("restore", "--dsn", primary.reader, "--backup", str(cut))
    assert said.returncode == 1
    assert said.stdout.startswith("NOT RESTORABLE: ")
    assert "Traceback" not in said.stderr
    assert len(never_tested(primary)) == 1
    said = p3("restore", "--dsn", primary.reader, "--backup", str(dump), "--json")
    assert said.returncode == 0, said.stderr
    assert fits(said.stdout)["drill"]["restored"]
    text = said_by("drill", "restore", "--dsn", primary.reader, "--backup", str(dump))
    assert text.out.startswith("Restored in ")
    assert "shop.orders" in text.out
    assert never_tested(primary) == []
    (file,) = (directories.build_data() / "drills").iterdir()
    long_ago = Held.model_validate_json(file.read_bytes()).model_copy(update={"at": datetime(2020, 2, 29, tzinfo=UTC)})
    file.write_text(long_ago.model_dump_json())
    assert "2020-02-29" in never_tested(primary)[0]


def test_recovery_and_its_ends(primary: Primary) -> None:
    base = primary.base("command-base", "--wal-method=none")
    primary.archived()
    arguments = ("pitr", "--dsn", primary.reader, "--backup", str(base), "--archive", str(primary.archive))
    said = p3(*arguments, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    assert fits(said.stdout)["drill"]["reached"]
    assert said_by("drill", *arguments).out.startswith("Recovered up to ")
    for wrong in (("--target", "soon"), ("--archive", str(base)), ("--backup", "/nowhere/at/all")):
        ended = said_by("drill", *arguments, *wrong)
        assert ended.code == 2, wrong
        assert ended.err.strip().splitlines()[-1].startswith("error: ")
    assert p3("restore", "--dsn", primary.reader).returncode == 2
    assert p3("restore", "--dsn", "postgresql://nobody@127.0.0.1:1/none", "--backup", "/x").returncode == 3
