"""What is looked at before a session's first order: who else acts for the account, the terms, and offers left there."""

from __future__ import annotations

from typing import Final

from loguru import logger

from actors.venues.live.feed import Feed
from actors.venues.live.live_settings import LiveSettings
from actors.venues.venue_errors import AccountInUseError, UnfitAccountError
from neo.chain.money import plain
from neo.desk.opening import AdoptedOffer
from neo.ledger import keys
from neo.messages import Side
from neo.mirror.mirror import RestingOffer
from neo.mirror.own_history import unknown_of_ours
from neo.mirror.terms_check import problems
from neo.strategy.outset import holdings_of, quotable_sides, within_limits
from neo.wire.frames import TransactionFrame

# Ledgers close every 3 seconds or more; so many are looked back at for each second of what counts.
_SECONDS_PER_LEDGER: Final = 3
# The ledgers that a server of one's own makes as it starts: they have no transactions, and it does not list the first.
_BEGINNING: Final = 3


async def look_around(feed: Feed, settings: LiveSettings, known: frozenset[str]) -> None:
    """See that we may trade.

    Args:
        feed: Open, and following the stream.
        settings: What is judged by what.
        known: Hashes of every transaction that a journal knows.

    Raises:
        VenueError: We may not, or it can't be told now.
    """
    await _refuse_another(feed, settings, known)
    found = problems(feed.facts, settings.quotes.price_digits)
    if found:
        what = "; ".join(each.what for each in found)
        raise UnfitAccountError(f"{settings.account}: {what}", ". ".join(each.mend for each in found))
    _tell_room(feed, settings)
    left = feed.mirror.own_offers()
    if left and settings.unknown_offers == "halt":
        what = f"{settings.account} has offers that no journal knows: {_told(left)}"
        raise AccountInUseError(what, 'Cancel them, or set gateway.unknown_offers = "cancel"')
    if left:
        logger.bind(offers=_told(left), unknown_offers=settings.unknown_offers).warning("unknown_offers_found")


def offers_found(feed: Feed, settings: LiveSettings) -> tuple[AdoptedOffer, ...]:
    """What the first look let pass of our offers, on the feed's newest ledger: for the session's first records."""
    is_wanted = settings.unknown_offers == "adopt"
    return tuple(_adopted(settings.account, each, is_wanted=is_wanted) for each in feed.mirror.own_offers())


def _tell_room(feed: Feed, settings: LiveSettings) -> None:
    """Warn of balances that leave no room: a session that is going to end at once, or to quote one side, says why."""
    holdings = holdings_of(feed.newest)
    for outlook in (within_limits(settings.quotes.limits, holdings), quotable_sides(settings.quotes, holdings)):
        if outlook.mend is not None:
            logger.bind(found=outlook.told, mend=outlook.mend).warning("balances_leave_no_room")


async def _refuse_another(feed: Feed, settings: LiveSettings, known: frozenset[str]) -> None:
    strange = await strange_trades(feed, settings, known)
    if strange:
        last = strange[-1]
        what = (
            f"{settings.account} traded by {len(strange)} transactions in the last {settings.unknown_age_s} s that"
            f" no journal of this database knows (last {last.tx.get('TransactionType')} {last.tx_hash} in ledger"
            f" {last.ledger_index}): something else trades with this account"
        )
        raise AccountInUseError(what, f"Stop it; or, if that was you, wait {settings.unknown_age_s} s")


async def strange_trades(feed: Feed, settings: LiveSettings, known: frozenset[str]) -> tuple[TransactionFrame, ...]:
    """What traded with the account of late, and no journal knows.

    A server that has just been started can't tell of all that time, and there may be no other; the log says so then.

    Raises:
        VenueError: It can't be told now.
    """
    newest = feed.newest
    wanted, first = newest.ledger_index - settings.unknown_age_s // _SECONDS_PER_LEDGER, feed.history_from
    if first > max(_BEGINNING, wanted):
        logger.bind(endpoint=feed.client.name, first_ledger=first).warning("own_history_short")
    rows = await feed.reader.own_transactions(max(first, wanted), newest.ledger_index)
    return unknown_of_ours(rows, settings.account, known, newest.close_time_s - settings.unknown_age_s)


def _adopted(account: str, offer: RestingOffer, *, is_wanted: bool) -> AdoptedOffer:
    return AdoptedOffer(
        key=keys.offer_key(keys.account_id(account), offer.sequence).hex().upper(),
        sequence=offer.sequence,
        side=Side.SELL if offer.side == "asks" else Side.BUY,
        price=plain(offer.price),
        xrp_drops=offer.xrp_drops,
        rlusd=offer.rlusd,
        is_wanted=is_wanted,
    )


def _told(offers: tuple[RestingOffer, ...]) -> str:
    """Offers in words."""
    return ", ".join(f"{each.sequence} ({each.side[:-1]} of {each.xrp_drops} drops)" for each in offers)
