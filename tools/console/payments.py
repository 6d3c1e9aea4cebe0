"""A deposit or a withdrawal of a running session, followed until its ledger tells what became of it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.operator.protocol import Capital, Done, OpenTap
from actors.plumbing.tap import Tapped
from neo.chain.money import EXACT, plain
from neo.desk.capital_moves import XRP_DECIMALS, move_refused
from tools.console.errors import OperatorError
from tools.console.link import EXIT_REFUSED, EXIT_UNSURE, Link, answered, asked, linked

# What tells of a payment: that it was sent, that it moved something, and that a ledger closed.
_TOLD: Final = ("CapitalOrdered", "CapitalMoved", "LedgerObserved")


# What an amount is written like.
AMOUNT_MEND: Final = "write a number above 0 in plain digits, such as 50 or 12.5"

_AMOUNT = re.compile(r"[0-9]{1,100}(?:\.[0-9]{1,100})?")


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that a ledger has.

    Args:
        session_id: Of the session that ordered it.
        order_id: The payment's own name there.
        tx_hash: Of its transaction.
        ledger_index: The ledger's.
    """

    session_id: str
    order_id: str
    tx_hash: str
    ledger_index: int


def read_amount(text: str) -> Decimal | None:
    """A positive amount in plain digits; None if it is none."""
    digits = text.strip()
    return Decimal(digits) if _AMOUNT.fullmatch(digits) and Decimal(digits) else None


def as_move(amount: Decimal, asset: str) -> tuple[int, Decimal]:
    """An amount as drops or as RLUSD, the other one being 0.

    Raises:
        OperatorError: No payment could have it.
    """
    if asset == "RLUSD":
        moved = 0, amount
    else:
        drops = amount.scaleb(XRP_DECIMALS, EXACT)
        if drops != drops.to_integral_value():
            raise OperatorError(f"{amount:f} XRP: a drop is a millionth; write at most {XRP_DECIMALS} decimals.", 2)
        moved = int(drops), Decimal(0)
    if (refused := move_refused(*moved)) is not None:
        raise OperatorError(f"{amount:f} {refused}.", 2)
    return moved[0], plain(moved[1])


def order(database: Path, move: Capital) -> Done:
    """Have the running session begin a payment, and wait for nothing.

    Raises:
        OperatorError: No session runs there, it refused, or what it did is not known.
    """
    reply = asked(database, move)
    assert isinstance(reply, Done), "a session says what it does about a word"
    return reply


def order_and_follow(database: Path, move: Capital) -> Paid:
    """The same, and wait until a ledger has it, or none will.

    Raises:
        OperatorError: As :func:`order`; or no ledger took it, or the session ended before one could be seen to.
    """
    # Open before the payment is: nothing of it is missed.
    with linked(database, OpenTap(_TOLD)) as link:
        answered(link.first())
        done = order(database, move)
        return _followed(link, done)


def _followed(link: Link, done: Done) -> Paid:
    sent: dict[str, Any] | None = None
    try:
        for item in link.replies():
            told: dict[str, Any] = item.message if isinstance(item, Tapped) else {"type": ""}
            match told["type"]:
                case "CapitalOrdered" if told["order_id"] == done.order_id:
                    sent = told
                case "CapitalMoved" if sent is not None and told["cause"].endswith(sent["tx_hash"]):
                    return Paid(
                        session_id=done.session_id,
                        order_id=done.order_id,
                        tx_hash=sent["tx_hash"],
                        ledger_index=told["ledger_index"],
                    )
                case "LedgerObserved" if sent is not None and told["ledger_index"] > sent["last_ledger_sequence"]:
                    raise OperatorError(
                        f"Session {done.session_id}: the payment failed, and nothing was paid: no ledger up to"
                        f" {sent['last_ledger_sequence']}, the last that could, took transaction {sent['tx_hash']}.",
                        EXIT_REFUSED,
                    )
    except KeyboardInterrupt:
        raise _unsure(done, "Interrupted") from None
    raise _unsure(done, f"Session {done.session_id} ended before a ledger told of it")


def _unsure(done: Done, what: str) -> OperatorError:
    return OperatorError(
        f"{what}. It has the order ({done.order_id}); `neo capital list` shows the payment if it was made.", EXIT_UNSURE
    )
