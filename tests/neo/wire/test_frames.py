"""Frames: every one that a real server sent is understood, and none that could come breaks the reader.

Method: four recorded conversations for what is real, hypothesis for what is not.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import conversations

from neo.wire.fields import FrameError, LedgerRanges
from neo.wire.frames import (
    AnswerFrame,
    ErrorFrame,
    LedgerClosedFrame,
    OtherFrame,
    ServerStatusFrame,
    TransactionFrame,
    parse_frame,
)

KINDS = ["response", "error", "ledgerClosed", "transaction", "serverStatus", "bookChanges", "news"]

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

CLOSED = {
    "type": "ledgerClosed",
    "ledger_index": 10,
    "ledger_hash": "D10D",
    "ledger_time": 848_967_928,
    "fee_base": 10,
    "reserve_base": 1_000_000,
    "reserve_inc": 200_000,
    "txn_count": 3,
    "validated_ledgers": "2-10",
}
TRANSACTION = {
    "type": "transaction",
    "validated": True,
    "hash": "F42D",
    "ledger_index": 12,
    "ledger_hash": "B861",
    "close_time_iso": "2026-11-26T00:25:30Z",
    "engine_result": "tesSUCCESS",
    "tx_json": {"TransactionType": "OfferCreate"},
    "meta": {"TransactionResult": "tesSUCCESS", "AffectedNodes": []},
}


def parsed(message: dict[str, Any]) -> Any:
    return parse_frame(json.dumps(message))


# --- What is real ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (
            "maker-session",
            {
                TransactionFrame: 795,
                AnswerFrame: 317,
                ErrorFrame: 100,
                LedgerClosedFrame: 100,
                OtherFrame: 100,
                ServerStatusFrame: 2,
            },
        ),
        (
            "busy-server",
            {TransactionFrame: 116, AnswerFrame: 53, ServerStatusFrame: 12, LedgerClosedFrame: 7, ErrorFrame: 2},
        ),
        (
            "older-server",
            {TransactionFrame: 36, AnswerFrame: 32, LedgerClosedFrame: 11, ErrorFrame: 8, ServerStatusFrame: 1},
        ),
    ],
)
def test_every_recorded_frame_is_understood(name: str, counts: dict[type, int]) -> None:
    """The counts are those of the recording's own ``type`` and ``status``; no field is unknown in any of them."""
    frames = [parse_frame(text) for text in conversations.frames(name)]
    assert Counter(map(type, frames)) == counts
    assert [each for each in frames if getattr(each, "unknown_fields", ())] == []
    assert [each for each in frames if isinstance(each, OtherFrame) and not each.is_known] == []


def test_a_ledgers_transactions_come_after_its_close_and_as_many_as_it_tells() -> None:
    """On all transactions, proposed ones left out and each hash counted once."""
    awaited: dict[int, int] = {}
    seen: set[str] = set()
    for text in conversations.frames("busy-server"):
        frame = parse_frame(text)
        if isinstance(frame, LedgerClosedFrame):
            assert frame.txn_count is not None
            awaited[frame.ledger_index] = frame.txn_count
        elif isinstance(frame, TransactionFrame) and frame.validated and frame.tx_hash not in seen:
            seen.add(frame.tx_hash)
            awaited[frame.ledger_index] -= 1
    assert awaited == {10: 0, 11: 0, 12: 0, 13: 0, 14: 0, 15: 0, 16: 0}


def test_a_close_tells_costs_and_history() -> None:
    """Each close brings what orders cost from then on, and the history that the server has."""
    frame = parsed(CLOSED)
    assert frame == LedgerClosedFrame(
        ledger_index=10,
        ledger_hash="D10D",
        close_time_s=848_967_928,
        txn_count=3,
        base_fee_drops=10,
        reserve_base_drops=1_000_000,
        reserve_inc_drops=200_000,
        validated_ledgers=LedgerRanges(((2, 10),)),
    )


def test_a_validated_transaction_has_its_metadata_and_a_proposed_one_none() -> None:
    """A proposed one tells the open ledger, which may not be the one that takes it."""
    final = parsed(TRANSACTION)
    assert (final.ledger_index, final.close_time_s, final.validated) == (12, 848_967_930, True)
    assert final.meta == TRANSACTION["meta"]
    proposed = {name: value for name, value in TRANSACTION.items() if name not in {"meta", "close_time_iso"}}
    waiting = parsed({**proposed, "validated": False, "ledger_current_index": 13, "engine_result": "terQUEUED"})
    assert (waiting.ledger_index, waiting.meta, waiting.validated) == (13, None, False)
    assert waiting.result == "terQUEUED"


def test_a_validated_result_is_the_metadatas_own() -> None:
    """Where the stream's result and the ledger's differ, the ledger's counts: a killed order is no success."""
    meta = {"TransactionResult": "tecKILLED", "AffectedNodes": []}
    assert parsed({**TRANSACTION, "meta": meta}).result == "tecKILLED"


def test_the_open_ledgers_fee_follows_the_load_rounded_up() -> None:
    """As the busy server told it: a factor of 167183 in 256 on 10 drops is 6530.6, so 6531, as its ``fee`` says too."""
    status = {"type": "serverStatus", "server_status": "full", "base_fee": 10, "load_base": 256, "load_factor": 167_183}
    told, unknown = parsed(status), parsed({**status, "load_base": 0})
    assert told.fee_drops(1) == 6531
    assert unknown.fee_drops(10) == 0
    del status["base_fee"]
    assert parsed(status).fee_drops(10) == 6531


def test_a_load_warning_is_told_with_the_answer() -> None:
    """The server's hint that we ask too much reaches us before it cuts us off."""
    answer = {"type": "response", "status": "success", "id": 294, "result": {}}
    assert not parsed(answer).is_load_warned
    assert parsed({**answer, "warning": "load"}).is_load_warned


def test_an_error_tells_its_name_and_whether_the_range_was_searched() -> None:
    """No order is given up too early: "not found" is final only when the whole range was searched."""
    error = {"type": "response", "status": "error", "id": 7, "error": "txnNotFound", "searched_all": True}
    assert parsed(error) == ErrorFrame(request_id=7, error="txnNotFound", searched_all=True)
    unread = parsed({"type": "error", "error": "jsonInvalid", "value": "{not json"})
    assert unread == ErrorFrame(request_id=None, error="jsonInvalid")


@pytest.mark.parametrize("number", [None, "7", 7.0, True, {"a": [1]}])
def test_an_answer_to_a_number_that_is_none_of_ours_is_nobodys(number: Any) -> None:
    """Nobody gets an answer that was not theirs, however close its number looks."""
    assert parsed({"type": "response", "id": number, "result": {}}).request_id is None


# --- What is not -------------------------------------------------------------------------------------------------


def test_unknown_kinds_and_fields_are_told_and_no_error() -> None:
    """A server that is newer than we are does not stop us, and what we do not know of it is named."""
    assert parsed({"type": "news", "x": 1}) == OtherFrame("news", is_known=False)
    assert parsed({"x": 1}) == OtherFrame("None", is_known=False)
    assert parsed({"type": {"x": 1}}) == OtherFrame("{'x': 1}", is_known=False), "a kind that is no text is one too"
    assert parsed({"type": "bookChanges"}) == OtherFrame("bookChanges", is_known=True)
    for message in (CLOSED, TRANSACTION, {"type": "response", "id": 1, "result": {}}):
        assert parsed({**message, "zeta": 1, "alpha": 2}).unknown_fields == ("alpha", "zeta")


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        *((CLOSED, name) for name in ("ledger_index", "ledger_hash", "ledger_time", "fee_base", "reserve_base")),
        *((TRANSACTION, name) for name in ("hash", "ledger_index", "tx_json", "meta")),
        ({"type": "response", "id": 1, "result": {}}, "result"),
    ],
)
def test_a_frame_without_what_its_kind_must_have_is_refused_by_its_kind(message: dict[str, Any], missing: str) -> None:
    """A spoilt frame is refused by name, and whoever waits for it hears of it instead of waiting in vain."""
    with pytest.raises(FrameError) as refused:
        parsed({name: value for name, value in message.items() if name != missing})
    assert refused.value.kind == message["type"]
    assert refused.value.request_id == message.get("id"), "whoever waits for it hears of it"


NO_OBJECTS = ["", "{not json", "[]", "5", "null", '"x"', "NaN", b"\xff\xfe", "[" * 100_000, '{"\\ud800":1}']


@pytest.mark.parametrize("text", NO_OBJECTS)
def test_what_is_no_object_is_refused(text: str | bytes) -> None:
    """Noise on the line is an error of one kind, even where it is deep or badly encoded enough to upset a parser."""
    with pytest.raises(FrameError, match=r"^text: is"):
        parse_frame(text)


@given(st.dictionaries(st.text(max_size=8), ANY_JSON, max_size=4), st.sampled_from(KINDS), st.data())
def test_no_json_breaks_the_reader(noise: dict[str, Any], kind: str, data: st.DataObject) -> None:
    """Any object, with the fields of a real one in it and any of those spoilt, is a frame or a ``FrameError``."""
    real = {**CLOSED, **TRANSACTION, "id": 1, "result": {}, "server_status": "full", "load_base": 1, "load_factor": 1}
    spoilt = data.draw(st.lists(st.sampled_from(sorted(real)), max_size=3))
    message = {**real, **noise, **{name: data.draw(ANY_JSON) for name in spoilt}, "type": kind}
    text = json.dumps(message)
    try:
        frame = parse_frame(text)
    except FrameError:
        return
    assert frame is not None


@given(st.binary(max_size=64) | st.text(max_size=64))
@example("1" * 400)
@example('{"type": "response", "id": ' + "1" * 5000 + "}")
@example("1e999999")
def test_no_text_breaks_the_reader(text: str | bytes) -> None:
    """Whatever bytes a server sends, the desk sees a frame or a ``FrameError`` and no other error."""
    try:
        parse_frame(text)
    except FrameError:
        return
