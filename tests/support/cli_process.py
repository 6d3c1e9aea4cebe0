"""The ``neo`` command as the operator starts it: a process of its own, with its own data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NEO = str(Path(sys.executable).parent / "neo")

# A session of two minutes takes about a second; this is for a machine that is busy with other things.
PATIENCE_S = 120


def environment(home: Path, **extra: str) -> dict[str, str]:
    """Variables under which the user's data folder lies below ``home``, on any system."""
    kept = {
        name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
    }
    return kept | {"HOME": str(home), "XDG_DATA_HOME": str(home), "LOCALAPPDATA": str(home), "TERM": "xterm"} | extra


def begin_neo(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command line whose two streams can be read while it runs."""
    return subprocess.Popen(
        [NEO, *arguments],
        cwd=home,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def neo(home: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    return subprocess.run(
        [NEO, *arguments],
        cwd=home,
        env=environment(home, **extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
