"""Passwords kept as MD5: whoever sees the hash can log in with it, and guess the password in hours."""

from common.findings import Finding, NotChecked, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Medium for the setting and for each role that has such a hash, where pg_authid may be read at all."""
    found: list[Finding | NotChecked] = []
    if await view.setting("password_encryption") == "md5":
        found.append(
            CHECK.finding(
                Severity.MEDIUM,
                {"object": "password_encryption"},
                summary="{object} is md5: new passwords are kept as MD5",
                remedy="ALTER SYSTEM SET password_encryption = 'scram-sha-256'; SELECT pg_reload_conf();",
            )
        )
    if (await view.rows("password_rights"))[0]["readable"]:
        found += [CHECK.finding(Severity.MEDIUM, row) for row in await view.rows("weak_passwords")]
    else:
        role = (await view.server())["role"]
        found.append(
            CHECK.not_checked(
                f"GRANT SELECT (rolname, rolcanlogin, rolpassword) ON pg_authid TO {role};"
                " -- shows it every hash; better let a superuser run:"
                " SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'md5%';"
            )
        )
    return found


CHECK = Check(
    code="password-hash-weak",
    means="A login role's password is kept as MD5, or new ones will be.",
    summary="the password of {object} is kept as MD5",
    wrong_if="the role logs in by certificate or LDAP only, and the password is unused",
    look=look,
)
