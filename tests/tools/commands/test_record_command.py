"""``neo record`` as it is typed: what it tells of recordings, what it makes, and what it refuses.

Method: the command runs in this process, on recorded markets and on files made here.
"""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner, Result
from support.cli_process import PATIENCE_S, begin_neo
from support.ledger_chain import Chain
from support.ledger_thread import served
from support.recorded_pair import FILES, lines_of
from support.recordings import ledgers_of, live_items, market_items, packed, packed_lines, state_of

from actors.plumbing.files import FileRefusedError
from actors.recordings.recorder import RecorderProgress
from actors.recordings.recording_file import read_recording
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.replay.first_state import FirstState
from neo.replay.recorded import RecordedState
from neo.replay.recording_text import RecordingCut, RecordingEnd, RecordingGap, RecordingHead, RecordingItem
from tools.commands.record import record
from tools.console.errors import EXIT_STARTUP, OperatorError
from tools.recordings.recording_live import progress_line
from tools.settings.profiles import find_profile


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(record, [str(each) for each in arguments], standalone_mode=False)


def test_info_tells_what_a_recorded_market_is() -> None:
    """The figures are the record's own: 450 ledgers, 2,479 transactions, a close a second."""
    done = run("info", FILES["plain"])
    assert done.exit_code == 0
    told = dict(line.split(maxsplit=1) for line in done.output.splitlines())
    assert told["pair"] == "XRP against RLUSD of rs9xDUSXnmbRsuagJrB1VB2BM86H72Fkze, of an unknown network"
    assert told["span"] == "ledgers 8 to 457, 2026-11-26 00:11:45 to 2026-11-26 00:19:14 UTC (0:07:29)"
    assert told["ledgers"] == "450, 2,479 transactions; whole ledgers"
    assert told["end"] == "the market ends"
    assert told["trades"].startswith("483 (238 bought XRP, 245 sold it): ")
    assert told["executed"] == "anew 2,479 of 2,479 transactions (all), 483 of 483 trades (all)"
    assert "verified" not in told


@pytest.mark.parametrize(("name", "ledgers"), [("older", 450), ("plain", 450), ("mixed", 300)])
def test_a_recorded_market_is_verified_whole(name: str, ledgers: int) -> None:
    """Every transaction's result and metadata, and the server's own state at the end."""
    done = run("info", FILES[name], "--verify")
    assert done.output.splitlines()[-1] == f"verified    the same in {ledgers} ledgers; the market's end compared"
    assert done.exit_code == 0


def test_a_market_that_ends_otherwise_is_told_and_ends_with_1(tmp_path: Path) -> None:
    """In words, and for programs."""
    lines = lines_of("plain")
    path = packed_lines(tmp_path / "a", [*lines[:11], lines[-1]])  # the end of 440 more ledgers
    done = run("info", path, "--verify")
    assert done.output.splitlines()[-1].startswith("verified    DIFFERS in the end: accounts.t")
    assert done.return_value == 1
    told = json.loads(run("info", path, "--verify", "--json").output)["verified"]
    assert (told["same"], told["end_compared"]) == (False, True)
    assert run("info", path).return_value == 0


def test_an_end_that_cannot_be_compared_is_told_by_its_line(tmp_path: Path) -> None:
    """What it lacks is the recorder's fault, and no difference."""
    path = packed_lines(tmp_path / "a", [*lines_of("plain", ledgers=1), {"kind": "end", "state": {}}])
    refused = run("info", path, "--verify").exception
    assert isinstance(refused, FileRefusedError)
    assert "line 3: the market's end can't be compared" in str(refused)


def test_what_was_not_executed_is_told_with_its_reason(tmp_path: Path) -> None:
    """By type and in words: the share is what an operator judges a replay by."""
    head, _, *others = market_items("mixed", ledgers=60)
    assert isinstance(head, RecordingHead)
    first = FirstState(head.currency, head.issuer)
    for ledger in ledgers_of(others):
        first.take(ledger)
    lines = run("info", packed(tmp_path / "a", [head, first.state()[0], *others])).output.splitlines()
    assert any("of them as recorded" in line for line in lines)
    assert any(line.startswith("as recorded ") for line in lines)


def test_info_tells_gaps_cuts_and_that_there_is_no_end(tmp_path: Path) -> None:
    """In words, and the same for programs."""
    head, state, *ledgers = live_items(ledgers=4)
    gap = RecordingGap(10, 12, "no server has them")
    path = packed(tmp_path / "a.jsonl.gz", [head, state, ledgers[0], RecordingCut(8), ledgers[1], gap])
    lines = run("info", path).output.splitlines()
    assert "pair        XRP against RLUSD of rs9xDUSXnmbRsuagJrB1VB2BM86H72Fkze, of network 0" in lines
    assert "made        recorded live by NEO 0.1.0, begun 2026-11-26T00:11:44Z" in lines
    assert "gap         ledgers 10 to 12: no server has them" in lines
    assert "cut         a recorder was cut off after ledger 8, and another one went on" in lines
    assert "end         none: cut off after ledger 9, or still being recorded" in lines
    told = json.loads(run("info", path, "--json").output)
    assert told["gaps"] == [{"first": 10, "last": 12, "why": "no server has them"}]
    assert (told["cuts"], told["ended"], told["missing_ledgers"]) == ([8], None, 3)
    assert (told["begin"], told["end"]) == ("2026-11-26T00:11:45Z", "2026-11-26T00:11:46Z")


def test_info_tells_how_a_recording_ended(tmp_path: Path) -> None:
    """And counts it alike in both forms."""
    items = [*live_items(ledgers=2), RecordingEnd("Ctrl+C")]
    path = packed(tmp_path / "a.jsonl.gz", items)
    assert "end         Ctrl+C" in run("info", path).output.splitlines()
    told = json.loads(run("info", path, "--json").output)
    assert told["ended"] == "Ctrl+C"
    assert told["transactions"] == sum(len(each.transactions) for each in ledgers_of(items))
    assert told["size_bytes"] == path.stat().st_size


def test_what_is_no_recording_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Never with a traceback; the other kinds are in test_recording_file.py."""
    path = tmp_path / "a"
    path.write_text("a diary")
    refused = run("info", path).exception
    assert isinstance(refused, FileRefusedError)
    assert "has not one whole line" in str(refused)


def test_metadata_that_is_no_ledgers_is_told_by_its_line(tmp_path: Path) -> None:
    """A trade can't be read out of it, and none is made up."""
    items = live_items(ledgers=2)
    node = {"ModifiedNode": {"LedgerEntryType": "Offer", "PreviousFields": {"TakerGets": "1", "TakerPays": "1"},
                             "FinalFields": {"TakerGets": "1"}}}  # fmt: skip
    ledgers_of(items)[1].transactions[0].meta["AffectedNodes"].append(node)
    refused = run("info", packed(tmp_path / "a", items)).exception
    assert isinstance(refused, FileRefusedError)
    assert "line 4: transaction " in str(refused)
    assert "metadata lacks the ledger's shape" in str(refused)


# --- Converting --------------------------------------------------------------------------------------------------

ISSUER = "rs9xDUSXnmbRsuagJrB1VB2BM86H72Fkze"


def answers(path: Path, first: int, last: int) -> Path:
    """A file of a market's ledgers by number, as a server answers, the last one first."""
    told = [{"result": {"ledger": line["ledger"]}} for line in lines_of("plain", ledgers=last)[first : last + 1]]
    path.write_text(json.dumps(told[::-1]), encoding="utf-8")
    return path


def convert(out: Path, *arguments: str | Path) -> Result:
    return run("convert", *arguments, "--out", out, "--issuer", ISSUER)


def items_in(path: Path) -> list[RecordingItem]:
    return [line.item for line in read_recording(path)]


def test_ledgers_that_a_server_told_become_a_recording(tmp_path: Path) -> None:
    """Sorted, once each, behind the state that they began with; what is made up of that is told."""
    one, two = answers(tmp_path / "one", 61, 100), answers(tmp_path / "two", 31, 70)
    done = convert(tmp_path / "out", one, two)
    assert done.exit_code == 0
    assert "70 ledgers written." in done.output
    assert "Given more than once, and there once: 10 ledgers." in done.output
    assert "The pool's fee, 0.2%, is what its trades tell" in done.output
    head, state, *ledgers, end = items_in(tmp_path / "out")
    assert isinstance(head, RecordingHead)
    assert (head.issuer, head.network_id, head.means) == (ISSUER, 0, "converted")
    assert isinstance(state, RecordedState)
    assert not state.is_whole
    assert ledgers == ledgers_of(market_items("plain", ledgers=100))[30:]
    assert end == RecordingEnd("converted")


def test_ledgers_that_are_missing_are_a_gap_with_a_state_behind_it(tmp_path: Path) -> None:
    """So that each stretch can be replayed."""
    one, two = answers(tmp_path / "one", 31, 50), answers(tmp_path / "two", 61, 80)
    done = convert(tmp_path / "out", one, two)
    assert "Told as a gap, for they are not there: ledgers 58 to 67." in done.output
    kinds = [type(item).__name__ for item in items_in(tmp_path / "out")]
    assert kinds == [
        "RecordingHead", "RecordedState", *["RecordedLedger"] * 20,
        "RecordingGap", "RecordedState", *["RecordedLedger"] * 20, "RecordingEnd",
    ]  # fmt: skip


def test_the_state_may_be_taken_from_a_recording(tmp_path: Path) -> None:
    """Its last snapshot, whole as it is; ledgers before it are left out."""
    items = market_items("plain", ledgers=40)
    state = msgspec.structs.replace(state_of(items), ledger_index=37, ledger_hash=ledgers_of(items)[29].ledger_hash)
    given = packed(tmp_path / "given", [items[0], state])
    done = convert(tmp_path / "out", answers(tmp_path / "one", 21, 40), "--state", given)
    assert "Left out, as they come before the state that was given: 10 ledgers." in done.output
    _, begin, *ledgers, _ = items_in(tmp_path / "out")
    assert begin == state
    assert ledgers == ledgers_of(items)[30:]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("out is there", "is there already"),
        ("another network", "not written, for ledger 29 does not follow on ledger 28"),
        ("nonsense", "not written, for ledger 28, transaction "),
        ("another pair's state", "a recording of "),
        ("a state far before", "not written, for ledgers 8 to 27 are missing"),
        ("a state behind", "all come before the state"),
        ("no state", "has no snapshot"),
    ],
)
def test_what_does_not_fit_together_is_refused_and_nothing_is_left(tmp_path: Path, spoil: str, told: str) -> None:
    """With what is wrong and what to give instead."""
    out, files = tmp_path / "out", list[Any]([answers(tmp_path / "one", 21, 30)])
    items = market_items("plain", ledgers=1)
    if spoil == "out is there":
        out.write_text("mine")
    elif spoil == "another network":
        ledgers = json.loads(files[0].read_text())
        ledgers[-1]["result"]["ledger"]["ledger_hash"] = "0" * 64
        files[0].write_text(json.dumps(ledgers))
    elif spoil == "nonsense":
        ledgers = json.loads(files[0].read_text())
        ledgers[-1]["result"]["ledger"]["transactions"][0]["meta"]["AffectedNodes"] = [{"ModifiedNode": {}}]
        files[0].write_text(json.dumps(ledgers))
    elif spoil == "another pair's state":
        files += ["--state", FILES["mixed"]]
    elif spoil == "a state far before":
        files += ["--state", packed(tmp_path / "given", items[:2])]
    elif spoil == "a state behind":
        state = msgspec.structs.replace(state_of(items), ledger_index=99)
        files += ["--state", packed(tmp_path / "given", [items[0], state])]
    else:
        files += ["--state", packed(tmp_path / "given", items[:1])]
    refused = convert(out, *files).exception
    assert isinstance(refused, FileRefusedError)
    assert told in str(refused)
    assert out.exists() == (spoil == "out is there")


def test_a_profile_that_names_no_pair_is_refused(tmp_path: Path) -> None:
    """One with a live venue is needed, or its values on the command line."""
    done = run("convert", answers(tmp_path / "one", 1, 1), "--out", tmp_path / "out", "--config", "paper")
    assert isinstance(done.exception, OperatorError)
    assert 'a venue of kind "sim" names no servers' in done.exception.message


# --- Recording ---------------------------------------------------------------------------------------------------


def chain_of_now() -> Chain:
    """A market whose second ledger closes about now."""
    return Chain(start_close_time_s=int(time.time()) - RIPPLE_EPOCH_UNIX_S - 8)


def profile_for(path: Path, name: str = "live-stage1", **changed: str) -> Path:
    """A shipped profile, for a server of the tests' own."""
    text = find_profile(name).read_text(encoding="utf-8")
    for old, new in (('min = "3.0.0"', 'min = "3.0.0-b1"'), *changed.items()):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_pair_is_recorded_until_ctrl_c(tmp_path: Path) -> None:
    """Without an account and a key: progress is told, the end is in the file, and 0 is the exit code."""
    profile = profile_for(tmp_path / "own.toml")
    with served(chain_of_now(), every_s=0.2) as url:
        arguments = ("record", "--out", "a.jsonl.gz", "--endpoint", url, "--config", str(profile))
        with begin_neo(tmp_path, *arguments) as process:
            assert process.stderr is not None
            lines = [next(line for line in process.stderr if line.startswith("ledger "))]
            process.send_signal(signal.SIGINT)
            lines += process.stderr.read().splitlines()
            assert process.wait(PATIENCE_S) == 0
    assert re.match(r"ledger \d+: 0 ledgers recorded, [\d.]+ kB", lines[0])
    assert lines[-1] == "a.jsonl.gz: ended, Ctrl+C."
    items = items_in(tmp_path / "a.jsonl.gz")
    assert isinstance(items[1], RecordedState)
    assert items[-1] == RecordingEnd("Ctrl+C")


@pytest.mark.parametrize("name", ["live-stage1", "paper-network"])
def test_a_recording_ends_when_its_time_is_over_and_is_verified(tmp_path: Path, name: str) -> None:
    """As it is typed, from servers to the command that checks the file; a profile of either kind names the servers."""
    out = tmp_path / "a.jsonl.gz"
    profile = profile_for(tmp_path / "own.toml", name)
    with served(chain_of_now(), every_s=0.1) as url:
        wanted = ("--out", out, "--endpoint", url, "--config", profile, "--snapshot-every", "3", "--whole")
        done = run(*wanted, "--duration", "3s")  # many times what it needs, for a busy machine
    assert done.return_value == 0, done.output
    assert f"{out}: ended, the time is over." in done.output
    told = json.loads(run("info", out, "--verify", "--json").output)
    assert told["ledgers"] == told["whole_ledgers"] > 3
    assert (told["ended"], told["means"], told["network_id"]) == ("the time is over", "live", 0)
    assert told["verified"]["same"]
    assert told["verified"]["snapshots_compared"] > 0
    assert "AMM" in told["amendments"]


def test_a_recording_of_nothing_is_no_success(tmp_path: Path) -> None:
    """No server was reached in all of the time: a sentence with the mend, and an exit code that a script sees."""
    profile = profile_for(tmp_path / "own.toml")
    refused = run("--out", tmp_path / "a.gz", "--endpoint", "ws://127.0.0.1:1", "--config", profile, "--duration", "1s")
    assert isinstance(refused.exception, OperatorError)
    assert refused.exception.exit_code == EXIT_STARTUP
    assert "the time is over, and nothing was recorded: no server told of the pair" in refused.exception.message
    assert "`neo doctor --venue paper`" in refused.exception.message


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--out FILE is missing"),
        (("--out", "a", "info", "b"), "Write options of `neo record info` behind its name."),
        (("--duration", "5m", "convert", "b", "--out", "c"), "options of `neo record convert` behind its name."),
    ],
)
def test_a_command_line_that_does_not_fit_is_refused(arguments: tuple[str, ...], told: str) -> None:
    """Before anything is opened."""
    refused = run(*arguments).exception
    assert isinstance(refused, click.UsageError)
    assert told in refused.message


def test_whole_ledgers_of_filtered_streams_are_refused(tmp_path: Path) -> None:
    """Nobody would know what is missing of them."""
    profile = profile_for(tmp_path / "own.toml", **{'completeness = "all"': 'completeness = "filtered"'})
    refused = run("--out", tmp_path / "a", "--whole", "--config", profile).exception
    assert isinstance(refused, OperatorError)
    assert refused.message.startswith("--whole: give a profile with completeness")
    assert not (tmp_path / "a").exists()


def test_progress_tells_ledger_size_and_rate() -> None:
    """90 ledgers and 3 MB in a minute and a half are 60 a minute and 120 MB an hour."""
    progress = RecorderProgress(
        ledger_index=1_000, ledgers=500, ledgers_now=90, size_bytes=9_000_000, grown_bytes=3_000_000, elapsed_s=90
    )
    assert progress_line(progress) == (
        "ledger 1,000: 500 ledgers recorded, 9.0 MB, 60.0 ledgers a minute, 120.0 MB an hour"
    )
