"""The flat table of figures: names that stored experiments, CSV files and sweeps rely on, with exact money in text.

Method: the whole table of the small session of ``support.invented``, worked out by hand, and figures at their edges.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal

import msgspec
import pytest
from support import invented

from neo.analysis.figures import Value, flat_figures
from neo.analysis.flow import Cause
from neo.analysis.results import course_of, results_of
from neo.messages import Record, Side

D = Decimal


def figures_of(*records: Record) -> dict[str, Value]:
    return flat_figures(results_of(course_of(records)))


SMALL = figures_of(*invented.small_session())

# In XRP or RLUSD, exact. Realised: 42.20 for 20 of 109.99999 XRP that had cost 219.8 less the fee's own share of it.
# Holding 100 XRP from a mid of 2 to one of 2 brings nothing. The drawdown is what 89.99999 XRP lost from 2.1 to 2.
MONEY = {
    "bought_xrp": "10",
    "sold_xrp": "20",
    "end_xrp": "89.99999",
    "end_rlusd": "272.4",
    "equity_start_rlusd": "400",
    "equity_end_rlusd": "452.39998",
    "spread_captured_rlusd": "0.4",
    "inventory_revaluation_rlusd": "2",
    "fees_rlusd": "-0.00002",
    "capital_flows_rlusd": "50",
    "residual_rlusd": "0",
    "realised_rlusd": "2.236343654545454",
    "unrealised_rlusd": "0.163636345454546",
    "result_rlusd": "2.39998",
    "holding_rlusd": "0",
    "against_holding_rlusd": "2.39998",
    "drawdown_rlusd": "8.999999",
    "turnover_rlusd": "62",
    "flow_xrp": "0",
    "flow_won_xrp": "0",
    "flow_lost_xrp": "0",
} | {f"lost_{cause}_xrp": "0" for cause in Cause}

COUNTS = {
    "duration_s": 16,
    "ledgers": 4,
    "fills": 2,
    "taker_fills": 1,
    "orders_sent": 0,
    "offers_sent": 0,
    "cancels_sent": 0,
    "bid_0_to_2_bps_ledgers": 2,
    "bid_2_to_5_bps_ledgers": 0,
    "bid_5_to_10_bps_ledgers": 0,
    "bid_10_or_more_bps_ledgers": 0,
    "ask_0_to_2_bps_ledgers": 1,
    "ask_2_to_5_bps_ledgers": 0,
    "ask_5_to_10_bps_ledgers": 0,
    "ask_10_or_more_bps_ledgers": 2,
    "flow_trades": 0,
}

# Six decimals. 2.39998 in 16 seconds, for 62 RLUSD traded. The sale at 2.11 was worth 0.11 a ledger later: 521.327014
# bps of 2.11.
STATISTICS = {
    "mid_price_start": 2.0,
    "mid_price_end": 2.0,
    "result_hourly_rlusd": 539.9955,
    "result_turnover_bps": 387.093548,
    "orders_per_fill": 0.0,
    "bid_within_2bps_share": 1.0,
    "bid_distance_mean_bps": 0.0,
    "bid_distance_median_bps": 0.0,
    "ask_within_2bps_share": 0.333333,
    "ask_distance_mean_bps": -17.460333,
    "ask_distance_median_bps": -50.0,
    "time_with_bid_share": 0.5,
    "time_with_ask_share": 0.75,
    "time_with_both_share": 0.5,
    "time_with_neither_share": 0.25,
    "mark_out_1_bps": 521.327014,
    "mark_out_1_ask_bps": 521.327014,
}
ABSENT = {
    "mark_out_1_bid_bps", "mark_out_5_bps", "mark_out_5_bid_bps", "mark_out_5_ask_bps", "mark_out_20_bps",
    "mark_out_20_bid_bps", "mark_out_20_ask_bps", "flow_won_share",
}  # fmt: skip
SHARES_OF_NOTHING = {f"lost_{cause}_share" for cause in Cause}


def test_the_names_are_these_and_no_others() -> None:
    """Stored experiments are compared by them, so none may go, and none may change what it means."""
    assert set(SMALL) == {*MONEY, *COUNTS, *STATISTICS, *ABSENT, *SHARES_OF_NOTHING}


def test_money_is_the_text_of_an_exact_decimal() -> None:
    """No cent is lost between the journal and a table: what a user adds up from it comes out even."""
    assert {name: D(str(SMALL[name])) for name in MONEY} == {name: D(text) for name, text in MONEY.items()}
    assert all(isinstance(SMALL[name], str) for name in MONEY)


def test_counts_are_whole_numbers() -> None:
    """A sheet shows 3 fills and not 3.0, and can be summed as it is."""
    assert {name: SMALL[name] for name in COUNTS} == COUNTS
    assert all(type(SMALL[name]) is int for name in COUNTS)


def test_statistics_are_numbers_of_six_decimals_or_absent() -> None:
    """A figure that can't be known is left empty: a zero would go into somebody's mean."""
    assert {name: SMALL[name] for name in STATISTICS} == STATISTICS
    assert [SMALL[name] for name in ABSENT] == [None] * len(ABSENT)


@pytest.mark.parametrize(
    "records",
    [[], invented.opening(), [*invented.opening(), invented.seen(2)], [invented.seen(2, None), invented.seen(3, None)]],
    ids=["nothing", "an opening", "one ledger", "no price"],
)
def test_every_session_has_the_same_names_in_the_same_order(records: list[Record]) -> None:
    """So that a table of many sessions has whole columns, one that failed at its start included."""
    assert list(figures_of(*records)) == list(SMALL)


def test_what_a_session_does_not_have_is_absent_and_not_zero() -> None:
    """A mean over sessions would count a zero as a result."""
    nothing = figures_of()
    unknown = {
        "mid_price_start", "mid_price_end", "equity_start_rlusd", "equity_end_rlusd", "spread_captured_rlusd",
        "inventory_revaluation_rlusd", "fees_rlusd", "capital_flows_rlusd", "residual_rlusd", "realised_rlusd",
        "unrealised_rlusd", "result_rlusd", "holding_rlusd", "against_holding_rlusd", "drawdown_rlusd",
        "result_hourly_rlusd", "result_turnover_bps", "orders_per_fill",
        "bid_within_2bps_share", "ask_distance_mean_bps", "time_with_bid_share",
        "time_with_neither_share", "mark_out_1_bps", "flow_won_share",
    }  # fmt: skip
    assert [nothing[name] for name in sorted(unknown)] == [None] * len(unknown)
    assert (nothing["ledgers"], nothing["bought_xrp"], nothing["end_rlusd"]) == (0, "0.000000", "0")


def test_orders_are_offers_and_cancels_and_not_what_was_found_on_the_ledger() -> None:
    """Three offers and a cancel for two fills are two orders a fill; the offer taken over at the start was not sent."""
    sent = [invented.intended(2, "o2"), invented.intended(3, "o3"), invented.intended(3, "o4")]
    found, cancel = invented.intended(1, "o1", tick=0), invented.intended(4, "o5", cancels="o2")
    fills = [invented.fill(3, Side.BUY), invented.fill(4, Side.SELL)]
    told = figures_of(*invented.opening(), found, *sent, cancel, *fills)
    assert (told["orders_sent"], told["offers_sent"], told["cancels_sent"], told["orders_per_fill"]) == (4, 3, 1, 2.0)


def test_lost_flow_is_told_by_cause_in_xrp_and_as_a_share() -> None:
    """Of 4 XRP that takers bought, 1 was ours, 2 went to a nearer ask and 1 to the pool, which was nearer as well."""
    bought = invented.trade(
        3, Side.BUY, ("2.005", 2_000_000, False), ("2.01", 1_000_000, True), pool=("2.001", 1_000_000)
    )
    told = figures_of(*invented.opening(), invented.seen(2, "2", "1.99", "2.01"), bought)
    assert (told["flow_trades"], told["flow_xrp"], told["flow_won_xrp"]) == (1, "4.000000", "1.000000")
    assert (told["flow_won_share"], told["flow_lost_xrp"]) == (0.25, "3.000000")
    assert (told["lost_better_price_xrp"], told["lost_better_price_share"]) == ("2.000000", 0.5)
    assert (told["lost_amm_xrp"], told["lost_amm_share"]) == ("1.000000", 0.25)
    assert (told["lost_queue_xrp"], told["lost_queue_share"]) == ("0.000000", 0.0)


@pytest.mark.parametrize("rlusd", ["1E-15", "2E+2", "0E-6", "123456789012345.678901234567890123456789", "-0.10"])
def test_money_is_written_with_all_its_digits_and_no_exponent(rlusd: str) -> None:
    """A spreadsheet and a person read it as it stands; nothing is rounded to what a float holds."""
    told = figures_of(*invented.opening("0", rlusd))["end_rlusd"]
    assert isinstance(told, str)
    assert re.fullmatch(r"-?\d+(\.\d+)?", told)
    assert D(told) == D(rlusd)


def test_a_single_drop_is_told() -> None:
    """The smallest amount that there is reads as digits and not as ``1E-6``."""
    assert figures_of(*invented.opening("0.000001", "0"))["end_xrp"] == "0.000001"


def test_the_table_is_json_and_is_read_back_as_it_was() -> None:
    """As the experiment log keeps it."""
    text = msgspec.json.encode(SMALL)
    assert json.loads(text) == SMALL
    assert list(msgspec.json.decode(text, type=dict[str, Value])) == list(SMALL)
