"""Unpacking the embedded PostgreSQL leaves nothing behind but PostgreSQL."""

from pathlib import Path

from common import directories
from common.engines.account import Account
from common.engines.installs import embedded


def test_what_the_unpacking_writes_beside_goes_with_it(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    for closed in tmp_path.parents[:2]:  # pytest's own, which the servers' account must pass through
        closed.chmod(0o711)
    monkeypatch.setenv("DBCREW_BUILD_DATA", str(tmp_path))
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
