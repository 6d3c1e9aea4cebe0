"""Completion at the Tab key: what a shell is told, asked as its own script asks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.cli_process import NEO, PATIENCE_S, environment, neo


def asked(home: Path, line: str, word: str) -> list[str]:
    """What fish and PowerShell are told: the words up to the cursor, and the one under it."""
    done = neo(home, _NEO_COMPLETE="fish_complete", COMP_WORDS=line, COMP_CWORD=word)
    assert (done.returncode, done.stderr) == (0, "")
    return [row.partition("\t")[0] for row in done.stdout.splitlines()]


def test_a_word_is_completed_to_the_commands_and_options_that_begin_so(tmp_path: Path) -> None:
    """Of neo itself, of a group, of a command."""
    assert asked(tmp_path, "neo s", "s") == ["plain,status", "plain,sessions", "plain,sweep"]
    assert asked(tmp_path, "neo capital de", "de") == ["plain,deposit"]
    assert asked(tmp_path, "neo kill --re", "--re") == ["plain,--reason"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_completes_with_the_script_that_is_printed(tmp_path: Path) -> None:
    """Evaluated as the help says, then asked for the word as a Tab does."""
    script = (
        'eval "$(neo completion bash)"; COMP_WORDS=(neo con); COMP_CWORD=1; _neo_completion neo; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(NEO).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-c", script],
        env=environment(tmp_path, PATH=path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert done.stdout.split() == ["config", "conformance"]


@pytest.mark.parametrize(
    ("shell", "told"),
    [("zsh", "#compdef neo"), ("fish", "complete --no-files --command neo"), ("powershell", "-CommandName neo")],
)
def test_every_shell_has_its_script(tmp_path: Path, shell: str, told: str) -> None:
    """Which says that it is for neo, and asks by the variable that neo knows."""
    script = neo(tmp_path, "completion", shell).stdout
    assert told in script
    assert "_NEO_COMPLETE" in script


def test_a_shell_without_a_script_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """As a mistake on the command line."""
    done = neo(tmp_path, "completion", "tcsh")
    assert done.returncode == 2
    assert "write bash or zsh or fish or powershell" in done.stderr
