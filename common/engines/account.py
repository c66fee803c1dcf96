"""The account that servers run as: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import Missing


@dataclass(frozen=True)
class Account:
    """Who a server runs as."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give a file or folder (not what is in it) to this account; no effect when it is ours already."""
        if os.geteuid() != self.uid:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(
        self, command: Sequence[str | Path], environment: Mapping[str, str], text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account with exactly this environment, `text` on its standard input.

        Never raises for a non-zero end: the caller reads `returncode`, `stdout` and `stderr`.
        """
        words = [str(word) for word in command]
        other: dict[str, Any] = {}
        if os.geteuid() != self.uid:
            # What it writes must be as open as usual, however strict we are; its groups are not ours.
            other = {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o022}
        # The account may not be allowed into our own working folder.
        return subprocess.run(
            words, env=environment, input=text, capture_output=True, text=True, cwd="/", check=False, **other
        )


def account() -> Account:
    """Ourselves, or under root the account named by `DBCREW_ENGINE_ACCOUNT`, else `nobody`.

    Not `postgres`: that account owns the clusters of whoever uses this machine. Raises Missing when there is no such
    account.
    """
    if os.geteuid() != 0:
        return Account(name=os.environ.get("USER", ""), uid=os.geteuid(), gid=os.getegid())
    name = os.environ.get("DBCREW_ENGINE_ACCOUNT") or "nobody"
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Missing(
            what=f"The account {name}, which the embedded servers run as under root,",
            next="Set DBCREW_ENGINE_ACCOUNT to an unprivileged account, or run as a plain user.",
        ) from None
    if entry.pw_uid == 0:
        raise Missing(
            what="An unprivileged account to run the embedded servers as",
            next=f"DBCREW_ENGINE_ACCOUNT names {name}, which is root; name another.",
        )
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
