"""What is looked at of servers and of a token, whoever is going to trade there: the checks that every check-up has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

import msgspec
import trio

from actors.venues.live.endpoints import ChosenEndpoint, Endpoints
from actors.venues.venue_errors import NotSyncedError, VenueError
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.mirror.terms_check import PairFacts, tick_mend
from neo.strategy.outset import Outlook
from neo.wire.answers import ServerInfo

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


async def checked(
    endpoints: Endpoints,
    names: Sequence[str],
    look: Callable[[list[Check]], Awaitable[None]],
    patience_s: float = PATIENCE_S,
) -> list[Check]:
    """Look at the servers and at the ledger, as far as one comes within the time.

    Args:
        endpoints: Those of the settings.
        names: Of the checks that ``look`` makes, in order.
        look: Adds every check as it is made, so that what is found stays found whatever comes after it.
        patience_s: How long all of it may take.
    """
    found: list[Check] = []
    failure: VenueError | None = None
    with trio.move_on_after(patience_s) as scope:
        try:
            await look(found)
        except VenueError as error:
            failure = error
    if scope.cancelled_caught:
        failure = NotSyncedError(f"the servers did not answer everything within {patience_s:g} s", _SLOW_MEND)
    missing = [name for name in names if name not in {check.name for check in found}]
    if failure is not None and missing:
        found.append(Check(name=missing.pop(0), passed=False, told=failure.what, mend=failure.mend))
    told = "not looked at, as a check before it failed"
    found += [Check(name=name, passed=None, told=told) for name in missing]
    return [*_of_servers(endpoints), *found]


# --- Servers -----------------------------------------------------------------------------------------------------


def of_choice(chosen: ChosenEndpoint) -> Iterator[Check]:
    """That another server has the same ledger (``agreement``), on the network that is meant (``network``)."""
    if chosen.agreed_with is None:
        mend = "Name a second one, another operator's (venue.endpoints, --endpoint, NEO_ENDPOINTS)"
        yield Check(name="agreement", passed=True, told="only one endpoint, so nobody confirms it", mend=mend)
    else:
        yield Check(name="agreement", passed=True, told=f"{chosen.agreed_with} has the same ledger")
    network = 0 if chosen.info.network_id is None else chosen.info.network_id
    yield Check(name="network", passed=True, told=f"network {network}, as venue.network_id has it")


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


def of_clock(close_time_s: int, now_s: float) -> Check:
    """This machine's clock (``clock``).

    Args:
        close_time_s: Of the newest ledger, in seconds of the ripple epoch.
        now_s: By this machine as that ledger was read, in seconds of 1970's epoch.
    """
    offset_s = round(now_s - RIPPLE_EPOCH_UNIX_S - close_time_s)
    is_near = abs(offset_s) <= CLOCK_OFFSET_MAX_S
    told = f"{abs(offset_s)} s {'after' if offset_s >= 0 else 'before'} the newest ledger's close"
    mend = f"Set this machine's clock (NTP); up to {CLOCK_OFFSET_MAX_S} s are usual"
    return Check(name="clock", passed=is_near, told=told, mend=None if is_near else mend)


# --- The pair ----------------------------------------------------------------------------------------------------


def of_token(facts: PairFacts, price_digits: int) -> Iterator[Check]:
    """What the issuer and the pool ask of everybody: ``freeze``, ``tick size``, ``transfer rate``, ``pool``.

    Args:
        facts: What the ledger says.
        price_digits: Significant digits of our prices.
    """
    token = facts.token
    frozen = [name for name in facts.freezes.__struct_fields__ if getattr(facts.freezes, name)]
    yield Check(
        name="freeze",
        passed=not facts.freezes.stopping,
        told="nothing is frozen" if not frozen else f"frozen: {', '.join(frozen).replace('_', ' ')}",
        mend="Wait until the issuer lifts it: nothing is quoted meanwhile" if facts.freezes.stopping else None,
    )
    is_fine = token.tick_size == 0 or token.tick_size >= price_digits
    yield Check(
        name="tick size",
        passed=is_fine,
        told=f"{token.tick_size or 'none'}, and prices have {price_digits} digits",
        mend=None if is_fine else tick_mend(token.tick_size),
    )
    fee = token.transfer_fee_billionths
    mend = "Trade a token without a transfer fee: quotes don't reckon with one" if fee else None
    yield Check(name="transfer rate", passed=fee == 0, told=f"{fee} billionths are kept by the issuer", mend=mend)
    pool = facts.pool_fee_per_100k
    told = "there is none: the order book alone is the anchor" if pool is None else f"its fee is {pool} per 100,000"
    yield Check(name="pool", passed=True, told=told)


def of_balances(name: str, outlook: Outlook) -> Check:
    """What the balances leave room for."""
    return Check(name=name, passed=outlook.is_fit, told=outlook.told, mend=outlook.mend)
