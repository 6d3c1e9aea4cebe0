"""Everything on the ledger's side that a session needs, looked at without sending anything: what ``neo doctor`` shows.

One connection is opened as a session's is, the pair is read from one validated ledger, and all of it is judged, so that
whoever mends one thing need not come back for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from actors.venues.live.checks import PATIENCE_S, Check, checked, of_balances, of_choice, of_clock, of_token
from actors.venues.live.endpoints import Endpoints
from actors.venues.live.feed import Feed
from actors.venues.live.first_look import strange_trades
from actors.venues.live.live_settings import LiveSettings
from neo.chain.money import xrp
from neo.mirror.mirror import RestingOffer, TokenTerms
from neo.mirror.terms_check import MASTER_DISABLED, MASTER_MEND, PairFacts, reserve_mend
from neo.strategy.outset import OFFERS, holdings_of, quotable_sides, within_limits
from neo.wire.quote_times import QuoteTimes


class KnownOrders(msgspec.Struct, frozen=True):
    """What the database knows of the account's doings: hashes of what was signed, sequences of its offers."""

    hashes: frozenset[str]
    sequences: frozenset[int]


_OF_THE_LEDGER: Final = (
    "agreement",
    "network",
    "account",
    "master key",
    "trust line",
    "authorization",
    "reserve",
    "freeze",
    "tick size",
    "transfer rate",
    "pool",
    "amendments",
    "limits",
    "both sides",
    "clock",
    "open offers",
    "other programs",
)


async def check_up(
    endpoints: Endpoints,
    settings: LiveSettings,
    known: KnownOrders,
    clock: Callable[[], float],
    patience_s: float = PATIENCE_S,
) -> list[Check]:
    """Look at the servers and at the ledger, as far as one comes within the time.

    Args:
        endpoints: Those of the settings.
        settings: Which pair, and how.
        known: By the database.
        clock: This machine's, in seconds of 1970's epoch.
        patience_s: How long all of it may take.
    """
    return await checked(endpoints, _OF_THE_LEDGER, partial(_look, endpoints, settings, known, clock), patience_s)


async def _look(
    endpoints: Endpoints, settings: LiveSettings, known: KnownOrders, clock: Callable[[], float], found: list[Check]
) -> None:
    """Add every check as it is made.

    Raises:
        VenueError: The next one could not be made.
    """
    async with endpoints.open_best() as chosen:
        found += of_choice(chosen)
        feed = Feed(chosen, endpoints, settings, QuoteTimes(settings.order_lifetime_ledgers), lambda: None)
        await feed.open()
        read_at_s = clock()
        found += _of_pair(settings, feed)
        found.append(_of_amendments(feed.reader.unknown_amendments))
        found += _of_holdings(settings, feed)
        found.append(of_clock(feed.newest.close_time_s, read_at_s))
        found.append(_of_offers(settings, feed.mirror.own_offers(), known))
        found.append(await _of_others(settings, feed, known))


def _of_pair(settings: LiveSettings, feed: Feed) -> Iterator[Check]:
    facts, token, balances = feed.facts, feed.facts.token, feed.newest.balances
    told = f"{settings.account} has {xrp(balances.xrp_drops)} XRP and {balances.rlusd} of the token"
    yield Check(name="account", passed=True, told=told)
    yield _of_master_key(facts)
    yield _of_line(token)
    is_open = not token.needs_authorization or token.is_authorized
    told = "the issuer lets us hold the token" if is_open else "the issuer has not authorized the account's trust line"
    yield Check(name="authorization", passed=is_open, told=told, mend=None if is_open else "Ask the issuer for it")
    yield _of_reserve(facts)
    yield from of_token(facts, settings.quotes.price_digits)


def _of_amendments(unknown: tuple[str, ...]) -> Check:
    """Never fails: most new rules change nothing for a pair, and the mirror's audit tells what differs."""
    if not unknown:
        return Check(name="amendments", passed=True, told="all in force are known here")
    mend = "Look them up (xrpl.org, Known Amendments); take a newer NEO if one is about the exchange, pools or payments"
    return Check(name="amendments", passed=True, told=f"in force and not known here: {', '.join(unknown)}", mend=mend)


def _of_holdings(settings: LiveSettings, feed: Feed) -> Iterator[Check]:
    holdings = holdings_of(feed.newest)
    yield of_balances("limits", within_limits(settings.quotes.limits, holdings))
    yield of_balances("both sides", quotable_sides(settings.quotes, holdings))


def _of_master_key(facts: PairFacts) -> Check:
    if facts.is_master_disabled:
        return Check(name="master key", passed=False, told=MASTER_DISABLED, mend=MASTER_MEND)
    return Check(name="master key", passed=True, told="the ledger takes what it signs")


def _of_line(token: TokenTerms) -> Check:
    if token.line_limit is None:
        told, mend = "the account has no trust line to the issuer", "Set one (TrustSet), with a limit"
    elif token.line_limit <= 0:
        told, mend = "the account's trust line has the limit 0", "Set a limit (TrustSet)"
    else:
        return Check(name="trust line", passed=True, told=f"with a limit of {token.line_limit}")
    return Check(name="trust line", passed=False, told=told, mend=mend)


def _of_reserve(facts: PairFacts) -> Check:
    needed = OFFERS * facts.owner_reserve_drops
    is_enough = facts.spare_drops >= needed
    told = f"{xrp(facts.spare_drops)} XRP are free above it, and two offers lock up {xrp(needed)}"
    mend = None if is_enough else reserve_mend(facts)
    return Check(name="reserve", passed=is_enough, told=told, mend=mend)


def _of_offers(settings: LiveSettings, resting: tuple[RestingOffer, ...], known: KnownOrders) -> Check:
    strange = sorted(offer.sequence for offer in resting if offer.sequence not in known.sequences)
    told = f"{len(resting)} rest"
    if strange:
        told += f", of which the database does not know those with the sequences {', '.join(map(str, strange))}"
    is_fine = not strange or settings.unknown_offers != "halt"
    mend = 'Cancel them, or set gateway.unknown_offers to "cancel" or "adopt"'
    return Check(name="open offers", passed=is_fine, told=told, mend=None if is_fine else mend)


async def _of_others(settings: LiveSettings, feed: Feed, known: KnownOrders) -> Check:
    strange = await strange_trades(feed, settings, known.hashes)
    told = f"{len(strange)} trades of the last {settings.unknown_age_s} s are in no journal of this database"
    mend = f"Stop what else trades with the account; if that was you, wait {settings.unknown_age_s} s"
    return Check(name="other programs", passed=not strange, told=told, mend=mend if strange else None)
