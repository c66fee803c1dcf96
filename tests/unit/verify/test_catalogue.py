"""Every code that the product uses is in the catalogue."""

import re

from common.catalogue import CATALOGUE, CODES, known
from common.directories import ROOT

_USED = re.compile(r"""\b(?:Finding|Check)\(\s*code\s*=\s*["']([a-z0-9:-]+)["']""")


def test_codes_are_known() -> None:
    assert known("missing-index")
    assert known("squawk:prefer-text-field")
    assert not known("made-up")
    assert not known("squawk:")
    assert len(CATALOGUE) == 11
    assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in CODES)


def test_every_code_used_is_in_the_catalogue() -> None:
    used = {
        (str(path.relative_to(ROOT)), code)
        for folder in ("agents", "tools")
        for path in (ROOT / folder).rglob("*.py")
        for code in _USED.findall(path.read_text(encoding="utf-8"))
    }
    unknown = {(path, code) for path, code in used if not known(code)}
    assert not unknown
