"""The last look before an offer leaves, on an embedded ledger with one rival offer a side."""

from __future__ import annotations

from decimal import Decimal

import pytest

from neo.chain.pair import Pair
from neo.desk.preflight import Preview, preview_on, previewed
from neo.ledger import Ledger
from neo.messages import HeldBack, OrdersAllowed, Quote, Side
from neo.messages.reasons import HoldCode, RiskState

D = Decimal
US, RIVAL = "rMH4UxPrbuMa1spCBR98hLLyNJp4d8p4tM", "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe"
PAIR = Pair(US, "524C555344000000000000000000000000000000", "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De")


def offer(
    side: Side, price: str, *, account: str = US, sequence: int = 1, replaces: int | None = None
) -> dict[str, object]:
    """An OfferCreate for 10 XRP."""
    token = {"currency": PAIR.currency, "issuer": PAIR.issuer, "value": str(D(price) * 10)}
    tx: dict[str, object] = {
        "TransactionType": "OfferCreate",
        "Account": account,
        "Fee": "10",
        "Sequence": sequence,
        "Flags": 0x00010000,
        "TakerGets": token if side is Side.BUY else "10000000",
        "TakerPays": "10000000" if side is Side.BUY else token,
    }
    return tx if replaces is None else {**tx, "OfferSequence": replaces}


@pytest.fixture
def ledger() -> Ledger:
    """A rival's bid at 1.99 and ask at 2.01."""
    accounts = {US: (10**9, D(1000)), RIVAL: (10**9, D(1000))}
    made = Ledger.genesis(currency=PAIR.currency, issuer=PAIR.issuer, accounts=accounts)
    for sequence, (side, price) in enumerate(((Side.BUY, "1.99"), (Side.SELL, "2.01")), 1):
        assert made.apply(offer(side, price, account=RIVAL, sequence=sequence)).result == "tesSUCCESS"
    return made


@pytest.mark.parametrize(
    ("side", "price", "takes"),
    [
        (Side.BUY, "2.00", False),
        (Side.BUY, "2.01", False),  # the same price: tfPassive waits behind it
        (Side.BUY, "2.02", True),
        (Side.SELL, "2.00", False),
        (Side.SELL, "1.99", False),
        (Side.SELL, "1.98", True),
    ],
)
def test_the_ledger_says_whether_an_offer_would_take(ledger: Ledger, side: Side, price: str, *, takes: bool) -> None:
    """Better than the other side's best: it would trade. The ledger stays as it was."""
    before = ledger.to_state()
    assert preview_on(ledger, offer(side, price, sequence=99), PAIR) == Preview("tesSUCCESS", takes)
    assert ledger.to_state() == before


def test_an_offer_that_would_delete_our_own_takes_too(ledger: Ledger) -> None:
    """A bid over our own ask: the ledger would remove the ask in silence. Replacing our own offer is no such thing."""
    assert ledger.apply(offer(Side.SELL, "2.005")).result == "tesSUCCESS"
    assert preview_on(ledger, offer(Side.BUY, "2.006"), PAIR).takes
    assert not preview_on(ledger, offer(Side.SELL, "2.002", replaces=1), PAIR).takes


def test_an_offer_that_would_fail_is_told_by_its_code(ledger: Ledger) -> None:
    """Nothing behind it, or not even well-formed."""
    broke = Ledger.genesis(currency=PAIR.currency, issuer=PAIR.issuer, accounts={US: (10**9, D(0))})
    assert preview_on(broke, offer(Side.BUY, "2"), PAIR).result == "tecUNFUNDED_OFFER"
    assert preview_on(ledger, {**offer(Side.BUY, "2"), "TakerPays": "0"}, PAIR).result.startswith("tem")


def test_what_would_not_simply_rest_is_held_back_and_its_old_offer_withdrawn() -> None:
    """The first rests, the second would take, the third would fail."""
    quotes = tuple(Quote(Side.BUY, D(price), 10_000_000, D(price) * 10, f"o{price}") for price in ("1.9", "2.1", "1.8"))
    allowed = OrdersAllowed(
        tick=1,
        ledger_index=5,
        state=RiskState.ACTIVE,
        anchor_price=D(2),
        held_back=(),
        quotes=quotes,
        withdraw=("o7",),
        refusals=(),
        halt=None,
    )
    previews = [
        Preview("tesSUCCESS", takes=False),
        Preview("tesSUCCESS", takes=True),
        Preview("tecUNFUNDED_OFFER", takes=False),
    ]
    verdict = previewed(allowed, previews)
    assert verdict.quotes == quotes[:1]
    assert verdict.withdraw == ("o7", "o2.1", "o1.8")
    assert verdict.held_back == (
        HeldBack(HoldCode.WOULD_CROSS, Side.BUY, "tesSUCCESS at 2.1"),
        HeldBack(HoldCode.WOULD_FAIL, Side.BUY, "tecUNFUNDED_OFFER at 1.8"),
    )
