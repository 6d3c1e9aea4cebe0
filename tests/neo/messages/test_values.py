"""Values: the words that journals and tables hold, the units, and what a value tells about itself."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import invented
from support.any_message import CATALOGUE, any_of, parts_of

from neo.messages import Absence, EquitySplit, OrderStatus, Side, Standing, TakerTrade, TradeLeg

D = Decimal


# --- Words -------------------------------------------------------------------------------------------------------


def test_the_sides_and_an_orders_states_are_these_words() -> None:
    """Journals, tables and the filters of `neo tap` hold them: none may change, and none may go."""
    assert [str(side) for side in Side] == ["buy", "sell"]
    assert {str(status) for status in OrderStatus} == {
        "intended", "signed", "submitted", "unknown", "resting", "partially_filled", "filled", "canceled", "replaced",
        "expired", "unfunded", "failed", "done", "lost",
        "frozen", "self_crossed",
    }  # fmt: skip


def test_a_word_is_its_own_text() -> None:
    """As it stands in a row it is compared, without a conversion."""
    assert OrderStatus("partially_filled") == "partially_filled"
    assert f"{Side.BUY}" == "buy"


# --- Trades of others --------------------------------------------------------------------------------------------


def trade(taker_side: Side, *legs: TradeLeg, pool_drops: int = 0) -> TakerTrade:
    return TakerTrade(
        tx_hash="T",
        taker_side=taker_side,
        xrp_drops=sum(leg.xrp_drops for leg in legs) + pool_drops,
        rlusd=D(1),
        pool_drops=pool_drops,
        pool_rlusd=D(0),
        worst_price=D(2),
        legs=legs,
    )


@pytest.mark.parametrize(("taker_side", "our_side"), [(Side.BUY, Side.SELL), (Side.SELL, Side.BUY)])
def test_a_taker_meets_our_other_side(taker_side: Side, our_side: Side) -> None:
    """Who buys XRP takes from our ask."""
    assert trade(taker_side).our_side is our_side


def test_what_we_won_is_our_own_legs_and_nothing_else() -> None:
    """Of two levels of ours, one of somebody else's, and the pool."""
    legs = (TradeLeg(D(2), 3, True), TradeLeg(D(2), 5, False), TradeLeg(D("2.01"), 7, True))  # noqa: FBT003
    assert trade(Side.BUY, *legs, pool_drops=100).won_drops == 10
    assert trade(Side.BUY, legs[1], pool_drops=100).won_drops == 0
    assert trade(Side.BUY).won_drops == 0


# --- Standing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("apart", "exact"),
    [
        ({}, True),
        ({"xrp_ledger_drops": 100_999_991}, False),
        ({"rlusd_ledger": D("197.999999999999999")}, False),
        ({"rlusd_ledger": D("198.000")}, True),
        ({"rlusd_engine": D("1.98E+2")}, True),
        # Fills and capital say how the engine came to its total; they are not compared with the ledger.
        ({"xrp_fills_drops": 5, "rlusd_capital": D(7)}, True),
    ],
)
def test_a_standing_is_exact_to_the_drop_and_the_last_digit(apart: dict[str, Any], *, exact: bool) -> None:
    """The books are called right only where they are the ledger's own figures."""
    assert invented.standing(**apart).exact is exact


def test_an_old_standing_has_neither_split_nor_absence() -> None:
    """What was written before they were is read, and is not taken for none of either."""
    told = msgspec.to_builtins(invented.standing())
    del told["split"]
    del told["absence"]
    stood = msgspec.convert(told, Standing)
    assert (stood.split, stood.absence) == (None, None)
    assert stood == invented.standing()


@settings(max_examples=50, deadline=None)
@given(any_of(EquitySplit))
def test_a_split_keeps_its_parts_apart_when_it_is_written(split: EquitySplit) -> None:
    """Nine amounts of one type, none of them in another one's place."""
    told = json.loads(msgspec.json.encode(split))
    assert {name: D(text) for name, text in told.items()} == msgspec.structs.asdict(split)
    assert all(name.endswith("_rlusd") for name in told)


# --- Absence -----------------------------------------------------------------------------------------------------


def test_an_absence_of_nothing_is_all_zeros() -> None:
    """A session that always quoted has a clean record and not an empty one."""
    nothing = Absence()
    assert (nothing.ledgers_without_quote, nothing.ledgers_without_bid, nothing.ledgers_without_ask) == (0, 0, 0)
    assert (nothing.quote_reasons, nothing.bid_reasons, nothing.ask_reasons) == ({}, {}, {})


def test_two_absences_do_not_share_their_reasons() -> None:
    """What one session counts is no other one's, though neither was given any."""
    one, other = Absence(), Absence()
    one.bid_reasons["reserve"] = 1
    assert other.bid_reasons == Absence().bid_reasons == {}


@given(st.sampled_from(Absence.__struct_fields__))
def test_an_absence_that_was_written_with_less_is_read(field: str) -> None:
    """Each count may be missing in what another build wrote."""
    told = msgspec.to_builtins(Absence(ledgers_without_quote=1, ledgers_without_bid=2, ledgers_without_ask=3))
    del told[field]
    assert getattr(msgspec.convert(told, Absence), field) in (0, {})


# --- Units -------------------------------------------------------------------------------------------------------

# Of a Decimal: RLUSD, RLUSD per XRP, or basis points. Of a whole number that is XRP: drops. Of a time: seconds.
DECIMAL_NAME = re.compile(r"(^|_)(rlusd|price|bps)(_|$)|^(best|own)_(bid|ask)$")


def fields_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a message and of its parts, with what each can be."""
    structs = [kind, *(part for part in parts_of(kind) if isinstance(part, type) and issubclass(part, msgspec.Struct))]
    return {f"{each.__name__}.{name}": hint for each in structs for name, hint in get_type_hints(each).items()}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_amount_tells_its_unit_by_its_name(name: str) -> None:
    """Whoever reads a journal's line knows what a number is, without this program."""
    for field, hint in fields_of(CATALOGUE[name]).items():
        own = field.partition(".")[2]
        kinds = {hint, *get_args(hint)}
        if Decimal in kinds:
            assert DECIMAL_NAME.search(own), f"{field} is a Decimal of what?"
        if "xrp" in own or own.endswith("_drops"):
            assert own.endswith("_drops"), f"{field} is XRP in what?"
            assert hint is int, f"{field} is drops, which are whole"
        assert not re.search(r"time|seconds|duration", own) or own.endswith("_s"), f"{field} is a time in what?"
