"""Everything on the ledger's side that a session needs, looked at without sending anything: what ``neo doctor`` shows.

One connection is opened as a session's is, the pair is read from one validated ledger, and all of it is judged, so that
whoever mends one thing need not come back for the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from actors.venues.live.endpoints import Endpoints, EndpointStanding
from actors.venues.live.feed import Feed
from actors.venues.live.first_look import strange_trades
from actors.venues.live.live_settings import LiveSettings
from actors.venues.venue_errors import VenueError
from neo.chain.money import RIPPLE_EPOCH_UNIX_S, xrp
from neo.mirror.mirror import RestingOffer, TokenTerms
from neo.mirror.terms_check import PairFacts
from neo.wire.quote_times import QuoteTimes

# A close time is rounded to 10 seconds, and a ledger is some seconds old when it is read.
CLOCK_OFFSET_MAX_S: Final = 30
# Locked up by a bid and an ask of ours.
_OFFERS: Final = 2


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Args:
        name: What, in a word or two.
        passed: None if it could not be looked at, as another check failed.
        told: What was found.
        mend: What to do about it; None if there is nothing to do.
    """

    name: str
    passed: bool | None
    told: str
    mend: str | None = None


class KnownOrders(msgspec.Struct, frozen=True):
    """What the database knows of the account's doings: hashes of what was signed, sequences of its offers."""

    hashes: frozenset[str]
    sequences: frozenset[int]


_OF_THE_LEDGER: Final = (
    "account",
    "trust line",
    "authorization",
    "reserve",
    "freeze",
    "tick size",
    "transfer rate",
    "pool",
    "clock",
    "open offers",
    "other programs",
)


async def check_up(endpoints: Endpoints, settings: LiveSettings, known: KnownOrders, now_s: float) -> list[Check]:
    """Look at the servers and at the ledger.

    Args:
        endpoints: Those of the settings.
        settings: Which pair, and how.
        known: By the database.
        now_s: Of this machine's clock, in seconds of 1970's epoch.
    """
    found: list[Check] = []
    try:
        async with endpoints.open_best() as chosen:
            found += _of_servers(endpoints)
            agreed = chosen.agreed_with
            told = "only one endpoint, so nobody confirms it" if agreed is None else f"{agreed} has the same ledger"
            found.append(Check(name="agreement", passed=True, told=told))
            network = 0 if chosen.info.network_id is None else chosen.info.network_id
            found.append(Check(name="network", passed=True, told=f"network {network}, as venue.network_id has it"))
            feed = Feed(chosen, endpoints, settings, QuoteTimes(settings.order_lifetime_ledgers), lambda: None)
            await feed.open()
            found += _of_pair(settings, feed)
            found.append(_of_clock(feed.newest.close_time_s, now_s))
            found.append(_of_offers(settings, feed.mirror.own_offers(), known))
            found.append(await _of_others(settings, feed, known))
    except VenueError as error:
        done = {check.name for check in found}
        if "agreement" not in done:
            found += _of_servers(endpoints)
            found.append(Check(name="agreement", passed=False, told=error.what, mend=error.mend))
        else:
            missing = next((name for name in _OF_THE_LEDGER if name not in done), _OF_THE_LEDGER[-1])
            found.append(Check(name=missing, passed=False, told=error.what, mend=error.mend))
    done = {check.name for check in found}
    return found + [
        Check(name=name, passed=None, told="not looked at, as a check before it failed")
        for name in _OF_THE_LEDGER
        if name not in done
    ]


def _of_servers(endpoints: Endpoints) -> Iterator[Check]:
    for standing in endpoints.standings():
        name = f"endpoint {standing.name}"
        if standing.problems:
            mend = "Wait, or name another server (venue.endpoints, --endpoint, NEO_ENDPOINTS)"
            yield Check(name=name, passed=False, told="; ".join(standing.problems), mend=mend)
        else:
            yield Check(name=name, passed=True, told=_server(standing))


def _server(standing: EndpointStanding) -> str:
    info = standing.info
    if info is None or info.validated is None:
        return "answers"
    state = info.server_state or "relays"
    return f"{info.build_version}, {state}, ledger {info.validated.ledger_index}, {info.validated.age_s} s old"


def _of_pair(settings: LiveSettings, feed: Feed) -> Iterator[Check]:
    facts, token, balances = feed.facts, feed.facts.token, feed.newest.balances
    told = f"{settings.account} has {xrp(balances.xrp_drops)} XRP and {balances.rlusd} of the token"
    yield Check(name="account", passed=True, told=told)
    yield _of_line(token)
    is_open = not token.needs_authorization or token.is_authorized
    told = "the issuer lets us hold the token" if is_open else "the issuer has not authorized the account's trust line"
    yield Check(name="authorization", passed=is_open, told=told, mend=None if is_open else "Ask the issuer for it")
    yield _of_reserve(facts)
    frozen = [name for name in facts.freezes.__struct_fields__ if getattr(facts.freezes, name)]
    yield Check(
        name="freeze",
        passed=not facts.freezes.stopping,
        told="nothing is frozen" if not frozen else f"frozen: {', '.join(frozen).replace('_', ' ')}",
        mend="Wait until the issuer lifts it: nothing is quoted meanwhile" if facts.freezes.stopping else None,
    )
    is_fine = token.tick_size == 0 or token.tick_size >= settings.price_digits
    yield Check(
        name="tick size",
        passed=is_fine,
        told=f"{token.tick_size or 'none'}, and prices have {settings.price_digits} digits",
        mend=None if is_fine else f"Set strategy.price_digits to {token.tick_size} or less",
    )
    fee = token.transfer_fee_billionths
    mend = "Trade a token without a transfer fee: quotes don't reckon with one" if fee else None
    yield Check(name="transfer rate", passed=fee == 0, told=f"{fee} billionths are kept by the issuer", mend=mend)
    pool = facts.pool_fee_per_100k
    told = "there is none: the order book alone is the anchor" if pool is None else f"its fee is {pool} per 100,000"
    yield Check(name="pool", passed=True, told=told)


def _of_line(token: TokenTerms) -> Check:
    if token.line_limit is None:
        told, mend = "the account has no trust line to the issuer", "Set one (TrustSet), with a limit"
    elif token.line_limit <= 0:
        told, mend = "the account's trust line has the limit 0", "Set a limit (TrustSet)"
    else:
        return Check(name="trust line", passed=True, told=f"with a limit of {token.line_limit}")
    return Check(name="trust line", passed=False, told=told, mend=mend)


def _of_reserve(facts: PairFacts) -> Check:
    needed = _OFFERS * facts.owner_reserve_drops
    is_enough = facts.spare_drops >= needed
    told = f"{xrp(facts.spare_drops)} XRP are free above it, and two offers lock up {xrp(needed)}"
    mend = None if is_enough else "Pay XRP into the account"
    return Check(name="reserve", passed=is_enough, told=told, mend=mend)


def _of_clock(close_time_s: int, now_s: float) -> Check:
    offset_s = round(now_s - RIPPLE_EPOCH_UNIX_S - close_time_s)
    is_near = abs(offset_s) <= CLOCK_OFFSET_MAX_S
    told = f"{abs(offset_s)} s {'after' if offset_s >= 0 else 'before'} the newest ledger's close"
    mend = f"Set this machine's clock (NTP); up to {CLOCK_OFFSET_MAX_S} s are usual"
    return Check(name="clock", passed=is_near, told=told, mend=None if is_near else mend)


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
