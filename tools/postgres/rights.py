"""What the given role can do, asked of the server: the first layer of what makes it safe."""

from pydantic import BaseModel, ConfigDict

from common.errors import RoleTooStrong
from common.queries import query
from tools.postgres.connection import Session
from tools.postgres.place import without_secrets

_TOO_STRONG = {
    "pg_read_server_files": "read files of the server",
    "pg_write_server_files": "write files of the server",
    "pg_execute_server_program": "run programs on the server",
    # What the managed services hand out in place of superuser: each may grant itself what it lacks.
    "rds_superuser": "act as Amazon's rds_superuser",
    "cloudsqlsuperuser": "act as Google's cloudsqlsuperuser",
    "alloydbsuperuser": "act as Google's alloydbsuperuser",
    "azure_pg_admin": "act as Azure's azure_pg_admin",
    "neon_superuser": "act as Neon's neon_superuser",
}
_WARNED = {
    "pg_write_all_data": "write every table (pg_write_all_data)",
    "pg_read_all_data": "read every table, password hashes in pg_authid included (pg_read_all_data)",
    "pg_signal_backend": "cancel and end other sessions (pg_signal_backend)",
    "pg_checkpoint": "force checkpoints (pg_checkpoint)",
    "pg_maintain": "vacuum, reindex and lock every table (pg_maintain)",
    "pg_create_subscription": "create subscriptions (pg_create_subscription)",
}


class Rights(BaseModel):
    """What a role can do, its memberships counted, inherited or by SET ROLE.

    `readable` maps a schema to how many of its relations (tables, views) can be read, and how many there are.
    `objects_owned` counts relations in schemas that are not the system's.
    """

    model_config = ConfigDict(frozen=True)

    role: str
    superuser: bool
    bypass_row_security: bool
    create_roles: bool
    create_databases: bool
    replication: bool
    member_of: tuple[str, ...]
    tables_writable: int
    tables_writable_examples: tuple[str, ...]
    sequences_writable: int
    schemas_creatable: tuple[str, ...]
    database_create: bool
    temporary_tables: bool
    objects_owned: int
    readable: dict[str, tuple[int, int]]
    sees_other_sessions: bool
    sees_all_settings: bool
    reads_password_hashes: bool

    @property
    def too_strong(self) -> list[str]:
        """What must not be in the hands of something that only looks."""
        found = ["do everything (superuser)"] if self.superuser else []
        if self.bypass_row_security and not self.superuser:
            found.append("read past row-level security (BYPASSRLS)")
        return found + [what for role, what in _TOO_STRONG.items() if role in self.member_of]

    @property
    def readable_relations(self) -> int:
        """How many relations can be read."""
        return sum(some for some, _ in self.readable.values())


async def rights(session: Session) -> Rights:
    """What the role of `session` can do in its database. Raises what Session.rows raises."""
    return Rights.model_validate(await session.row(query(__package__, "rights")))


def require_safe(found: Rights, dsn: str) -> None:
    """Raise RoleTooStrong when the role can do what nobody who only looks should; the message shows `dsn` without its
    password.

    The managed services' administrators are refused as well: they are no superusers, but may create roles and grant
    themselves the rest.
    """
    if found.too_strong:
        raise RoleTooStrong(role=found.role, rights=", ".join(found.too_strong), dsn=without_secrets(dsn))


def warnings(found: Rights) -> list[str]:
    """What the role can do beyond reading, one sentence each; none for a role of ./p3 grant on a tidy server."""
    role, said = found.role, []
    for can, what in (
        (found.create_roles, "create roles (CREATEROLE)"),
        (found.create_databases, "create databases (CREATEDB)"),
        (found.replication, "read every change by replication (REPLICATION)"),
        (found.database_create, "create schemas in this database"),
        (bool(found.schemas_creatable), f"create objects in {', '.join(found.schemas_creatable)}"),
    ):
        if can and not found.superuser:
            said.append(f"{role} can {what}.")
    said += [f"{role} can {what}." for name, what in _WARNED.items() if name in found.member_of]
    if found.tables_writable:
        more = ", …" if found.tables_writable > len(found.tables_writable_examples) else ""
        listed = ", ".join(found.tables_writable_examples) + more
        said.append(f"{role} can write {found.tables_writable} tables: {listed}.")
    if found.sequences_writable:
        said.append(f"{role} can advance {found.sequences_writable} sequences.")
    if found.objects_owned:
        said.append(f"{role} owns {found.objects_owned} tables, views or sequences.")
    if found.reads_password_hashes and "pg_read_all_data" not in found.member_of:
        said.append(f"{role} can read password hashes (pg_authid).")
    return said
