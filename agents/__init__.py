"""Who decides: the graph, the roles, the doors, the comment. Importing it sends nothing anywhere and loads nothing heavy."""

from agents.untraced import leave_out_tracing

leave_out_tracing()
