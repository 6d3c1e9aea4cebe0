"""Where several running sessions stand at once: each is asked at the same time, and none is waited for in vain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import trio

from actors.operator.protocol import EXCHANGE_S, Status
from tools.console.words import NOTHING, show_rlusd, show_xrp
from tools.page.now_cells import Cell, now_data
from tools.page.running import RunningSession, SessionGoneError

# How long a page waits for a session, in seconds. One that did not answer is asked again once its answer can't come any
# more, so that threads that wait for it don't become more and more.
_PATIENCE_S: Final = 1.5

# What is shown of each, by the names of the page Now, with the words of a list.
LIVE_WORDS: Final[Mapping[str, str]] = {
    "state": "State",
    "age": "Last ledger",
    "mid": "Mid",
    "bid": "Our bid",
    "ask": "Our ask",
    "xrp": "XRP held",
    "rlusd": "RLUSD held",
    "equity": "Equity",
    "result": "Result",
    "against": "Against holding",
    "fills": "Fills",
}


class LiveState(msgspec.Struct, frozen=True):
    """One session, by its name: its cells by theirs."""

    session: str
    cells: Mapping[str, Cell]


class LiveStates:
    """Asks sessions, and remembers which do not answer."""

    def __init__(self) -> None:
        self._silent_until_s: dict[str, float] = {}

    async def of(self, sessions: Iterable[RunningSession]) -> list[LiveState]:
        """Where each stands, in their order; what can't be told of one is said in its state."""
        told: dict[str, LiveState] = {}
        wanted = list(sessions)
        async with trio.open_nursery() as nursery:
            for session in wanted:
                nursery.start_soon(self._ask, session, told)
        # Those that are gone are not kept in mind.
        names = {session.session_id for session in wanted}
        self._silent_until_s = {name: until for name, until in self._silent_until_s.items() if name in names}
        return [told[session.session_id] for session in wanted]

    async def _ask(self, session: RunningSession, told: dict[str, LiveState]) -> None:
        name = session.session_id
        told[name] = _untold(name, "does not answer")
        if trio.current_time() < self._silent_until_s.get(name, 0.0):
            return
        with trio.move_on_after(_PATIENCE_S) as patience:
            try:
                told[name] = _told(await session.status())
            except SessionGoneError as error:
                told[name] = _untold(name, f"can't be asked: {error}")
        if patience.cancelled_caught:
            self._silent_until_s[name] = trio.current_time() + EXCHANGE_S


def _told(status: Status) -> LiveState:
    cells, ledger = now_data(status).cells, status.moment.ledger
    more = {
        "xrp": Cell(NOTHING if ledger is None else show_xrp(ledger.xrp_drops)),
        "rlusd": Cell(NOTHING if ledger is None else show_rlusd(ledger.rlusd)),
        "fills": Cell(f"{status.moment.fills:,}"),
    }
    return LiveState(status.session_id, {name: {**cells, **more}[name] for name in LIVE_WORDS})


def _untold(name: str, why: str) -> LiveState:
    return LiveState(name, dict.fromkeys(LIVE_WORDS, Cell(NOTHING)) | {"state": Cell(why, "warn")})
