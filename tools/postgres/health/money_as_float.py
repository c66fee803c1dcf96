"""Money in a binary floating type: 0.1 + 0.2 is not 0.3, and sums depend on the order of the rows."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [
        CHECK.finding(
            Severity.HIGH,
            {"object": row["object"]},
            type=row["type"],
            remedy=f"ALTER TABLE {row['quoted']} ALTER COLUMN {row['quoted_column']} TYPE numeric(15,2)"
            f" USING round({row['quoted_column']}::numeric, 2); -- rewrites the table",
        )
        for row in await view.own("money_columns")
        if row["floating"]
    ]


CHECK = Check(
    code="money-as-float",
    means="A column with the name of an amount has type real or double precision.",
    summary="{object} keeps an amount as {type}, which cannot hold cents exactly",
    wrong_if="the column holds a measurement or a forecast, not money that somebody owns",
    look=look,
)
