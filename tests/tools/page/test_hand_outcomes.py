"""What came of a word to a session: on whole sessions, and on one that does not do as it was told."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing
from support.page_sessions import Keeper, ScriptedSession
from support.page_site import moment_of, status_at
from support.talks import Moments, session_with, status_of

from actors.operator.protocol import Pause, Refused, Unsure
from actors.plumbing.tap import Tapped
from neo.messages.reasons import HoldCode
from tools.page import hand_outcomes
from tools.page.ground import PageError
from tools.page.hand_outcomes import END_PATIENCE_S, QUOTES_PATIENCE_S, Outcome
from tools.page.running import OtherSession, OwnSession, RunningSession

NEVER_S = f"{QUOTES_PATIENCE_S:g}"


# --- On whole sessions -------------------------------------------------------------------------------------------


def test_pause_and_resume_tell_what_rests(tmp_path: Path) -> None:
    """After a pause nothing does, after a resume a quote; asked once more, the same is seen at once."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()

    async def script(own: OwnSession) -> None:
        paused = await hand_outcomes.pause(own, "a", "lunch")
        assert (paused.seen, paused.detail) == (True, "Paused, and none of our offers rests (page pause: lunch).")
        assert (await own.status()).offers == 0
        assert await hand_outcomes.pause(own, "a", "lunch") == paused
        resumed = await hand_outcomes.resume(own, "b", "")
        assert resumed.seen
        assert re.fullmatch(r"Quoting again: (no )?bid .+, (no )?ask .+\.", resumed.detail)
        assert (await own.status()).offers > 0

    session_with(database, lambda _: keeper.do(script), services=[keeper])


def test_capital_is_told_once_a_ledger_has_it(tmp_path: Path) -> None:
    """In which, and by which transaction; what can't be is refused, and why."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()

    async def script(own: OwnSession) -> None:
        before = (await own.status()).xrp_drops
        paid = await hand_outcomes.move(own, "c", 25_000_000, Decimal(0))
        assert paid.seen
        assert re.fullmatch(r"25 XRP: paid, in ledger [0-9]+ as [0-9A-F]{64}\.", paid.detail)
        after = (await own.status()).xrp_drops
        assert before is not None
        assert after is not None
        # What it traded meanwhile is far less.
        assert after - before > 10_000_000
        with pytest.raises(PageError, match=r"Refused: .+ is more than the .+ that are free beside the reserve\."):
            await hand_outcomes.move(own, "d", -(10**15), Decimal(0))

    session_with(database, lambda _: keeper.do(script), services=[keeper])


@pytest.mark.parametrize("is_own", [True, False])
def test_kill_tells_how_the_session_ended(tmp_path: Path, is_own: bool) -> None:
    """The reason and what of its way down failed, which is nothing here."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()
    told: list[Outcome] = []

    async def script(own: OwnSession) -> None:
        running: RunningSession = own if is_own else await_end(own)
        told.append(await hand_outcomes.kill(running, "k", "enough"))

    session_with(database, lambda _: keeper.do(script), services=[keeper])
    [outcome] = told
    way = "page" if is_own else "neo"
    assert outcome.seen
    assert outcome.detail == (
        f"The session has ended: kill_switch: {way} kill: enough. Every step of its way down was done."
    )


def await_end(own: OwnSession) -> RunningSession:
    """The session of another process, whose end its own tells here."""

    class Ends(OtherSession):
        ended = own.ended

    return Ends(own.database, own.session_id)


def test_a_word_to_a_session_that_is_ending_is_told_so(tmp_path: Path) -> None:
    """It is refused: nothing is quoted any more."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()

    async def script(own: OwnSession) -> None:
        await hand_outcomes.kill(own, "k", "enough")
        with pytest.raises(PageError, match=r"Refused: the session (is ending: kill_switch|has ended)\.") as refused:
            await hand_outcomes.pause(own, "p", "")
        assert refused.value.status == 409

    def talk(moments: Moments) -> None:
        moments.wait_ledgers(1)
        assert status_of(database).halting is None
        keeper.do(script)

    session_with(database, talk, services=[keeper])


# --- On one that does not do as it was told ----------------------------------------------------------------------

QUIET = status_at(moment_of([]))


async def test_what_is_not_seen_in_time_is_told_as_asked(autojump_clock: trio.testing.MockClock) -> None:
    """Never as done."""
    session = ScriptedSession([msgspec.structs.replace(QUIET, paused=True, offers=1)])
    assert await hand_outcomes.pause(session, "a", "lunch") == Outcome(
        session="s1", detail=f"Asked, and not seen yet after {NEVER_S} s: look at the session before you ask again.",
        seen=False,
    )  # fmt: skip
    assert trio.current_time() == QUOTES_PATIENCE_S
    assert session.orders == [("a", Pause("lunch"))]
    assert not (await hand_outcomes.kill(session, "k", "")).seen
    assert trio.current_time() == QUOTES_PATIENCE_S + END_PATIENCE_S
    assert not (await hand_outcomes.move(session, "m", 1, Decimal(0))).seen
    assert session.taps == 0


async def test_a_pause_is_seen_when_the_last_offer_is_gone(autojump_clock: trio.testing.MockClock) -> None:
    """That it is paused is not enough: an offer that rests can still be filled."""
    steps = [
        QUIET,
        msgspec.structs.replace(QUIET, offers=2, paused=True),
        msgspec.structs.replace(QUIET, offers=1, paused=True),
        msgspec.structs.replace(QUIET, offers=0, paused=True, pause_cause="page pause"),
    ]
    outcome = await hand_outcomes.pause(ScriptedSession(steps), "a", "")
    assert outcome.detail == "Paused, and none of our offers rests (page pause)."
    assert trio.current_time() == 3 * hand_outcomes.LOOK_S


async def test_a_resume_without_a_quote_tells_why(autojump_clock: trio.testing.MockClock) -> None:
    """One that may still come is waited for."""
    coming, held = QUIET.moment, QUIET.moment
    coming = msgspec.structs.replace(coming, bid=side("undecided"), ask=side(HoldCode.NO_ANCHOR))
    held = msgspec.structs.replace(held, bid=side(HoldCode.ANCHOR_DIVERGED), ask=side(HoldCode.NO_ANCHOR))
    session = ScriptedSession([msgspec.structs.replace(QUIET, moment=moment) for moment in (coming, held)])
    outcome = await hand_outcomes.resume(session, "r", "")
    assert outcome.seen
    assert outcome.detail == ("Resumed, and nothing is quoted for now: no bid (anchor_diverged), no ask (no_anchor).")
    assert session.asked == 2


def side(code: str) -> object:
    """A side without a quote."""
    return msgspec.structs.replace(QUIET.moment.bid, code=code)


async def test_a_session_that_ends_meanwhile_is_told_as_ending(autojump_clock: trio.testing.MockClock) -> None:
    """Then nothing is quoted any more; one that can't be asked is told as that."""
    ending = msgspec.structs.replace(QUIET, halting="risk_loss_limit")
    outcome = await hand_outcomes.resume(ScriptedSession([QUIET, ending]), "r", "")
    assert outcome.detail == "The session is ending (risk_loss_limit), so nothing is quoted any more."
    outcome = await hand_outcomes.pause(ScriptedSession(), "p", "")
    assert (outcome.seen, outcome.detail[:41]) == (False, "Asked; what came of it can't be seen. Ses")


@pytest.mark.parametrize(
    ("reply", "status", "told"),
    [
        (Refused("the session is ending: kill_switch"), 409, "Refused: the session is ending: kill_switch."),
        (Unsure("it broke over it"), 500, "It is not known what came of it: it broke over it."),
    ],
)
async def test_an_order_that_is_not_taken_is_told_so(reply: Refused | Unsure, status: int, told: str) -> None:
    """Not done, and not known to be done, are two answers."""
    session = ScriptedSession([QUIET])
    session.reply = reply
    for word in (hand_outcomes.pause, hand_outcomes.resume, hand_outcomes.kill):
        with pytest.raises(PageError) as refused:
            await word(session, "x", "")
        assert (refused.value.status, refused.value.message) == (status, told)


async def test_a_payment_that_no_ledger_took_is_told_as_not_paid(autojump_clock: trio.testing.MockClock) -> None:
    """After the last ledger that could have."""

    def told(seq: int, **message: object) -> Tapped:
        return Tapped(seq, "gateway", "persistence", message)

    ordered = {"type": "CapitalOrdered", "tx_hash": "AB" * 32, "last_ledger_sequence": 12}
    items = [
        told(1, **ordered | {"order_id": "other"}),
        told(2, type="LedgerObserved", ledger_index=99),
        told(3, **ordered | {"order_id": ""}),
        told(4, type="LedgerObserved", ledger_index=12),
        told(5, type="LedgerObserved", ledger_index=13),
    ]
    outcome = await hand_outcomes.move(ScriptedSession([QUIET], items), "m", 0, Decimal(5))
    assert outcome.seen
    assert outcome.detail == (
        f"5 RLUSD: not paid. No ledger up to 12, the last that could, took transaction {'AB' * 32}."
    )
