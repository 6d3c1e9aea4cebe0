"""Markets that somebody else recorded, read as recordings."""

from __future__ import annotations

from typing import Any

import pytest
from support.recorded_pair import lines_of
from support.recordings import ledgers_of, market_items, state_of

from neo.ledger import Ledger
from neo.replay.market_lines import MarketLines, is_setup
from neo.replay.recording_text import MarketEnd, RecordingError, RecordingItem


def items_of(lines: list[dict[str, Any]]) -> list[RecordingItem]:
    first, *others = lines
    market = MarketLines(first)
    return [market.head, *(item for line in others for item in market.feed(line))]


@pytest.mark.parametrize("name", ["older", "plain", "mixed"])
def test_a_market_begins_with_the_state_that_its_setup_tells(name: str) -> None:
    """Of the ledger before its first, with the balances of the setup; played on it every result is the recorded one."""
    setup = lines_of(name, ledgers=0)[0]
    items = market_items(name, ledgers=3)
    state, ledgers = state_of(items), ledgers_of(items)
    assert state.ledger_index == setup["state"]["ledger_index"] == ledgers[0].ledger_index - 1
    assert state.ledger_hash == ledgers[0].parent_hash
    assert state.is_whole
    ledger = Ledger.from_state(state.state)
    for told_name, address in setup["accounts"].items():
        assert str(ledger.xrp_drops(address)) == setup["state"]["accounts"][told_name]["xrp_drops"]
    assert len(ledgers) == 3
    for recorded in ledgers:
        ledger.open_at(
            index=recorded.ledger_index,
            close_time_s=recorded.close_time_s,
            parent_close_time_s=recorded.parent_close_time_s,
            parent_hash=bytes.fromhex(recorded.parent_hash),
        )
        for each in recorded.transactions:
            assert ledger.apply(each.tx, each.tx_hash).result == each.result


def test_a_markets_head_tells_its_pair_and_its_rules() -> None:
    """The network is not known."""
    head = MarketLines(lines_of("mixed", ledgers=0)[0]).head
    assert (head.issuer, head.network_id, head.means) == ("r9N7Fr4cCxiCPeiHyKq5GiCqje6EJDXGKK", None, "market")
    assert "DeepFreeze" in head.amendments
    assert "DeepFreeze" not in MarketLines(lines_of("older", ledgers=0)[0]).head.amendments


def test_a_markets_end_comes_with_what_it_takes_to_compare_it() -> None:
    """The setup names the accounts that the state tells of."""
    lines = lines_of("plain")
    end = items_of([lines[0], lines[-1]])[-1]
    assert end == MarketEnd(lines[0], lines[-1]["state"])


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (0, {"currency": None}, "setup whose currency or issuer is no text"),
        (1, {"kind": "trade"}, "those are of kind setup, ledger and end"),
        (1, {"ledger": 7}, "no line of a market"),
        (1, {"kind": "setup"}, "no line of a market"),
        (0, {"state": {"ledger_index": "far"}}, "setup that can't be read"),
        (0, {"state": {}}, "setup that can't be read"),
        (0, {"entries": [{"LedgerEntryType": "Offer", "index": "00"}]}, "setup that can't be read"),
    ],
)
def test_what_is_no_line_of_a_market_is_told(place: int, value: dict[str, Any], told: str) -> None:
    """Whichever line is spoilt."""
    lines = lines_of("plain", ledgers=1)
    lines[place] |= value
    with pytest.raises(RecordingError, match=told):
        items_of(lines)


def test_a_setup_without_a_pair_is_told() -> None:
    """By what it lacks."""
    with pytest.raises(RecordingError, match="setup that lacks 'issuer'"):
        MarketLines({"kind": "setup", "currency": "USD"})


def test_only_a_setup_begins_a_market() -> None:
    """By its kind."""
    assert is_setup({"kind": "setup"})
    assert not is_setup({"kind": "recording"})
