"""A server's answer to ``ledger`` is known in each of its forms, and what is none is told."""

from __future__ import annotations

from typing import Any

import pytest
from support.recorded_pair import lines_of

from neo.replay.recording_text import RecordingError, read_ledger_object
from neo.replay.server_ledgers import read_server_ledger

HEADER = lines_of("plain", ledgers=1)[1]["ledger"]
LEDGER = read_ledger_object(HEADER, is_whole=True)
WITHOUT_INDEX = {name: value for name, value in HEADER.items() if name != "ledger_index"}


@pytest.mark.parametrize(
    "document",
    [
        HEADER,
        {"ledger": HEADER, "validated": True},
        {"result": {"ledger": HEADER, "ledger_index": 8, "validated": True, "status": "success"}},
        {"id": 1, "type": "response", "status": "success", "result": {"ledger": {**HEADER, "closed": True}}},
        {"result": {"ledger": WITHOUT_INDEX, "ledger_index": 8, "validated": True}},
        {"result": {"ledger": {**HEADER, "ledger_index": "8"}, "ledger_index": 8}},
    ],
    ids=["alone", "a result", "JSON-RPC", "WebSocket", "index beside", "index as a text"],
)
def test_the_ledger_is_found_whatever_is_around_it(document: dict[str, Any]) -> None:
    """The same one each time."""
    assert read_server_ledger(document) == LEDGER


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "no object"),
        ("text", "no object"),
        ({"result": 7}, "its result is no object"),
        ({"result": {"error": "lgrNotFound", "status": "error"}}, "an answer that is an error: 'lgrNotFound'"),
        ({"result": {"account_data": {}}}, "no answer to `ledger`"),
        ({"ledger": 7}, "no answer to `ledger`"),
        ({"result": {"ledger": HEADER, "validated": False}}, "not validated"),
        ({**HEADER, "closed": False}, "not validated"),
        ({name: value for name, value in HEADER.items() if name != "transactions"}, "without its transactions"),
        (WITHOUT_INDEX, "ledger_index"),
        ({**HEADER, "transactions": ["AB" * 32]}, "names its transactions and does not show them"),
    ],
)
def test_what_is_no_validated_ledger_with_its_transactions_is_told(document: Any, told: str) -> None:
    """An error, an open ledger, another answer, half of one."""
    with pytest.raises(RecordingError, match=told):
        read_server_ledger(document)
