"""What a report says of the copy it rests on."""

from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.meaning import path_note
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rows import Copied


def copy(copied_rows: int) -> Copy:
    table = Copied(QualifiedName("crm", "people"), 1_000, 65_536, copied_rows, copied_rows == 1_000)
    return Copy("", "", "d", "18.1", 180_001, 180_001, (table,), (), (), 1.0, 1.0, masked=("crm.people.email",))


def test_the_times_of_a_masked_sample_are_the_samples() -> None:
    assert "and so are the times" in copy(1_000).about
    sample = copy(100).about
    assert "with a sample of the rows of crm.people" in sample
    assert "counts and times are the sample's" in sample
    assert "the live server's" not in sample.replace("as the live server", "")


def test_whose_search_path_it_is_is_said_where_roles_have_their_own() -> None:
    assert path_note("ops, public", "looker", []) == ""
    assert "another one is set for owner." in path_note("ops, public", "looker", ["owner"])
    assert "which is that role's own" in path_note("ops, public", "looker", ["looker", "owner"])
