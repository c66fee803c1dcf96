"""A folder of archived WAL: which segments there are, whether each is whole, and where the row of them ends.

A segment's name is its timeline, and its place in the WAL in two parts of eight hexadecimal digits; its first page has a
header that repeats timeline and place and names the cluster (XLogLongPageHeaderData in access/xlog_internal.h).
"""

import re
import shutil
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from common.errors import InputError
from tools.postgres.drills.compressed import opened

_SEGMENT = re.compile(r"([0-9A-F]{24})(\.(?:gz|bz2|xz|zst|lz4))?\Z")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history\Z")
_LONG_HEADER = struct.Struct("<2sHIQI4xQII")
_LONG = 0x0002


class Fault(BaseModel):
    """What is wrong with one segment."""

    segment: str
    reason: str


@dataclass(frozen=True)
class Archive:
    """The segments of a folder from a first one on, by name, and its timeline histories."""

    path: Path
    segments: dict[str, Path]
    histories: dict[int, Path]
    segment_bytes: int

    @property
    def newest(self) -> str:
        """The segment that is farthest, on the newest timeline; empty when there is none."""
        return max(self.segments, default="")

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.segments.values())

    def row(self, first: str) -> Iterator[str]:
        """The names that recovery asks for from `first` on: along the newest timeline, which it leaves its own for."""
        branches = self._branches(int(first[:8], 16))
        number = place(first, self.segment_bytes)
        last = max((place(each, self.segment_bytes) for each in self.segments), default=-1)
        while number <= last:
            timeline = max(each for each, begins in branches if begins <= number)
            yield name(timeline, number, self.segment_bytes)
            number += 1

    def _branches(self, own: int) -> list[tuple[int, int]]:
        """Timelines that descend from `own` to the newest, each with the segment in which it begins."""
        newest = max(self.histories, default=own)
        found = [(own, 0)]
        if newest <= own:
            return found
        lines = [line.split() for line in self.histories[newest].read_text(errors="replace").splitlines()]
        parents = [(int(words[0]), words[1]) for words in lines if len(words) >= 2 and words[0].isdigit()]
        if own not in [timeline for timeline, _ in parents]:
            return found
        children = [timeline for timeline, _ in parents[1:]] + [newest]
        for (parent, switched), child in zip(parents, children, strict=True):
            if parent >= own:
                found.append((child, _lsn(switched) // self.segment_bytes))
        return found


def read(path: Path, first: str, segment_bytes: int) -> Archive:
    """The archive at `path` from segment `first` on. Raises InputError when it is no folder with WAL in it."""
    try:
        names = [each for each in path.iterdir() if each.is_file()]
    except OSError as error:
        raise InputError(
            detail=f"The WAL archive {path} cannot be read: {error.strerror or error}", next="Name its folder"
        ) from error
    segments = {match[1]: each for each in names if (match := _SEGMENT.match(each.name))}
    histories = {int(match[1], 16): each for each in names if (match := _HISTORY.match(each.name))}
    if not segments and not histories:
        raise InputError(
            detail=f"There is no archived WAL in {path}", next="Name the folder that archive_command copies segments to"
        )
    begin = place(first, segment_bytes)
    kept = {each: where for each, where in segments.items() if place(each, segment_bytes) >= begin}
    return Archive(path, kept, histories, segment_bytes)


def stage(archive: Archive, target: Path) -> list[Fault]:
    """Copy the segments, uncompressed, to where the throwaway server may read them; those that cannot be are named."""
    target.mkdir(exist_ok=True)
    faults = []
    for each in archive.histories.values():
        shutil.copyfile(each, target / each.name)
    for segment, path in sorted(archive.segments.items()):
        try:
            with opened(path) as source, (target / segment).open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        except (EOFError, OSError) as error:
            faults.append(Fault(segment=segment, reason=f"cannot be uncompressed: {error}"))
    return faults


def faults(archive: Archive, staged: Path, own: Path, first: str, system_identifier: str) -> list[Fault]:
    """Everything that stands in the way of recovery from `first` on, in the order in which recovery meets it.

    `own` is the backup's own pg_wal, which recovery falls back on; `system_identifier` is the cluster's. What version of
    the format is right is taken from the most segments.
    """
    marks = Counter(_mark(staged / segment) for segment in archive.segments)
    marks.pop(b"", None)
    usual = marks.most_common(1)[0][0] if marks else b""
    found = []
    for segment in archive.row(first):
        reason = _wrong(staged / segment, segment, archive.segment_bytes, usual, system_identifier)
        if reason and _wrong(own / segment, segment, archive.segment_bytes, usual, system_identifier):
            others = [each for each in archive.segments if each != segment and each[8:] == segment[8:]]
            if reason == "missing" and others:
                reason = f"missing: recovery goes on along the older timeline, with {max(others)}, and says nothing"
            found.append(Fault(segment=segment, reason=reason))
    return found


def place(segment: str, segment_bytes: int) -> int:
    """The number of a segment since the beginning of the WAL."""
    return int(segment[8:16], 16) * (0x1_0000_0000 // segment_bytes) + int(segment[16:24], 16)


def name(timeline: int, number: int, segment_bytes: int) -> str:
    """The name of the segment with this number on a timeline."""
    high, low = divmod(number, 0x1_0000_0000 // segment_bytes)
    return f"{timeline:08X}{high:08X}{low:08X}"


def _lsn(text: str) -> int:
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) | int(low, 16)


def _mark(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        mark = file.read(2)
    return mark.strip(b"\0") and mark


def _wrong(path: Path, segment: str, segment_bytes: int, usual: bytes, system_identifier: str) -> str:
    if not path.exists():
        return "missing"
    size = path.stat().st_size
    if size != segment_bytes:
        return "empty" if not size else f"has {size:,} bytes in place of {segment_bytes:,}"
    with path.open("rb") as file:
        mark, info, timeline, address, _, system, _, _ = _LONG_HEADER.unpack(file.read(_LONG_HEADER.size))
    if mark == b"\0\0" and not address:
        return "holds only zeros at its beginning"
    if (usual and mark != usual) or not info & _LONG:
        return "is no WAL of this version, or its first page is overwritten"
    if address != place(segment, segment_bytes) * segment_bytes:
        return "holds another segment than its name says"
    if system_identifier and str(system) != system_identifier:
        return "was written by another cluster"
    if timeline > int(segment[:8], 16):
        return f"holds WAL of timeline {timeline}, not of the one in its name"
    return ""
