"""A server of sessions that are killed: see ``kill_child.py``."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from support.kill_child import Job

TESTS = Path(__file__).parents[1]

Run = Callable[[Job], int]


@contextlib.contextmanager
def kill_server() -> Iterator[Run]:
    """Runs a job in a process of its own; gives the signal that ended it, 0 if it came to its end, less if it broke."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    server = subprocess.Popen(
        [sys.executable, str(TESTS / "support" / "kill_child.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    to, answers = server.stdin, server.stdout

    def run(job: Job) -> int:
        to.write(msgspec.json.encode(job).decode() + "\n")
        to.flush()
        return int(answers.readline())

    with server:
        yield run
        to.close()
