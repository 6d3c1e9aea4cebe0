"""``neo run --page`` and ``neo page`` as they are typed: where the page is, what it can't be, who has the token."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.cli_process import PATIENCE_S, begin_neo, neo

QUICK = ("run", "--duration", "1m", "--db", "neo.sqlite3")


def fetched(url: str) -> str:
    """A page of this machine."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - of this machine
        text: str = answer.read().decode()
        return text


def first_line(process: subprocess.Popen[str]) -> str:
    """What a command tells first."""
    assert process.stdout is not None
    return process.stdout.readline()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """A command's exit code after Ctrl+C, and what it told on standard error."""
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent another way there")
def test_a_session_tells_where_its_page_is_and_never_the_token(tmp_path: Path) -> None:
    """On the terminal and in the log; the token is the user's, for all pages, and is printed when it is asked for."""
    process = begin_neo(tmp_path, "run", "--page", "127.0.0.1:0", "--db", "neo.sqlite3", "--speed", "20")
    line = first_line(process)
    address = re.fullmatch(r"page (http://127\.0\.0\.1:[0-9]+)(/session/[0-9a-z-]+)\n", line)
    assert address is not None, line
    assert address[2].rpartition("/")[2] in fetched(f"{address[1]}{address[2]}")
    token = neo(tmp_path, "page", "--show-token").stdout.strip()
    assert json.loads(neo(tmp_path, "page", "--show-token", "--json").stdout) == {"token": token}
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    log = (tmp_path / "neo.sqlite3.log").read_text()
    assert f"INFO page_served address={address[1]}\n" in log
    assert len(token) >= 43
    assert token not in line + out + err + log
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent another way there")
def test_past_sessions_are_shown_until_ctrl_c(tmp_path: Path) -> None:
    """With a session's page of each database that is given."""
    assert neo(tmp_path, *QUICK, "--quiet").returncode == 0
    [row] = map(json.loads, neo(tmp_path, "sessions", "--db", "neo.sqlite3", "--json").stdout.splitlines())
    twice = ("--db", "neo.sqlite3") * 2
    process = begin_neo(tmp_path, "page", *twice, "--address", "127.0.0.1:0", "--json")
    told = json.loads(first_line(process))
    assert told["databases"] == [str(tmp_path / "neo.sqlite3")]
    assert row["id"] in fetched(f"{told['url']}/session/{row['id']}")
    assert interrupted(process) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_ends_it_with_the_shells_code(tmp_path: Path) -> None:
    """As it ends every command that is no session."""
    process = begin_neo(tmp_path, "page", "--address", "127.0.0.1:0")
    assert first_line(process).startswith("The page is at http://127.0.0.1:")
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (128 + signal.SIGTERM, "\nneo: interrupted.\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--page", "0.0.0.0:8017"), "page at 0.0.0.0:8017: can be reached from other machines"),
        (("--page=example.org:80",), "'example.org:80' is no address to listen at; write one such as 127.0.0.1:8017."),
        (("--page=127.0.0.1:99999",), "'127.0.0.1:99999' is no address to listen at"),
        (("--page=",), "'' is no address to listen at"),
    ],
)
def test_a_page_that_cannot_be_is_told_before_the_session_begins(
    tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    """Exit code 2, in a line, with nothing written."""
    done = neo(tmp_path, *QUICK, *options)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "neo.sqlite3").exists()


def test_a_port_of_another_program_is_told_before_the_session_begins(tmp_path: Path) -> None:
    """Of a session's page, and of one for past sessions."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = f"page at {address}: another program listens there; write another port, or 0 for one that is free."
        done = neo(tmp_path, *QUICK, "--page", address)
        assert (done.returncode, done.stderr) == (2, f"neo: {told}\n")
        assert not (tmp_path / "neo.sqlite3").exists()
        done = neo(tmp_path, "page", "--address", address)
        assert (done.returncode, done.stderr) == (2, f"neo: {told}\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--address", "[::]:0"), "page at [::]:0: can be reached from other machines"),
        (("--certificate", "none.pem", "--key", "none.pem"), "operator.page_certificate = none.pem: No such file"),
        (("--db", "none.sqlite3"), "none.sqlite3: no database there"),
    ],
)
def test_a_page_of_past_sessions_that_cannot_be_is_told(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    """What is wrong, without a traceback."""
    done = neo(tmp_path, "page", *options)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_of_the_environment_that_is_too_short_is_refused(tmp_path: Path) -> None:
    """Without telling it."""
    done = neo(tmp_path, "page", "--show-token", NEO_PAGE_TOKEN="hunter2")  # noqa: S106 - which is refused
    assert (done.returncode, "NEO_PAGE_TOKEN: is not 16 to 256 letters" in done.stderr) == (2, True)
    assert "hunter2" not in done.stdout + done.stderr
    done = neo(tmp_path, "page", "--show-token", NEO_PAGE_TOKEN="hunter2-hunter2-")  # noqa: S106 - of this test's own
    assert done.stdout == "hunter2-hunter2-\n"
