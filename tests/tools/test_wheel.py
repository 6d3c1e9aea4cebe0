"""The built wheel runs the same in an empty environment, outside the checkout: code, profiles and prices travel in it.

Method: build it, install it with what it depends on into a new environment, and run the command from a folder that
knows nothing of the checkout. Opt-in (``pytest -m wheel -n 0``): building and installing ask the package registry.
"""

from __future__ import annotations

import hashlib
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


# Every file of the page as the installed code finds it, and the chart library as it is answered.
_ASSETS = """
import hashlib, importlib.resources, json, trio
from actors.page.exchange import PageRequest
from tools.page.ground import PageGround
from tools.page.site import make_site

def files(folder, name=""):
    for one in folder.iterdir():
        if one.is_dir():
            yield from files(one, name + one.name + "/")
        else:
            yield name + one.name, hashlib.sha256(one.read_bytes()).hexdigest()

request = PageRequest(method="GET", path="/assets/uplot/uPlot.iife.min.js")
answer = trio.run(make_site(PageGround([])), request)
found = dict(files(importlib.resources.files("tools.page") / "assets"))
print(json.dumps({"files": found, "answered": hashlib.sha256(answer.body).hexdigest()}))
"""


def test_the_page_has_all_that_it_is_drawn_with(installed: Path, tmp_path: Path) -> None:
    """Styles, scripts and the vendored charts with their licence travel in it, to the byte, and are answered."""
    python = installed / Path(sys.executable).name
    told = subprocess.run([str(python), "-c", _ASSETS], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)
    folder = ROOT / "tools" / "page" / "assets"
    ours = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert found["files"] == ours
    assert {"uplot/LICENSE", "uplot/uPlot.iife.min.js", "course.js", "neo.css"} <= set(ours)
    assert found["answered"] == ours["uplot/uPlot.iife.min.js"]
