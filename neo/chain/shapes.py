"""The shapes of the transactions that we send, in the ledger's JSON form.

Source: xrpl.org, "OfferCreate", "OfferCancel", "Payment". Amounts are drops as text, or a token's currency, issuer and
value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from neo.chain.money import plain
from neo.chain.pair import Pair
from neo.messages import Side

Form = dict[str, Any]
"""A transaction in the ledger's JSON form."""

# OfferCreate's tfPassive: don't take offers of exactly our own quality. Better ones are taken all the same, so the
# strategy prices behind the touch as well.
TF_PASSIVE = 0x00010000


class SignedTransaction(msgspec.Struct, frozen=True):
    """A transaction ready to be sent: its hash and its blob, which can be sent again without becoming another."""

    tx_hash: str
    blob: str


Sign = Callable[[Mapping[str, Any]], SignedTransaction]
"""Signs a transaction given in the ledger's JSON form."""


class Envelope(msgspec.Struct, frozen=True):
    """What every transaction has: who sends it, what it burns, its place in the sender's sequence, its last ledger."""

    account: str
    fee_drops: int
    sequence: int
    last_ledger_sequence: int

    def fields(self) -> Form:
        """In the ledger's JSON form."""
        return {
            "Account": self.account,
            "Fee": str(self.fee_drops),
            "Sequence": self.sequence,
            "LastLedgerSequence": self.last_ledger_sequence,
        }


def offer_create(
    envelope: Envelope,
    pair: Pair,
    side: Side,
    xrp_drops: int,
    rlusd: Decimal,
    replaces: int | None,
    expiration_s: int | None = None,
) -> Form:
    """An offer.

    Args:
        envelope: Its place.
        pair: Ours.
        side: A buy gives RLUSD for XRP.
        xrp_drops: How much XRP.
        rlusd: For how much.
        replaces: The sequence of the offer that goes in the same step.
        expiration_s: When it runs out (seconds of the ripple epoch): no ledger takes from it whose parent closed then
            or later (xrpl.org, "Offers", offer expiration). None if never.
    """
    token = {"currency": pair.currency, "issuer": pair.issuer, "value": format(rlusd, "f")}
    drops, is_buy = str(xrp_drops), side is Side.BUY
    form: Form = {
        "TransactionType": "OfferCreate",
        "Flags": TF_PASSIVE,
        "TakerGets": token if is_buy else drops,
        "TakerPays": drops if is_buy else token,
        **envelope.fields(),
    }
    if replaces is not None:
        form["OfferSequence"] = replaces
    if expiration_s is not None:
        form["Expiration"] = expiration_s
    return form


def offer_cancel(envelope: Envelope, offer_sequence: int) -> Form:
    """The cancel of the offer with this sequence."""
    return {"TransactionType": "OfferCancel", "Flags": 0, "OfferSequence": offer_sequence, **envelope.fields()}


def payment(envelope: Envelope, pair: Pair, payee: str, xrp_drops: int, rlusd: Decimal) -> Form:
    """A payment of one of the two assets, the other being 0. A token goes from holder to holder through its issuer."""
    token = {"currency": pair.currency, "issuer": pair.issuer, "value": format(plain(rlusd), "f")}
    place = envelope.fields()
    return {
        "TransactionType": "Payment",
        "Account": place.pop("Account"),
        "Destination": payee,
        "Amount": str(xrp_drops) if xrp_drops else token,
        "Fee": place.pop("Fee"),
        "Flags": 0,
        **place,
    }
