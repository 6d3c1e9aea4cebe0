"""What the ledger says of our account and of the token, judged: may we quote at all, and what has changed since?"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from neo.chain.money import cents_up, xrp
from neo.ledger.entries import DISABLE_MASTER
from neo.mirror.mirror import Freezes, Mirror, TokenTerms
from neo.strategy.outset import OFFERS
from neo.strategy.settings import PRICE_DIGITS_MIN

# Source: xrpl.org, "AccountSet Flags", asfDisableMaster.
MASTER_DISABLED: Final = "the account's master key is disabled, and NEO signs with no other"
MASTER_MEND: Final = "Enable it (AccountSet, ClearFlag 4, signed by its regular key), or name another account"

# How each field of what may change is told.
_FROZEN = {
    "everything": "the whole token",
    "own_line": "our line",
    "own_line_deeply": "our line (deeply)",
    "pool": "the pool's line",
}
_TERMS = {
    "tick_size": "the issuer's tick size",
    "transfer_fee_billionths": "the issuer's transfer fee in billionths",
    "needs_authorization": "the need of an authorization",
    "is_authorized": "our authorization",
    "may_claw_back": "the issuer's right to claw back",
    "line_limit": "our line's limit",
}


class PairFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of one ledger.

    Args:
        freezes: What is frozen.
        token: What the issuer and our line ask.
        spare_drops: XRP of our account over its reserve.
        owner_reserve_drops: Locked up by each further object.
        pool_fee_per_100k: Of the pair's pool; None if there is none.
        is_master_disabled: Whether the ledger refuses what the account's own key signs.
    """

    freezes: Freezes
    token: TokenTerms
    spare_drops: int
    owner_reserve_drops: int
    pool_fee_per_100k: int | None
    is_master_disabled: bool


class TermsProblem(msgspec.Struct, frozen=True):
    """Why nothing may be quoted: what it is, and what mends it."""

    what: str
    mend: str


def facts_of(mirror: Mirror) -> PairFacts:
    """What the mirror's ledger says."""
    balances, pool = mirror.balances(), mirror.ledger.amm()
    return PairFacts(
        freezes=mirror.freezes(),
        token=mirror.token(),
        spare_drops=balances.xrp_drops - balances.reserve_drops,
        owner_reserve_drops=mirror.ledger.fees.reserve_inc_drops,
        pool_fee_per_100k=None if pool is None else pool.trading_fee,
        is_master_disabled=bool(mirror.embedded.own.flags & DISABLE_MASTER),
    )


def problems(facts: PairFacts, price_digits: int) -> tuple[TermsProblem, ...]:
    """What keeps us from quoting, everything at once; a freeze is none of it: quoting waits for its end.

    Args:
        facts: Of the newest ledger.
        price_digits: Significant digits that we quote with.
    """
    token, found = facts.token, []
    if facts.is_master_disabled:
        found.append(TermsProblem(MASTER_DISABLED, MASTER_MEND))
    if token.line_limit is None:
        found.append(TermsProblem("the account has no trust line to the issuer", "Set one (TrustSet), with a limit"))
    elif token.line_limit <= Decimal(0):
        found.append(TermsProblem("the account's trust line has the limit 0", "Set a limit (TrustSet)"))
    if token.needs_authorization and not token.is_authorized:
        found.append(TermsProblem("the issuer has not authorized the account's trust line", "Ask the issuer for it"))
    if token.transfer_fee_billionths:
        what = f"the issuer keeps {token.transfer_fee_billionths} billionths of what passes from holder to holder"
        found.append(TermsProblem(what, "Trade a token without a transfer fee: quotes don't reckon with one"))
    if 0 < token.tick_size < price_digits:
        what = f"the issuer's tick size is {token.tick_size} digits, and prices are quoted with {price_digits}"
        found.append(TermsProblem(what, tick_mend(token.tick_size)))
    needed_drops = OFFERS * facts.owner_reserve_drops
    if facts.spare_drops < needed_drops:
        what = f"the account has {facts.spare_drops} drops over its reserve, and two offers lock up {needed_drops}"
        found.append(TermsProblem(what, reserve_mend(facts)))
    return tuple(found)


def tick_mend(tick_size: int) -> str:
    """What to do where the issuer takes prices with so many digits only, and ours have more."""
    if tick_size < PRICE_DIGITS_MIN:
        return f"Trade a token of another issuer: strategy.price_digits is {PRICE_DIGITS_MIN} or more"
    return f"Set strategy.price_digits to {tick_size} or less"


def reserve_mend(facts: PairFacts) -> str:
    """What to do where two offers don't fit above the account's reserve."""
    missing = cents_up(xrp(OFFERS * facts.owner_reserve_drops - facts.spare_drops))
    return f"Pay {missing:f} XRP or more into the account"


def changes(before: PairFacts, now: PairFacts) -> str | None:
    """What of the terms is another than it was, in words; None if nothing is."""
    told = [
        f"{words} is {'now' if getattr(now.freezes, name) else 'no longer'} frozen"
        for name, words in _FROZEN.items()
        if getattr(before.freezes, name) != getattr(now.freezes, name)
    ]
    told += [
        f"{words} is now {_shown(getattr(now.token, name))}, was {_shown(getattr(before.token, name))}"
        for name, words in _TERMS.items()
        if getattr(before.token, name) != getattr(now.token, name)
    ]
    if before.pool_fee_per_100k != now.pool_fee_per_100k:
        here, there = _shown(before.pool_fee_per_100k), _shown(now.pool_fee_per_100k)
        told.append(f"the pool's fee is now {there} per 100,000, was {here}")
    return "; ".join(told) or None


def _shown(term: object) -> str:
    match term:
        case None:
            return "none"
        case bool():
            return "yes" if term else "no"
        case _:
            return str(term)
