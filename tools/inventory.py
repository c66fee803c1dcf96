"""Every tool there is: a tool that is not named here does not exist."""

from tools.postgres import (
    activity,
    compare_plans,
    diagnose,
    explain,
    explain_analyze,
    health_tool,
    index_candidates,
    indexes,
    measure,
    overview,
    pitr_drill,
    read_plan,
    rehearse,
    restore_drill,
    schema,
    server_settings,
    table_statistics,
    top_statements,
)
from tools.tool import AnyTool

TOOLS: tuple[AnyTool, ...] = (
    overview.TOOL,
    schema.TOOL,
    table_statistics.TOOL,
    indexes.TOOL,
    top_statements.TOOL,
    explain.TOOL,
    explain_analyze.TOOL,
    compare_plans.TOOL,
    diagnose.TOOL,
    activity.TOOL,
    server_settings.TOOL,
    index_candidates.TOOL,
    read_plan.TOOL,
    measure.TOOL,
    health_tool.TOOL,
    rehearse.TOOL,
    restore_drill.TOOL,
    pitr_drill.TOOL,
)
