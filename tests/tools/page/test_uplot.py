"""The chart library is the one that its note says, to the byte, with its licence beside it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "tools" / "page" / "assets" / "uplot"


def test_every_file_has_the_hash_that_its_note_tells() -> None:
    """A file that was changed, is missing, or came along unseen is found."""
    note = (FOLDER / "ORIGIN.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"\| `([\w.]+)` \| ([0-9a-f]{64}) \|", note))
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.iterdir()
        if file.name != "ORIGIN.md"
    }
    assert found == told
    assert set(told) == {"LICENSE", "uPlot.iife.min.js", "uPlot.min.css"}


def test_the_note_tells_the_version_that_the_file_tells() -> None:
    """Both are raised together, or neither is."""
    note = (FOLDER / "ORIGIN.md").read_text(encoding="utf-8")
    [version] = re.findall(r"uPlot (\d+\.\d+\.\d+)", note)
    assert f"(v{version})" in (FOLDER / "uPlot.iife.min.js").read_text(encoding="utf-8")[:100]
    assert "MIT License" in (FOLDER / "LICENSE").read_text(encoding="utf-8")
