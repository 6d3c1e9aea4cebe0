"""The crowd's transactions: in the ledger's own form, exact, and numbered in the order in which they are written."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.crowd_orders import XRP

from neo.network.pending import Transaction
from neo.sim.accounts import ARBITRAGEUR, crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.outbox import (
    TF_IMMEDIATE_OR_CANCEL,
    TF_SELL,
    Outbox,
    price_decimal,
    rlusd_amount,
    rlusd_micro,
)

OTHER = crowd_address("somebody")


def sent(*, is_buy: bool, size_drops: int = 10 * XRP, price_nano: int = 2_000_000_000) -> Transaction:
    """One order of the arbitrageur's."""
    outbox = Outbox(lambda _: 41)
    outbox.offer(ARBITRAGEUR, is_buy=is_buy, size_drops=size_drops, price_nano=price_nano)
    [tx] = outbox.transactions
    return tx


def test_a_buy_gives_rlusd_for_xrp_and_a_sale_the_other_way_round() -> None:
    """10 XRP at 2: the amounts are the same, and change places."""
    token = {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER, "value": "20"}
    common = {"TransactionType": "OfferCreate", "Account": ARBITRAGEUR, "Fee": "10", "Sequence": 41, "Flags": 0}
    assert sent(is_buy=True) == common | {"TakerGets": token, "TakerPays": "10000000"}
    assert sent(is_buy=False) == common | {"TakerGets": "10000000", "TakerPays": token}


def test_flags_are_the_ledgers_own() -> None:
    """Source: xrpl.org, "OfferCreate Flags", where they stand in decimal."""
    assert (TF_IMMEDIATE_OR_CANCEL, TF_SELL) == (131_072, 524_288)


def test_flags_and_the_offer_to_replace_are_written_where_they_are_given() -> None:
    """An offer that replaces none has no ``OfferSequence`` at all: 0 would be a malformed one."""
    outbox = Outbox(lambda _: 41)
    outbox.offer(ARBITRAGEUR, is_buy=True, size_drops=XRP, price_nano=10**9, flags=TF_IMMEDIATE_OR_CANCEL, replaces=7)
    [tx] = outbox.transactions
    assert (tx["Flags"], tx["OfferSequence"]) == (0x20000, 7)
    assert "OfferSequence" not in sent(is_buy=True)


def test_an_accounts_transactions_carry_its_next_sequences_in_order() -> None:
    """Each account's own, however they are mixed."""
    next_sequence = {ARBITRAGEUR: 41, OTHER: 7}
    outbox = Outbox(next_sequence.__getitem__)
    order = (ARBITRAGEUR, OTHER, ARBITRAGEUR, ARBITRAGEUR, OTHER)
    sequences = [outbox.offer(who, is_buy=True, size_drops=XRP, price_nano=10**9) for who in order]
    assert sequences == [41, 7, 42, 43, 8]
    assert [(tx["Account"], tx["Sequence"]) for tx in outbox.transactions] == list(zip(order, sequences, strict=True))


def test_the_next_ledger_begins_with_what_the_ledger_says() -> None:
    """An outbox is for one ledger: what was refused meanwhile leaves no hole."""
    assert [Outbox(lambda _: 41).offer(OTHER, is_buy=True, size_drops=1, price_nano=1) for _ in range(2)] == [41, 41]


@pytest.mark.parametrize(
    ("micro", "value"),
    [(1, "0.000001"), (10, "0.00001"), (1_900_050, "1.90005"), (15_000_000, "15"), (100_000_000, "100")],
)
def test_an_amount_has_no_superfluous_digit(micro: int, value: str) -> None:
    assert rlusd_amount(micro) == {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER, "value": value}


@given(st.integers(1, 10**16 - 1))
def test_an_amount_is_exact_in_the_sixteen_digits_that_the_ledger_keeps(micro: int) -> None:
    """What is read is what was written, up to ten billion RLUSD, and its last digit says something."""
    value = rlusd_amount(micro)["value"]
    assert Decimal(value) * 10**6 == micro
    assert len(Decimal(value).as_tuple().digits) <= 16
    assert "." not in value or value[-1] not in "0."


@pytest.mark.parametrize(
    ("size_drops", "price_nano", "micro"),
    [
        (10 * XRP, 2_000_000_000, 20_000_000),
        (1_000_000, 1_999_999_999, 1_999_999),  # 1.999999999 RLUSD, down
        (3, 2_500_000_000, 7),  # 7.5 millionths, down
        (1, 1_000_000_000, 1),
        (1, 999_999_999, 1),  # nothing would be no amount
        (0, 1, 1),
    ],
)
def test_what_drops_cost_is_rounded_down_to_a_millionth_and_never_to_nothing(
    size_drops: int, price_nano: int, micro: int
) -> None:
    assert rlusd_micro(size_drops, price_nano) == micro


def test_a_price_is_told_with_all_its_digits() -> None:
    assert price_decimal(1_945_400_001) == Decimal("1.945400001")
    assert price_decimal(1) == Decimal("1e-9")
