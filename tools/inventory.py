"""Every tool there is: a tool that is not named here does not exist."""

from tools.postgres import explain, explain_analyze, health_tool, index_candidates, measure, overview, schema
from tools.tool import AnyTool

TOOLS: tuple[AnyTool, ...] = (
    overview.TOOL,
    schema.TOOL,
    explain.TOOL,
    explain_analyze.TOOL,
    index_candidates.TOOL,
    measure.TOOL,
    health_tool.TOOL,
)
