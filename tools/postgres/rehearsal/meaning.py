"""What a kind of copy means for its figures, in the words of a report."""

from collections.abc import Sequence

_SHOWN = 6
_MASKED_MEANS = (
    "Personal data was masked on the way: counts, lengths, NULLs, duplicates and joins are the live server's, and so are"
    " the times; the order of masked values is kept as far as the planner's histograms tell, and LIKE finds other rows."
)
_SAMPLE_MEANS = (
    "Personal data was masked on the way: lengths, NULLs, duplicates and joins are those of the rows that were copied,"
    " counts and times are the sample's; the order of masked values is kept as far as the planner's histograms tell, and"
    " LIKE finds other rows."
)
NONE_MEANS = (
    "No row was read: counts, widths, shares, spread and keys follow the live server's statistics, how columns depend on"
    " each other does not, so that times and plans tell the direction rather than the size."
)


def ground(version: int, live: int, partly: Sequence[str], *, made_up: bool, borrowed: bool) -> str:
    """What a copy is: `version` and `live` as server_version_num, `partly` the tables of which not all rows came along."""
    major, other = version // 10_000, live // 10_000
    server = f"PostgreSQL {major}, as the live server" if major == other else f"PostgreSQL {major} (live: {other})"
    rows = "all rows" if not partly else "a sample of the rows of " + ", ".join(partly)
    if made_up:
        rows = "rows that were made up from the planner's statistics"
    where = f"the scratch server given, {server}" if borrowed else f"a throwaway {server}"
    return f"Rehearsed on {where}, with {rows}."


def masked_means(columns: Sequence[str], *, sample: bool) -> str:
    """What it means that `columns` are masked; `sample`: of some table not all rows were copied."""
    shown = ", ".join(columns[:_SHOWN]) + (" and others" if len(columns) > _SHOWN else "")
    return f"{_SAMPLE_MEANS if sample else _MASKED_MEANS} Masked: {shown}."


def masked_misleads(doubt: str) -> str:
    """What it means that a statement did not find there what it finds on the live server."""
    return f"Its counts and times there are not the live server's: {doubt}."


def path_note(path: str, role: str, roles: Sequence[str]) -> str:
    """`roles` are those with a search_path of their own."""
    looked = f"Names without a schema were looked up along {path or 'nothing'}, the search_path of {role}"
    if role in roles:
        return f"{looked}, which is that role's own: run it under a role that has the same, or name the schemas."
    others = ", ".join(roles[:_SHOWN]) + (" and others" if len(roles) > _SHOWN else "")
    return f"{looked}; another one is set for {others}." if others else ""
