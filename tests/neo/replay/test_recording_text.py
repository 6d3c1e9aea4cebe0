"""A recording's lines: what is written is read again, and what is no such line is told in a sentence.

Method: items of a recorded market are written and read; then one value of a line is spoilt.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from support.recorded_pair import lines_of
from support.recordings import ledgers_of, live_items, state_of

from neo.ledger import Fees
from neo.replay.recorded import RecordedLedger
from neo.replay.recording_text import (
    MarketEnd,
    RecordingCut,
    RecordingEnd,
    RecordingError,
    RecordingGap,
    RecordingHead,
    RecordingItem,
    parse_line,
    read_ledger_object,
    read_line,
    write_line,
)

ITEMS: list[RecordingItem] = [
    *live_items(ledgers=2),
    msgspec.structs.replace(state_of(live_items()), is_whole=False, roots_assumed=("rA",), lines_assumed=("rB", "rC")),
    msgspec.structs.replace(ledgers_of(live_items())[0], is_whole=False, fees=Fees(10, 1_000_000, 200_000)),
    RecordingGap(10, 12, "no server has them"),
    RecordingCut(9),
    RecordingCut(None),
    RecordingEnd("Ctrl+C"),
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_what_is_written_is_read_again(item: RecordingItem) -> None:
    """Each kind of line, with all that it has: one line of text, and the same value from it."""
    line = write_line(item)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert read_line(parse_line(line)) == item


def test_a_ledger_is_written_in_the_servers_own_form() -> None:
    """So that any tool that reads a server's ``ledger`` reads it: the header's names, and hash, tx_json and meta."""
    told = json.loads(write_line(ledgers_of(live_items())[0]))
    assert told["kind"] == "ledger"
    assert told["whole"] is True
    header = lines_of("plain", ledgers=1)[1]["ledger"]
    assert {name: told["ledger"][name] for name in ("ledger_index", "ledger_hash", "parent_hash", "close_time")} == {
        name: header[name] for name in ("ledger_index", "ledger_hash", "parent_hash", "close_time")
    }
    shown = {each["hash"]: each for each in told["ledger"]["transactions"]}
    assert shown == {
        each["hash"]: {name: each[name] for name in ("hash", "tx_json", "meta")} for each in header["transactions"]
    }


def test_a_markets_end_is_no_line_of_a_recording() -> None:
    """Its state is in somebody else's form; who writes it out has made a mistake."""
    with pytest.raises(ValueError, match="no line for a MarketEnd"):
        write_line(MarketEnd({}, {}))


def test_a_ledger_is_read_under_either_version_of_the_api() -> None:
    """Version 1 has metaData among the transaction's own fields and the index as a text; the values are the same."""
    newer = lines_of("plain", ledgers=1)[1]["ledger"]
    older = {
        **newer,
        "ledger_index": str(newer["ledger_index"]),
        "transactions": [
            {**each["tx_json"], "hash": each["hash"], "metaData": each["meta"]} for each in newer["transactions"]
        ],
    }
    assert read_ledger_object(older, is_whole=True) == read_ledger_object(newer, is_whole=True)


def test_transactions_stand_in_the_ledgers_order_whatever_the_file_has() -> None:
    """By the place that their metadata tells."""
    header = lines_of("plain", ledgers=1)[1]["ledger"]
    turned = {**header, "transactions": header["transactions"][::-1]}
    ledger = read_ledger_object(turned, is_whole=True)
    assert [each.meta["TransactionIndex"] for each in ledger.transactions] == list(range(len(ledger.transactions)))


def test_what_an_owner_can_give_goes_with_its_transaction() -> None:
    """A server tells ``owner_funds`` beside the transaction, a mirror looks for it within."""
    header = lines_of("plain", ledgers=1)[1]["ledger"]
    row = {**header["transactions"][0], "owner_funds": "12.5"}
    (transaction,) = read_ledger_object({**header, "transactions": [row]}, is_whole=False).transactions
    assert transaction.tx["owner_funds"] == "12.5"


HEAD = json.loads(write_line(ITEMS[0]))


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({}, "does not say of which kind"),
        ({"kind": "trade"}, "a line of kind 'trade'"),
        ({**HEAD, "format": 2}, "of format 2, where this version reads 1"),
        ({"kind": "recording", "format": 1}, "currency"),
        ({"kind": "snapshot", "ledger_index": 7, "ledger_hash": "x", "whole": True, "state": {}}, "no hash of 64"),
        ({"kind": "ledger", "whole": True}, "ledger"),
        ({"kind": "gap", "first": 1, "why": ""}, "last"),
        ({"kind": "gap", "first": 1, "last": "far", "why": ""}, "last"),
        ({"kind": "cut"}, "after"),
    ],
)
def test_what_is_no_line_of_a_recording_is_told(record: dict[str, Any], told: str) -> None:
    """By what is missing or wrong."""
    with pytest.raises(RecordingError, match=told):
        read_line(record)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"plain text", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[1]", "no object"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"n":' + b"9" * 10_000 + b"}", "no JSON"),
    ],
)
def test_what_is_no_object_is_told(line: bytes, told: str) -> None:
    """Text, bytes, a list, nesting and numbers without end."""
    with pytest.raises(RecordingError, match=told):
        parse_line(line)


def spoilt_ledger(**changed: Any) -> RecordedLedger:
    """The first ledger with values changed, of itself or, by ``tx_0``, of its first transaction."""
    header = json.loads(json.dumps(lines_of("plain", ledgers=1)[1]["ledger"]))
    rows = header["transactions"]
    rows.sort(key=lambda row: row["meta"]["TransactionIndex"])
    rows[0] = {name: value for name, value in (rows[0] | changed.pop("tx_0", {})).items() if value is not None}
    return read_ledger_object(header | changed, is_whole=True)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ledger_index": "x"}, "ledger_index"),
        ({"ledger_hash": "12"}, "ledger_hash is '12', which is no hash"),
        ({"parent_hash": "12"}, "parent_hash is '12'"),
        ({"close_time": None}, "close_time"),
        ({"transactions": ["AB"]}, "names its transactions and does not show them"),
        ({"tx_0": {"tx_json": None, "meta": None, "tx_blob": "12"}}, "binary form"),
        ({"tx_0": {"meta": "201C"}}, "binary form"),
        ({"tx_0": {"meta": None}}, "without metadata"),
        ({"tx_0": {"hash": None}}, "without its hash"),
        ({"tx_0": {"hash": "12"}}, "hash is '12'"),
        ({"tx_0": {"tx_json": {"Account": "r"}}}, "without its type"),
        ({"tx_0": {"meta": {"TransactionIndex": 0, "TransactionResult": "tesSUCCESS"}}}, "is not whole"),
        ({"tx_0": {"meta": {"TransactionIndex": 1, "TransactionResult": "", "AffectedNodes": []}}}, "at one place"),
        ({"tx_0": {"meta": {"TransactionIndex": 99, "TransactionResult": "", "AffectedNodes": []}}}, "at place 0"),
    ],
)
def test_a_ledger_that_is_not_whole_or_not_readable_is_told(changed: dict[str, Any], told: str) -> None:
    """With what is missing of it; every field that is used is looked at."""
    with pytest.raises(RecordingError, match=told):
        spoilt_ledger(**changed)


def test_a_transaction_twice_in_a_ledger_is_told() -> None:
    """Its places would be whole, and it be applied twice."""
    header = lines_of("plain", ledgers=1)[1]["ledger"]
    row = header["transactions"][0]
    twice = {**row, "meta": {**row["meta"], "TransactionIndex": 1}}
    first = {**row, "meta": {**row["meta"], "TransactionIndex": 0}}
    with pytest.raises(RecordingError, match="has a transaction twice"):
        read_ledger_object({**header, "transactions": [first, twice]}, is_whole=True)


def test_two_recordings_are_one_if_they_are_of_one_token_on_one_network() -> None:
    """Whatever made them, and whenever."""
    head = ITEMS[0]
    assert isinstance(head, RecordingHead)
    assert msgspec.structs.replace(head, means="converted", begun="").about == head.about
    assert msgspec.structs.replace(head, network_id=1).about != head.about
    assert msgspec.structs.replace(head, issuer="r").about != head.about
