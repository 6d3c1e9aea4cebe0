"""What a sweep is asked for: values, combinations, seeds; and what is wrong with them, told before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from tools.commands.table import run_command_line
from tools.console.errors import EXIT_STARTUP, OperatorError
from tools.settings.profiles import find_profile, read_tables
from tools.sweep.points import (
    Axis,
    AxisOption,
    Chosen,
    Point,
    SeedsOption,
    checked_points,
    label,
    listed_settings,
    settings_of,
)
from tools.sweep.sweep_plan import SweepOptions, make_plan

BID, ASK = "strategy.bid_offset_bps", "strategy.ask_offset_bps"


def points_for(*settings: dict[str, str]) -> list[Point]:
    """The points that settings make of the shipped profile."""
    return checked_points(read_tables(find_profile("paper")), [Chosen(one, "--set") for one in settings])


def refusal(ask: Callable[[], object]) -> str:
    """What is told of something that can't be used."""
    with pytest.raises((OperatorError, click.BadParameter)) as caught:
        ask()
    return str(getattr(caught.value, "message", ""))


# --- Values ------------------------------------------------------------------------------------------------------


def test_values_are_read_with_their_key_or_keys() -> None:
    """Blanks around them mean nothing; ``+`` joins keys that move together."""
    read = AxisOption().convert
    assert read(f"{BID}=2,4.5", None, None) == Axis((BID,), ("2", "4.5"))
    assert read(f" {BID} + {ASK} = 2 , 4 ", None, None) == Axis((BID, ASK), ("2", "4"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BID, "has no values; write section.key=2,4,6."),
        (f"{BID}=", "has no values"),
        (f"{BID}=2,,4", "has an empty value"),
        ("venue.seed=1,2", "venue.seed is not swept: use --seeds."),
        ("session.duration_seconds=60", "is not swept: use --duration."),
        ("venue.market_file=a.csv", "is not swept: use --market."),
        ("session.seed=1,2", "session.seed is not swept: use --seeds."),
    ],
)
def test_values_that_can_not_be_swept_are_refused(text: str, told: str) -> None:
    """With the option that is meant for it."""
    assert told in refusal(lambda: AxisOption().convert(text, None, None))


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", (7,)), ("1-4", (1, 2, 3, 4)), ("5,1-3,2", (5, 1, 2, 3)), (" 1 , 2 ", (1, 2))]
)
def test_seeds_are_numbers_and_ranges_each_once(text: str, seeds: tuple[int, ...]) -> None:
    """In the order in which they were first named."""
    assert SeedsOption().convert(text, None, None) == seeds


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "is no seed"), ("-1", "is no seed"), ("1-", "is no seed"), ("4-1", "seeds go up"), ("x", "is no seed"),
     (f"{2**63}", "seeds go up, and to"), ("0-99999999", "is more than 100,000 seeds")],
)  # fmt: skip
def test_what_is_no_seed_is_refused(text: str, told: str) -> None:
    """Downwards, too large, too many, or no number."""
    assert told in refusal(lambda: SeedsOption().convert(text, None, None))


# --- Combinations ------------------------------------------------------------------------------------------------


def test_a_grid_is_every_combination_and_linked_keys_go_together() -> None:
    """Two values of a pair and two of a key are four points."""
    axes = [Axis((BID, ASK), ("2", "4")), Axis(("strategy.levels",), ("1", "3"))]
    chosen = settings_of(axes, zipped=False)
    assert [tuple(one.settings.values()) for one in chosen] == [
        ("2", "2", "1"), ("2", "2", "3"), ("4", "4", "1"), ("4", "4", "3"),
    ]  # fmt: skip


def test_zipped_values_go_side_by_side_and_one_serves_all() -> None:
    """First with first, second with second."""
    axes = [Axis((BID,), ("2", "4")), Axis((ASK,), ("3", "6")), Axis(("strategy.levels",), ("2",))]
    assert [tuple(one.settings.values()) for one in settings_of(axes, zipped=True)] == [
        ("2", "3", "2"),
        ("4", "6", "2"),
    ]


def test_without_values_there_is_the_profile_alone() -> None:
    """Then a sweep compares seeds."""
    assert settings_of([], zipped=False) == settings_of([], zipped=True) == [Chosen({}, "--set")]
    assert label(points_for({})[0]) == "the profile"


def test_axes_that_do_not_go_together_are_refused() -> None:
    """A key twice, lists of unequal length, or more points than anyone meant."""
    twice = [Axis((BID,), ("2",)), Axis((ASK, BID), ("3",))]
    assert "given twice" in refusal(lambda: settings_of(twice, zipped=False))
    uneven = [Axis((BID,), ("2", "4", "6")), Axis((ASK,), ("3", "6"))]
    assert "has 2 values, another key has 3" in refusal(lambda: settings_of(uneven, zipped=True))
    many = [Axis((f"strategy.{number}",), tuple("123456789")) for number in range(6)]
    assert "more than 100,000 combinations" in refusal(lambda: settings_of(many, zipped=False))


def test_a_list_of_settings_is_a_csv_and_an_empty_cell_leaves_the_profiles_value() -> None:
    """Each point remembers its line, for what may be wrong with it."""
    text = f"{BID},{ASK}\n2, 4\n6,\n"
    assert listed_settings(text, "my.csv") == [
        Chosen({BID: "2", ASK: "4"}, "my.csv, line 2"),
        Chosen({BID: "6"}, "my.csv, line 3"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "my.csv: no settings; write a header of keys and a row for each set of values."),
        (f"{BID}\n", "my.csv: no settings"),
        (f"{BID},{ASK}\n2,4\n6\n", "my.csv, line 3: has not the header's 2 cells; write one for each key."),
        (f"{BID}\n2,4\n", "my.csv, line 2: has not the header's 1 cell; write one for each key."),
        ("venue.seed\n1\n", "my.csv, line 1: venue.seed is not swept: use --seeds."),
        ("market.file\na.csv\n", "my.csv, line 1: market.file is not swept: use --market."),
        (f"{BID},{ASK}, {BID}\n2,4,6\n", f"my.csv, line 1: {BID} is there twice; write each key once."),
        (f"{BID},,\n2,,\n", "my.csv, line 1: an empty name is there twice"),
        (f'{BID}\n"2\n', "my.csv, line 2: unexpected end of data"),
    ],
)
def test_a_list_that_is_wrong_is_told_by_its_line(text: str, told: str) -> None:
    """With what to write instead."""
    assert refusal(lambda: listed_settings(text, "my.csv")).startswith(told)


# --- Configurations ----------------------------------------------------------------------------------------------


def test_values_take_the_profiles_place_and_names_need_no_quotes() -> None:
    """All other keys stay the profile's."""
    one, two = points_for({BID: "2.5", "strategy.model": "fixed_offset"}, {"strategy.model": "avellaneda_stoikov"})
    assert str(one.config.strategy.bid_offset_bps) == "2.5"
    assert one.config.strategy.ask_offset_bps == two.config.strategy.ask_offset_bps
    assert two.config.strategy.model == "avellaneda_stoikov"


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({BID: "2000"}, [f"{BID} = 2000: must be below 1000; write a number at least 0 and below 1000"]),
        ({BID: "two"}, [f'{BID} = "two": is a text, the wrong type; write a number at least 0 and below 1000']),
        ({BID: "9" * 5000}, [f'{BID} = "{"9" * 76}...: is a text, the wrong type; ']),
        ({BID: "1e-99999999999999999999"}, [f'{BID} = "1e-99999999999999999999": is a text, the wrong type; ']),
        ({"strategy.bid_ofset_bps": "2"}, ["strategy.bid_ofset_bps = 2: unknown key; did you mean"]),
        ({"offsets": "2"}, ["offsets = 2: unknown key; "]),
        ({"risk": "2"}, ["risk = 2: is not a section; write [risk] and its keys below it"]),
        ({"strategy.max_inventory_usd": "4"}, ["strategy.max_inventory_usd = 4: retired key; set the limits"]),
        ({"sim.maker_count": "4"}, ["sim.maker_count = 4: retired key; it is venue.maker_count now: move it there"]),
        ({"account.opening_xrp": "4", "sim.amm_fee_bps": "9"},
         ["account.opening_xrp = 4: retired key; it is venue.opening_xrp now",
          "sim.amm_fee_bps = 9: retired key; it is venue.amm_fee_bps now"]),
        ({"engine.tick_interval_seconds": "5"},
         ["strategy.requote_interval_seconds = 4: must equal engine.tick_interval_seconds = 5"]),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_in_the_profiles_own_words(settings: dict[str, str], lines: list[str]) -> None:
    """With the option that it came by."""
    head, *told = refusal(lambda: points_for({BID: "3"}, settings)).splitlines()
    assert head.startswith("The configuration has ")
    assert len(told) == len(lines)
    assert all(one.startswith(f"--set: {line}") for one, line in zip(told, lines, strict=True))


def test_the_problems_of_all_points_are_told_at_once_each_once() -> None:
    """Two points with the same mistake have one problem."""
    told = refusal(lambda: points_for({BID: "-1", ASK: "3"}, {BID: "-1", ASK: "4"}, {BID: "1001"})).splitlines()
    assert told[0] == "The configuration has 2 problems:"
    assert [line.split(": ")[1] for line in told[1:]] == [f"{BID} = -1", f"{BID} = 1001"]


def test_the_same_settings_twice_are_refused() -> None:
    """2.0 and 2 would be one point under two names."""
    assert f"{BID}=2.0 and {BID}=2 are the same settings" in refusal(lambda: points_for({BID: "2"}, {BID: "2.0"}))


# --- The plan ----------------------------------------------------------------------------------------------------


def options(**changed: Any) -> SweepOptions:
    """A command line of a sweep."""
    usual: dict[str, Any] = {
        "config": "paper", "axes": (Axis((BID, ASK), ("2", "5")),), "zipped": False, "points": None, "seeds": (1, 2),
        "market": (), "recording": (), "allow_implausible_prices": False,
        "duration": 120, "jobs": 1, "out": None, "keep": False, "as_json": False, "as_csv": False,
        "as_markdown": False,
    }  # fmt: skip
    return SweepOptions(**usual | changed)


def test_every_setting_gets_the_first_seed_before_any_gets_the_second() -> None:
    """A sweep that is stopped half way can still be compared."""
    plan = make_plan(options())
    assert [(run.settings[BID], run.seed) for run in plan.runs] == [("2", 1), ("5", 1), ("2", 2), ("5", 2)]
    assert plan.duration_s == 120
    assert plan.facts()[0] == "2 points, 2 seeds (1 to 2): 4 sessions of 0:02:00"


def test_a_duration_beyond_a_recording_is_told() -> None:
    """Its minutes come again then, which is no further evidence."""
    told = "xrpusdt-1m-2026-01-21.csv has 1,000 minutes: past them they come again in seeded blocks"
    assert told not in make_plan(options(duration=60_000)).facts()
    assert told in make_plan(options(duration=60_060)).facts()


def test_sessions_that_outlast_their_recorded_ledgers_are_told() -> None:
    """The shipped ones last 450 seconds; nobody trades behind them."""
    replay = {"config": "replay", "duration": 450}
    told = "xrp-rlusd-450-ledgers.jsonl.gz lasts 0:07:30: sessions end with it"
    assert told not in make_plan(options(**replay)).facts()
    assert told in make_plan(options(**replay | {"duration": 451})).facts()


def test_the_same_settings_have_the_same_folder_and_the_same_runs_wherever_it_is() -> None:
    """A longer sweep finds what a shorter one has done."""
    usual, longer, other = make_plan(options()), make_plan(options(seeds=(1, 2, 3))), make_plan(options(axes=()))
    assert usual.folder == longer.folder != other.folder
    more = make_plan(options(axes=tuple(Axis(axis.keys, (*axis.values, "9")) for axis in options().axes)))
    assert more.folder == usual.folder
    assert {run.id for run in usual.runs} < {run.id for run in more.runs}
    assert [run.id for run in longer.runs][:4] == [run.id for run in usual.runs]
    ids = [run.id for plan in (usual, other, make_plan(options(duration=60))) for run in plan.runs]
    assert len(set(ids)) == len(ids)


def test_a_recording_given_twice_is_refused(tmp_path: Path) -> None:
    """By what it says, not by its name."""
    recording = find_profile("paper").parent / "market" / "xrpusdt-1m-2026-01-21.csv"
    copy = tmp_path / "copy.csv"
    copy.write_bytes(recording.read_bytes())
    assert "copy.csv: given twice" in refusal(lambda: make_plan(options(market=(recording, copy))))


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--set", f"{BID}=2000"], EXIT_STARTUP, f"{BID} = 2000: must be below 1000"),
        (["--set", f"{BID}=2", "--duration", "3s"], EXIT_STARTUP, "session.duration_seconds = 3: is shorter than one"),
        (["--market", "none.csv"], EXIT_STARTUP, "none.csv: No such file"),
        (["--points", "none.csv"], EXIT_STARTUP, "none.csv: No such file"),
        (["--config", "none"], EXIT_STARTUP, "config none: no such file"),
        (["--set", f"{BID}=2,4,5", "--set", f"{ASK}=1,2", "--zip"], 2, "--zip: "),
        (["--set", BID], 2, "has no values"),
        (["--json", "--csv"], 2, "two forms"),
        (["--jobs", "0"], 2, "--jobs: '0' is too small; write one from 1 to 256"),
    ],
)
def test_nothing_is_made_when_something_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    """Every mistake is found before the first session."""
    out = tmp_path / "out"
    assert run_command_line(["sweep", "--out", str(out), *arguments]) == code
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err
    assert not out.exists()
