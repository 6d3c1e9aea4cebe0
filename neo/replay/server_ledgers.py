"""What a server answers to ``ledger``, as somebody kept it: which ledger is in it, whatever is wrapped around.

Source: xrpl.org, "ledger": under JSON-RPC and WebSocket, versions 1 and 2 of the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neo.replay.recorded import RecordedLedger
from neo.replay.recording_text import RecordingError, read_ledger_object


def read_server_ledger(document: object) -> RecordedLedger:
    """The validated ledger that a document tells, with every transaction of it.

    Args:
        document: An answer as it came, its ``result``, or the ledger in that.

    Raises:
        RecordingError: It tells none, one that is not final, or not all of it.
    """
    if not isinstance(document, Mapping):
        raise RecordingError("no answer of a server: it is no object")
    answer = document.get("result", document)
    if not isinstance(answer, Mapping):
        raise RecordingError("no answer of a server: its result is no object")
    if "error" in answer or answer.get("status") == "error":
        raise RecordingError(f"an answer that is an error: {str(answer.get('error'))[:60]!r}")
    header = answer.get("ledger", answer)
    if not isinstance(header, Mapping) or not {"close_time", "ledger_hash", "parent_hash"} <= header.keys():
        raise RecordingError("no answer to `ledger`, of which it has not the fields")
    if answer.get("validated", True) is not True or header.get("closed", True) is not True:
        raise RecordingError("a ledger that is not validated: it may never have been")
    if "transactions" not in header:
        raise RecordingError("a ledger without its transactions")
    return read_ledger_object(_indexed(header, answer), is_whole=True)


def _indexed(header: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Both versions write the index in the ledger and beside it; some tools keep only one of them."""
    return {"ledger_index": answer.get("ledger_index"), **header}
