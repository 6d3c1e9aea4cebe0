"""``neo run --page`` as a process of its own, and where its page is."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from support.cli_process import NEO, PATIENCE_S, environment

TOKEN = "a-token-of-this-run"  # noqa: S105 - of the test's own page


class RunWithPage(msgspec.Struct):
    """The process, its page's address and the way to its session."""

    process: subprocess.Popen[str]
    base: str
    path: str

    @property
    def address(self) -> str:
        """As ``--page`` takes it."""
        return urlsplit(self.base).netloc


@contextlib.contextmanager
def run_with_page(home: Path, *arguments: str, address: str = "127.0.0.1:0") -> Iterator[RunWithPage]:
    """A session with its page, which is killed if it did not end."""
    command = [NEO, "run", "--page", address, "--db", str(home / "neo.sqlite3"), *arguments]
    with (home / "errors.txt").open("a") as errors:
        process = subprocess.Popen(
            command, cwd=home, env=environment(home, NEO_PAGE_TOKEN=TOKEN), stdout=subprocess.PIPE, stderr=errors,
            text=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        told = process.stdout.readline().split()
        assert told[:1] == ["page"], (told, (home / "errors.txt").read_text())
        url = urlsplit(told[1])
        yield RunWithPage(process, f"{url.scheme}://{url.netloc}", url.path)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE_S)
