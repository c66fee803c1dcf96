"""A base backup's archive writes below the folder it is laid out in, and nowhere else."""

import io
import tarfile
from pathlib import Path

import pytest

from tools.postgres.drills.unpack import Damaged, _extract


def archive(path: Path, *members: tuple[str, bytes | None]) -> Path:
    """A tar with these files; None is a folder."""
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            member.size = len(content or b"")
            tar.addfile(member, io.BytesIO(content or b""))
        link = tarfile.TarInfo("pg_tblspc/16401")
        link.type, link.linkname = tarfile.SYMTYPE, "/srv/elsewhere"
        tar.addfile(link)
    return path


def test_files_and_folders_are_written_and_links_are_not(tmp_path: Path) -> None:
    made = archive(tmp_path / "base.tar", ("PG_VERSION", b"15\n"), ("pg_tblspc", None), ("base/1/1259", b"rows" * 5000))
    _extract(made, tmp_path / "data")
    found = {str(each.relative_to(tmp_path / "data")) for each in (tmp_path / "data").rglob("*")}
    assert found == {"PG_VERSION", "pg_tblspc", "base", "base/1", "base/1/1259"}
    assert (tmp_path / "data/base/1/1259").read_bytes() == b"rows" * 5000


@pytest.mark.parametrize("name", ["../outside", "base/../../outside", "/outside"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    made = archive(tmp_path / "base.tar", ("PG_VERSION", b"15\n"), (name, b"mine"))
    with pytest.raises(Damaged, match="leads out of the backup"):
        _extract(made, tmp_path / "data")
    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_cut_off_is_no_file(tmp_path: Path) -> None:
    made = archive(tmp_path / "base.tar", ("base/1/1259", b"rows" * 5000))
    made.write_bytes(made.read_bytes()[:6000])
    with pytest.raises(tarfile.TarError):
        _extract(made, tmp_path / "data")
