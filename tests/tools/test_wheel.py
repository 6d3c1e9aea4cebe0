"""The built wheel runs the same in an empty environment, outside the checkout: code, profiles and prices travel in it.

Method: build it, install it with what it depends on into a new environment, and run the command from a folder that
knows nothing of the checkout. Opt-in (``pytest -m wheel -n 0``): building and installing ask the package registry.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installed commands."""
    uv = shutil.which("uv")
    assert uv is not None, "install uv first: pip install uv"
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([uv, "build", "--wheel", "--out-dir", str(folder), str(ROOT)], check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    environment = folder / "venv"
    subprocess.run([uv, "venv", "--python", sys.executable, str(environment)], check=True, capture_output=True)
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / Path(sys.executable).name
    subprocess.run([uv, "pip", "install", "--python", str(python), str(wheel)], check=True, capture_output=True)
    return binaries


def test_a_session_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Profiles and prices are in it, and nothing of the checkout is needed."""
    database = tmp_path / "neo.sqlite3"
    done = subprocess.run(
        [str(installed / "neo"), "run", "--duration", "2m", "--db", str(database), "--json"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["halt_reason"] == "duration_elapsed"
    assert summary["ticks"] == 30
    assert database.exists()


def test_the_wheel_knows_its_version(installed: Path, tmp_path: Path) -> None:
    """From its own metadata."""
    told = subprocess.run(
        [str(installed / "neo"), "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("neo 0.")
