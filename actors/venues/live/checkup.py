"""Everything on the ledger's side that a session needs, looked at without sending anything: what ``neo doctor`` shows.

One connection is opened as a session's is, the pair is read from one validated ledger, and all of it is judged, so that
whoever mends one thing need not come back for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import trio

from actors.venues.live.endpoints import Endpoints
from actors.venues.live.feed import Feed
from actors.venues.live.first_look import strange_trades
from actors.venues.live.live_settings import LiveSettings
from actors.venues.venue_errors import NotSyncedError, VenueError
from neo.chain.money import RIPPLE_EPOCH_UNIX_S, xrp
from neo.mirror.mirror import RestingOffer, TokenTerms
from neo.mirror.terms_check import MASTER_DISABLED, MASTER_MEND, PairFacts, reserve_mend, tick_mend
from neo.strategy.outset import OFFERS, Outlook, holdings_of, quotable_sides, within_limits
from neo.wire.answers import ServerInfo
from neo.wire.quote_times import QuoteTimes

# A close time is rounded to 10 seconds, and a ledger is some seconds old when it is read.
CLOCK_OFFSET_MAX_S: Final = 30
# Of all that is asked of the servers.
PATIENCE_S: Final = 60.0
_SLOW_MEND: Final = "Try again, or name other servers (venue.endpoints, --endpoint, NEO_ENDPOINTS)"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Args:
        name: What, in a word or two.
        passed: None if it could not be looked at, as another check failed.
        told: What was found.
        mend: What to do about it; None if there is nothing to do. One that passed has a mend if it is worth a thought.
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
    found: list[Check] = []
    failure: VenueError | None = None
    with trio.move_on_after(patience_s) as scope:
        try:
            await _look(found, endpoints, settings, known, clock)
        except VenueError as error:
            failure = error
    if scope.cancelled_caught:
        failure = NotSyncedError(f"the servers did not answer everything within {patience_s:g} s", _SLOW_MEND)
    missing = [name for name in _OF_THE_LEDGER if name not in {check.name for check in found}]
    if failure is not None and missing:
        found.append(Check(name=missing.pop(0), passed=False, told=failure.what, mend=failure.mend))
    told = "not looked at, as a check before it failed"
    found += [Check(name=name, passed=None, told=told) for name in missing]
    return [*_of_servers(endpoints), *found]


async def _look(
    found: list[Check], endpoints: Endpoints, settings: LiveSettings, known: KnownOrders, clock: Callable[[], float]
) -> None:
    """Add every check as it is made, so that what is found stays found whatever comes after it.

    Raises:
        VenueError: The next one could not be made.
    """
    async with endpoints.open_best() as chosen:
        found.append(_of_agreement(chosen.agreed_with))
        network = 0 if chosen.info.network_id is None else chosen.info.network_id
        found.append(Check(name="network", passed=True, told=f"network {network}, as venue.network_id has it"))
        feed = Feed(chosen, endpoints, settings, QuoteTimes(settings.order_lifetime_ledgers), lambda: None)
        await feed.open()
        read_at_s = clock()
        found += _of_pair(settings, feed)
        found.append(_of_amendments(feed.reader.unknown_amendments))
        found += _of_holdings(settings, feed)
        found.append(_of_clock(feed.newest.close_time_s, read_at_s))
        found.append(_of_offers(settings, feed.mirror.own_offers(), known))
        found.append(await _of_others(settings, feed, known))


def _of_agreement(agreed_with: str | None) -> Check:
    if agreed_with is None:
        mend = "Name a second one, another operator's (venue.endpoints, --endpoint, NEO_ENDPOINTS)"
        return Check(name="agreement", passed=True, told="only one endpoint, so nobody confirms it", mend=mend)
    return Check(name="agreement", passed=True, told=f"{agreed_with} has the same ledger")


def _of_servers(endpoints: Endpoints) -> Iterator[Check]:
    for standing in endpoints.standings():
        name = f"endpoint {standing.name}"
        if standing.problems:
            yield Check(name=name, passed=False, told="; ".join(standing.problems), mend=standing.mend)
        elif standing.info is None:
            yield Check(name=name, passed=False, told="did not answer in time", mend=_SLOW_MEND)
        else:
            yield Check(name=name, passed=True, told=_server(standing.info))


def _server(info: ServerInfo) -> str:
    state = info.server_state or "relays"
    ledger = "" if info.validated is None else f", ledger {info.validated.ledger_index}, {info.validated.age_s} s old"
    return f"{info.build_version}, {state}{ledger}"


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
    frozen = [name for name in facts.freezes.__struct_fields__ if getattr(facts.freezes, name)]
    yield Check(
        name="freeze",
        passed=not facts.freezes.stopping,
        told="nothing is frozen" if not frozen else f"frozen: {', '.join(frozen).replace('_', ' ')}",
        mend="Wait until the issuer lifts it: nothing is quoted meanwhile" if facts.freezes.stopping else None,
    )
    digits = settings.quotes.price_digits
    is_fine = token.tick_size == 0 or token.tick_size >= digits
    yield Check(
        name="tick size",
        passed=is_fine,
        told=f"{token.tick_size or 'none'}, and prices have {digits} digits",
        mend=None if is_fine else tick_mend(token.tick_size),
    )
    fee = token.transfer_fee_billionths
    mend = "Trade a token without a transfer fee: quotes don't reckon with one" if fee else None
    yield Check(name="transfer rate", passed=fee == 0, told=f"{fee} billionths are kept by the issuer", mend=mend)
    pool = facts.pool_fee_per_100k
    told = "there is none: the order book alone is the anchor" if pool is None else f"its fee is {pool} per 100,000"
    yield Check(name="pool", passed=True, told=told)


def _of_amendments(unknown: tuple[str, ...]) -> Check:
    """Never fails: most new rules change nothing for a pair, and the mirror's audit tells what differs."""
    if not unknown:
        return Check(name="amendments", passed=True, told="all in force are known here")
    mend = "Look them up (xrpl.org, Known Amendments); take a newer NEO if one is about the exchange, pools or payments"
    return Check(name="amendments", passed=True, told=f"in force and not known here: {', '.join(unknown)}", mend=mend)


def _of_holdings(settings: LiveSettings, feed: Feed) -> Iterator[Check]:
    holdings = holdings_of(feed.newest)
    yield _of_balances("limits", within_limits(settings.quotes.limits, holdings))
    yield _of_balances("both sides", quotable_sides(settings.quotes, holdings))


def _of_balances(name: str, outlook: Outlook) -> Check:
    return Check(name=name, passed=outlook.is_fit, told=outlook.told, mend=outlook.mend)


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
