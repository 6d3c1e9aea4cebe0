"""``neo record`` as it is typed: what it tells of recordings, what it makes, and what it refuses.

Method: the command runs in this process, on recorded markets and on files made here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from support.recorded_pair import FILES, lines_of
from support.recordings import ledgers_of, live_items, market_items, packed, state_of

from actors.plumbing.files import FileRefusedError
from actors.recordings.recording_file import read_recording
from neo.replay.recorded import RecordedState
from neo.replay.recording_text import RecordingCut, RecordingEnd, RecordingGap, RecordingHead, RecordingItem
from tools.commands.record import record
from tools.console.errors import OperatorError


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(record, [str(each) for each in arguments])


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
    assert "empty, or cut off in its first line" in str(refused)


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
    assert 'is of kind "sim", which names no pair' in done.exception.message
