"""One gateway with a real mailbox, a journal that is a list, and a venue that does everything a real one can do.

Method: the test plays the venue, risk and the session, message by message, under an autojump clock; it looks at what
was journaled, what was posted and who was told. At every cut the journal must have had a blob before it left.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
import trio
import trio.testing
from support.cuts import Cut
from support.dealer_bench import SETTINGS
from support.desk_by_hand import ASK, BID, ledger, opening, placed, verdict
from support.honest_venue import HonestVenue
from support.scripted_venue import ScriptedVenue

from actors.gateway import GatewayActor, GatewayEnds
from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.venues.port import Venue
from actors.venues.venue_errors import VenueError, WrongNetworkError
from neo.desk.booking import LedgerGapError
from neo.desk.desk import Desk
from neo.messages import (
    Append,
    CancelResting,
    Durable,
    Fate,
    Finish,
    HaltRaised,
    HaltRequested,
    LedgerObserved,
    MarketView,
    Message,
    OrderSigned,
    OrderStatus,
    PauseQuoting,
    QuotesJudged,
    QuotingPaused,
    Reconcile,
    Reconciled,
    Record,
    RequestCause,
    RequestFailed,
    RestingGone,
    ResumeQuoting,
    StopQuoting,
    Submit,
    Submitted,
    VenueEvent,
    VenueRequest,
)
from neo.messages.halts import Halt, HaltReason


class Stage:
    """The gateway's whole surroundings; the journal outlives an incarnation, as the mailbox does.

    Args:
        venue: The venue.
        records: The session's journal so far.
    """

    def __init__(self, venue: ScriptedVenue, records: list[Record] | None = None) -> None:
        self.venue = venue
        self.journal: list[Record] = list(records or [])
        self.gateway: Mailbox[Message] = Mailbox("gateway", 16)
        self.persistence: Mailbox[Append] = Mailbox("persistence", 16)
        self.session: Mailbox[Message] = Mailbox("session", 16)
        self.strategy: LatestBox[MarketView] = LatestBox("strategy")
        self.durable: LatestBox[Durable] = LatestBox("durable.gateway")
        self.telemetry: Mailbox[Message] = Mailbox("telemetry", 4096)
        self.told: list[Message] = []
        self.batches = itertools.count(1)
        self.to_gateway = self.gateway.sender()
        self.holds_receipts = False

    def actor(self, venue: Venue | None = None) -> GatewayActor:
        """A new incarnation, on another venue if that is given."""
        ends = GatewayEnds(
            own=self.gateway.sender(),
            strategy=self.strategy,
            persistence=self.persistence.sender(),
            durable=self.durable,
            session=self.session.sender(),
            telemetry=LossyEnd(self.telemetry.sender()),
        )
        return GatewayActor(
            self.gateway,
            ends,
            venue or self.venue,
            opening=lambda *_: opening(),
            load_journal=self._load,
            batches=self.batches,
            settings=SETTINGS,
        )

    async def _load(self) -> list[Record]:
        await trio.lowlevel.checkpoint()
        return list(self.journal)

    async def keep_journal(self) -> None:
        """Persistence: note, and tell that it is safe."""
        async for append in self.persistence:
            self.journal += append.records
            if append.wants_receipt and not self.holds_receipts:
                self.durable.put(Durable(batch=append.batch))

    async def listen(self) -> None:
        """The session: take every message at once."""
        async for message in self.session:
            self.told.append(message)

    async def say(self, *messages: Message) -> None:
        """Risk's and the session's messages, and the gateway's quiet afterwards."""
        for message in messages:
            await self.to_gateway.send(message)
        await trio.testing.wait_all_tasks_blocked()

    async def tell(self, *events: VenueEvent | VenueError) -> None:
        """The venue's events, and the gateway's quiet afterwards."""
        self.venue.tell(*events)
        await trio.testing.wait_all_tasks_blocked()

    @property
    def submits(self) -> list[Submit]:
        """Blobs that left, in order."""
        return [request for request in self.venue.posted if isinstance(request, Submit)]

    @property
    def halts(self) -> list[Halt]:
        """Causes to end that were told."""
        return [message.halt for message in self.told if isinstance(message, HaltRequested)]

    @property
    def desk(self) -> Desk:
        """The desk as the journal leaves it."""
        return Desk.replay(self.journal)

    def require_write_ahead(self) -> None:
        """Whatever left is in the journal with its intent, and no order left with two blobs."""
        signed = {record.tx_hash: record for record in self.journal if isinstance(record, OrderSigned)}
        blobs: dict[str, str] = {}
        for request in self.submits:
            assert request.blob == signed[request.tx_hash].blob
            assert blobs.setdefault(signed[request.tx_hash].order_id, request.blob) == request.blob
        assert self.desk.opening is not None or not self.submits


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[None]:
    """A gateway at work on this stage."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.keep_journal)
        nursery.start_soon(stage.listen)
        await nursery.start(stage.actor().run)
        await trio.testing.wait_all_tasks_blocked()
        yield
        nursery.cancel_scope.cancel()
    stage.require_write_ahead()


async def quoted(stage: Stage, tick: int = 1, index: int = 10) -> None:
    """A bid and an ask leave."""
    await stage.say(verdict(tick, index, BID, ASK))


async def test_what_leaves_was_durable_first(autojump_clock: trio.abc.Clock) -> None:
    """Without the receipt nothing leaves, however long it takes; with it both offers do."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        stage.holds_receipts = True
        await quoted(stage)
        await trio.sleep(60)
        assert stage.submits == []
        assert sum(isinstance(record, OrderSigned) for record in stage.journal) == 2
        stage.durable.put(Durable(batch=99))
        await trio.testing.wait_all_tasks_blocked()
        assert [request.tx_hash for request in stage.submits] == ["O5.1", "O6.2"]


async def test_a_hanging_submission_holds_up_nothing(autojump_clock: trio.abc.Clock) -> None:
    """No ledger, no verdict and no cancel; its order is open until its last ledger, and then the session ends."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await quoted(stage)
        await stage.tell(ledger(11), ledger(12))
        assert stage.desk.ledger_index == 12
        await stage.say(verdict(2, 12))
        assert stage.desk.tick == 2
        await stage.tell(*(ledger(index) for index in range(13, 17)))
        assert [halt.reason for halt in stage.halts] == [HaltReason.RISK_RPC_FAILURE]
        assert "was not answered by its last ledger 15" in stage.halts[0].detail
        assert stage.desk.pending() == []


async def test_answers_may_be_late_doubled_reordered_or_unknown(autojump_clock: trio.abc.Clock) -> None:
    """After the ledger's word they change nothing, and a stranger's hash is nobody's."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await quoted(stage)
        ask = Submitted(tx_hash="O6.2", result="tesSUCCESS")
        bid, _ = stage.desk.pending()
        await stage.tell(ask, ask, ledger(11, placed(bid)), Submitted(tx_hash="O5.1", result="temBAD_OFFER"))
        await stage.tell(Submitted(tx_hash="?", result="tesSUCCESS"), Fate(tx_hash="??", validated_in=3))
        assert [order.status for order in stage.desk.left()] == [OrderStatus.RESTING, OrderStatus.SUBMITTED]


async def test_a_ledger_told_twice_is_booked_once(autojump_clock: trio.abc.Clock) -> None:
    """Doubled, or an old one once more."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await stage.tell(ledger(11), ledger(11), ledger(12), ledger(11))
        rows = [record.ledger_index for record in stage.journal if isinstance(record, LedgerObserved)]
        assert rows == [11, 12]


async def test_a_missing_ledger_is_loud() -> None:
    """Nothing may be concluded over a gap: it ends with the two indexes, and so does the next one on the same ledger.

    A venue that breaks its promise ends the session, as any poison does.
    """
    stage = Stage(ScriptedVenue())
    with pytest.RaisesGroup(pytest.RaisesGroup(LedgerGapError)):
        async with running(stage):
            stage.venue.tell(ledger(11), ledger(13))
            await trio.sleep_forever()
    stage.gateway.redeliver()
    with pytest.RaisesGroup(pytest.RaisesGroup(LedgerGapError)):
        async with running(stage):
            await trio.sleep_forever()
    assert stage.venue.walks == [10, 11]
    assert [record.ledger_index for record in stage.journal if isinstance(record, LedgerObserved)] == [11]


async def test_a_ledger_told_late_has_no_market_to_quote_on(autojump_clock: trio.abc.Clock) -> None:
    """It is booked; the strategy hears of the newest alone."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await stage.tell(ledger(11, market=None), ledger(12, market=None))
        assert stage.strategy.depth().waiting == 0
        await stage.tell(ledger(13))
        assert stage.strategy.depth().waiting == 1
        assert stage.desk.ledger_index == 13


async def test_a_stream_that_breaks_is_walked_on_from_the_last_ledger(autojump_clock: trio.abc.Clock) -> None:
    """A reconnect in the middle loses nothing and doubles nothing; broken too often, it is a cause to end."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await stage.tell(ledger(11), VenueError("The socket closed", "Wait"))
        await trio.sleep(2)
        await stage.tell(ledger(12))
        assert stage.venue.walks == [10, 11]
        assert stage.desk.ledger_index == 12
        await stage.tell(*(VenueError("The socket closed", "Wait") for _ in range(3)))
        await trio.sleep(10)
        assert [halt.detail for halt in stage.halts] == ["read ledgers failed 3 times: The socket closed. Wait"]


async def test_a_stream_that_breaks_now_and_then_is_no_cause_to_end(autojump_clock: trio.abc.Clock) -> None:
    """Failures count in a row: a ledger in between begins anew."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        for index in range(11, 17):
            await stage.tell(ledger(index), VenueError("The socket closed", "Wait"))
            await trio.sleep(4)
        assert stage.halts == []
        assert stage.venue.walks == [10, 11, 12, 13, 14, 15, 16]


async def test_a_venue_of_another_network_ends_it_at_once(autojump_clock: trio.abc.Clock) -> None:
    """What trying again can't mend is told without a second attempt, and told once."""
    stage = Stage(ScriptedVenue())
    wrong = WrongNetworkError("Network 1, not 0", "Mend the endpoint")
    async with running(stage):
        await stage.tell(wrong)
        assert len(stage.venue.walks) == 1
        assert len(stage.halts) == 1
        await stage.tell(wrong)
        await trio.sleep(4)
        assert len(stage.halts) == 1


async def test_ledgers_are_heard_on_the_way_down(autojump_clock: trio.abc.Clock) -> None:
    """That the venue failed ends the session; what rests is cancelled all the same once it can be heard again."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await stage.tell(WrongNetworkError("Network 1, not 0", "Mend the endpoint"))
        assert len(stage.halts) == 1
        await stage.say(StopQuoting(), CancelResting())
        await stage.tell(ledger(11))
        await trio.sleep(4)
        assert stage.desk.ledger_index == 11


async def test_a_lost_submission_is_made_again_without_anyone_waiting(
    autojump_clock: trio.abc.Clock,
) -> None:
    """While its back-off runs, ledgers are booked; then the same blob leaves once more."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await quoted(stage)
        first = stage.submits[0]
        failed = RequestFailed(request=first, cause=RequestCause.UNREACHABLE, what="503", mend="Wait")
        await stage.tell(failed, ledger(11))
        assert stage.desk.ledger_index == 11
        assert len(stage.submits) == 2
        await trio.sleep(1.5)
        assert stage.submits[2] == first
        await stage.tell(failed)
        await trio.sleep(3)
        await stage.tell(failed)
        assert [halt.detail for halt in stage.halts] == ["submit failed 3 times: 503. Wait"]
        assert stage.desk.pending()[0].status is OrderStatus.UNKNOWN


@pytest.mark.parametrize(
    ("result", "pending"),
    [("tesSUCCESS", 2), ("tecPATH_DRY", 2), ("terQUEUED", 2), ("telINSUF_FEE_P", 2), ("tefEXCEPTION", 2),
     ("tefPAST_SEQ", 1), ("temBAD_OFFER", 1)],
)  # fmt: skip
async def test_each_class_of_refusal(result: str, pending: int, autojump_clock: trio.abc.Clock) -> None:
    """Only what can never apply is given up at once."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await quoted(stage)
        await stage.tell(Submitted(tx_hash="O5.1", result=result))
        assert len(stage.desk.pending()) == pending


async def test_clearing_goes_on_while_a_submission_hangs(autojump_clock: trio.abc.Clock) -> None:
    """What rests is cancelled at once, though the other order has no answer yet."""
    stage = Stage(ScriptedVenue())
    async with running(stage):
        await quoted(stage)
        bid, _ = stage.desk.pending()
        await stage.tell(ledger(11, placed(bid)))
        await stage.say(CancelResting())
        assert stage.submits[-1].tx_hash.startswith("C")
        assert [order.cancels for order in stage.desk.pending()] == [None, bid.order_id]


@pytest.mark.parametrize(("records", "reasons"), [([], []), (opening(), [HaltReason.RISK_RPC_FAILURE])])
async def test_a_venue_that_can_not_be_reached_is_tried_and_then_told(
    records: list[Record], reasons: list[HaltReason], autojump_clock: trio.abc.Clock
) -> None:
    """Twice more; a session that has traded is told why it ends, one that never began has failed to start."""
    venue = ScriptedVenue()
    venue.connect_errors = [VenueError("No route", "Wait") for _ in range(3)]
    stage = Stage(venue, records)
    with pytest.RaisesGroup(pytest.RaisesGroup(pytest.RaisesExc(Exception, match="connect failed 3"))):
        async with running(stage):
            pass
    assert venue.connects == 3
    assert [halt.reason for halt in stage.halts] == reasons


async def test_finish_leaves_the_venue(autojump_clock: trio.abc.Clock) -> None:
    """The last message; the walk ends, though the venue has more to tell, and so does the actor."""
    stage = Stage(ScriptedVenue())
    await stage.to_gateway.send(Finish())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.keep_journal)
        await stage.actor().run(trio.TASK_STATUS_IGNORED)
        nursery.cancel_scope.cancel()
    assert stage.venue.is_left


async def test_what_an_earlier_incarnation_sent_to_the_journal_is_read_back_first(
    autojump_clock: trio.abc.Clock,
) -> None:
    """It may still be on its way when the next one begins: a pause among it holds."""
    stage = Stage(ScriptedVenue(), opening())
    paused = QuotingPaused(ledger_index=10, close_time_s=1000, cause="us")
    with stage.persistence.sender() as send:
        await send.send(Append(records=(paused,), sender="gateway", batch=next(stage.batches), wants_receipt=False))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.actor().run, trio.TASK_STATUS_IGNORED)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(stage.keep_journal)
        await quoted(stage)
        assert stage.desk.tick == 1
        assert stage.submits == []
        nursery.cancel_scope.cancel()


# --- Cut at every await ------------------------------------------------------------------------------------------


async def course(stage: Stage, venue: HonestVenue) -> None:
    """Two quotes of which one submission is lost, a replacement, a pause, a quote, and the way down."""
    replacement = msgspec.structs.replace(BID, replaces="o000001")
    for step in (
        verdict(1, 10, BID, ASK),
        venue.close,
        verdict(2, 11, replacement),
        venue.close,
        PauseQuoting(cause="us"),
        venue.close,
        ResumeQuoting(cause="us"),
        verdict(3, 13, ASK),
        venue.close,
        HaltRaised(reason=HaltReason.KILL_SWITCH, detail="", source="", first=True),
        StopQuoting(),
        CancelResting(),
        venue.close,
        Reconcile(),
        Finish(),
    ):
        if isinstance(step, HaltRaised):
            stage.journal.append(step)
        elif isinstance(step, Message):
            await stage.to_gateway.send(step)
        else:
            step()
        # All that follows from it, a request that is made again after a while too.
        await trio.sleep(5)


@pytest.mark.parametrize("again", [None, 3, 7])
async def test_cut_at_any_await_the_next_incarnation_goes_on(again: int | None, autojump_clock: trio.abc.Clock) -> None:
    """From the first record to the last message: as if it had not been cut, for the ledger and for the journal.

    The next incarnation may be cut as well, while it recovers.
    """
    for count in itertools.count(1):
        if not await _cut_in_its_course(count, again):
            break
    assert count > 45


async def _cut_in_its_course(*counts: int | None) -> bool:
    """Play the course with incarnations that are cut at these awaits of theirs; False if the first has not so many."""
    stage = Stage(ScriptedVenue())

    def require_noted(request: VenueRequest) -> None:
        noted = {record.tx_hash: record.blob for record in stage.journal if isinstance(record, OrderSigned)}
        assert request.tx_hash in noted
        assert not isinstance(request, Submit) or request.blob == noted[request.tx_hash]

    venue = HonestVenue(require_noted, lost=(2,))
    cuts = [count for count in counts if count is not None]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.keep_journal)
        nursery.start_soon(stage.listen)
        nursery.start_soon(course, stage, venue)
        done = 0
        while await Cut(cuts[done] if done < len(cuts) else 0).run(stage.actor(venue).run, trio.TASK_STATUS_IGNORED):
            done += 1
            stage.gateway.redeliver()
        nursery.cancel_scope.cancel()
    _require_as_uncut(stage, venue)
    return done > 0


def _require_as_uncut(stage: Stage, venue: HonestVenue) -> None:
    """Four offers, one in place of another, and three cancels were on the ledger, each once, and nothing is left."""
    kinds = [form["TransactionType"] for form in venue.done]
    assert (kinds.count("OfferCreate"), kinds.count("OfferCancel"), venue.resting) == (4, 3, {})
    journal, desk = stage.journal, stage.desk
    assert [record.ledger_index for record in journal if isinstance(record, LedgerObserved)] == [11, 12, 13, 14, 15]
    assert [record.tick for record in journal if isinstance(record, QuotesJudged)] == [1, 2, 3]
    sequences = [record.sequence for record in journal if isinstance(record, OrderSigned)]
    assert sequences == [5, 6, 7, 8, 9, 10, 11]
    assert desk.left() == desk.pending() == []
    assert desk.inventory.xrp_total_drops == 100_000_000 - 7 * 10
    answers = [type(message) for message in stage.told]
    assert answers[-1] is Reconciled
    assert set(answers) == {RestingGone, Reconciled}
    assert desk.checked.ledger_index == 15
