"""Markets that somebody else recorded, read as recordings: a setup, a ledger a line, and an end.

The setup tells the state that the first ledger begins with; when that ledger's parent closed is told by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0
from neo.replay.market_setup import as_scenario, read_setup
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import MarketEnd, RecordingError, RecordingHead, RecordingItem, read_ledger_object

_UNREADABLE = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)

_UNTOLD_HASH = "0" * 64


class MarketLines:
    """A market, fed a line at a time.

    Args:
        setup: Its first line.

    Raises:
        RecordingError: It is not one.
    """

    def __init__(self, setup: dict[str, Any]) -> None:
        self._setup = setup
        self._is_open = False
        amendments = setup.get("amendments", EXCHANGE_3_0 if "entries" in setup else EXCHANGE_2_3)
        try:
            if not (isinstance(setup["currency"], str) and isinstance(setup["issuer"], str)):
                raise RecordingError("a market's setup whose currency or issuer is no text")
            self.head = RecordingHead(
                currency=setup["currency"],
                issuer=setup["issuer"],
                network_id=None,
                amendments=tuple(sorted(amendments)),
                begun="",
                means="market",
                version="",
            )
        except (KeyError, TypeError) as error:
            raise RecordingError(f"a market's setup that lacks {error}") from error

    def feed(self, record: dict[str, Any]) -> Iterator[RecordingItem]:
        """What a further line says; the first ledger also tells what state it begins with.

        Raises:
            RecordingError: It is no line of a market.
        """
        kind, told = record.get("kind"), record.get("ledger" if record.get("kind") == "ledger" else "state")
        if kind not in ("ledger", "end") or not isinstance(told, dict):
            raise RecordingError("no line of a market: those are of kind setup, ledger and end")
        if kind == "end":
            yield MarketEnd(self._setup, told)
            return
        ledger = read_ledger_object(told, is_whole=True)
        if not self._is_open:
            self._is_open = True
            yield self._opening(ledger)
        yield ledger

    def _opening(self, first: RecordedLedger) -> RecordedState:
        issuer = self._setup["issuer"]
        sent = (each.tx["Sequence"] for each in first.transactions if each.tx.get("Account") == issuer)
        try:
            made = as_scenario(self._setup, first.parent_close_time_s)
            state = read_setup(made, next(sent, 1)).to_state()
            index = int(self._setup["state"]["ledger_index"])
        except _UNREADABLE as error:
            raise RecordingError(f"a market's setup that can't be read ({error!r})") from error
        return RecordedState(
            ledger_index=index, ledger_hash=first.parent_hash or _UNTOLD_HASH, state=state, is_whole=True
        )


def is_setup(record: Mapping[str, Any]) -> bool:
    """Whether a line is a market's first."""
    return record.get("kind") == "setup"
