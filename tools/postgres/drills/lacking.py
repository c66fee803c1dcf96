"""What a restore could not show for want of something on this machine, or in the drill: not the backup's fault."""

import re
from collections.abc import Iterable, Sequence

from common.findings import NotChecked
from tools.postgres.drills.counts import TableCount
from tools.postgres.drills.needs import Needs

_UNKNOWN_ROLE = re.compile(r'role "[^"]*" does not exist')
_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available')
_NOBODYS = {"postgres", "PUBLIC", "CURRENT_USER"}


def unmade(tables: Iterable[TableCount], needs: Needs, withheld: Sequence[str]) -> list[str]:
    """Tables that are in the dump, and stayed away where an extension was withheld."""
    if not withheld:
        return []
    away = (one.table for one in tables if one.restored_rows is None and not one.problem)
    return sorted(needs.tables.intersection(away))


def extensions(errors: Iterable[str], withheld: Sequence[str], unmade: Sequence[str], version: str) -> list[NotChecked]:
    """Extensions that this machine lacks, those that a drill does not make, and the tables that did not come for that."""
    absent = sorted({match[1] for line in errors if (match := _NO_EXTENSION.search(line))} - set(withheld))
    found = [
        NotChecked(
            code="backup-not-restorable", needs=f"the extension {name} on this machine, for PostgreSQL {version}"
        )
        for name in absent
    ]
    for name in withheld:
        needs = (
            f"not restored: needs extension {name}, which a drill does not make: it may reach files or other servers"
        )
        found.append(NotChecked(code="backup-not-restorable", needs=needs))
    if unmade:
        needs = f"not restored: {', '.join(unmade[:20])}: a restore on a server that has {', '.join(withheld)}"
        found.append(NotChecked(code="backup-incomplete", needs=needs))
    return found


def roles(errors: Iterable[str], needs: Needs, known: frozenset[str]) -> list[NotChecked]:
    """Roles that the dump names and the live server does not have."""
    strange = {name for name in needs.roles - known - _NOBODYS if not name.startswith("pg_")}
    if not strange and not any(_UNKNOWN_ROLE.search(line) for line in errors):
        return []
    needs_them = "pg_dumpall --globals-only beside the dump: it names roles that neither it nor the live server has"
    return [NotChecked(code="backup-incomplete", needs=needs_them)]


def manifest(state: str) -> list[NotChecked]:
    """A base backup without a manifest."""
    if state != "absent":
        return []
    needs = "a base backup with a manifest (pg_basebackup makes one): there is none to compare the files with"
    return [NotChecked(code="backup-not-restorable", needs=needs)]
