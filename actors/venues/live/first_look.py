"""What is looked at before a session's first order: who else acts for the account, the terms, and offers left there."""

from __future__ import annotations

from typing import Final

import trio
from loguru import logger

from actors.venues.live.feed import Feed
from actors.venues.live.live_settings import LiveSettings
from actors.venues.port import Signer
from actors.venues.venue_errors import AccountInUseError, NotSyncedError, UnfitAccountError, VenueError
from neo.chain.shapes import Envelope, SignedTransaction, offer_cancel
from neo.desk.opening import AdoptedOffer
from neo.ledger import keys
from neo.messages import Side
from neo.mirror.mirror import RestingOffer
from neo.mirror.own_history import unknown_of_ours
from neo.mirror.terms_check import problems
from neo.wire import requests
from neo.wire.frames import TransactionFrame

# Ledgers close every 3 seconds or more; so many are looked back at for each second of what counts.
_SECONDS_PER_LEDGER: Final = 3
# A network's first ledger that a server tells of: the one before it has no transactions.
_FIRST_LEDGER: Final = 2
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
    found = problems(feed.facts, settings.price_digits)
    if found:
        what = "; ".join(each.what for each in found)
        raise UnfitAccountError(f"{settings.account}: {what}", ". ".join(each.mend for each in found))
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
    wanted, first = newest.ledger_index - settings.unknown_age_s // _SECONDS_PER_LEDGER, feed.history_from()
    if first > max(_FIRST_LEDGER, wanted):
        logger.bind(endpoint=feed.client.name, first_ledger=first).warning("own_history_short")
    rows = await feed.reader.own_transactions(max(first, wanted), newest.ledger_index)
    return unknown_of_ours(rows, settings.account, known, newest.close_time_s - settings.unknown_age_s)


async def _cancel(feed: Feed, signer: Signer, left: tuple[RestingOffer, ...]) -> None:
    """Cancel offers that no journal knows, and see them gone, and every cancel at its end.

    An offer may go before its cancel does. A cancel that is still on its way would take the sequence of the session's
    first order.

    Raises:
        VenueError: They are still there.
    """
    newest = feed.newest
    account = feed.mirror.pair.account
    fee_drops = max(newest.terms.base_fee_drops, newest.terms.open_ledger_fee_drops)
    last = newest.ledger_index + _CANCEL_LEDGERS
    logger.bind(offers=_told(left)).warning("unknown_offers_cancelled")
    async with trio.open_nursery() as nursery:
        for number, offer in enumerate(left):
            envelope = Envelope(account, fee_drops, newest.balances.sequence + number, last)
            nursery.start_soon(_send, feed, offer, signer.sign(offer_cancel(envelope, offer.sequence)))
            await trio.lowlevel.checkpoint()  # it writes its request down before the next one is begun
    sequence_after = newest.balances.sequence + len(left)
    while feed.mirror.own_offers() or feed.newest.balances.sequence < sequence_after:
        if feed.mirror.ledger_index > last and not feed.mirror.own_offers():
            return  # what no ledger has taken by now, none ever will
        if feed.mirror.ledger_index > last or feed.client.failure is not None:
            what = f"offers that no journal knows could not be cancelled: {_told(feed.mirror.own_offers())}"
            raise NotSyncedError(what, "Try again, or cancel them otherwise")
        await trio.sleep(_LOOK_S)


async def _send(feed: Feed, offer: RestingOffer, cancel: SignedTransaction) -> None:
    try:
        answer = await feed.reader.ask(requests.submit(cancel.blob, fail_hard=False))
        logger.bind(offer=offer.sequence, result=answer.result).info("unknown_offer_cancel_sent")
    except VenueError as error:
        # It may have arrived all the same: the ledger tells.
        logger.bind(offer=offer.sequence, cause=error.what).warning("unknown_offer_cancel_unknown")


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
