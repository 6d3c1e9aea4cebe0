"""What the page Now shows of a status, as cells by their names: of one making for the first page and for each event.

The words are the panel's (:mod:`tools.screen.rows`): the same fact has the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from actors.operator.protocol import EndpointHealth, Status
from neo.analysis.moment import LedgerMoment, Moment, SideMoment
from neo.chain.money import EXACT, gap_bps, xrp
from neo.messages import ChannelDepth, Fill, LossRoom, OwnOffer, Side
from neo.messages.reasons import ABSENCE_MEANINGS, HOLD_MEANINGS, REFUSAL_MEANINGS
from neo.position.pnl import result_rlusd
from neo.risk import RiskLimits
from neo.text.printable import printable
from tools.console.words import (
    NOTHING,
    count,
    show_age,
    show_bps,
    show_change,
    show_duration,
    show_price,
    show_rlusd,
    show_touch,
    show_xrp,
)
from tools.page.frame import session_href
from tools.reporting.trade_tables import edge_bps
from tools.screen.rows import LOSS_LIMITS, OLD_LEDGER_S, Row, fork_row, free_of, servers_row, state_row

_MEANINGS = {
    str(code): told.replace("`", "")
    for meanings in (REFUSAL_MEANINGS, HOLD_MEANINGS, ABSENCE_MEANINGS)
    for code, told in meanings.items()
}
# From this share of a limit on its use is told as near, in words as well.
_NEAR_SHARE = 0.8
# Of RLUSD, half of the last digit that is shown.
_LEAST_SHOWN = Decimal("0.00005")


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure or word.

    Args:
        text: What it says.
        tone: ``good``, ``warn``, ``bad``, ``soft`` or none; never the only sign of what it says.
        number: It stands to the right.
        href: Where it leads.
    """

    text: str
    tone: str = ""
    number: bool = False
    href: str = ""


Cells = list[Cell]


class NowData(msgspec.Struct, frozen=True, kw_only=True):
    """All that changes on the page.

    Args:
        session: Whose.
        state: How it stands, in words.
        age_s: Of its last ledger; None before the first.
        cells: By their names.
        meters: How much of each limit is used, 0 to 1; without those that are not known.
        tables: Rows by the tables' names.
        counts: Rows so far of the tables on pages of their own, by those pages' names: more means newer ones.
    """

    session: str
    state: str
    age_s: float | None
    cells: dict[str, Cell]
    meters: dict[str, float]
    tables: dict[str, list[Cells]]
    counts: dict[str, int]


def now_data(status: Status) -> NowData:
    """The page's cells at a moment."""
    moment, ledger = status.moment, status.moment.ledger
    cells = {**_market_cells(status), **_side_cells("bid", moment.bid), **_side_cells("ask", moment.ask)}
    cells |= _equity_cells(ledger) | _fill_cells(moment)
    tables = {
        "ladder": _ladder(moment),
        "offers": _offers(status.session_id, ledger),
        "fills": _fills(status.session_id, moment),
        "balances": _balances(ledger, status.limits),
        "endpoints": [_endpoint(each) for each in status.endpoints] or _none("none: this venue has no servers"),
        "channels": [_channel(depth) for depth in status.channels] or _none("none"),
        "services": [_service(each.name, each.detail, ok=each.ok) for each in status.services] or _none("none"),
        "watch": _watch(status),
    }
    meters: dict[str, float] = {}
    for name, told, share in _limits(ledger, status.limits):
        tone, near = _nearness(share)
        cells[name] = Cell(f"{told}{near}", tone)
        if share is not None:
            meters[name] = min(1.0, max(0.0, round(share, 4)))
    return NowData(
        session=status.session_id,
        state=state_words(moment),
        age_s=status.ledger_age_s,
        cells=cells,
        meters=meters,
        tables=tables,
        counts=_counts(status),
    )


def state_words(moment: Moment) -> str:
    """How a session stands, as the panel says it."""
    return _said(state_row(moment))


def _said(row: Row) -> str:
    return " ".join(segment.text for segment in row.segments)


def _none(words: str) -> list[Cells]:
    return [[Cell(words, "soft")]]


def _number(text: str, tone: str = "") -> Cell:
    return Cell(text, tone, number=True)


# --- Market and quotes -------------------------------------------------------------------------------------------


def _market_cells(status: Status) -> dict[str, Cell]:
    moment, ledger, age_s = status.moment, status.moment.ledger, status.ledger_age_s
    is_old = age_s is not None and age_s >= OLD_LEDGER_S
    elapsed = f"{show_duration(int(status.elapsed_s))} of {show_duration(status.duration_s)}"
    return {
        "state": Cell(state_words(moment), _state_tone(moment)),
        "elapsed": Cell(elapsed),
        "ledger": Cell(NOTHING if ledger is None else f"{ledger.ledger_index:,}"),
        "tick": Cell(f"{moment.tick:,}"),
        "age": Cell(NOTHING if age_s is None else f"{show_age(age_s)} ago", "warn" if is_old else ""),
        "mid": Cell(show_price(None if ledger is None else ledger.mid_price)),
        "spread": Cell(NOTHING if ledger is None else show_bps(ledger.spread_bps).lstrip("+")),
    }


def _state_tone(moment: Moment) -> str:
    if moment.ending or moment.paused or (moment.bid.price is None and moment.ask.price is None):
        return "warn"
    return ""


def _side_cells(name: str, side: SideMoment) -> dict[str, Cell]:
    """Our quote on a side, and in full why there is none, or why it won't be renewed."""
    told = "none" if side.price is None else f"{show_price(side.price)}, {show_touch(side.distance_bps)}"
    meaning = _MEANINGS.get(side.code, "")
    why = ": ".join(filter(None, (side.code, meaning)))
    detail = f" ({printable(side.detail)})" if side.detail else ""
    tone = "warn" if side.price is None else ""
    return {name: Cell(told, tone), f"{name}_why": Cell(f"{why}{detail}" if why else "", tone)}


def _ladder(moment: Moment) -> list[Cells]:
    """The market's prices and ours in their order, the highest first, with the distance to the mid."""
    ledger = moment.ledger
    if ledger is None:
        return _none("no ledger has been seen yet")
    prices = (
        ("touch ask", ledger.best_ask),
        ("our ask", moment.ask.price),
        ("mid", ledger.mid_price),
        ("AMM pool", ledger.pool_price),
        ("our bid", moment.bid.price),
        ("touch bid", ledger.best_bid),
    )
    mid = ledger.mid_price
    known = sorted(((price, name) for name, price in prices if price is not None), key=_price, reverse=True)
    rows = []
    for price, name in known:
        away = NOTHING if name == "mid" else show_bps(gap_bps(price, mid, mid))
        rows.append([Cell(name, "strong" if name.startswith("our") else ""), _number(show_price(price)), _number(away)])
    return rows or _none("no price in the market")


def _price(priced: tuple[Decimal, str]) -> Decimal:
    return priced[0]


def _offers(session_id: str, ledger: LedgerMoment | None) -> list[Cells]:
    if ledger is None or not ledger.offers:
        return _none("none")
    newest = sorted(ledger.offers, key=_placed, reverse=True)
    return [
        [
            Cell(
                f"{offer.side} {show_xrp(offer.xrp_drops)}",
                href=session_href(session_id, f"/journal?order={offer.order_id}"),
            ),
            _number(show_price(offer.price)),
            Cell("under way" if offer.pending else "rests"),
            _number(count(ledger.ledger_index - offer.ledger_index, "ledger")),
        ]
        for offer in newest
    ]


def _placed(offer: OwnOffer) -> tuple[int, str]:
    return offer.ledger_index, offer.order_id


# --- What we own, and what it came to ----------------------------------------------------------------------------


def _equity_cells(ledger: LedgerMoment | None) -> dict[str, Cell]:
    split = None if ledger is None else ledger.split
    if ledger is None or split is None:
        return dict.fromkeys(EQUITY_WORDS, Cell(NOTHING))
    change = result_rlusd(split)
    parts = {
        "result": change,
        "against": None if ledger.holding_rlusd is None else EXACT.subtract(change, ledger.holding_rlusd),
        "spread_captured": split.spread_captured_rlusd,
        "revaluation": split.inventory_revaluation_rlusd,
        "fees": split.fees_rlusd,
        "capital": split.capital_flows_rlusd,
        "realised": split.realised_rlusd,
        "unrealised": split.unrealised_rlusd,
    }
    cells = {name: Cell(show_change(amount), _mood(amount)) for name, amount in parts.items()}
    return cells | {"equity": Cell(show_rlusd(split.equity_end_rlusd))}


# Equity and the causes of its change, in their order.
EQUITY_WORDS = {
    "equity": "Equity is",
    "result": "Result without capital",
    "against": "Against simply holding",
    "spread_captured": "Spread captured",
    "revaluation": "Inventory revaluation",
    "fees": "Fees",
    "capital": "Capital flows",
    "realised": "Of the result realised",
    "unrealised": "Unrealised",
}


def _mood(amount: Decimal | None) -> str:
    """A gain or a loss, if it is one in the digits that are shown."""
    if amount is None or abs(amount) < _LEAST_SHOWN:
        return ""
    return "good" if amount > 0 else "bad"


def _balances(ledger: LedgerMoment | None, limits: RiskLimits) -> list[Cells]:
    if ledger is None:
        return _none("no ledger has been seen yet")
    free_drops, free_rlusd = free_of(ledger, limits)
    rows = (
        ("held", show_xrp(ledger.xrp_drops), show_rlusd(ledger.rlusd)),
        ("free", show_xrp(free_drops), show_rlusd(free_rlusd)),
        ("in our offers", show_xrp(ledger.promised_drops), show_rlusd(ledger.promised_rlusd)),
        ("reserve", show_xrp(ledger.reserve_drops), NOTHING),
        ("buffer", show_xrp(limits.reserve_buffer_drops), NOTHING),
        ("worth", show_rlusd(ledger.xrp_value_rlusd), show_rlusd(ledger.rlusd)),
    )
    return [[Cell(name), _number(held), _number(token)] for name, held, token in rows]


def _limits(ledger: LedgerMoment | None, limits: RiskLimits) -> list[tuple[str, str, float | None]]:
    """Each limit's name, its use in words, and the share of it that is used."""
    if ledger is None:
        return [(name, NOTHING, None) for name in LIMIT_WORDS]
    largest = max((offer.rlusd for offer in ledger.offers), default=Decimal(0))
    fees, fees_most = xrp(ledger.fees_day_drops), xrp(limits.max_fees_day_drops)
    sent, sent_most = ledger.requests_minute, limits.max_requests_minute
    return [
        ("limit_xrp", *_against(ledger.xrp_value_rlusd, limits.max_xrp_exposure)),
        ("limit_rlusd", *_against(ledger.rlusd, limits.max_rlusd_exposure)),
        ("limit_loss", *_loss(ledger.loss_room)),
        ("limit_order", *_against(largest, limits.max_order_rlusd)),
        ("limit_fees", f"{fees:f} of {fees_most.normalize():f} XRP in 24 hours", _share(fees, fees_most)),
        ("limit_requests", f"{sent} of {sent_most} a minute", _share(Decimal(sent), Decimal(sent_most))),
    ]


# The limits in their order.
LIMIT_WORDS = {
    "limit_xrp": "XRP exposure",
    "limit_rlusd": "RLUSD exposure",
    "limit_loss": "Loss room",
    "limit_order": "Largest order",
    "limit_fees": "Fees budget",
    "limit_requests": "Requests budget",
}


def _against(used: Decimal | None, most: Decimal) -> tuple[str, float | None]:
    if used is None:
        return NOTHING, None
    left = max(Decimal(0), EXACT.subtract(most, used))
    return f"{used:,.2f} of {most:,f} RLUSD, {left:,.2f} left", _share(used, most)


def _loss(room: LossRoom | None) -> tuple[str, float | None]:
    if room is None:
        return "no price that can be trusted yet", None
    which = LOSS_LIMITS.get(room.limit, room.limit)
    lost = EXACT.subtract(room.limit_rlusd, room.rlusd)
    told = f"{show_rlusd(room.rlusd)} of {room.limit_rlusd:,f} left until the {which} limit"
    return told, _share(lost, room.limit_rlusd)


def _counts(status: Status) -> dict[str, int]:
    counts = status.counts
    return {
        "fills": counts.bought.fills + counts.sold.fills,
        "orders": sum(counts.orders.values()),
        "refusals": sum(counts.refused.values()) + sum(counts.held_back.values()),
    }


def _share(used: Decimal, most: Decimal) -> float | None:
    return float(used / most) if most > 0 else None


def _nearness(share: float | None) -> tuple[str, str]:
    if share is None or share < _NEAR_SHARE:
        return "", ""
    return ("bad", ", used up") if share >= 1 else ("warn", ", near")


# --- Trades and what works ---------------------------------------------------------------------------------------


def _fill_cells(moment: Moment) -> dict[str, Cell]:
    return {
        "fills": Cell(f"{moment.fills:,}"),
        "bought": Cell(show_xrp(moment.bought_drops)),
        "sold": Cell(show_xrp(moment.sold_drops)),
    }


def _fills(session_id: str, moment: Moment) -> list[Cells]:
    newest = 0 if moment.ledger is None else moment.ledger.ledger_index
    return [_fill(session_id, fill, newest) for fill in moment.last_fills] or _none("none yet")


def _fill(session_id: str, fill: Fill, newest_index: int) -> Cells:
    ago = max(0, newest_index - fill.ledger_index)
    return [
        Cell(
            f"{'bought' if fill.side is Side.BUY else 'sold'} {show_xrp(fill.xrp_drops)}",
            href=session_href(session_id, f"/journal?order={fill.order_id}"),
        ),
        _number(show_price(fill.price)),
        _number(f"{show_bps(edge_bps(fill))}{', as taker' if fill.taker else ''}"),
        _number(f"{ago:,}"),
    ]


def _endpoint(server: EndpointHealth) -> Cells:
    lag = server.lag_ledgers
    behind = NOTHING if lag is None else "level" if lag <= 0 else f"{count(lag, 'ledger')} behind"
    latency = NOTHING if server.latency_ms is None else f"{server.latency_ms:,.0f} ms"
    return [
        Cell(printable(server.endpoint)),
        Cell(server.state, "warn" if server.state == "down" else ""),
        _number(behind),
        _number(latency),
        _number(f"{server.failures:,}"),
        Cell(printable(server.detail)),
    ]


def _channel(depth: ChannelDepth) -> Cells:
    # A box for the latest is full with one: that is how it works, and no sign of a slow reader.
    was_full = depth.bound > 1 and depth.peak >= depth.bound
    return [
        Cell(depth.name),
        _number(f"{depth.waiting:,}"),
        _number(f"{depth.peak:,}{' (full)' if was_full else ''}", "warn" if was_full else ""),
        _number(f"{depth.bound:,}"),
        _number(f"{depth.dropped:,}"),
    ]


def _service(name: str, detail: str, *, ok: bool) -> Cells:
    told = Cell("works") if ok else Cell("does not work", "bad")
    return [Cell(printable(name)), told, Cell(printable(detail))]


def _watch(status: Status) -> list[Cells]:
    moment = status.moment
    rows: Sequence[tuple[str, str, str]] = (
        ("restarts", f"{moment.restarts:,}", "bad" if moment.restarts else ""),
        ("refusals", f"{moment.refusals:,}", ""),
        ("taps", f"{status.taps:,}", ""),
        *([] if moment.servers is None else [("servers", _said(servers_row(moment.servers)), "")]),
        *([] if moment.fork is None else [("fork", _said(fork_row(moment.fork)), "")]),
    )
    return [[Cell(name), Cell(told, tone, number=True)] for name, told, tone in rows]
