"""Everything that a paper session needs of servers and market, looked at before: what ``neo doctor`` shows of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import trio

from actors.venues.live.checks import PATIENCE_S, Check, checked, of_balances, of_choice, of_clock, of_token
from actors.venues.live.endpoints import Endpoints
from actors.venues.live.pair_feed import PairFeed
from actors.venues.paper.paper_host import PAPER_ACCOUNT, PaperPlan
from neo.mirror.terms_check import facts_of
from neo.network.account_view import opening_ledger
from neo.replay.pair_part import state_of
from neo.replay.paper_market import PaperMarket
from neo.strategy.outset import holdings_of, quotable_sides, within_limits
from neo.strategy.settings import QuoteSettings

_OF_THE_MARKET: Final = (
    "agreement",
    "network",
    "freeze",
    "tick size",
    "transfer rate",
    "pool",
    "clock",
    "limits",
    "both sides",
    "requests",
)


async def check_up_paper(
    endpoints: Endpoints,
    plan: PaperPlan,
    quotes: QuoteSettings,
    clock: Callable[[], float],
    patience_s: float = PATIENCE_S,
) -> list[Check]:
    """Look at the servers and at the market, as far as it comes within the time.

    Args:
        endpoints: Those of the settings.
        plan: Which pair, and what our account opens with.
        quotes: What decides our quotes.
        clock: This machine's, in seconds of 1970's epoch.
        patience_s: How long all of it may take.
    """
    return await checked(endpoints, _OF_THE_MARKET, partial(_look, endpoints, plan, quotes, clock), patience_s)


async def _look(
    endpoints: Endpoints, plan: PaperPlan, quotes: QuoteSettings, clock: Callable[[], float], found: list[Check]
) -> None:
    """Add every check as it is made.

    Raises:
        VenueError: The next one could not be made.
    """
    async with endpoints.open_best() as chosen:
        found += of_choice(chosen)
        feed = PairFeed(chosen, endpoints, plan.settings, None)
        await feed.open()
        read_at_s, mirror = clock(), feed.mirror
        found += of_token(facts_of(mirror), quotes.price_digits)
        found.append(of_clock(mirror.ledger.parent_close_time_s, read_at_s))
        market = PaperMarket.begin(
            state_of(mirror),
            account=PAPER_ACCOUNT,
            xrp_drops=plan.xrp_drops,
            rlusd=plan.rlusd,
            delay_ledgers=plan.delay_ledgers,
        )
        holdings = holdings_of(opening_ledger(market.ledger, PAPER_ACCOUNT))
        found.append(of_balances("limits", within_limits(quotes.limits, holdings)))
        found.append(of_balances("both sides", quotable_sides(quotes, holdings)))
        found.append(_of_requests(endpoints))


def _of_requests(endpoints: Endpoints) -> Check:
    budget = endpoints.budget
    made = budget.requests_last_minute(trio.current_time())
    told = f"{made} were made to begin; at most {budget.requests_minute_max} a minute follow"
    return Check(name="requests", passed=True, told=told)
