"""What is counted of a recording, against figures worked out from the recorded market itself."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from support.recorded_pair import lines_of
from support.recordings import ledgers_of, live_items, market_items

from neo.replay.recording_facts import RecordingFacts
from neo.replay.recording_text import RecordingCut, RecordingEnd, RecordingGap, RecordingHead, RecordingItem


def facts_of(items: list[RecordingItem]) -> RecordingFacts:
    head, *others = items
    assert isinstance(head, RecordingHead)
    facts = RecordingFacts(head)
    for item in others:
        facts.take(item)
    return facts


def test_span_and_transactions_are_the_markets() -> None:
    """First and last ledger with their close times, and how many transactions the lines have."""
    lines = lines_of("plain", ledgers=40)
    facts = facts_of(market_items("plain", ledgers=40))
    assert (facts.first_index, facts.last_index, facts.ledgers, facts.whole_ledgers) == (8, 47, 40, 40)
    assert (facts.begin_s, facts.end_s) == (lines[1]["ledger"]["close_time"], lines[-1]["ledger"]["close_time"])
    assert facts.transactions == sum(len(line["ledger"]["transactions"]) for line in lines[1:])
    assert facts.snapshots == 1


def test_trades_are_counted_with_what_was_traded() -> None:
    """As much XRP and token as offers shrank by and the pool moved, added up here from the metadata's own figures."""
    items = market_items("plain", ledgers=40)
    facts = facts_of(items)
    head = items[0]
    assert isinstance(head, RecordingHead)
    drops = tokens = Decimal(0)
    takers = set()
    for ledger in ledgers_of(items):
        for transaction in ledger.transactions:
            nodes = [node for each in transaction.meta["AffectedNodes"] for node in each.values()]
            for node in nodes:
                before, final = node.get("PreviousFields", {}), node.get("FinalFields", {})
                if node["LedgerEntryType"] == "Offer" and {"TakerGets", "TakerPays"} <= before.keys():
                    takers.add(transaction.tx_hash)
                    for side in ("TakerGets", "TakerPays"):
                        if isinstance(final[side], str):
                            drops += int(before[side]) - int(final[side])
                        else:
                            tokens += Decimal(before[side]["value"]) - Decimal(final[side]["value"])
    assert takers
    assert facts.trades.count >= len(takers)
    assert facts.trades.buys + facts.trades.sells == facts.trades.count
    assert facts.trades.xrp_drops - facts.trades.pool_drops == drops
    assert facts.trades.rlusd - facts.trades.pool_rlusd == tokens
    assert facts.trades.with_pool > 0


def test_gaps_and_cuts_are_told_and_the_last_cut_is_how_it_ended() -> None:
    """A cut behind which another recorder went on is one; the cut at the end says that there is no end."""
    *items, _ = live_items(ledgers=2)
    gap = RecordingGap(10, 19, "no server has them")
    facts = facts_of([*items, gap, RecordingCut(8), gap, RecordingCut(8)])
    assert facts.gaps == [gap, gap]
    assert facts.missing_ledgers == 20
    assert facts.cuts == [RecordingCut(8)]
    assert facts.ending is None


def test_the_ending_is_the_last_one() -> None:
    """A recording that was ended and gone on with has not ended there."""
    items = live_items(ledgers=1)
    assert facts_of([*items, RecordingEnd("Ctrl+C")]).ending == "Ctrl+C"
    assert facts_of([*items, RecordingEnd("Ctrl+C"), RecordingCut(8)]).ending is None


def test_ledgers_of_the_pair_alone_are_told_apart_from_whole_ones() -> None:
    """Whoever replays it should know what is missing of them."""
    *items, last = live_items(ledgers=3)
    assert facts_of([*items, msgspec.structs.replace(last, is_whole=False)]).whole_ledgers == 2
