"""Who decides: the graph, the roles, the doors, the comment. Importing it sends nothing anywhere and loads nothing heavy."""

from agents.standins import leave_out_unused

leave_out_unused()
