"""The team: a role is an authority, a list of tools and the label that calls it. One file a role, one line here."""

from agents.roles.admin import ADMIN
from agents.roles.architect import ARCHITECT
from agents.roles.fintech import FINTECH
from agents.roles.persona import PERSONA
from agents.roles.role import Role

ROLES: dict[str, Role] = {role.name: role for role in (ARCHITECT, ADMIN, PERSONA, FINTECH)}

__all__ = ["ROLES", "Role"]
