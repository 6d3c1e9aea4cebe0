"""What holds for every test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
import trio
from hypothesis import settings

# Hundreds of processes are started here. Where the surroundings forbid compiled files (containers do), each of them
# would compile all that it imports, which takes longer than most of the sessions.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples at every run: what fails, fails for everybody. None has a time limit, for a busy machine to break.
settings.register_profile("neo", derandomize=True, deadline=None, database=None)
settings.load_profile("neo")


@pytest.fixture(autouse=True)
def trios_order() -> None:
    """Whom Trio lets go first is drawn. From one seed for each test, so that it takes the same course every time."""
    # Trio has no public way; its own plugin for pytest reaches for the same generator.
    trio._core._run._r.seed(0)


@pytest.fixture(scope="session", autouse=True)
def system_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What killed sessions leave in the system's folders (a socket, a rescued database) lies with the tests' own."""
    folder = str(tmp_path_factory.mktemp("system"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMPDIR", "TEMP", "TMP"):
            patch.setenv(name, folder)
        patch.delenv("XDG_RUNTIME_DIR", raising=False)
        patch.setattr(tempfile, "tempdir", None)  # asked anew
        yield
