"""What an account's balances leave room for, told before a session begins with them.

While it runs, risk's gates judge every quote by the same limits, and the session ends once one is broken
(:mod:`neo.risk.judge`). Whoever is about to start it is told here what would be said then, with figures and a mend.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from neo.chain.money import EXACT, RATIO, cents_up, plain, value_rlusd, xrp
from neo.chain.prices import mid_price
from neo.messages import LedgerClosed
from neo.messages.halts import HaltReason
from neo.risk.limits import RiskLimits
from neo.strategy.amounts import PLACED_SHARE
from neo.strategy.settings import QuoteSettings

# A bid and an ask of ours; each locks up a reserve.
OFFERS: Final = 2

_ONE: Final = Decimal(1)
_NO_PRICE: Final = "neither the order book nor a pool has a price to value XRP by"


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has, and what it may use of it.

    Args:
        xrp_drops: All of its XRP.
        spare_drops: What of it is above the account's reserve.
        owner_reserve_drops: Locked up by each further offer.
        rlusd: All of its token.
        price: RLUSD for an XRP; None if the market has none.
    """

    xrp_drops: int
    spare_drops: int
    owner_reserve_drops: int
    rlusd: Decimal
    price: Decimal | None


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of an account's balances.

    Args:
        is_fit: Whether a session can trade with them; None if that can't be told.
        told: What they are, against what.
        mend: What to do about it; there is one of fit balances too if something is missing.
    """

    is_fit: bool | None
    told: str
    mend: str | None = None


def holdings_of(closed: LedgerClosed) -> Holdings:
    """What the account has by a ledger that is told with its market."""
    balances, market = closed.balances, closed.market
    return Holdings(
        xrp_drops=balances.xrp_drops,
        spare_drops=balances.xrp_drops - balances.reserve_drops,
        owner_reserve_drops=closed.terms.owner_reserve_drops,
        rlusd=balances.rlusd,
        price=None if market is None else mid_price(market.bids, market.asks, market.pool),
    )


class _Exposure(msgspec.Struct, frozen=True):
    """One of the two against its limit, both in RLUSD: what it is of, what one of it is worth, and who brings it down.

    ``ending`` is what a session ends with that holds more.
    """

    name: str
    price: Decimal
    held: Decimal
    limit: Decimal
    key: str
    ending: HaltReason
    reduced_by: str

    @property
    def share(self) -> Decimal:
        return RATIO.divide(self.held, self.limit)

    def mend(self, share: Decimal) -> str:
        """How to come down to such a share of the limit."""
        above = EXACT.subtract(self.held, EXACT.multiply(self.limit, share))
        paid_out, limit = cents_up(RATIO.divide(above, self.price)), cents_up(RATIO.divide(self.held, share))
        return f"pay {paid_out:f} {self.name} or more out of the account, or set {self.key} to {limit:f} or more"


def within_limits(limits: RiskLimits, holdings: Holdings) -> Outlook:
    """The balances against the limits of exposure: beyond one, a session ends at once; near one, one side is quoted."""
    exposures = _exposures(limits, holdings)
    told = "in RLUSD: " + ", ".join(f"{each.name} {each.held:.2f} of {plain(each.limit):f}" for each in exposures)
    if holdings.price is None:
        told += f" ({_NO_PRICE})"
    broken = [each for each in exposures if each.held > each.limit]
    if broken:
        keys = " and ".join(each.key for each in broken)
        return Outlook(
            is_fit=False,
            told=f"{told}: above {keys}, so a session ends at once with {broken[0].ending}",
            mend=_sentence(each.mend(_ONE) for each in broken),
        )
    most = limits.reduce_only_share
    near = [each for each in exposures if each.share > most]
    if near:
        # As risk's verdict has it: near both limits the one that is used up more counts, XRP first.
        nearest = max(near, key=lambda each: each.share)
        percent = f"{plain(most * 100):f} % (risk.reduce_only_percent)"
        return Outlook(
            is_fit=True,
            told=f"{told}: above {percent}, so only {nearest.reduced_by} are quoted",
            mend=f"{_sentence(each.mend(most) for each in near)}, and both sides are",
        )
    return Outlook(is_fit=True, told=told)


def _exposures(limits: RiskLimits, holdings: Holdings) -> list[_Exposure]:
    """XRP's if it can be valued, and RLUSD's."""
    found = []
    if holdings.price is not None:
        held, limit = value_rlusd(holdings.xrp_drops, holdings.price), limits.max_xrp_exposure
        ending = HaltReason.RISK_XRP_EXPOSURE
        found.append(_Exposure("XRP", holdings.price, held, limit, "risk.max_xrp_exposure", ending, "asks"))
    held, limit = holdings.rlusd, limits.max_rlusd_exposure
    ending = HaltReason.RISK_RLUSD_EXPOSURE
    return [*found, _Exposure("RLUSD", _ONE, held, limit, "risk.max_rlusd_exposure", ending, "bids")]


def quotable_sides(quotes: QuoteSettings, holdings: Holdings) -> Outlook:
    """Whether the balances pay for the smallest bid and the smallest ask that would be placed."""
    if holdings.price is None:
        return Outlook(is_fit=None, told=_NO_PRICE)
    least_rlusd = cents_up(RATIO.divide(quotes.requote.min_remainder_rlusd, PLACED_SHARE))
    least_xrp = cents_up(RATIO.divide(least_rlusd, holdings.price))
    locked_drops = OFFERS * holdings.owner_reserve_drops + quotes.limits.reserve_buffer_drops
    free_xrp = xrp(holdings.spare_drops - locked_drops)
    told = (
        f"{free_xrp:.2f} XRP are free beside two offers and risk.reserve_buffer_xrp, and an ask needs {least_xrp:f};"
        f" {holdings.rlusd:.2f} RLUSD, and a bid needs {least_rlusd:f}"
    )
    sides = (("asks", "XRP", least_xrp, free_xrp), ("bids", "RLUSD", least_rlusd, holdings.rlusd))
    short = [(side, unit, EXACT.subtract(least, free)) for side, unit, least, free in sides if free < least]
    if not short:
        return Outlook(is_fit=True, told=told)
    missing = " and ".join(f"{cents_up(amount):f} {unit}" for _, unit, amount in short)
    return Outlook(
        is_fit=len(short) < len(sides),
        told=f"{told}: no {' and no '.join(side for side, _, _ in short)} can be placed",
        mend=f"Pay {missing} or more into the account",
    )


def _sentence(parts: Iterable[str]) -> str:
    text = "; and ".join(parts)
    return text[:1].upper() + text[1:]
