"""What the panel and ``neo status`` say of a session, as rows: a label, pieces that stay whole, and a rank.

A row's ``rank`` tells what goes first where room is short: the highest. A new row is a function here and its place in
:func:`left_rows` or :func:`right_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from actors.operator.protocol import EndpointHealth
from neo.analysis.moment import LedgerMoment, Moment, SideMoment
from neo.chain.money import EXACT, xrp
from neo.messages import Fill, ForkMeasured, OwnOffer, Side, VenueMeasured
from neo.messages.reasons import RiskState
from neo.position.pnl import result_rlusd
from neo.risk import RiskLimits
from neo.text.printable import printable
from neo.watch.loss_limits import DRAWDOWN, SESSION_LOSS
from tools.console.words import (
    NOTHING,
    count,
    show_age,
    show_bps,
    show_change,
    show_part,
    show_price,
    show_rlusd,
    show_touch,
    show_xrp,
)
from tools.screen.spark import spark

# What is shown in the smallest room, line by line as far as it goes.
RANK_QUOTES = 1
# A ledger this old is told as such, in real seconds: networks close one every 3 to 5 seconds.
OLD_LEDGER_S = 15.0
# Bars of the result's course: with its range beside them they fit an 80-column panel.
_SPARK_CELLS = 40
# The loss limits as they are called.
LOSS_LIMITS = {SESSION_LOSS: "session loss", DRAWDOWN: "drawdown"}
# What loses lines before it is left out.
RANK_SHRINKS = 3


class Segment(msgspec.Struct, frozen=True):
    """A piece of a row that is never broken.

    ``short`` says the same in less room. ``width`` is the room that it takes at least. ``prose`` may be broken between
    its words, a figure never is.
    """

    text: str
    style: str = ""
    width: int = 0
    short: str = ""
    prose: bool = False


def words(text: str, style: str = "") -> Segment:
    """A piece of prose, which may come from anywhere: what would move a terminal's cursor is written out."""
    return Segment(printable(text), style, prose=True)


class Row(msgspec.Struct, frozen=True):
    """A labelled row; of two, the one with the higher ``rank`` matters less."""

    label: str
    segments: Sequence[Segment]
    rank: int


def left_rows(moment: Moment, pace: str, age_s: float | None) -> list[Row]:
    """State, market and quotes. ``pace`` is the speed in words, ``age_s`` how long ago the last ledger came."""
    return [
        state_row(moment),
        *ledger_rows(moment, pace, age_s),
        quote_row("Our bid", moment.bid, "green"),
        quote_row("Our ask", moment.ask, "red"),
        *([] if moment.ledger is None else offer_rows(moment.ledger)),
    ]


def right_rows(moment: Moment, limits: RiskLimits, warnings: int | None) -> list[Row]:
    """What it came to, how near every limit is, what we own, and what went wrong. None: warnings are not known."""
    ledger = moment.ledger
    owned = [] if ledger is None else [*equity_rows(ledger), *limit_rows(ledger, limits)]
    budgets = [] if ledger is None else [budget_row(ledger, limits), *inventory_rows(ledger, limits), fills_row(moment)]
    servers = [] if moment.servers is None else [servers_row(moment.servers)]
    fork = [] if moment.fork is None else [fork_row(moment.fork)]
    return [*owned, *budgets, *servers, *fork, watch_row(moment, warnings)]


def state_row(moment: Moment) -> Row:
    """Quoting, paused, ending or not there yet."""
    if moment.ending:
        detail = f" ({moment.ending_detail})" if moment.ending_detail else ""
        segments = [words(f"ENDING: {moment.ending}{detail}", "bold yellow")]
    elif moment.paused:
        segments = [words(f"PAUSED ({moment.pause_cause})", "bold yellow")]
    elif moment.ledger is None:
        segments = [Segment("starting")]
    else:
        segments = [_quoting(moment)]
        if moment.state not in (None, RiskState.ACTIVE):
            segments.append(Segment(str(moment.state), "yellow"))
    return Row("State", segments, RANK_QUOTES + 1)


def _quoting(moment: Moment) -> Segment:
    """Whether our quotes rest, and why one doesn't."""
    missing = [f"no {name} ({side.code})" for name, side in _sides(moment) if side.price is None]
    if not missing:
        return Segment("quoting both sides")
    if len(missing) == 1:
        return Segment(f"quoting, {missing[0]}")
    return Segment(f"NOT QUOTING: {', '.join(missing)}", "yellow", short="NOT QUOTING")


def _sides(moment: Moment) -> tuple[tuple[str, SideMoment], ...]:
    return ("bid", moment.bid), ("ask", moment.ask)


def ledger_rows(moment: Moment, pace: str, age_s: float | None) -> list[Row]:
    """Where the market stands."""
    ledger = moment.ledger
    if ledger is None:
        return []
    is_old = age_s is not None and age_s >= OLD_LEDGER_S
    age = [] if age_s is None else [Segment(f"came {show_age(age_s)} ago", "bold yellow" if is_old else "", 14)]
    place = [Segment(f"{ledger.ledger_index:,}", width=12), Segment(f"tick {moment.tick:,}", width=11), *age]
    pool = f"AMM {show_price(ledger.pool_price)}"
    return [
        Row("Ledger", [*place, *([Segment(pace)] if pace else [])], 4),
        Row("Market", [
            Segment(f"mid {show_price(ledger.mid_price)}", width=12),
            Segment(f"{pool} ({show_bps(ledger.pool_distance_bps)})", width=24, short=pool),
            Segment(f"spread {show_bps(ledger.spread_bps).lstrip('+')}"),
        ], 6),
        Row("Touch", [Segment(f"bid {show_price(ledger.best_bid)}", width=12),
                      Segment(f"ask {show_price(ledger.best_ask)}")], 14),
    ]  # fmt: skip


def quote_row(label: str, side: SideMoment, colour: str) -> Row:
    """Our quote on one side with its distance, and why there is none or why it won't be renewed."""
    segments = [Segment("none" if side.price is None else show_price(side.price), colour, 12)]
    if side.price is not None:
        segments.append(Segment(show_touch(side.distance_bps), short=show_bps(side.distance_bps)))
    if side.code:
        segments.append(Segment(side.code, "" if side.price is None else "yellow"))
        segments += [words(side.detail, "dim")] if side.detail else []
    return Row(label, segments, RANK_QUOTES)


def offer_rows(ledger: LedgerMoment) -> list[Row]:
    """Each of our offers, the newest first, with its age in ledgers."""
    offers = sorted(ledger.offers, key=_placed_index, reverse=True)
    told = [
        [
            Segment(f"{offer.side} {show_xrp(offer.xrp_drops)}", _colour(offer.side), 15),
            Segment(f"at {show_price(offer.price)}", width=10),
            Segment("under way" if offer.pending else count(ledger.ledger_index - offer.ledger_index, "ledger")),
        ]
        for offer in offers
    ]
    return _listed("Offers", told or [[Segment("none")]], 10)


def limit_rows(ledger: LedgerMoment, limits: RiskLimits) -> list[Row]:
    """How near what we hold and what we lost are to the limits that end the session."""
    held = (
        ("XRP", ledger.xrp_value_rlusd, limits.max_xrp_exposure),
        ("RLUSD", ledger.rlusd, limits.max_rlusd_exposure),
    )
    exposure = [_against(name, worth, most, limits.reduce_only_share) for name, worth, most in held]
    room = ledger.loss_room
    if room is None:
        return [Row("Exposure", exposure, 5)]
    which = LOSS_LIMITS.get(room.limit, room.limit)
    left = Segment(f"{show_rlusd(room.rlusd)} left until the {which} limit", "" if room.rlusd > 0 else "bold red")
    return [Row("Exposure", exposure, 5), Row("Loss room", [left], 5)]


def _against(name: str, worth: Decimal | None, most: Decimal, warn_share: Decimal) -> Segment:
    """What is held of what may be: in yellow where only what reduces it is quoted, in red where the session ends."""
    used = f" ({worth / most:.0%})" if worth is not None and most else ""
    style = ""
    if worth is not None and worth > most * warn_share:
        style = "bold red" if worth > most else "yellow"
    return Segment(f"{name} {_worth(worth)} of {most:,f}{used}", style, 24)


def inventory_rows(ledger: LedgerMoment, limits: RiskLimits) -> list[Row]:
    """What we own, and what of it is free."""
    reserve_drops, buffer_drops = ledger.reserve_drops, limits.reserve_buffer_drops
    free_drops, free_rlusd = free_of(ledger, limits)
    return [
        Row("Inventory", [Segment(show_xrp(ledger.xrp_drops), width=14), Segment(show_rlusd(ledger.rlusd), width=14),
                          Segment(f"value {show_rlusd(ledger.value_rlusd)}")], 8),
        Row("Free", [Segment(show_xrp(free_drops), width=14), Segment(show_rlusd(free_rlusd), width=14)], 10),
        Row("Tied up", [Segment(f"reserve {show_xrp(reserve_drops)}"), Segment(f"buffer {show_xrp(buffer_drops)}"),
                          Segment(f"asks {show_xrp(ledger.promised_drops)}"),
                          Segment(f"bids {show_rlusd(ledger.promised_rlusd)}")], 16),
    ]  # fmt: skip


def free_of(ledger: LedgerMoment, limits: RiskLimits) -> tuple[int, Decimal]:
    """What is neither reserve nor buffer nor promised by an offer: drops and RLUSD."""
    kept_drops = ledger.reserve_drops + limits.reserve_buffer_drops + ledger.promised_drops
    return max(0, ledger.xrp_drops - kept_drops), max(Decimal(0), EXACT.subtract(ledger.rlusd, ledger.promised_rlusd))


def equity_rows(ledger: LedgerMoment) -> list[Row]:
    """What trading and the market brought, capital left out, against simply holding, and the causes of every change."""
    split, holding = ledger.split, ledger.holding_rlusd
    if split is None:
        return [Row("Equity", [Segment(NOTHING)], 3)]
    change = result_rlusd(split)
    against = None if holding is None else EXACT.subtract(change, holding)
    causes = [
        Segment(f"spread {show_change(split.spread_captured_rlusd)}"),
        Segment(f"revaluation {show_change(split.inventory_revaluation_rlusd)}"),
        Segment(f"fees {show_change(split.fees_rlusd)}"),
        Segment(f"capital {show_change(split.capital_flows_rlusd)}"),
    ]
    return [
        Row("Equity", [Segment(show_change(change), _mood(change), 14),
                       Segment(f"against holding {show_change(against)}", _mood(against)),
                       Segment(f"is {show_rlusd(split.equity_end_rlusd)}")], 3),
        Row("Causes", causes, 7),
    ]  # fmt: skip


def course_rows(moment: Moment) -> list[Row]:
    """The result's way so far as a line of bars, where there is a way."""
    results = moment.results_rlusd
    drawn = spark(results, _SPARK_CELLS)
    if not drawn:
        return []
    low, high = (f"{value:+.2f}" for value in (min(results), max(results)))
    return [Row("Course", [Segment(drawn, "cyan"), Segment(f"{low} to {high} RLUSD")], 15)]


def _mood(change: Decimal | None) -> str:
    return "green" if change is not None and change > 0 else "red" if change is not None and change < 0 else ""


def fills_row(moment: Moment) -> Row:
    """How much was traded."""
    return Row("Fills", [
        Segment(f"{moment.fills:,}", width=6),
        Segment(f"bought {show_xrp(moment.bought_drops)}", width=20),
        Segment(f"sold {show_xrp(moment.sold_drops)}"),
    ], 9)  # fmt: skip


def last_fill_rows(moment: Moment) -> list[Row]:
    """The last fills, the newest first."""
    now_index = 0 if moment.ledger is None else moment.ledger.ledger_index
    rows = _listed("Last fills", [_fill_segments(fill, now_index) for fill in moment.last_fills], 17)
    # That something was just traded is worth more than where the touch is; what was traded before is not.
    return [Row(rows[0].label, rows[0].segments, 11), *rows[1:]] if rows else []


def budget_row(ledger: LedgerMoment, limits: RiskLimits) -> Row:
    """What our own doing used up of what it may."""
    fees = f"fees {xrp(ledger.fees_day_drops):f} of {xrp(limits.max_fees_day_drops).normalize():f} XRP a day"
    requests = f"requests {ledger.requests_minute} of {limits.max_requests_minute} a minute"
    return Row("Budgets", [Segment(fees), Segment(requests)], 12)


def servers_row(told: VenueMeasured) -> Row:
    """What a real venue's servers were asked, and how fast the quotes of the last ledger were replaced."""
    requests = f"asked {told.requests_minute} a minute (most {told.requests_minute_most})"
    segments = [Segment(requests), Segment(f"submits {told.submits_minute} a minute")]
    if told.quotes:
        segments.append(Segment(f"replaced in {told.quotes[-1].total_us / 1000:.1f} ms"))
    return Row("Servers", segments, 12)


def endpoint_rows(endpoints: Sequence[EndpointHealth]) -> list[Row]:
    """Each server of a real venue: how it stands, how far it is behind, how fast it answers, and what it failed at."""
    return _listed("Endpoints", [_endpoint_segments(each) for each in endpoints], 19)


def _endpoint_segments(told: EndpointHealth) -> list[Segment]:
    behind = [] if told.lag_ledgers is None else [Segment(f"{count(told.lag_ledgers, 'ledger')} behind")]
    answered = [] if told.latency_ms is None else [Segment(f"answered in {told.latency_ms:.1f} ms")]
    return [
        words(told.endpoint),
        Segment(told.state, "bold red" if told.state == "down" else ""),
        *behind,
        *answered,
        Segment(count(told.failures, "failure"), "yellow" if told.failures else ""),
        *([words(told.detail, "yellow")] if told.detail else []),
    ]


def fork_row(told: ForkMeasured) -> Row:
    """Which of others' trades were executed anew beside ours."""
    share = show_part(told.trades_executed, told.trades_recorded)
    segments = [Segment(f"{share} of others' trades executed anew")]
    if told.moved:
        segments.append(Segment(f"{count(told.moved, 'transaction')} otherwise because of ours"))
    return Row("Fork", segments, 12)


def watch_row(moment: Moment, warnings: int | None) -> Row:
    """What went wrong so far."""
    segments = [
        Segment(count(moment.restarts, "restart"), "red" if moment.restarts else ""),
        Segment(count(moment.refusals, "refusal")),
    ]
    if warnings is not None:
        segments.append(Segment(count(warnings, "warning"), "yellow" if warnings else ""))
    return Row("Watch", segments, 13)


def note_rows(notes: Iterable[str]) -> list[Row]:
    """Notes and warnings, the newest first."""
    rows = _listed("Notes", [[words(note, "yellow")] for note in notes], 18)
    # The newest says why something is as it is: it goes last.
    return [Row(rows[0].label, rows[0].segments, 3), *rows[1:]] if rows else []


def _listed(label: str, items: Sequence[Sequence[Segment]], rank: int) -> list[Row]:
    """A row for each item, under one label; the further down, the less it matters."""
    return [Row("" if place else label, segments, rank + place) for place, segments in enumerate(items)]


def _fill_segments(fill: Fill, now_index: int) -> list[Segment]:
    verb = "bought" if fill.side is Side.BUY else "sold"
    return [
        Segment(f"{verb} {show_xrp(fill.xrp_drops)}", _colour(fill.side), 17),
        Segment(f"at {show_price(fill.price)}", width=10),
        Segment(f"{count(max(0, now_index - fill.ledger_index), 'ledger')} ago"),
        *([Segment("as taker", "yellow")] if fill.taker else []),
    ]


def _placed_index(offer: OwnOffer) -> int:
    return offer.ledger_index


def _colour(side: Side) -> str:
    return "green" if side is Side.BUY else "red"


def _worth(rlusd: Decimal | None) -> str:
    return NOTHING if rlusd is None else f"{rlusd:,.2f}"
