"""What is looked at before a session's first order: who else acts for the account, the terms, and offers left there."""

from __future__ import annotations

from typing import Final

import trio
from loguru import logger

from actors.venues.live.feed import Feed
from actors.venues.live.live_settings import LiveSettings
from actors.venues.port import Signer
from actors.venues.venue_errors import AccountInUseError, NotSyncedError, UnfitAccountError, VenueError
from neo.chain.shapes import Envelope, offer_cancel
from neo.desk.opening import AdoptedOffer
from neo.ledger import keys
from neo.messages import Side
from neo.mirror.mirror import RestingOffer
from neo.mirror.own_history import unknown_of_ours
from neo.mirror.terms_check import problems
from neo.strategy.outset import holdings_of, quotable_sides, within_limits
from neo.wire import requests
from neo.wire.frames import TransactionFrame

# Ledgers close every 3 seconds or more; so many are looked back at for each second of what counts.
_SECONDS_PER_LEDGER: Final = 3
# How many ledgers the cancels of offers that nobody knows have to enter one.
_CANCEL_LEDGERS: Final = 10
_LOOK_S: Final = 1.0


async def look_around(
    feed: Feed, settings: LiveSettings, known: frozenset[str], signer: Signer
) -> tuple[AdoptedOffer, ...]:
    """See that we may trade; returns the offers that are there already, if the session is to take them for its own.

    Args:
        feed: Open, and following the stream.
        settings: What is judged by what.
        known: Hashes of every transaction that a journal knows.
        signer: For the cancels of offers that no journal knows.

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
    if settings.unknown_offers == "adopt":
        return tuple(_adopted(settings.account, each) for each in left)
    if not left:
        return ()
    if settings.unknown_offers == "halt":
        what = f"{settings.account} has offers that no journal knows: {_told(left)}"
        raise AccountInUseError(what, 'Cancel them, or set gateway.unknown_offers = "cancel"')
    await _cancel(feed, signer, left)
    return ()


def _tell_room(feed: Feed, settings: LiveSettings) -> None:
    """Warn of balances that leave no room: a session that is going to end at once, or to quote one side, says why."""
    holdings = holdings_of(feed.newest)
    for outlook in (within_limits(settings.quotes.limits, holdings), quotable_sides(settings.quotes, holdings)):
        if outlook.mend is not None:
            logger.bind(found=outlook.told, mend=outlook.mend).warning("balances_leave_no_room")


async def strange_transactions(
    feed: Feed, settings: LiveSettings, known: frozenset[str]
) -> tuple[TransactionFrame, ...]:
    """What the account sent of late that no journal knows, as far back as the server has ledgers.

    Args:
        feed: Open.
        settings: How long ago still counts.
        known: Hashes of every transaction that a journal knows.

    Raises:
        VenueError: It can't be told now.
    """
    newest = feed.newest
    first = max(feed.history_from, newest.ledger_index - settings.unknown_age_s // _SECONDS_PER_LEDGER)
    rows = await feed.reader.own_transactions(first, newest.ledger_index)
    return unknown_of_ours(rows, settings.account, known, newest.close_time_s - settings.unknown_age_s)


async def _refuse_another(feed: Feed, settings: LiveSettings, known: frozenset[str]) -> None:
    strange = await strange_transactions(feed, settings, known)
    if strange:
        last = strange[-1]
        what = (
            f"{settings.account} sent {len(strange)} transactions in the last {settings.unknown_age_s} s that no"
            f" journal of this database knows (last {last.tx.get('TransactionType')} {last.tx_hash} in ledger"
            f" {last.ledger_index}): something else trades with this account"
        )
        raise AccountInUseError(what, f"Stop it; or, if that was you, wait {settings.unknown_age_s} s")


async def _cancel(feed: Feed, signer: Signer, left: tuple[RestingOffer, ...]) -> None:
    """Cancel offers that no journal knows, and see them gone.

    Raises:
        VenueError: They are still there.
    """
    newest = feed.newest
    account = feed.mirror.pair.account
    fee_drops = max(newest.terms.base_fee_drops, newest.terms.open_ledger_fee_drops)
    last = newest.ledger_index + _CANCEL_LEDGERS
    logger.bind(offers=_told(left)).warning("unknown_offers_cancelled")
    for number, offer in enumerate(left):
        envelope = Envelope(account, fee_drops, newest.balances.sequence + number, last)
        signed = signer.sign(offer_cancel(envelope, offer.sequence))
        try:
            answer = await feed.reader.ask(requests.submit(signed.blob, fail_hard=False))
            logger.bind(offer=offer.sequence, result=answer.result).info("unknown_offer_cancel_sent")
        except VenueError as error:
            # It may have arrived all the same: the ledger tells.
            logger.bind(offer=offer.sequence, cause=error.what).warning("unknown_offer_cancel_unknown")
    while feed.mirror.own_offers():
        if feed.mirror.ledger_index > last or feed.client.failure is not None:
            what = f"offers that no journal knows could not be cancelled: {_told(feed.mirror.own_offers())}"
            raise NotSyncedError(what, "Try again, or cancel them otherwise")
        await trio.sleep(_LOOK_S)


def _adopted(account: str, offer: RestingOffer) -> AdoptedOffer:
    return AdoptedOffer(
        key=keys.offer_key(keys.account_id(account), offer.sequence).hex().upper(),
        sequence=offer.sequence,
        side=Side.SELL if offer.side == "asks" else Side.BUY,
        price=offer.price,
        xrp_drops=offer.xrp_drops,
        rlusd=offer.rlusd,
    )


def _told(offers: tuple[RestingOffer, ...]) -> str:
    """Offers in words."""
    return ", ".join(f"{each.sequence} ({each.side[:-1]} of {each.xrp_drops} drops)" for each in offers)
