"""Every figure of a running session that ``/metrics`` has, one entry each; ``docs/metrics.md`` is made of this table.

Figures that only rise come from what the session counted itself, out of its journal: nothing of them is lost where a
screen or a tap is too slow. A code, a reason or a status of NEO's own is there with 0 before it first happens.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from actors.operator.protocol import EndpointHealth, Status
from actors.plumbing.timings import CLOSE_TO_WIRE, GATEWAY, JOURNAL_COMMIT, REQUEST, TICK
from neo.analysis.moment import LedgerMoment, SideMoment
from neo.analysis.tally import CANCEL, PLACE, REPLACE, Counts
from neo.messages import ChannelDepth, EquitySplit, OrderStatus, Side, VenueMeasured
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode, RiskState
from neo.position.pnl import result_rlusd
from tools.page.figure import Figure, FigureKind, Number, Unit, Values, xrp_of
from tools.screen.rows import free_of

# Where figures come from, in words.
STATUS: Final = "the session"
JOURNAL: Final = "the session's journal"
LEDGER: Final = "the last ledger"
CLOCK: Final = "the machine's clock"
SERVERS: Final = "the venue's servers, where there are any"

_ACTORS: Final = ("gateway", "strategy", "risk", "persistence", "telemetry")
_ENDPOINT_STATES: Final = ("in use", "ready", "down")


def _gauge(name: str, unit: Unit, what: str, source: str, values: Callable[[Status], Values], *labels: str) -> Figure:
    return Figure(name=name, kind=FigureKind.GAUGE, unit=unit, what=what, source=source, labels=labels, values=values)


def _counter(
    name: str, unit: Unit, what: str, values: Callable[[Status], Values], *labels: str, source: str = JOURNAL
) -> Figure:
    return Figure(name=name, kind=FigureKind.COUNTER, unit=unit, what=what, source=source, labels=labels, values=values)


def _times(name: str, timed: str, what: str, *labels: str) -> Figure:
    return Figure(
        name=name,
        kind=FigureKind.HISTOGRAM,
        unit=Unit.SECONDS,
        what=what,
        source=CLOCK,
        labels=labels,
        timed=timed,
    )


def _one(value: Callable[[Status], Number]) -> Callable[[Status], Values]:
    """A figure without labels of its own."""
    return lambda status: (((), value(status)),)


def _by(values: Callable[[Status], Mapping[str, Number]]) -> Callable[[Status], Values]:
    """A figure with one label of its own."""
    return lambda status: (((name,), value) for name, value in values(status).items())


def _counted(known: Iterable[str], of: Callable[[Counts], dict[str, int]]) -> Callable[[Status], Values]:
    """Counts by a code, with 0 for those of ours that did not happen yet."""
    return _by(lambda status: dict.fromkeys(map(str, known), 0) | of(status.counts))


def _at_ledger(values: Callable[[LedgerMoment, Status], Mapping[str, Number]]) -> Callable[[Status], Values]:
    """What the last ledger tells; nothing before there is one."""
    return _by(lambda status: {} if status.moment.ledger is None else values(status.moment.ledger, status))


def _ledger_one(value: Callable[[LedgerMoment, Status], Number]) -> Callable[[Status], Values]:
    return _one(lambda status: None if status.moment.ledger is None else value(status.moment.ledger, status))


def _split_one(value: Callable[[EquitySplit], Number]) -> Callable[[Status], Values]:
    return _ledger_one(lambda ledger, _: None if ledger.split is None else value(ledger.split))


def _states(known: type[enum.StrEnum], now: Callable[[Status], str | None]) -> Callable[[Status], Values]:
    """1 for the state that it is in, 0 for the others."""
    return _by(lambda status: {str(each): int(each == now(status)) for each in known})


def _sides(value: Callable[[SideMoment], Number]) -> Callable[[Status], Values]:
    return _by(lambda status: {"bid": value(status.moment.bid), "ask": value(status.moment.ask)})


def _channels(value: Callable[[ChannelDepth], Number]) -> Callable[[Status], Values]:
    return _by(lambda status: {depth.name: value(depth) for depth in status.channels})


def _endpoints(value: Callable[[EndpointHealth], Number]) -> Callable[[Status], Values]:
    return _by(lambda status: {each.endpoint: value(each) for each in status.endpoints})


def _measured(value: Callable[[VenueMeasured], Number]) -> Callable[[Status], Values]:
    return _one(lambda status: None if status.moment.servers is None else value(status.moment.servers))


# --- What takes more than a word ---------------------------------------------------------------------------------


def _absent(status: Status) -> Values:
    """The code that says why a side has no quote."""
    sides = (("bid", status.moment.bid), ("ask", status.moment.ask))
    return [((name, side.code), 1) for name, side in sides if side.price is None and side.code]


def _prices(status: Status) -> Mapping[str, Number]:
    moment, ledger = status.moment, status.moment.ledger
    own: dict[str, Number] = {"own_bid": moment.bid.price, "own_ask": moment.ask.price}
    if ledger is None:
        return own
    return own | {
        "mid": ledger.mid_price,
        "pool": ledger.pool_price,
        "best_bid": ledger.best_bid,
        "best_ask": ledger.best_ask,
    }


def _offers(status: Status) -> Values:
    ledger = status.moment.ledger
    found = {(side, state): 0 for side in ("bid", "ask") for state in ("resting", "pending")}
    for offer in () if ledger is None else ledger.offers:
        side = "bid" if offer.side is Side.BUY else "ask"
        found[side, "pending" if offer.pending else "resting"] += 1
    return found.items()


def _balances_xrp(ledger: LedgerMoment, status: Status) -> Mapping[str, Number]:
    reserve, buffer, promised = ledger.reserve_drops, status.limits.reserve_buffer_drops, ledger.promised_drops
    parts = {
        "total": ledger.xrp_drops,
        "reserve": reserve,
        "buffer": buffer,
        "offered": promised,
        "free": free_of(ledger, status.limits)[0],
    }
    return {name: xrp_of(drops) for name, drops in parts.items()}


def _balances_rlusd(ledger: LedgerMoment, status: Status) -> Mapping[str, Number]:
    return {"total": ledger.rlusd, "offered": ledger.promised_rlusd, "free": free_of(ledger, status.limits)[1]}


def _exposures(ledger: LedgerMoment, _: Status) -> Mapping[str, Number]:
    return {"xrp": ledger.xrp_value_rlusd, "rlusd": ledger.rlusd}


def _exposure_limits(status: Status) -> Mapping[str, Number]:
    return {"xrp": status.limits.max_xrp_exposure, "rlusd": status.limits.max_rlusd_exposure}


def _causes(status: Status) -> Mapping[str, Number]:
    split = None if status.moment.ledger is None else status.moment.ledger.split
    if split is None:
        return {}
    return {
        "spread": split.spread_captured_rlusd,
        "revaluation": split.inventory_revaluation_rlusd,
        "fees": split.fees_rlusd,
        "capital": split.capital_flows_rlusd,
    }


def _profits(status: Status) -> Mapping[str, Number]:
    split = None if status.moment.ledger is None else status.moment.ledger.split
    return {} if split is None else {"realised": split.realised_rlusd, "unrealised": split.unrealised_rlusd}


def _uses(ledger: LedgerMoment, status: Status) -> Mapping[str, Number]:
    """How much of each limit is used up; a loss below 0 uses nothing."""
    limits = status.limits
    pairs: list[tuple[str, Number, Number]] = [
        ("risk.max_xrp_exposure", ledger.xrp_value_rlusd, limits.max_xrp_exposure),
        ("risk.max_rlusd_exposure", ledger.rlusd, limits.max_rlusd_exposure),
        ("risk.max_fees_day_xrp", ledger.fees_day_drops, limits.max_fees_day_drops),
        ("risk.max_requests_minute", ledger.requests_minute, limits.max_requests_minute),
    ]
    room = ledger.loss_room
    pairs += [] if room is None else [(use.limit, use.lost_rlusd, use.limit_rlusd) for use in room.uses]
    return {key: max(0.0, float(used) / float(most)) for key, used, most in pairs if used is not None and most}


def _losses(of_limit: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Status], Values]:
    def values(ledger: LedgerMoment, _: Status) -> Mapping[str, Number]:
        room = ledger.loss_room
        return {} if room is None else {use.limit: of_limit(use.lost_rlusd, use.limit_rlusd) for use in room.uses}

    return _at_ledger(values)


def _endpoint_states(status: Status) -> Values:
    return [
        ((each.endpoint, state), int(each.state == state)) for each in status.endpoints for state in _ENDPOINT_STATES
    ]


def _asked(status: Status) -> Values:
    told = status.moment.servers
    return [] if told is None else [
        pair
        for each in told.requests
        for pair in (((each.endpoint, "request"), each.requests), ((each.endpoint, "submit"), each.submits))
    ]  # fmt: skip


def _traded(of: Callable[[Counts], Sequence[Number]]) -> Callable[[Status], Values]:
    return _by(lambda status: dict(zip(("buy", "sell"), of(status.counts), strict=True)))


_STATE_FIGURES: Final = (
    _gauge("neo_session_elapsed_seconds", Unit.SECONDS, "Session time since the start", STATUS,
           _one(lambda s: s.elapsed_s)),
    _gauge("neo_session_duration_seconds", Unit.SECONDS, "Session time after which the session ends by itself", STATUS,
           _one(lambda s: s.duration_s)),
    _gauge("neo_session_paused", Unit.NONE, "1 while quoting is paused, else 0", STATUS, _one(lambda s: s.paused)),
    _gauge("neo_session_halting", Unit.NONE, "1 once the session is ending, else 0", STATUS,
           _one(lambda s: s.halting is not None)),
    _gauge("neo_risk_state", Unit.NONE, "1 for the state that the last decision was made in, 0 for the others", STATUS,
           _states(RiskState, lambda s: s.moment.state), "state"),
    _gauge("neo_ledger_index", Unit.NONE, "The newest ledger that the session has seen, by its number", LEDGER,
           _one(lambda s: s.ledger_index)),
    _gauge("neo_ledger_age_seconds", Unit.SECONDS, "Session time since the newest ledger came", STATUS,
           _one(lambda s: s.ledger_age_s)),
    _counter("neo_ledgers_seen", Unit.NONE, "Ledgers that the session has seen", _one(lambda s: s.counts.ledgers)),
    _counter("neo_ticks", Unit.NONE, "Decisions on quotes", _one(lambda s: s.counts.ticks)),
    _counter("neo_halts", Unit.NONE, "Causes to end the session that were raised, by reason",
             _counted(HaltReason, lambda c: c.halts), "reason", source=STATUS),
    _counter("neo_actor_restarts", Unit.NONE, "Restarts of actors after an error",
             _counted(_ACTORS, lambda c: c.restarts), "actor", source=STATUS),
    _counter("neo_journal_records", Unit.NONE, "Records of the journal", _one(lambda s: s.counts.records)),
    _gauge("neo_taps", Unit.NONE, "Taps that are open", STATUS, _one(lambda s: s.taps)),
    _gauge("neo_service_ok", Unit.NONE, "1 while a service beside the session (an alert's channel, a heartbeat) does"
           " what it is for, else 0", STATUS, _by(lambda s: {each.name: each.ok for each in s.services}), "service"),
)  # fmt: skip

_MARKET_FIGURES: Final = (
    _gauge("neo_price_rlusd_per_xrp", Unit.PRICE, "Prices: the mid, the pool, the touch of others, our own quotes",
           LEDGER, _by(_prices), "of"),
    _gauge("neo_spread_bps", Unit.BPS, "The touch of others from bid to ask", LEDGER,
           _ledger_one(lambda one, _: one.spread_bps)),
    _gauge("neo_pool_distance_bps", Unit.BPS, "The pool's price from the mid", LEDGER,
           _ledger_one(lambda one, _: one.pool_distance_bps)),
    _gauge("neo_quote_distance_bps", Unit.BPS, "Our quote from the touch, negative behind it", LEDGER,
           _sides(lambda side: side.distance_bps), "side"),
    _gauge("neo_side_quoted", Unit.NONE, "1 while a quote of ours rests on that side, else 0", LEDGER,
           _sides(lambda side: side.price is not None), "side"),
    _gauge("neo_side_absent", Unit.NONE, "1 with the code that says why a side has no quote", STATUS, _absent,
           "side", "code"),
    _gauge("neo_offers", Unit.NONE, "Our offers that rest, and those that no ledger has shown yet", LEDGER, _offers,
           "side", "state"),
)  # fmt: skip

_TRADING_FIGURES: Final = (
    _counter("neo_fills", Unit.NONE, "Fills of our offers", _traded(lambda c: (c.bought.fills, c.sold.fills)), "side"),
    _counter("neo_taker_fills", Unit.NONE, "Fills in which our own transaction took",
             _one(lambda s: s.counts.taker_fills)),
    _counter("neo_traded_xrp", Unit.XRP, "What our fills traded",
             _traded(lambda c: (xrp_of(c.bought.xrp_drops), xrp_of(c.sold.xrp_drops))), "side"),
    _counter("neo_traded_rlusd", Unit.RLUSD, "What our fills traded",
             _traded(lambda c: (c.bought.rlusd, c.sold.rlusd)), "side"),
    _counter("neo_others_traded_xrp", Unit.XRP, "What others' transactions traded in the pair",
             _one(lambda s: xrp_of(s.counts.takers_drops))),
    _counter("neo_others_won_xrp", Unit.XRP, "What others' transactions traded with our offers",
             _one(lambda s: xrp_of(s.counts.takers_won_drops))),
    _counter("neo_orders", Unit.NONE, "Transactions made for offers, by what for",
             _counted((PLACE, REPLACE, CANCEL), lambda c: c.orders), "kind"),
    _counter("neo_submits", Unit.NONE, "Preliminary answers to these transactions, by the ledger's result",
             _by(lambda s: s.counts.submits), "result"),
    _counter("neo_order_changes", Unit.NONE, "Steps of orders, by the status that they came to",
             _counted(OrderStatus, lambda c: c.order_changes), "status"),
    _counter("neo_quotes_refused", Unit.NONE, "Quotes that risk refused, by code",
             _counted(RefusalCode, lambda c: c.refused), "code"),
    _counter("neo_ticks_held_back", Unit.NONE, "Decisions that left a side without a quote though nothing was refused,"
             " by code", _counted(HoldCode, lambda c: c.held_back), "code"),
    _counter("neo_fees_xrp", Unit.XRP, "Fees that our transactions burned",
             _one(lambda s: xrp_of(s.counts.fees_drops))),
    _counter("neo_inventory_checks", Unit.NONE, "Comparisons of the engine's inventory with the ledger's, to the last"
             " digit", _by(lambda s: {"exact": s.counts.checks - s.counts.checks_unequal,
                                      "unequal": s.counts.checks_unequal}), "result"),
)  # fmt: skip

_MONEY_FIGURES: Final = (
    _gauge("neo_equity_rlusd", Unit.RLUSD, "All that is held, at the mid", LEDGER,
           _split_one(lambda split: split.equity_end_rlusd)),
    _gauge("neo_equity_start_rlusd", Unit.RLUSD, "The same at the start", LEDGER,
           _split_one(lambda split: split.equity_start_rlusd)),
    _gauge("neo_equity_change_rlusd", Unit.RLUSD, "The change of equity since the start by its four causes, which it is"
           " the sum of", LEDGER, _by(_causes), "cause"),
    _gauge("neo_result_rlusd", Unit.RLUSD, "The change of equity since the start without deposits and withdrawals",
           LEDGER, _split_one(result_rlusd)),
    _gauge("neo_holding_rlusd", Unit.RLUSD, "What the same capital would have brought untraded", LEDGER,
           _ledger_one(lambda one, _: one.holding_rlusd)),
    _gauge("neo_profit_rlusd", Unit.RLUSD, "The result by average cost", LEDGER, _by(_profits), "kind"),
    _gauge("neo_balance_xrp", Unit.XRP, "What is held, and what of it is the account's reserve, kept as a buffer,"
           " offered, free", LEDGER, _at_ledger(_balances_xrp), "part"),
    _gauge("neo_balance_rlusd", Unit.RLUSD, "What is held, and what of it is offered, free", LEDGER,
           _at_ledger(_balances_rlusd), "part"),
)  # fmt: skip

_LIMIT_FIGURES: Final = (
    _gauge("neo_exposure_rlusd", Unit.RLUSD, "What is held of each asset, at the mid", LEDGER,
           _at_ledger(_exposures), "asset"),
    _gauge("neo_exposure_limit_rlusd", Unit.RLUSD, "Most that may be held of each asset", STATUS,
           _by(_exposure_limits), "asset"),
    _gauge("neo_loss_rlusd", Unit.RLUSD, "What is lost by the measure of each loss limit, below 0 for a gain", LEDGER,
           _losses(lambda lost, _: lost), "limit"),
    _gauge("neo_loss_limit_rlusd", Unit.RLUSD, "Most that may be lost by each", STATUS,
           _losses(lambda _, most: most), "limit"),
    _gauge("neo_loss_room_rlusd", Unit.RLUSD, "What may still be lost before the nearer loss limit ends the session",
           LEDGER, _ledger_one(lambda one, _: None if one.loss_room is None else one.loss_room.rlusd)),
    _gauge("neo_fees_day_xrp", Unit.XRP, "Fees of the last 24 hours", JOURNAL,
           _ledger_one(lambda one, _: xrp_of(one.fees_day_drops))),
    _gauge("neo_fees_day_limit_xrp", Unit.XRP, "Fees of 24 hours from which on no quote is sent", STATUS,
           _one(lambda s: xrp_of(s.limits.max_fees_day_drops))),
    _gauge("neo_transactions_minute", Unit.NONE, "Transactions of the last minute", JOURNAL,
           _ledger_one(lambda one, _: one.requests_minute)),
    _gauge("neo_transactions_minute_limit", Unit.NONE, "Most transactions of a minute", STATUS,
           _one(lambda s: s.limits.max_requests_minute)),
    _gauge("neo_limit_use_ratio", Unit.RATIO, "How much of a limit is used up, by its key in the profile", LEDGER,
           _at_ledger(_uses), "limit"),
)  # fmt: skip

_TIME_FIGURES: Final = (
    _times("neo_close_to_wire_seconds", CLOSE_TO_WIRE, "A ledger's last frame to its replacements on the socket, and"
           " the stages; before: its close to that frame", "stage"),
    _times("neo_tick_seconds", TICK, "From a ledger's view at the strategy to the verdict on it at the gateway"),
    _times("neo_gateway_handling_seconds", GATEWAY, "The gateway's handling of a message, its waits for the journal"
           " counted", "message"),
    _times("neo_journal_commit_seconds", JOURNAL_COMMIT, "A commit of the journal"),
    _times("neo_request_seconds", REQUEST, "From a request to a server to the last bytes of its answer", "method"),
)  # fmt: skip

_CHANNEL_FIGURES: Final = (
    _gauge("neo_channel_waiting", Unit.NONE, "Messages that wait in a channel", STATUS,
           _channels(lambda d: d.waiting), "channel"),
    _gauge("neo_channel_peak", Unit.NONE, "Most messages that ever waited in it", STATUS,
           _channels(lambda d: d.peak), "channel"),
    _gauge("neo_channel_bound", Unit.NONE, "Most messages that can wait in it", STATUS,
           _channels(lambda d: d.bound), "channel"),
    _counter("neo_channel_delivered", Unit.NONE, "Messages that came through it",
             _channels(lambda d: d.delivered), "channel", source=STATUS),
    _counter("neo_channel_dropped", Unit.NONE, "Messages that it had no room for; in a channel that holds the latest"
             " only, those that a newer one took the place of", _channels(lambda d: d.dropped), "channel",
             source=STATUS),
)  # fmt: skip

_SERVER_FIGURES: Final = (
    _gauge("neo_endpoint_state", Unit.NONE, "1 for the state that an endpoint is in, 0 for the others", SERVERS,
           _endpoint_states, "endpoint", "state"),
    _gauge("neo_endpoint_lag_ledgers", Unit.LEDGERS, "How far an endpoint was behind the farthest when they were"
           " compared last", SERVERS, _endpoints(lambda one: one.lag_ledgers), "endpoint"),
    _gauge("neo_endpoint_latency_seconds", Unit.SECONDS, "How long an endpoint took for its last answer", CLOCK,
           _endpoints(lambda one: None if one.latency_ms is None else one.latency_ms / 1000), "endpoint"),
    _counter("neo_endpoint_failures", Unit.NONE, "Connections and requests that failed",
             _endpoints(lambda one: one.failures), "endpoint", source=SERVERS),
    _counter("neo_endpoint_requests", Unit.NONE, "Requests to an endpoint, and submissions of transactions apart from"
             " them", _asked, "endpoint", "kind", source=SERVERS),
    _gauge("neo_requests_minute", Unit.NONE, "Requests to servers in the last minute, submissions not counted", SERVERS,
           _measured(lambda told: told.requests_minute)),
    _gauge("neo_submits_minute", Unit.NONE, "Submissions to servers in the last minute", SERVERS,
           _measured(lambda told: told.submits_minute)),
    _counter("neo_ledgers_unsent", Unit.NONE, "Ledgers whose replacements of quotes did not all leave",
             _measured(lambda told: told.quotes_unsent), source=SERVERS),
)  # fmt: skip

SESSION_FIGURES: Final[Mapping[str, tuple[Figure, ...]]] = {
    "State": _STATE_FIGURES,
    "Market and quotes": _MARKET_FIGURES,
    "Trading": _TRADING_FIGURES,
    "Money": _MONEY_FIGURES,
    "Limits": _LIMIT_FIGURES,
    "Times": _TIME_FIGURES,
    "Channels": _CHANNEL_FIGURES,
    "Servers": _SERVER_FIGURES,
}
"""All of them, by what they are about."""
