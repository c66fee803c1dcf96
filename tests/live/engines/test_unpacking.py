"""Unpacking the embedded PostgreSQL leaves nothing behind but PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import directories
from common.engines.account import Account
from common.engines.installs import embedded


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the servers' account may pass through, which it may not with pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="dbcrew-unpacking-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_what_the_unpacking_writes_beside_goes_with_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBCREW_BUILD_DATA", str(place))
    beside = []
    run = Account.run

    def watched(self, command, environment, text=""):
        ended = run(self, command, environment, text)
        beside.extend(Path(environment["TMPDIR"]).glob(".tmp*/.pgpass"))
        return ended

    monkeypatch.setattr(Account, "run", watched)
    embedded()
    assert beside, "it writes a password file to a folder for what is temporary"
    assert not any(each.exists() for each in beside)
    assert all(each.is_relative_to(directories.engines()) for each in beside)
