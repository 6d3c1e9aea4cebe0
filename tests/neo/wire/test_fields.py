"""The parts of the server's JSON, each at its edges: what is no amount, no time, no range is refused by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from neo.wire.fields import (
    Amount,
    FrameError,
    LedgerRanges,
    MptAmount,
    TokenAmount,
    read_amount,
    read_place,
    read_time_s,
)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("99999999980", 99_999_999_980),
        ("-5", -5),
        (
            {"currency": "USD", "issuer": "rI", "value": "9.999999999999999e-81"},
            TokenAmount("USD", "rI", Decimal("9.999999999999999E-81")),
        ),
        (
            {"currency": "USD", "issuer": "rI", "value": "-40140.25992616205"},
            TokenAmount("USD", "rI", Decimal("-40140.25992616205")),
        ),
        ({"mpt_issuance_id": "00F1", "value": "7"}, MptAmount("00F1", 7)),
    ],
)
def test_an_amount_is_told_by_its_shape_and_exact_to_the_last_digit(value: Any, amount: Amount) -> None:
    """Drops, tokens and multi-purpose tokens are told apart, and no digit of anyone's money is rounded away."""
    assert read_amount("Offer", value) == amount


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        1.5,
        "",
        "1.5",
        "1e6",
        "٣",
        "--5",
        "5" * 5000,
        " 5",
        [],
        {},
        {"currency": "USD", "value": "1"},
        {"currency": "USD", "issuer": "rI", "value": "NaN"},
        {"currency": "USD", "issuer": "rI", "value": "Infinity"},
        {"currency": "USD", "issuer": "rI", "value": "1e999999999"},
        {"currency": "USD", "issuer": "rI", "value": "much"},
        {"mpt_issuance_id": "00F1", "value": "1.5"},
    ],
)
def test_what_is_no_amount_is_refused_by_the_name_of_its_holder(value: Any) -> None:
    """Nothing that only looks like a number becomes money, and the error says where it stood."""
    with pytest.raises(FrameError, match=r"^Offer: "):
        read_amount("Offer", value)


def test_times_are_seconds_of_the_ledgers_epoch_whatever_their_zone() -> None:
    """The recorded ledger 12 closed at 2026-11-26T00:25:30Z, which its header tells as 848967930."""
    assert read_time_s("tx", "2026-11-26T00:25:30Z") == 848_967_930
    assert read_time_s("tx", "2026-11-26T01:25:30+0100") == 848_967_930


@pytest.mark.parametrize("value", [None, 848_967_930, "", "2026-11-26T00:25:30", "yesterday"])
def test_what_is_no_time_with_a_zone_is_refused(value: Any) -> None:
    """A time without its zone could be hours off, so it is refused rather than read as ours."""
    with pytest.raises(FrameError, match="is no time"):
        read_time_s("tx", value)


def test_ranges_of_ledgers_tell_a_gap() -> None:
    """A server that lacks ledgers in between does not count as one that has them all."""
    ranges = LedgerRanges.parse("server_info", "15-20,2-8,11")
    assert ranges.stretches == ((2, 8), (11, 11), (15, 20))
    assert ranges.covers(2, 8)
    assert ranges.covers(11, 11)
    assert not ranges.covers(8, 11), "a gap lies between"
    assert not ranges.covers(1, 3)
    assert not ranges.covers(20, 21)


@pytest.mark.parametrize("text", ["", "empty"])
def test_a_server_without_history_has_no_ledger(text: str) -> None:
    """A server that has just started is asked for no history, however it words that it has none."""
    assert not LedgerRanges.parse("server_info", text).covers(5, 5)


@pytest.mark.parametrize("text", ["8-2", "a-b", "2-", "-5", "2--8", "2,", "2-8;9", "2-٨", "1" * 5000])
def test_what_is_no_range_is_refused(text: str) -> None:
    """A spoilt list of ledgers never passes for history that a server does not have."""
    with pytest.raises(FrameError, match="is no list of ledgers"):
        LedgerRanges.parse("server_info", text)


def test_an_answer_tells_its_ledger_final_or_open() -> None:
    """What may still change is never taken for final, and an answer of no ledger at all is refused."""
    final = {"ledger_index": 8, "ledger_hash": "AB", "validated": True}
    assert read_place("fee", final) == final
    assert read_place("fee", {"ledger_current_index": 9}) == {
        "ledger_index": 9,
        "ledger_hash": None,
        "validated": False,
    }
    with pytest.raises(FrameError, match="fee: tells no ledger"):
        read_place("fee", {"validated": True})
