"""A mirror started from what a real server answered to a maker, and the stream that the maker then heard.

The recorded maker asked on ledger 8 and subscribed on ledger 9, with a snapshot of both books in the answer; nothing of
what it had asked about changed between. So the answers are read as of ledger 9.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from support import conversations
from support.recorded_pair import AMENDMENTS

from neo.chain.pair import Pair
from neo.ledger.amendments import of_ids
from neo.mirror.pinned_read import PinnedRead, start_mirror
from neo.wire.answers import read_account_info, read_account_lines, read_subscribed
from neo.wire.books import OfferEntry, read_amm_info, read_book_offers
from neo.wire.fields import TokenAmount
from neo.wire.frames import LedgerClosedFrame, TransactionFrame, parse_frame

NAME = "maker-session"
OTHER = "rDr84zRWiPfb83xQSMdCb3ykiBaSV8oXGQ"  # somebody in the record
StreamFrame = LedgerClosedFrame | TransactionFrame


class Answer(NamedTuple):
    """What was asked, and the result."""

    request: dict[str, Any]
    result: dict[str, Any]


def pair() -> Pair:
    """The maker's."""
    told = conversations.parties(NAME)
    return Pair(told["our_account"], told["currency"], told["issuer"])


@functools.cache
def told() -> tuple[StreamFrame | Answer, ...]:
    """The stream's messages and the answers of the first connection, in the order in which they came."""
    asked: dict[int, dict[str, Any]] = {}
    found: list[StreamFrame | Answer] = []
    for line in conversations.lines(NAME):
        frame = line.frame
        if line.direction == "close":
            break
        if line.direction == "out" and isinstance(frame, dict) and isinstance(frame.get("id"), int):
            asked[frame["id"]] = frame
        elif line.direction == "in" and isinstance(frame, dict):
            if frame.get("type") == "response" and isinstance(frame.get("id"), int) and "result" in frame:
                if frame["id"] in asked:
                    found.append(Answer(asked[frame["id"]], frame["result"]))
            elif frame.get("type") in ("ledgerClosed", "transaction"):
                read = parse_frame(line.text)
                assert isinstance(read, LedgerClosedFrame | TransactionFrame)
                found.append(read)
    return tuple(found)


def stream() -> list[StreamFrame]:
    """The stream's messages alone."""
    return [each for each in told() if not isinstance(each, Answer)]


def answers(command: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """The results of a command that was asked with these fields, in order."""
    for each in told():
        if isinstance(each, Answer) and {"command": command, **fields}.items() <= {**each.request}.items():
            yield each.result


@functools.cache
def first_read() -> PinnedRead:
    """The read that the mirror starts from."""
    ours = pair()
    subscribed = next(answers("subscribe"))
    closed = read_subscribed(subscribed).ledger
    assert closed is not None
    pinned = {"ledger_index": closed.ledger_index, "ledger_hash": closed.ledger_hash, "validated": True}

    def as_of_then(command: str, **fields: Any) -> dict[str, Any]:
        return {**next(answers(command, **fields)), **pinned}

    return PinnedRead(
        pair=ours,
        closed=closed,
        amendments=of_ids(AMENDMENTS).known,
        # The server calls the offers of the direction that was asked for the bids.
        asks=read_book_offers({"offers": subscribed["bids"], **pinned}),
        bids=read_book_offers({"offers": subscribed["asks"], **pinned}),
        offers_max=60,
        pool=read_amm_info(as_of_then("amm_info")),
        issuer=read_account_info(as_of_then("account_info", account=ours.issuer)),
        own=read_account_info(as_of_then("account_info", account=ours.account)),
        own_lines=read_account_lines(as_of_then("account_lines", account=ours.account)),
        own_offers=(),
    )


# --- Books by hand -----------------------------------------------------------------------------------------------


def ask(price: str, *, xrp: int = 10, owner: str = OTHER, funds: int | None = None, sequence: int = 1) -> OfferEntry:
    """An ask at a price in RLUSD per XRP; ``funds`` in drops."""
    ours, drops = pair(), xrp * 10**6
    rate = Decimal(price) / 10**6
    mantissa, exponent = int(rate.scaleb(15 - rate.adjusted())), rate.adjusted() - 15
    base = start_mirror(first_read()).embedded.state.asks.base.hex().upper()
    return OfferEntry(
        index=f"{sequence:064X}",
        account=owner,
        sequence=sequence,
        taker_pays=TokenAmount(ours.currency, ours.issuer, xrp * Decimal(price)),
        taker_gets=drops,
        flags=0,
        expiration_s=None,
        book_directory=f"{base}{((exponent + 100) << 56) | mantissa:016X}",
        additional_directories=(),
        domain_id=None,
        owner_funds=None if funds is None else Decimal(funds),
    )


def read_with(*asks: OfferEntry, offers_max: int = 60, **fields: Any) -> PinnedRead:
    """The recorded read with a book of these asks alone."""
    read = first_read()
    book = msgspec.structs.replace(read.asks, offers=asks)
    bids = msgspec.structs.replace(read.bids, offers=())
    return msgspec.structs.replace(read, asks=book, bids=bids, offers_max=offers_max, **fields)
