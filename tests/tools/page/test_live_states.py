"""Several running sessions asked at once: one that hangs holds none of the others, and is not asked again and again."""

from __future__ import annotations

from pathlib import Path

import trio
from support import cli_feed as feed
from support.page_site import StandIn, moment_of, status_at

from actors.operator.protocol import EXCHANGE_S, Status
from tools.page.live_states import LIVE_WORDS, LiveStates
from tools.page.running import SessionGoneError


class Odd(StandIn):
    """A session that does not answer, or is gone."""

    def __init__(self, name: str, *, is_gone: bool = False) -> None:
        super().__init__(Path("odd.sqlite3"), status_at(moment_of([feed.started()]), name))
        self.asked = 0
        self._is_gone = is_gone

    async def status(self) -> Status:
        self.asked += 1
        if self._is_gone:
            raise SessionGoneError("Session gone has just ended.")
        await trio.sleep_forever()
        raise AssertionError("it never wakes")


def well(name: str) -> StandIn:
    return StandIn(Path("well.sqlite3"), status_at(moment_of([feed.started(), feed.view(5)]), name, fills=3))


async def test_each_is_told_in_its_order_with_what_is_in_view(autojump_clock: trio.testing.MockClock) -> None:
    """State, prices, balances, result and fills: of each the same figures."""
    states = await LiveStates().of([well("b"), well("a")])
    assert [state.session for state in states] == ["b", "a"]
    for state in states:
        assert list(state.cells) == list(LIVE_WORDS)
        assert state.cells["xrp"].text.endswith(" XRP")
        assert state.cells["rlusd"].text.endswith(" RLUSD")
        assert state.cells["mid"].text != "-"


async def test_one_that_hangs_holds_none_of_the_others(autojump_clock: trio.testing.MockClock) -> None:
    """All are told after a moment, the one that hangs as what it does; one that is gone as well."""
    begun = trio.current_time()
    states = await LiveStates().of([Odd("stuck"), well("a"), Odd("gone", is_gone=True)])
    assert trio.current_time() - begun < 3
    assert states[0].cells["state"].text == "does not answer"
    assert states[1].cells["mid"].text != "-"
    assert states[2].cells["state"].text == "can't be asked: Session gone has just ended."


async def test_one_that_hangs_is_asked_again_only_when_no_answer_can_come(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """A page that looks each second does not pile up threads that wait; and it is asked again later."""
    states, stuck = LiveStates(), Odd("stuck")
    for _ in range(5):
        await states.of([stuck])
        await trio.sleep(1)
    assert stuck.asked == 1
    await trio.sleep(EXCHANGE_S)
    await states.of([stuck])
    assert stuck.asked == 2
