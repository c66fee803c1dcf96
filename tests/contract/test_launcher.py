"""What `./p3` says on machines that lack something; nothing is downloaded."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from common.directories import ROOT

TOOLS = ("awk", "bash", "cat", "cksum", "dirname", "env", "flock", "head", "ls", "readlink", "rm", "sleep", "uname")
OLD = '#!/bin/sh\n[ "$2" = "import sys; sys.exit(sys.version_info < (3, 11))" ] && exit 1\necho 3.9\n'
WITHOUT_VENV = "#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; esac\necho 3.12\n"
SHIM = '#!/bin/sh\necho "pyenv: python3.13: command not found" >&2\nexit 127\n'
GOOD = """#!/bin/sh
# Stands in for Python and for the environment it makes: it writes down what it is asked to do.
case "$1 $2" in
  "-c import sys; print"*) echo 3.12 ;;
  "-m venv") echo venv >>"$LOG"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
  "-m pip") echo pip >>"$LOG"; sleep 0.2; [ -z "$BREAK" ] ;;
  "-m agents") shift 2; echo "ran in $PWD: $*" ;;
  "- "*) cat >/dev/null ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but the launcher and what it reads, below a folder with a space."""
    folder = tmp_path / "my checkout"
    folder.mkdir()
    for name in ("p3", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH with a shell's usual tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (*TOOLS, "mkdir", "cp", "sh"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return folder


def put(machine: Path, name: str, script: str) -> None:
    (machine / name).write_text(script)
    (machine / name).chmod(0o755)


def start(checkout: Path, machine: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    environment = {"PATH": str(machine), "HOME": str(checkout), "LOG": str(machine / "log"), **variables}
    return subprocess.Popen(
        [checkout / "p3", *arguments],
        env=environment,
        cwd=machine,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def launch(checkout: Path, machine: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    process = start(checkout, machine, *arguments, **variables)
    said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


def log(machine: Path) -> list[str]:
    return (machine / "log").read_text().split()


def test_no_python(checkout, machine):
    code, _, complained = launch(checkout, machine)
    assert code == 2
    assert "needs Python 3.11 or newer; no Python was found" in complained
    assert "Get one: " in complained


def test_an_old_python_is_named(checkout, machine):
    put(machine, "python3", OLD)
    code, _, complained = launch(checkout, machine)
    assert code == 2
    assert f"{machine}/python3 is 3.9" in complained


def test_a_python_without_venv_is_named_with_the_command_that_helps(checkout, machine):
    put(machine, "python3", WITHOUT_VENV)
    put(machine, "apt-get", "#!/bin/sh\n")
    code, _, complained = launch(checkout, machine)
    assert code == 2
    assert "its venv module is missing" in complained
    assert "apt-get install -y python3-venv" in complained


def test_a_shim_for_a_version_that_is_not_there_is_passed_over(checkout, machine):
    put(machine, "python3.13", SHIM)
    put(machine, "python3", GOOD)
    code, said, _ = launch(checkout, machine, "health", "--json")
    assert (code, said) == (0, f"ran in {machine}: health --json\n")


def test_the_systems_own_python_comes_before_a_version_managers(machine):
    names = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
    able = ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"]
    there = [each for each in names if Path(f"/usr/bin/{each}").exists()]
    own = [each for each in there if subprocess.run([f"/usr/bin/{each}", *able]).returncode == 0]
    name = own[0] if own else "python3"
    put(machine, name, GOOD)
    find = re.search(r"^find_python\(\) \{.*?^\}$", (ROOT / "p3").read_text(), re.M | re.S)
    assert find
    script = f'stop() {{ exit 9; }}\n{find[0]}\nfind_python\nprintf %s "$python"'
    found = {
        path: subprocess.run(["bash", "-c", script], env={"PATH": path}, capture_output=True, text=True).stdout
        for path in (str(machine), f"{machine}:/usr/bin")
    }
    assert found == {
        str(machine): f"{machine}/{name}",
        f"{machine}:/usr/bin": f"/usr/bin/{name}" if own else f"{machine}/{name}",
    }


def test_dbcrew_python_that_is_not_there(checkout, machine):
    put(machine, "python3", GOOD)
    code, _, complained = launch(checkout, machine, DBCREW_PYTHON="/nonexistent/python")
    assert code == 2
    assert "/nonexistent/python, which is not there" in complained


def test_it_installs_once_and_again_when_the_pins_change(checkout, machine):
    put(machine, "python3", GOOD)
    assert launch(checkout, machine)[0] == 0
    assert launch(checkout, machine)[0] == 0
    assert log(machine) == ["venv", "pip"]
    with (checkout / "constraints.txt").open("a") as file:
        file.write("another==1\n")
    assert launch(checkout, machine)[0] == 0
    assert log(machine) == ["venv", "pip", "pip"]


def test_an_install_that_failed_starts_over(checkout, machine):
    put(machine, "python3", GOOD)
    code, _, complained = launch(checkout, machine, BREAK="yes")
    assert code == 2
    assert "Run the same command again" in complained
    code, said, _ = launch(checkout, machine)
    assert code == 0
    assert said
    assert log(machine) == ["venv", "pip", "pip"]


def test_an_install_that_was_killed_starts_over(checkout, machine):
    put(machine, "python3", GOOD)
    (checkout / ".venv" / "bin").mkdir(parents=True)
    put(checkout / ".venv" / "bin", "python", "#!/bin/sh\nexit 1\n")
    assert launch(checkout, machine)[0] == 0
    assert log(machine) == ["venv", "pip"]


def test_two_first_starts_do_not_collide(checkout, machine):
    put(machine, "python3", GOOD)
    both = [start(checkout, machine) for _ in range(2)]
    for process in both:
        said, complained = process.communicate(timeout=60)
        assert process.returncode == 0, complained
        assert said.startswith("ran in")
    assert log(machine) == ["venv", "pip"]


def test_a_moved_checkout_gets_a_new_environment(checkout, machine):
    put(machine, "python3", GOOD)
    launch(checkout, machine)
    moved = checkout.rename(checkout.with_name("moved"))
    assert launch(moved, machine)[0] == 0
    assert log(machine) == ["venv", "pip", "venv", "pip"]


def test_a_link_to_the_launcher_finds_the_checkout(checkout, machine):
    put(machine, "python3", GOOD)
    (machine / "p3").symlink_to(checkout / "p3")
    ended = subprocess.run(
        [machine / "p3", "x"],
        env={"PATH": str(machine), "LOG": str(machine / "log")},
        cwd=machine,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == f"ran in {machine}: x\n"


def test_options_of_pytest_reach_pytest(checkout, machine):
    put(machine, "python3", GOOD)
    _, said, _ = launch(checkout, machine, "test", "-x", "--help")
    assert said == f"ran in {machine}: test -- -x --help\n"
    _, said, _ = launch(checkout, machine, "-v", "test", "-v")
    assert said == f"ran in {machine}: -v test -- -v\n"
    assert log(machine) == ["venv", "pip", "pip"]


def test_a_closed_checkout_is_named(checkout, machine):
    put(machine, "python3", GOOD)
    checkout.chmod(0o555)
    # Root may write everywhere, so under root this is somebody else's start, in a folder that everybody reaches.
    with tempfile.TemporaryDirectory(prefix="dbcrew-launcher-") as place:
        Path(place).chmod(0o755)
        checkout, machine = (Path(shutil.copytree(each, Path(place, each.name), True)) for each in (checkout, machine))
        other = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        ended = subprocess.run(
            [checkout / "p3"], env={"PATH": str(machine)}, cwd="/", capture_output=True, text=True, check=False, **other
        )
        checkout.chmod(0o755)
    assert ended.returncode == 2
    assert f"cannot write to {checkout}" in ended.stderr
