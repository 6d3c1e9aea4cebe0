"""Deposits and withdrawals in a session: ordinary payments, which the fill reader then finds as capital.

A withdrawal is a payment of our own, so it takes one of our account's sequences and burns a fee; a deposit is somebody
else's. Both are in the journal before they leave, and are sent again with the same blob if their outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from neo.chain.money import DROPS_PER_XRP, plain, xrp
from neo.chain.pair import Pair
from neo.chain.shapes import Envelope, Sign, SignedTransaction, payment
from neo.desk.desk import Desk
from neo.messages import Balances, CapitalMoved, CapitalOrdered, MoveCapital, Record

# All that there ever was. Source: xrpl.org, "What is XRP?"
XRP_MAX = 100_000_000_000
XRP_DECIMALS = 6

# Of a token amount. Source: xrpl.org, "Token Precision"; of its exponents' range no more than anybody can mean.
TOKEN_DIGITS = 16
TOKEN_PLACES = 15


class SignedPayment(msgspec.Struct, frozen=True):
    """A payment ready to be sent, and its place."""

    signed: SignedTransaction
    sequence: int
    last_ledger_sequence: int


class Funding(Protocol):
    """Where deposits come from and withdrawals go to. Only a simulated ledger has one: elsewhere it is a wallet."""

    address: str

    def deposit(
        self,
        pair: Pair,
        move: MoveCapital,
        under_way: Collection[CapitalOrdered],
        *,
        fee_drops: int,
        last_ledger_sequence: int,
    ) -> SignedPayment:
        """Sign a payment to our account, at the first place in its payer's sequence that none under way has."""


def withdrawal(pair: Pair, move: MoveCapital, place: Envelope, payee: str, sign: Sign) -> SignedPayment:
    """Sign a payment of our own."""
    form = payment(place, pair, payee, abs(move.xrp_drops), move.rlusd.copy_abs())
    return SignedPayment(sign(form), place.sequence, place.last_ledger_sequence)


def capital_ordered(desk: Desk, move: MoveCapital, paid: SignedPayment) -> CapitalOrdered:
    """The journal's record of a payment that is about to be sent."""
    return CapitalOrdered(
        order_id=move.order_id,
        ledger_index=desk.ledger_index,
        close_time_s=desk.close_time_s,
        xrp_drops=move.xrp_drops,
        rlusd=move.rlusd,
        tx_hash=paid.signed.tx_hash,
        blob=paid.signed.blob,
        own=is_withdrawal(move),
        sequence=paid.sequence,
        last_ledger_sequence=paid.last_ledger_sequence,
    )


def failed_payments(
    before: Mapping[str, CapitalOrdered], desk: Desk, records: Sequence[Record]
) -> list[CapitalOrdered]:
    """Payments that a ledger settled without moving anything: it refused them, or was their last.

    Args:
        before: What was under way before that ledger, by hash.
        desk: With the ledger booked.
        records: The ledger's.
    """
    if not before:
        return []
    moved = {record.cause.rpartition(" ")[2] for record in records if isinstance(record, CapitalMoved)}
    settled = before.keys() - desk.capital_pending.keys() - moved
    return [ordered for tx_hash, ordered in before.items() if tx_hash in settled]


def open_moves(moves: Sequence[MoveCapital], desk: Desk) -> tuple[str, ...]:
    """What a session's end leaves open of the deposits and withdrawals that were asked of it, in words.

    Args:
        moves: All that were taken.
        desk: As the session left it.
    """
    pending = {ordered.order_id for ordered in desk.capital_pending.values()}
    told = []
    for move in moves:
        what = _told_move(move.xrp_drops, move.rlusd, is_own=is_withdrawal(move))
        if move.order_id not in desk.capital_orders:
            told.append(f"the {what} ({move.order_id}) was not begun before the session ended: nothing was paid")
        elif move.order_id in pending:
            told.append(f"the {what} ({move.order_id}) was sent, and no ledger showed it before the session ended")
    return tuple(told)


def told_payment(ordered: CapitalOrdered) -> str:
    """A deposit or withdrawal in words."""
    return _told_move(ordered.xrp_drops, ordered.rlusd, is_own=ordered.own)


def _told_move(xrp_drops: int, rlusd: Decimal, *, is_own: bool) -> str:
    return f"{'withdrawal' if is_own else 'deposit'} of {told_amount(xrp_drops, rlusd)}"


def told_amount(xrp_drops: int, rlusd: Decimal) -> str:
    """One of two amounts in plain digits, the other being 0; whether it comes or goes is not told."""
    return f"{plain(xrp(abs(xrp_drops))):f} XRP" if xrp_drops else f"{rlusd.copy_abs():f} RLUSD"


def is_withdrawal(move: MoveCapital) -> bool:
    """Whether our account pays."""
    return move.xrp_drops < 0 or move.rlusd < 0


def move_refused(xrp_drops: int, rlusd: Decimal) -> str | None:
    """Why this can't be a deposit or a withdrawal, on any ledger and with any balance, or None.

    Args:
        xrp_drops: Comes (+) or goes (-); or 0.
        rlusd: The same.
    """
    if not rlusd.is_finite():
        return "RLUSD: not a finite amount"
    if bool(xrp_drops) == bool(rlusd):
        return "not one amount of one asset"
    if abs(xrp_drops) > XRP_MAX * DROPS_PER_XRP:
        return f"XRP: there are no more than {XRP_MAX:,}"
    # By its digits, without arithmetic: an exponent of millions would take as much memory, or overflow.
    _, digits, exponent = rlusd.as_tuple()
    assert isinstance(exponent, int), "it is finite"
    last = max((place for place, digit in enumerate(digits) if digit), default=0)
    decimals = last - len(digits) + 1 - exponent
    if rlusd and (last + 1 > TOKEN_DIGITS or rlusd.adjusted() >= TOKEN_PLACES or decimals > TOKEN_PLACES):
        return (
            f"RLUSD: the ledger keeps {TOKEN_DIGITS} digits of an amount; write at most as many, and at most"
            f" {TOKEN_PLACES} on either side of the point"
        )
    return None


def withdrawal_refused(balances: Balances, xrp_drops: int, rlusd: Decimal, fee_drops: int) -> str | None:
    """Why so much can't be withdrawn (both amounts positive), or None.

    What our offers promise may be withdrawn: the ledger then counts them as unfunded, and the next tick re-quotes.
    """
    free_drops = balances.xrp_drops - balances.reserve_drops - fee_drops
    if xrp_drops > free_drops:
        return f"{xrp(xrp_drops)} XRP is more than the {xrp(max(0, free_drops))} XRP that are free beside the reserve"
    if rlusd > balances.rlusd:
        return f"{rlusd} RLUSD is more than the {balances.rlusd} RLUSD that we have"
    return None
