"""An offer's amounts: what is asked for is what the ledger places, at every tick size.

Method: offers are placed on the embedded ledger, whose issuer rounds rates to the same digits, and read back.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.ledger import Ledger
from neo.messages import Side
from neo.strategy.amounts import Placement, behind, placement

D = Decimal
US, ISSUER = "rMH4UxPrbuMa1spCBR98hLLyNJp4d8p4tM", "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"
RLUSD = "524C555344000000000000000000000000000000"

sides = st.sampled_from(list(Side))
prices = st.decimals("0.01", "90", places=9)
sizes = st.decimals("1", "5000", places=6)


def placed_by_the_ledger(side: Side, offer: Placement, tick_size: int) -> tuple[int, Decimal]:
    """Drops and RLUSD of the offer that rests after asking for this one."""
    ledger = Ledger.genesis(
        currency=RLUSD, issuer=ISSUER, accounts={US: (10**15, D(10**7))}, tick_size=0 if tick_size > 15 else tick_size
    )
    token = {"currency": RLUSD, "issuer": ISSUER, "value": str(offer.rlusd)}
    drops = str(offer.xrp_drops)
    tx = {
        "TransactionType": "OfferCreate",
        "Account": US,
        "Fee": "10",
        "Sequence": 1,
        "Flags": 0x00010000,
        "TakerGets": token if side is Side.BUY else drops,
        "TakerPays": drops if side is Side.BUY else token,
    }
    assert ledger.apply(tx).result == "tesSUCCESS"
    [rests] = ledger.offers(US)
    gets, pays = rests.taker_gets, rests.taker_pays
    if side is Side.SELL:
        gets, pays = pays, gets
    assert isinstance(pays, int)
    return pays, D(gets)


def test_worked_example() -> None:
    """At 2 and six digits the rates are whole: 500000 drops an RLUSD for the bid, 2 RLUSD an XRP for the ask."""
    assert placement(Side.BUY, D(2), D(15), 6) == Placement(D(2), 7_500_000, D(15))
    assert placement(Side.SELL, D(2), D(15), 6) == Placement(D(2), 7_500_000, D(15))


def test_a_bid_lies_on_the_grid_of_the_inverse_price() -> None:
    """1.999 is 500250.125 drops an RLUSD, so six digits make it 500251, a little less than 1.999 for an XRP."""
    offer = placement(Side.BUY, D("1.999"), D(15), 6)
    assert offer is not None
    assert offer.price == D("1.998996503755114")
    assert offer.xrp_drops in range(7_503_700, 7_503_766)


@settings(max_examples=60)
@given(sides, prices, sizes, st.integers(5, 15))
def test_the_offer_placed_is_the_offer_asked_for(side: Side, price: Decimal, size: Decimal, digits: int) -> None:
    """To the drop and to the last digit, with the tick size in force."""
    offer = placement(side, price, size, digits)
    assert offer is not None
    assert placed_by_the_ledger(side, offer, digits) == (offer.xrp_drops, offer.rlusd)


@given(sides, prices, sizes, st.integers(5, 15))
def test_neither_price_nor_size_is_ever_to_our_disadvantage(
    side: Side, price: Decimal, size: Decimal, digits: int
) -> None:
    """A bid pays at most the price asked for, an ask gets at least that; neither is larger than the size."""
    offer = placement(side, price, size, digits)
    assert offer is not None
    assert offer.price <= price if side is Side.BUY else offer.price >= price
    assert size * D("0.999") - D("0.01") < offer.rlusd <= size
    # The price is told to 16 digits, and is the amounts' own.
    assert abs(offer.rlusd * 1_000_000 / offer.xrp_drops / offer.price - 1) < D("1e-14")


@pytest.mark.parametrize(("price", "size"), [("2", "0.000001"), ("0", "15"), ("-1", "15")])
@pytest.mark.parametrize("side", list(Side))
def test_what_can_not_be_placed_is_not_made(side: Side, price: str, size: str) -> None:
    """Less than a drop, or a price of nothing, is no offer."""
    assert placement(side, D(price), D(size), 6) is None


def test_behind_the_market_is_a_step_away() -> None:
    """At or beyond the market a price goes one step behind it; further off it stays."""
    assert behind(D("2.0011"), D("2.001"), Side.BUY, 6) == D("2.00099")
    assert behind(D("2.001"), D("2.001"), Side.BUY, 6) == D("2.00099")
    assert behind(D("1.99"), D("2.001"), Side.BUY, 6) == D("1.99")
    assert behind(D("1.998"), D("1.999"), Side.SELL, 6) == D("1.99901")
    assert behind(D("2.01"), D("1.999"), Side.SELL, 6) == D("2.01")
    assert behind(D("2.01"), None, Side.SELL, 6) == D("2.01")
