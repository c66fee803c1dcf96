"""`./p3 drill`: what it prints and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

from common.directories import ROOT
from tests.live.drills.conftest import Primary


def p3(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agents", "drill", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def fits(text: str) -> dict:
    from jsonschema import Draft202012Validator

    answer = json.loads(text)
    Draft202012Validator(json.loads((ROOT / "tests" / "schemas" / "drill.json").read_text())).validate(answer)
    return answer


def test_a_good_backup_and_a_cut_one(primary: Primary, tmp_path: Path) -> None:
    dump = primary.dump("command.dump", "--format=custom")
    said = p3("restore", "--dsn", primary.reader, "--backup", str(dump), "--json")
    assert said.returncode == 0, said.stderr
    assert fits(said.stdout)["drill"]["restored"]
    text = p3("restore", "--dsn", primary.reader, "--backup", str(dump))
    assert text.stdout.startswith("Restored in ")
    assert "shop.orders" in text.stdout
    cut = tmp_path / "cut.dump"
    cut.write_bytes(dump.read_bytes()[:-40_000])
    said = p3("restore", "--dsn", primary.reader, "--backup", str(cut))
    assert said.returncode == 1
    assert said.stdout.startswith("NOT RESTORABLE: ")
    assert "Traceback" not in said.stderr


def test_recovery_and_its_ends(primary: Primary) -> None:
    base = primary.base("command-base", "--wal-method=none")
    primary.archived()
    arguments = ("pitr", "--dsn", primary.reader, "--backup", str(base), "--archive", str(primary.archive))
    said = p3(*arguments, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    assert fits(said.stdout)["drill"]["reached"]
    assert p3(*arguments).stdout.startswith("Recovered up to ")
    for wrong in (("--target", "soon"), ("--archive", str(base)), ("--backup", "/nowhere/at/all")):
        ended = p3(*arguments, *wrong)
        assert ended.returncode == 2, wrong
        assert ended.stderr.strip().splitlines()[-1].startswith("error: ")
    assert p3("restore", "--dsn", primary.reader).returncode == 2
    assert p3("restore", "--dsn", "postgresql://nobody@127.0.0.1:1/none", "--backup", "/x").returncode == 3
