"""What ``neo record info`` tells of a recording, in words and as an object."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from neo.analysis.market_figures import MarketFigures
from neo.chain.money import RIPPLE_EPOCH_UNIX_S, plain
from neo.replay.fork import ForkCounts
from neo.replay.quiet_replay import QuietReplay
from neo.replay.recording_facts import LISTED_MAX, RecordingFacts, TradeFacts
from tools.console.words import count, show_duration, show_price, show_rlusd, show_xrp
from tools.recordings.looking import Looked

_LABEL_CHARS = 12
_REASONS_MAX = 20
_MEANS = {
    "live": "recorded live",
    "converted": "put together from ledgers that were asked for",
    "market": "a market that somebody else recorded",
}


def told_lines(found: Looked, *, is_verified: bool) -> Iterator[str]:
    """The recording in words, a line each.

    Args:
        found: In it.
        is_verified: Whether its states were compared.
    """
    facts, counts = found.facts, found.replay.counts
    rows = [*_rows(facts, found.size_bytes), *_market(found.replay.figures()), *_executed(counts, found.replay)]
    if is_verified:
        rows.append(("verified", _verified(found)))
    for label, text in rows:
        yield f"{label:<{_LABEL_CHARS}}{text}"


def _market(figures: MarketFigures) -> Iterator[tuple[str, str]]:
    spread = figures.spread
    if spread is None:
        yield "spread", "on no ledger were there offers on both sides"
        return
    without = figures.one_sided + figures.empty
    beside = f"; {count(without, 'ledger')} without both sides" if without else ""
    yield (
        "spread",
        f"median {spread.median_bps:.1f} bps, mean {spread.mean_bps:.1f}, 95 of 100 at most {spread.p95_bps:.1f}"
        f" ({spread.least_bps:.1f} to {spread.most_bps:.1f}){beside}",
    )
    for depth in figures.depth:
        yield (
            f"{depth.within_bps} bps",
            f"from the mid: bids of {depth.bids_xrp:,.0f} XRP, asks of {depth.asks_xrp:,.0f} XRP (mean, funded)",
        )
    yield (
        "mid",
        f"{show_price(figures.mid_first)} to {show_price(figures.mid_last)}"
        f" ({show_price(figures.mid_least)} to {show_price(figures.mid_most)})",
    )


def _executed(counts: ForkCounts, replay: QuietReplay) -> Iterator[tuple[str, str]]:
    executed, recorded = counts.executed.total(), counts.recorded.total()
    trades = counts.trades_executed + counts.trades_recorded
    yield (
        "executed",
        f"anew {executed:,} of {count(executed + recorded, 'transaction')} ({_share(executed, executed + recorded)}),"
        f" {counts.trades_executed:,} of {count(trades, 'trade')} ({_share(counts.trades_executed, trades)})",
    )
    for kind, often in (counts.executed + counts.recorded).most_common():
        as_recorded = f", {counts.recorded[kind]:,} of them as recorded" if counts.recorded[kind] else ""
        yield "", f"{kind} {often:,}{as_recorded}"
    for why, often in counts.why_recorded.most_common(_REASONS_MAX):
        yield "as recorded", f"{often:,}: {why}"
    if replay.otherwise:
        yield "", f"first: {replay.otherwise_first}"


def _verified(found: Looked) -> str:
    if found.mismatch is not None:
        return f"DIFFERS in {found.mismatch}"
    compared = [count(found.replay.compared, "later snapshot")] if found.replay.compared else []
    compared += ["the market's end"] if found.end_compared else []
    told = f"{' and '.join(compared)} compared" if compared else "nothing later to compare it with"
    return f"the same in {count(found.facts.ledgers, 'ledger')}; {told}"


def _share(part: int, whole: int) -> str:
    """In hundredths, rounded down: what is not all of it does not look like all."""
    return "all" if part == whole else f"{part * 1000 // whole / 10:.1f}%"


def _rows(facts: RecordingFacts, size_bytes: int) -> Iterator[tuple[str, str]]:
    head = facts.head
    network = "of an unknown network" if head.network_id is None else f"of network {head.network_id}"
    yield "pair", f"XRP against {token_name(head.currency)} of {head.issuer}, {network}"
    begun = f", begun {head.begun}" if head.begun else ""
    by = f" by NEO {head.version}" if head.version else ""
    yield "made", f"{_MEANS.get(head.means, head.means)}{by}{begun}"
    yield "size", f"{show_size(size_bytes)}, {count(facts.snapshots, 'snapshot')}"
    yield "span", _span(facts)
    partly = facts.ledgers - facts.whole_ledgers
    scope = "whole ledgers" if not partly else f"of {count(partly, 'ledger')} only what touches the pair"
    yield "ledgers", f"{facts.ledgers:,}, {count(facts.transactions, 'transaction')}; {scope}"
    for gap in facts.gaps:
        yield "gap", f"ledgers {gap.first_index:,} to {gap.last_index:,}: {gap.why}"
    for cut in facts.cuts:
        yield "cut", f"a recorder was cut off after {_after(cut.after_index)}, and another one went on"
    if max(len(facts.gaps), len(facts.cuts)) == LISTED_MAX:
        yield "", "further ones are not listed"
    yield "end", facts.ending or f"none: cut off after {_after(facts.last_index)}, or still being recorded"
    yield "trades", _trades(facts.trades)


def _after(index: int | None) -> str:
    return "its first line" if index is None else f"ledger {index:,}"


def _span(facts: RecordingFacts) -> str:
    if facts.begin_s is None or facts.end_s is None:
        return "no ledger"
    duration_s = facts.end_s - facts.begin_s
    missing = f"; {count(facts.missing_ledgers, 'ledger')} in gaps" if facts.missing_ledgers else ""
    return (
        f"ledgers {facts.first_index:,} to {facts.last_index:,}, {told_time(facts.begin_s)} to {told_time(facts.end_s)}"
        f" UTC ({show_duration(duration_s)}){missing}"
    )


def _trades(trades: TradeFacts) -> str:
    if not trades.count:
        return "none"
    pool = f"; with the pool {trades.with_pool:,}: {show_xrp(trades.pool_drops)}" if trades.with_pool else ""
    return (
        f"{trades.count:,} ({trades.buys:,} bought XRP, {trades.sells:,} sold it): {show_xrp(trades.xrp_drops)} for"
        f" {show_rlusd(trades.rlusd)}{pool}"
    )


def as_told(found: Looked, *, is_verified: bool) -> dict[str, Any]:
    """The same for programs. Amounts and figures are exact, as texts."""
    counts, replay = found.replay.counts, found.replay
    verified = {
        "same": found.mismatch is None,
        "difference": found.mismatch,
        "snapshots_compared": replay.compared,
        "end_compared": found.end_compared,
    }
    return {
        **_counted(found.facts, found.size_bytes),
        "market": msgspec.to_builtins(replay.figures()),
        "replay": {**msgspec.to_builtins(counts), "otherwise": replay.otherwise},
        "verified": verified if is_verified else None,
    }


def _counted(facts: RecordingFacts, size_bytes: int) -> dict[str, Any]:
    head, trades = facts.head, facts.trades
    return {
        "currency": head.currency,
        "issuer": head.issuer,
        "network_id": head.network_id,
        "amendments": list(facts.amendments),
        "means": head.means,
        "begun": head.begun or None,
        "version": head.version or None,
        "size_bytes": size_bytes,
        "snapshots": facts.snapshots,
        "ledgers": facts.ledgers,
        "whole_ledgers": facts.whole_ledgers,
        "missing_ledgers": facts.missing_ledgers,
        "transactions": facts.transactions,
        "first_ledger": facts.first_index,
        "last_ledger": facts.last_index,
        "begin": None if facts.begin_s is None else iso_time(facts.begin_s),
        "end": None if facts.end_s is None else iso_time(facts.end_s),
        "gaps": [{"first": each.first_index, "last": each.last_index, "why": each.why} for each in facts.gaps],
        "cuts": [each.after_index for each in facts.cuts],
        "ended": facts.ending,
        "trades": {
            "count": trades.count,
            "buys": trades.buys,
            "sells": trades.sells,
            "xrp_drops": trades.xrp_drops,
            "rlusd": str(plain(trades.rlusd)),
            "with_pool": trades.with_pool,
            "pool_drops": trades.pool_drops,
            "pool_rlusd": str(plain(trades.pool_rlusd)),
        },
    }


def token_name(currency: str) -> str:
    """A currency as it is spoken: of 40 digits the letters that they stand for, if they do."""
    try:
        letters = bytes.fromhex(currency).rstrip(b"\0").decode("ascii")
    except ValueError:
        return currency
    return letters if letters.isalnum() else currency


def told_time(ripple_s: int) -> str:
    """A time of the ledger's, to the second."""
    return _utc(ripple_s).strftime("%Y-%m-%d %H:%M:%S")


def iso_time(ripple_s: int) -> str:
    """The same for programs."""
    return _utc(ripple_s).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc(ripple_s: int) -> datetime:
    return datetime.fromtimestamp(ripple_s + RIPPLE_EPOCH_UNIX_S, UTC)


def show_size(size_bytes: int) -> str:
    """Bytes as MB, or kB below one."""
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 1_000_000 else f"{size_bytes / 1e3:,.1f} kB"
