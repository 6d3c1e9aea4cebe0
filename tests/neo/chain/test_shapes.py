"""The JSON forms of our transactions, field by field as the ledger's documentation has them."""

from __future__ import annotations

from decimal import Decimal

from support.desk_by_hand import PAIR

from neo.chain.shapes import TF_PASSIVE, Envelope, offer_cancel, offer_create, payment
from neo.messages import Side

PLACE = Envelope(PAIR.account, 10, 7, 105)
PLACED = {"Account": PAIR.account, "Fee": "10", "Sequence": 7, "LastLedgerSequence": 105}


def token(value: str) -> dict[str, str]:
    return {"currency": PAIR.currency, "issuer": PAIR.issuer, "value": value}


def test_a_buy_gives_rlusd_for_drops_and_a_sell_drops_for_rlusd() -> None:
    """Source: xrpl.org, "OfferCreate": TakerGets is what we give, TakerPays what we get; drops are strings."""
    buy = offer_create(PLACE, PAIR, Side.BUY, 1_500_000, Decimal("3.25"), None)
    passive = {"TransactionType": "OfferCreate", "Flags": TF_PASSIVE, **PLACED}
    assert buy == {**passive, "TakerGets": token("3.25"), "TakerPays": "1500000"}
    sell = offer_create(PLACE, PAIR, Side.SELL, 1_500_000, Decimal("3.25"), 4)
    assert sell == {**passive, "TakerGets": "1500000", "TakerPays": token("3.25"), "OfferSequence": 4}


def test_an_offer_never_takes_from_one_of_the_same_price() -> None:
    """Source: xrpl.org, "OfferCreate Flags": tfPassive is 0x00010000."""
    assert TF_PASSIVE == 0x00010000


def test_amounts_are_written_in_plain_digits() -> None:
    """The ledger reads an exponent too, but a person who compares a blob with the journal should not have to."""
    offer = offer_create(PLACE, PAIR, Side.BUY, 1, Decimal("1E-7"), None)
    assert offer["TakerGets"]["value"] == "0.0000001"
    assert payment(PLACE, PAIR, "rPayee", 0, Decimal("1.50E+3"))["Amount"]["value"] == "1500"


def test_a_cancel_names_the_offer_by_its_sequence() -> None:
    """And takes a sequence of its own."""
    assert offer_cancel(PLACE, 4) == {"TransactionType": "OfferCancel", "Flags": 0, "OfferSequence": 4, **PLACED}


def test_a_payment_is_of_one_asset() -> None:
    """XRP in drops, a token with its issuer."""
    common = {"TransactionType": "Payment", "Flags": 0, "Destination": "rPayee", **PLACED}
    assert payment(PLACE, PAIR, "rPayee", 25, Decimal(0)) == {**common, "Amount": "25"}
    assert payment(PLACE, PAIR, "rPayee", 0, Decimal("2.5")) == {**common, "Amount": token("2.5")}


def test_an_offer_may_run_out() -> None:
    """Its Expiration is there only if it has one."""
    lasting = offer_create(PLACE, PAIR, Side.BUY, 1, Decimal(1), None)
    assert "Expiration" not in lasting
    assert offer_create(PLACE, PAIR, Side.BUY, 1, Decimal(1), None, 1060) == {**lasting, "Expiration": 1060}
