"""What a report tells of quotes that were missing, and of losses against their limits: rows for terminal and page."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from neo.analysis import Course
from neo.chain.money import EXACT, plain
from neo.messages import Absence
from neo.watch.absence import told_reasons
from neo.watch.loss_limits import DRAWDOWN, SESSION_LOSS, Losses
from tools.console.words import NOTHING

_TRUST: Final = "risk.price_distance_max_bps"

ABSENCE_COLUMNS: Final = ("without", "ledgers", "why: ticks by code")
LOSS_COLUMNS: Final = ("lost, in RLUSD", "limit", "at most", "at the end", "beyond the limit")

_LOSSES: Final = {SESSION_LOSS: "since the start", DRAWDOWN: "since the best moment"}


class LossFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One loss limit and the losses that it is about, below 0 for a gain.

    ``overshoot_rlusd`` is how much the most that was lost is beyond the limit, the way down counted: 0 if it never was.
    """

    key: str
    limit_rlusd: Decimal
    lost_most_rlusd: Decimal
    lost_end_rlusd: Decimal
    overshoot_rlusd: Decimal


def losses_for(config: dict[str, str]) -> Losses | None:
    """A fold for a session's losses, which believes the prices that the session did; None if its config doesn't say."""
    distance_max_bps = _number(config, _TRUST)
    return None if distance_max_bps is None else Losses(distance_max_bps)


def loss_figures(course: Course, config: dict[str, str]) -> tuple[LossFigures, ...]:
    """Both loss limits; those that the config of an older session does not have are left out."""
    losses, figures = course.losses, []
    for key in _LOSSES:
        limit = _number(config, key)
        if losses is None or limit is None or not losses.has_begun:
            continue
        lost = losses.session if key == SESSION_LOSS else losses.drawdown
        over = max(Decimal(0), EXACT.subtract(lost.most_rlusd, limit))
        figures.append(
            LossFigures(
                key=key,
                limit_rlusd=limit,
                lost_most_rlusd=plain(lost.most_rlusd),
                lost_end_rlusd=plain(lost.now_rlusd),
                overshoot_rlusd=plain(over),
            )
        )
    return tuple(figures)


def loss_rows(figures: tuple[LossFigures, ...]) -> list[list[str]]:
    """The same in words."""
    return [
        [
            _LOSSES[one.key],
            f"{one.limit_rlusd:f}",
            f"{one.lost_most_rlusd:.4f}",
            f"{one.lost_end_rlusd:.4f}",
            f"{one.overshoot_rlusd:.4f}" if one.overshoot_rlusd else NOTHING,
        ]
        for one in figures
    ]


def absence_rows(absence: Absence) -> list[list[str]]:
    """For how many ledgers no quote rested, with the reasons most often given."""
    return [
        [words, f"{ledgers:,}", told_reasons(reasons) if ledgers else NOTHING]
        for words, ledgers, reasons in (
            ("any quote", absence.ledgers_without_quote, absence.quote_reasons),
            ("a bid", absence.ledgers_without_bid, absence.bid_reasons),
            ("an ask", absence.ledgers_without_ask, absence.ask_reasons),
        )
    ]


def _number(config: dict[str, str], key: str) -> Decimal | None:
    """A number of the config as the session had it, None if it is not there or none."""
    try:
        number = Decimal(config.get(key, ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
