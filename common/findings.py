"""What a check, a plan rule or a rehearsal has to say: one shape for all of them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from common.figures import Value, fill


class Severity(StrEnum):
    """How soon somebody must act (contract.md)."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical … 4 for info: sorts the worst first."""
        return list(Severity).index(self)


class Finding(BaseModel):
    """Something wrong or worth knowing about one object.

    `summary` is a template: `{name}` stands for the measured fact of that name, so that no figure is ever typed into
    prose. Names end in their unit (common.figures). `remedy` is a statement that can be run, or a sentence. `wrong_if`
    says what it would take for the finding to be wrong.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity
    object: str
    summary: str
    facts: dict[str, Value] = Field(default_factory=dict)
    remedy: str = ""
    wrong_if: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The summary with its figures filled in."""
        return fill(self.summary, self.facts)


class NotChecked(BaseModel):
    """A code that could not be looked at, and the exact GRANT, setting or extension that would allow it."""

    model_config = ConfigDict(frozen=True)

    code: str
    needs: str
