"""A recording lived through without us is the recording; where it is not, the first difference is told.

Method: recorded markets as they are, with snapshots of what a real server left, and with one thing spoilt.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from support.recordings import ledgers_of, market_items, state_of

from neo.ledger import Ledger
from neo.replay.first_state import FirstState
from neo.replay.quiet_replay import QuietReplay
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import (
    RecordingCut,
    RecordingEnd,
    RecordingError,
    RecordingGap,
    RecordingHead,
    parse_line,
    read_line,
    write_line,
)
from neo.replay.recording_text import RecordingItem as Item


def lived(items: Iterable[Item]) -> QuietReplay:
    replay = QuietReplay(compares=True)
    for item in items:
        replay.take(item)
    return replay


@functools.cache
def with_snapshots(name: str, ledgers: int = 40, every: int = 10) -> tuple[Item, ...]:
    """A market with a whole snapshot after every tenth ledger, made by the embedded ledger alone, without a fork."""
    items: list[Item] = []
    ledger: Ledger | None = None
    for item in market_items(name, ledgers=ledgers):
        items.append(item)
        if isinstance(item, RecordedState):
            ledger = Ledger.from_state(item.state)
        elif isinstance(item, RecordedLedger):
            assert ledger is not None
            items += _after(ledger, item, every)
    return tuple(items)


def _after(ledger: Ledger, recorded: RecordedLedger, every: int) -> list[Item]:
    ledger.open_at(
        index=recorded.ledger_index,
        close_time_s=recorded.close_time_s,
        parent_close_time_s=recorded.parent_close_time_s,
        parent_hash=bytes.fromhex(recorded.parent_hash),
    )
    for each in recorded.transactions:
        assert ledger.apply(each.tx, each.tx_hash).result == each.result
    if recorded.ledger_index % every:
        return []
    state = json.loads(json.dumps(ledger.to_state()))
    return [
        RecordedState(ledger_index=recorded.ledger_index, ledger_hash=recorded.ledger_hash, state=state, is_whole=True)
    ]


@pytest.mark.parametrize("name", ["plain", "older", "mixed"])
def test_a_recorded_market_is_the_same_at_every_snapshot(name: str) -> None:
    """Each balance, each offer, each other entry; every transaction executed anew."""
    replay = lived(with_snapshots(name))
    assert (replay.mismatch, replay.compared, replay.otherwise) == (None, 4, 0)
    assert replay.counts.recorded.total() == 0
    assert replay.counts.executed.total() == sum(len(each.transactions) for each in ledgers_of(with_snapshots(name)))
    assert replay.figures().ledgers == 40


def entry(state: dict[str, Any], kind: str) -> dict[str, Any]:
    """Some entry of a snapshot."""
    found: dict[str, Any]
    if kind == "offer":
        found = next(offer for side in ("asks", "bids") for level in state[side] for offer in level["offers"])
    elif kind == "amm":
        found = state["amm"]
    else:
        found = state[kind][-1]
    return found


@pytest.mark.parametrize(
    ("kind", "field", "value", "told"),
    [
        ("accounts", "drops", 7, "account r[^:]+: drops is [0-9]+, recorded 7"),
        ("accounts", "owner_count", 77, "owner_count is [0-9]+, recorded 77"),
        ("lines", "balance", [7, 0], r"line [0-9a-f]+: balance is .*, recorded \[7, 0\]"),
        ("lines", "flags", 7, "flags is "),
        ("offer", "gets", 7, "offer [0-9a-f]+: gets is .*, recorded 7"),
        ("offer", "key", "00" * 32, "offer [0-9a-f]+ is "),
        ("amm", "lp_balance", [7, 0], "pool [0-9a-f]+: lp_balance is "),
        ("others", "fields", {}, "entry [0-9a-f]+: fields is "),
    ],
)
def test_one_value_that_differs_is_told_by_its_entry(kind: str, field: str, value: Any, told: str) -> None:
    """Whatever it is of: the command must not call a recording sound of which one entry is not."""
    items = json_copy(with_snapshots("mixed", ledgers=20))
    snapshot = [item for item in items if isinstance(item, RecordedState)][1]
    entry(snapshot.state, kind)[field] = value
    replay = lived(items)
    assert replay.mismatch is not None
    assert replay.mismatch.startswith(f"the snapshot of ledger {snapshot.ledger_index}: ")
    assert re.search(told, replay.mismatch)


def json_copy(items: Iterable[Item]) -> list[Item]:
    """Items that may be spoilt, and others stay as they are."""
    return [read_line(parse_line(write_line(item))) for item in items]


def another_result(meta: dict[str, Any]) -> None:
    meta["TransactionResult"] = "tecKILLED"


def another_balance(meta: dict[str, Any]) -> None:
    nodes = [node for each in meta["AffectedNodes"] for node in each.values()]
    root = next(node for node in nodes if node["LedgerEntryType"] == "AccountRoot")
    root["FinalFields"]["Balance"] = "1"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (another_result, "its result is tesSUCCESS, recorded tecKILLED"),
        (another_balance, "Balance is '[0-9]+', recorded '1'"),
    ],
)
def test_a_transaction_that_comes_out_otherwise_is_told(change: Callable[[dict[str, Any]], None], told: str) -> None:
    """On a ledger that is known as a whole nothing explains it: its ledger, its hash, what differs."""
    items = json_copy(market_items("plain", ledgers=20))
    ledger = ledgers_of(items)[12]
    index, last = ledger.ledger_index, ledger.transactions[-1]
    change(last.meta)
    changed = msgspec.structs.replace(last, result=last.meta["TransactionResult"])
    place = items.index(ledger)
    items[place] = msgspec.structs.replace(ledger, transactions=(*ledger.transactions[:-1], changed))
    mismatch = lived(items).mismatch
    assert mismatch is not None
    assert mismatch.startswith(f"ledger {index}, transaction {last.tx_hash} (OfferCreate): ")
    assert re.search(told, mismatch)


def test_on_a_ledger_that_is_known_in_part_it_is_counted_instead() -> None:
    """Something that was not recorded may have decided it; it is applied as recorded."""
    items = json_copy(market_items("plain", ledgers=20))
    state, ledger = state_of(items), ledgers_of(items)[12]
    last = ledger.transactions[-1]
    another_balance(last.meta)
    items[items.index(state)] = msgspec.structs.replace(state, is_whole=False)
    replay = lived(items)
    assert replay.mismatch is None
    assert replay.otherwise >= 1
    assert replay.otherwise_first.startswith(f"ledger {ledger.ledger_index}, transaction {last.tx_hash}")
    assert replay.counts.why_recorded["came out otherwise"] == replay.otherwise


@pytest.mark.parametrize(("name", "least_share"), [("plain", 1.0), ("older", 1.0), ("mixed", 0.9)])
def test_ledgers_alone_are_lived_through_from_the_state_that_they_tell(name: str, least_share: float) -> None:
    """What the metadata tells of the start is enough: trades are executed anew, but for those with other tokens."""
    head, _, *ledgers = market_items(name, ledgers=120)
    assert isinstance(head, RecordingHead)
    first = FirstState(head.currency, head.issuer)
    part = ledgers_of(ledgers)[60:]
    for ledger in part:
        first.take(ledger)
    replay = lived([first.state()[0], *part])
    assert replay.mismatch is None
    executed, recorded = replay.counts.trades_executed, replay.counts.trades_recorded
    assert executed > 20
    assert executed >= least_share * (executed + recorded)


def test_behind_a_gap_it_begins_anew_and_counts_go_on() -> None:
    """At the snapshot there; a cut or an end without one changes nothing."""
    items = list(with_snapshots("plain"))
    ledgers, (_, _, second, *_) = ledgers_of(items), [item for item in items if isinstance(item, RecordedState)]
    at = second.ledger_index - ledgers[0].ledger_index + 1
    told: list[Item] = [state_of(items), *ledgers[:5], RecordingCut(12), *ledgers[5:7], RecordingEnd("")]
    told += [RecordingGap(15, second.ledger_index, ""), second, *ledgers[at : at + 5]]
    replay = lived(told)
    assert (replay.mismatch, replay.compared) == (None, 0)
    kept = [*ledgers[:7], *ledgers[at : at + 5]]
    assert replay.counts.executed.total() == sum(len(each.transactions) for each in kept)
    assert replay.figures().ledgers == 12


def test_ledgers_that_turned_out_not_to_be_whole_are_not_held_against_the_snapshot_behind_the_gap() -> None:
    """The gap is told behind them, with the pair as the last of them left it: that is what is gone on from."""
    items = list(with_snapshots("plain"))
    ledgers, second = ledgers_of(items), [item for item in items if isinstance(item, RecordedState)][2]
    at = second.ledger_index - ledgers[0].ledger_index + 1
    hollow = msgspec.structs.replace(ledgers[at - 1], transactions=(), is_whole=False)
    gap = RecordingGap(second.ledger_index, second.ledger_index, "its transactions were not told")
    replay = lived([state_of(items), *ledgers[: at - 1], hollow, gap, second, *ledgers[at : at + 5]])
    assert (replay.mismatch, replay.compared) == (None, 0)


@pytest.mark.parametrize("where", ["state", "ledger"])
def test_what_cannot_be_read_is_told_by_its_ledger(where: str) -> None:
    """A line may be JSON of the right form and still be nonsense."""
    items = json_copy(market_items("plain", ledgers=1))
    if where == "state":
        del state_of(items).state["accounts"]
    else:
        ledgers_of(items)[0].transactions[0].meta["AffectedNodes"] = [{"ModifiedNode": {}}]
    told = "the snapshot of ledger 7" if where == "state" else "ledger 8"
    with pytest.raises(RecordingError, match=f"{told} has not the ledger's shape"):
        lived(items)


def test_a_transaction_that_meets_an_entry_of_another_form_is_told_as_one_that_did_not_come_out() -> None:
    """What it did is applied as recorded; that it could not be executed is no silence."""
    items = json_copy(market_items("plain", ledgers=1))
    first = ledgers_of(items)[0].transactions[0]
    root = next(each for each in state_of(items).state["accounts"] if each["address"] == first.tx["Account"])
    root["other"] = {"TicketCount": "many"}
    kept = {name: first.tx[name] for name in ("Account", "Fee", "Sequence")}
    first.tx.clear()
    first.tx.update(kept, Flags=0, TransactionType="TicketCreate", TicketCount=1)
    mismatch = lived(items).mismatch
    assert mismatch is not None
    assert f"transaction {first.tx_hash} (TicketCreate): it meets entries of a form" in mismatch
