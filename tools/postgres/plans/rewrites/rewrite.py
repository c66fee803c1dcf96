"""What a rewrite is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rewrite:
    """A statement written differently. `code` is the finding it answers.

    `needs` says what the caller must pass in or change for it, and is empty when the rows are the same as before.
    Where that can be tried, `keys` is a query whose one row holds the values to pass in, and `like` the statement whose
    rows it must then return.
    """

    sql: str
    why: str
    code: str
    needs: str = ""
    keys: str = ""
    like: str = ""
