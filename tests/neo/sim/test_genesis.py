"""The first ledger of a simulated world: who has what, what it costs, and a pool at the first recorded price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.crowd_orders import XRP
from support.sim_world import START_S, US, config_with

from neo.ledger import Fees, Ledger
from neo.market.minutes import PRICE_MAX_NANO
from neo.sim.accounts import ARBITRAGEUR, FUNDING, maker_addresses, taker_addresses
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.genesis import first_ledger
from neo.sim.outbox import TF_IMMEDIATE_OR_CANCEL, rlusd_amount

D = Decimal
TWO = 2_000_000_000
DAY_S = 86_400


def made(*, price_nano: int = TWO, xrp_drops: int = 100 * XRP, rlusd: str = "200", **crowd: int) -> Ledger:
    """A first ledger; the usual crowd's pool has 100,000 XRP and a fee of 32 bps."""
    return first_ledger(config_with(**crowd), price_nano, US, xrp_drops, D(rlusd), START_S)


def test_it_is_closed_at_its_time_and_the_second_one_is_open() -> None:
    """With the main network's fees and reserves. Source: xrpl.org, "Transaction Cost" and "Reserves"."""
    ledger = made()
    assert (ledger.index, ledger.close_time_s, ledger.parent_close_time_s) == (2, START_S, START_S)
    assert ledger.fees == Fees(10, 1_000_000, 200_000)
    assert (ledger.currency, ledger.issuer) == (RLUSD_CURRENCY, RLUSD_ISSUER)


@pytest.mark.parametrize(
    ("xrp_drops", "rlusd"),
    [(100 * XRP, "200"), (1, "0"), (99_999_999_999_999_999, "999999999999.999"), (1_000_001, "0.000000000000001")],
)
def test_we_open_with_exactly_what_the_profile_says(xrp_drops: int, rlusd: str) -> None:
    """To the drop and to the last digit, from the least to the most that a profile takes; without RLUSD too we have a
    trust line.
    """
    ledger = made(xrp_drops=xrp_drops, rlusd=rlusd)
    assert (ledger.xrp_drops(US), ledger.token_balance(US)) == (xrp_drops, D(rlusd))
    assert (ledger.owner_count(US), ledger.sequence(US)) == (1, 1)


def test_the_crowd_has_as_much_rlusd_as_its_xrp_is_worth() -> None:
    """At 2: makers 200,000 XRP each, takers 60,000, the arbitrageur 200,000 beside the pool, the funds 10 million.

    The arbitrageur made the pool of 100,000, which cost 0.2 XRP.
    """
    ledger = made(maker_count=2)
    holdings = {
        address: (ledger.xrp_drops(address), ledger.token_balance(address)) for address in ledger.state.accounts
    }
    expected = dict.fromkeys(maker_addresses(2), (200_000 * XRP, D(400_000)))
    expected |= dict.fromkeys(taker_addresses(), (60_000 * XRP, D(120_000)))
    expected |= {FUNDING: (10_000_000 * XRP, D(20_000_000)), ARBITRAGEUR: (200_000 * XRP - 200_000, D(400_000))}
    assert {address: holdings[address] for address in expected} == expected


@pytest.mark.parametrize("makers", [0, 12])
def test_there_are_as_many_makers_as_the_profile_says(makers: int) -> None:
    """Beside them: takers, arbitrageur, the funds, we, the issuer and the pool."""
    assert len(made(maker_count=makers).state.accounts) == makers + 24 + 5


@pytest.mark.parametrize(
    ("price_nano", "xrp", "tokens"),
    [
        (TWO, 100_000, "200000"),
        (1_945_400_001, 100_000, "194540.0001"),
        (1, 100, "0.000001"),  # a hundred XRP at a billionth each are less than can be written
        (PRICE_MAX_NANO, 50_000_000, "50000000000000"),
    ],
)
def test_the_pool_stands_at_the_first_price(price_nano: int, xrp: int, tokens: str) -> None:
    """From the lowest price that a recording may have to the highest."""
    pool = made(price_nano=price_nano, amm_pool_xrp=xrp).amm()
    assert pool is not None
    assert (pool.drops, pool.token) == (xrp * XRP, D(tokens))


@pytest.mark.parametrize(("fee_bps", "per_100k"), [(1, 10), (32, 320), (100, 1000)])
def test_the_pools_fee_is_written_in_the_ledgers_unit(fee_bps: int, per_100k: int) -> None:
    pool = made(amm_fee_bps=fee_bps).amm()
    assert pool is not None
    assert pool.trading_fee == per_100k


def test_a_pool_that_the_ledger_refuses_is_a_defect_and_is_told() -> None:
    """A profile can't ask for it: the ledger allows a fee of 1 % at the most."""
    with pytest.raises(RuntimeError, match="could not be created: temBAD_FEE"):
        made(amm_fee_bps=101)


def _cost(ledger: Ledger, who: str) -> Decimal:
    """What an account pays the pool for 1,000 XRP."""
    fields: dict[str, Any] = {
        "TransactionType": "OfferCreate",
        "Account": who,
        "Fee": "10",
        "Sequence": ledger.sequence(who),
        "Flags": TF_IMMEDIATE_OR_CANCEL,
        "TakerPays": str(1_000 * XRP),
        "TakerGets": rlusd_amount(10_000_000_000),
    }
    before = ledger.token_balance(who)
    assert ledger.apply(fields, "AB").result == "tesSUCCESS"
    after = ledger.token_balance(who)
    assert before is not None
    assert after is not None
    return before - after


@pytest.mark.parametrize("days", [0, 2, 400])
def test_the_arbitrageur_trades_at_a_tenth_of_the_fee_for_good(days: int) -> None:
    """A slot ends after 24 hours and is bid for anew; here a session's second day has the same market as its first.

    1,000 XRP of a pool of 100,000 and 200,000 cost 2,020.20 RLUSD without a fee, and with 1 % about 20.4 more: he pays
    a tenth of that. Source: XLS-30, "Continuous Auction Mechanism".
    """
    costs = []
    for who in (ARBITRAGEUR, taker_addresses()[0]):
        ledger = made(amm_fee_bps=100)
        ledger.close(START_S + days * DAY_S)
        costs.append(_cost(ledger, who))
    assert [round(cost, 1) for cost in costs] == [D("2022.2"), D("2040.6")]
