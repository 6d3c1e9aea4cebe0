"""A secret typed where it doesn't belong goes no further than the door: not to the disk, and not to the screen.

Method: whole command lines with a secret in every place where words are taken; then all that was printed and all that
was written is searched for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.sessions import plan_for, run

from actors.operator.hand import _said
from actors.operator.killfile import kill_file, words_of
from actors.store import list_sessions
from neo.text.redaction import HIDDEN
from tools.commands.table import run_command_line
from tools.settings.profiles import PROFILES_FOLDER, read_market

SEED = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"
WORDS = "abandon ability able about above absent absorb abstract absurd abuse access accident"
SECRETS = (SEED, "ED" + "0C" * 32, WORDS)
PAPER = (PROFILES_FOLDER / "paper.toml").read_text(encoding="utf-8")
MARKET = PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv"

Out = pytest.CaptureFixture[str]


def told(out: Out, arguments: list[str]) -> tuple[int, str]:
    out.readouterr()
    code = run_command_line(arguments)
    return code, "".join(out.readouterr())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "neo.sqlite3"
    run(plan_for(path, duration_s=20))
    return path


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_a_note_is_left_out_and_that_is_said(database: Path, capsys: Out, secret: str) -> None:
    """It is in no file and in no form of the output."""
    name = list_sessions(database)[0].id
    code, said = told(capsys, ["experiments", "--db", str(database), "note", name, f"with key={secret}, good"])
    assert code == 0
    assert "was left out" in said
    kept = [file.read_bytes() for file in database.parent.glob("neo.sqlite3*") if file.is_file()]
    assert not any(secret.encode() in content for content in kept)
    for form in ("--json", "--csv", "--markdown"):
        code, said = told(capsys, ["experiments", "--db", str(database), form])
        assert code == 0
        assert secret not in said
        assert "hidden" in said


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_a_reason_or_a_kill_file_is_left_out(tmp_path: Path, secret: str) -> None:
    """The rest of the reason stays."""
    file = kill_file(tmp_path / "neo.sqlite3")
    file.write_text(f"stop\n{secret}\n", encoding="utf-8")
    assert _said("kill file", words_of(file, 5.0)) == f"kill file: stop {HIDDEN}"


@pytest.mark.parametrize("secret", SECRETS[:2])
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--db", "{}.sqlite3"], ["run", "--config", "{}"], ["run", "--market", "{}.csv"], ["{}"],
        ["run", "--seed", "{}"], ["run", "--duration={}"], ["report", "{}"], ["report", "--{}"],
        ["sessions", "--db", "{}"], ["experiments", "note", "{}", "x"], ["capital", "deposit", "{}", "XRP"],
        ["sweep", "--set", "{}=1,2"], ["sweep", "--set", "strategy.bid_offset_bps={}"], ["sweep", "--out", "{}"],
        ["drill", "{}"], ["db", "restore", "--yes", "{}"], ["conformance", "{}"], ["config", "check", "{}"],
        ["sweep", "--seeds", "{}"], ["tap", "--type", "{}"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_error_does_not_repeat_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, arguments: list[str], secret: str
) -> None:
    """Wherever on the command line it stood."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    code, said = told(capsys, [word.format(secret) for word in arguments])
    assert code != 0
    assert secret not in said
    assert "Traceback" not in said
    assert not any(secret in str(path) for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_a_profile_is_refused_and_not_repeated(tmp_path: Path, capsys: Out, secret: str) -> None:
    """As a value, as a key, and in the JSON too."""
    profile = tmp_path / "mine.toml"
    for text in (
        PAPER.replace('file = "market/xrpusdt-1m-2026-01-21.csv"', f'file = "{secret}"'),
        PAPER.replace('model = "fixed_offset"', f'model = "{secret}"'),
        PAPER.replace("[session]", f'[session]\nnote = "{secret}"'),
        PAPER.replace("[session]", f'[session]\n"{secret}" = 1'),
    ):
        assert text != PAPER
        profile.write_text(text, encoding="utf-8")
        for arguments in (["config", "check", str(profile)], ["config", "check", str(profile), "--json"]):
            code, said = told(capsys, arguments)
            assert code != 0
            assert secret not in said


@pytest.mark.parametrize("secret", SECRETS)
def test_a_recording_is_known_without_the_secret_in_its_name(tmp_path: Path, secret: str) -> None:
    """Reports and databases never get it."""
    file = tmp_path / f"{secret}.csv"
    file.write_bytes(MARKET.read_bytes())
    assert read_market(file).name == f"{HIDDEN}.csv"


@pytest.mark.parametrize("secret", SECRETS)
def test_a_message_that_is_cut_has_no_part_of_a_secret(tmp_path: Path, capsys: Out, secret: str) -> None:
    """Wherever the cut of an option, a recording's line or a question would fall."""
    prices = tmp_path / "prices.csv"
    prices.write_text(f"{'-' * 20}{secret}\n", encoding="utf-8")
    for arguments in (
        ["run", "--duration", secret],
        ["run", "--duration", f"{'-' * 20}{secret}"],
        ["tap", "--where", f"{'-' * 20}{secret}"],
        ["run", "--market", str(prices), "--db", str(tmp_path / "neo.sqlite3")],
    ):
        code, said = told(capsys, arguments)
        assert code != 0
        assert HIDDEN in said
        assert not any(secret[at : at + 12] in said for at in range(len(secret) - 12))
