"""How a role thinks: same input, same output type, whatever does the thinking."""

from typing import TYPE_CHECKING, Protocol

from agents.reply import Reply

if TYPE_CHECKING:
    from agents.desk import Brief


class Mind(Protocol):
    """Answers one question for one role."""

    name: str

    async def investigate(self, brief: "Brief") -> Reply:
        """Choose tools, read the evidence, write the reply."""
