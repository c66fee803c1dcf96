"""A statement that returns nothing because of a NULL: a wrong answer matters more than a slow one."""

from agents.playbooks.words import ref
from common.evidence import Evidence


def because_of_a_null(analyzed: Evidence | None, diagnosis: Evidence | None) -> str:
    """The sentence for a NOT IN that a NULL makes true for no row, when the statement did return none; else empty."""
    if analyzed is None or not analyzed.ok or analyzed.data["rows"] or diagnosis is None or not diagnosis.ok:
        return ""
    for number, one in enumerate(diagnosis.data["findings"]):
        if one["code"] == "not-in-nullable" and one["facts"].get("null_share"):
            share = ref(diagnosis, f"findings.{number}.facts.null_share")
            return (
                f"It returns no row because of a NULL: {share} of `{one['object']}` is NULL, and NOT IN is then true for no "
                "row. Write NOT EXISTS, or leave the NULLs out of the subquery, before anything else."
            )
    return ""
