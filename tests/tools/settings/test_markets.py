"""Prices are the matter of the venue that has some: another kind is run, checked and shown without any.

Method: a second kind, which is only here, joins by one line in each table; no command is told of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from support.sessions import shipped_recording

from actors.venues.host import VenueOptions, VenuePlan
from actors.venues.table import VENUES, VenueLine, venue_plan
from neo.config import Config
from neo.config.schema import VENUE_KINDS
from tools.commands.table import run_command_line
from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_profile

PAPER = PROFILES_FOLDER / "paper.toml"


class MoonVenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A venue that nobody has, with a market of its own."""

    kind: Literal["moon"]
    craters: int


def moon_plan(_config: Config, options: VenueOptions) -> VenuePlan:
    """It trades like the shipped one, and is given no recording."""
    assert options.recording is None
    recording = msgspec.structs.replace(shipped_recording(), name="the moon's own")
    return venue_plan(read_profile(find_profile("paper")), VenueOptions(recording=recording))


@pytest.fixture
def moon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile of that kind."""
    monkeypatch.setitem(VENUE_KINDS, "moon", MoonVenueConfig)
    monkeypatch.setitem(VENUES, "moon", lambda: VenueLine(moon_plan))
    before, _, rest = PAPER.read_text(encoding="utf-8").partition("[venue]")
    _, _, after = rest.partition("[engine]")
    file = tmp_path / "moon.toml"
    file.write_text(f'{before}[venue]\nkind = "moon"\ncraters = 3\n[engine]{after}', encoding="utf-8")
    return file


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line: its code and both streams."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command_line(list(arguments))
        return code, *capsys.readouterr()

    return run


def test_a_venue_without_prices_is_run_and_nobody_asks_for_any(
    moon: Path, tmp_path: Path, said: Callable[..., tuple[int, str, str]]
) -> None:
    line = ["run", "--config", str(moon), "--db", str(tmp_path / "moon.sqlite3"), "--duration", "20s", "--json"]
    code, out, err = said(*line)
    assert code == 0, err
    assert json.loads(out)["ledgers"] >= 5
    assert "prices the moon's own" in err


def test_it_is_good_and_shown_by_its_own_keys(moon: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    assert said("config", "check", str(moon)) == (0, f"{moon}: good.\n", "")
    _, out, _ = said("config", "show", str(moon))
    assert 'kind = "moon"\ncraters = 3\n\n[engine]' in out
    assert "market_file" not in out


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "run --config moon.toml --market mine.csv --db moon.sqlite3",
            'neo: --market mine.csv: a venue of kind "moon" takes no recorded prices; leave that option out.\n',
        ),
        (
            "config show moon.toml --duration 20s --market mine.csv --seed 7",
            'neo: The configuration has 2 problems:\n--seed: venue.seed = 7: is no key of a venue of kind "moon";'
            ' leave that option out\n--market: venue.market_file = "mine.csv":'
            ' is no key of a venue of kind "moon"; leave that option out\n',
        ),
        (
            "sweep --config moon.toml --set strategy.levels=1,2 --seeds 1",
            'neo: moon.toml: venue.kind = "moon": such a venue takes no recording, and a sweep runs every setting on'
            " the same ones; give a profile of another kind with --config.\n",
        ),
        (
            "sweep --config moon.toml --set strategy.levels=1,2 --seeds 1 --market mine.csv",
            'neo: --market mine.csv: a venue of kind "moon" takes no recorded prices; leave that option out.\n',
        ),
    ],
)
def test_prices_that_it_does_not_take_are_refused_with_the_mend(
    command: str, told: str, moon: Path, said: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is left behind."""
    monkeypatch.chdir(moon.parent)
    assert said(*command.split()) == (30, "", told)
    assert [path.name for path in moon.parent.iterdir()] == ["moon.toml"]
