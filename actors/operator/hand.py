"""The operator's hand inside a session: what kill, pause, resume and status do. Called in the session's own thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import msgspec
import trio
from loguru import logger

from actors.operator.protocol import (
    Capital,
    ChannelsReply,
    Done,
    Kill,
    Order,
    Pause,
    Refused,
    Reply,
    Resume,
    ServersTold,
    ServiceHealth,
    Status,
    trimmed_reason,
)
from actors.plumbing.mailbox import LatestBox
from actors.plumbing.tap import TapQueue
from actors.plumbing.wiring import Channels
from neo.chain.money import EXACT, plain
from neo.desk.capital_moves import move_refused, withdrawal_refused
from neo.messages import Message, MoveCapital, PauseQuoting, ResumeQuoting
from neo.messages.halts import Halt, HaltReason, HaltRecord
from neo.risk import RiskLimits

# Deposits and withdrawals that may wait for the gateway; an operator types slower.
_MOVES_MAX = 32

# The newest fills that a status has room for.
_FILLS_TOLD = 5


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What doesn't change in a session.

    Args:
        session_id: Its name.
        venue: Its venue's name in the settings.
        seed: Of its random choices.
        has_funding: Whether deposits come from an account on the venue.
        duration_s: Its length in session seconds.
        limits: Of its risk gates.
    """

    session_id: str
    venue: str
    seed: int
    has_funding: bool
    duration_s: int
    limits: RiskLimits


class Operator:
    """What an operator may do to a running session.

    Args:
        facts: What doesn't change.
        channels: The session's channels, with their taps and board.
        halts: The causes so far.
        raise_halt: Takes a cause to end.
        servers: Tells of the venue's servers.
    """

    def __init__(
        self,
        facts: SessionFacts,
        channels: Channels,
        halts: HaltRecord,
        raise_halt: Callable[[Halt], bool],
        servers: Callable[[], ServersTold] = ServersTold,
    ) -> None:
        self._facts = facts
        self._channels = channels
        self._halts = halts
        self._raise_halt = raise_halt
        self._servers = servers
        self._started_s = trio.current_time()
        self._to_gateway = channels.gateway.sender()
        # Whether to quote is a state: of a pause and a resume in quick succession only the last counts.
        self._wanted: LatestBox[Message] = LatestBox("operator")
        self._by_file: Halt | None = None
        # What was said last; whether it is done yet is another matter.
        self._pauses = False
        # Each deposit and withdrawal is an act of its own: none may push another one out.
        self._order_move, self._moves = trio.open_memory_channel[Message](_MOVES_MAX)
        # All that were taken, to see at the end what became of them.
        self.moves: list[MoveCapital] = []
        # How those are that show and tell the session to the outside.
        self.services: Callable[[], tuple[ServiceHealth, ...]] = tuple

    async def relay(self) -> None:
        """Pass pauses and resumes on to the gateway, which does and journals them in the order of its own doings."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._relay, self._moves)
            nursery.start_soon(self._relay, self._wanted)
        self._to_gateway.close()

    def close(self) -> None:
        """Pass nothing on any more."""
        self._wanted.close()
        self._order_move.close()
        self._to_gateway.close()

    async def _relay(self, messages: AsyncIterator[Message]) -> None:
        async for message in messages:
            try:
                await self._to_gateway.send(message)
            except trio.BrokenResourceError:
                return  # the gateway has ended for good, and the session ends with it

    # --- What can be said --------------------------------------------------------------------------------------

    def obey(self, command: Order, way: str = "neo") -> Reply:
        """Do what came through the control channel, or another ``way``, which its cause begins with."""
        match command:
            case Kill():
                return self.kill(f"{way} kill", command.reason)
            case Pause():
                return self.pause(f"{way} pause", command.reason)
            case Resume():
                return self.resume(f"{way} resume", command.reason)
            case Capital():
                return self.move_capital(command.xrp_drops, command.rlusd)

    def kill_by_file(self, name: str) -> None:
        """End the session at the sight of its kill file, which is read after that."""
        self._by_file = Halt(HaltReason.KILL_SWITCH, f"kill file {name}", "operator")
        self._raise_halt(self._by_file)

    async def take_words(self, words: Callable[[], Awaitable[str]]) -> None:
        """Add what the kill file says to the cause that it was; without effect if there was none."""
        if self._by_file is not None and (said := await words()):
            self._halts.tell_more(self._by_file, _said(self._by_file.detail, said))

    def kill(self, who: str, reason: str) -> Done:
        """End the session. ``who`` names the way it was said."""
        said = _said(who, reason)
        first = self._raise_halt(Halt(HaltReason.KILL_SWITCH, said, "operator"))
        return self._done("ending: kill_switch" if first else "it was ending already; noted as another cause")

    def pause(self, who: str, reason: str) -> Done | Refused:
        """Pull every quote until :meth:`resume`."""
        detail = "paused already" if self._pauses else "pausing: what rests is being pulled"
        return self._want(PauseQuoting(cause=_said(who, reason)), detail)

    def resume(self, who: str, reason: str) -> Done | Refused:
        """Quote again."""
        detail = "resuming: quotes come with the next tick" if self._pauses else "not paused, so nothing to resume"
        return self._want(ResumeQuoting(cause=_said(who, reason)), detail)

    def move_capital(self, xrp_drops: int, rlusd: Decimal) -> Done | Refused:
        """Deposit (+) or withdraw (-) XRP or RLUSD, the other one being 0."""
        refused = self._move_refused(xrp_drops, rlusd)
        if refused is not None:
            return Refused(refused)
        move = MoveCapital(order_id=f"c{len(self.moves) + 1:04d}", xrp_drops=xrp_drops, rlusd=plain(rlusd))
        try:
            self._order_move.send_nowait(move)
        except trio.WouldBlock:
            return Refused(f"{_MOVES_MAX} deposits and withdrawals are waiting already")
        self.moves.append(move)
        logger.bind(order_id=move.order_id, xrp_drops=xrp_drops, rlusd=str(move.rlusd)).info("capital_ordered")
        return self._done("a payment is on its way; the next ledgers show it as capital", move.order_id)

    def _move_refused(self, xrp_drops: int, rlusd: Decimal) -> str | None:
        halt, view = self._halts.first, self._channels.board.view
        if halt is not None:
            return f"the session is ending: {halt.reason}"
        if not self._facts.has_funding:
            return "on this venue capital moves by a wallet's payment; the session finds it on the ledger"
        if (refused := move_refused(xrp_drops, rlusd)) is not None:
            return refused
        if view is None:
            return "no ledger has been seen yet"
        if xrp_drops < 0 or rlusd < 0:
            return withdrawal_refused(view.balances, -xrp_drops, EXACT.minus(rlusd), view.costs.base_fee_drops)
        return None

    def status(self) -> Status:
        """Where the session stands."""
        facts, board, halt = self._facts, self._channels.board, self._halts.first
        moment, now_s = board.present.moment(_FILLS_TOLD), trio.current_time()
        ledger, servers = moment.ledger, self._servers()
        return Status(
            session_id=facts.session_id,
            venue=facts.venue,
            seed=facts.seed,
            elapsed_s=round(now_s - self._started_s, 3),
            duration_s=facts.duration_s,
            ledger_index=None if ledger is None else ledger.ledger_index,
            ledger_age_s=None if board.view_at_s is None else round(now_s - board.view_at_s, 3),
            tick=moment.tick,
            mid_price=None if ledger is None else ledger.mid_price,
            pool_price=None if ledger is None else ledger.pool_price,
            own_bid=moment.bid.price,
            own_ask=moment.ask.price,
            offers=0 if ledger is None else len(ledger.offers),
            xrp_drops=None if ledger is None else ledger.xrp_drops,
            rlusd=None if ledger is None else ledger.rlusd,
            fills=moment.fills,
            restarts=moment.restarts,
            paused=moment.paused,
            pause_cause=moment.pause_cause,
            halting=None if halt is None else str(halt.reason),
            halt_detail="" if halt is None else halt.detail,
            moment=moment,
            limits=facts.limits,
            channels=self._channels.depths(),
            taps=self._channels.taps.count,
            timings=(*self._channels.timings.told(), *servers.timings),
            endpoints=servers.endpoints,
            counts=board.tally.counts(),
            has_funding=facts.has_funding,
            services=self.services(),
        )

    def channels(self) -> ChannelsReply:
        """How full the channels are."""
        return ChannelsReply(trio.current_time() - self._started_s, self._channels.depths())

    def attach(self, queue: TapQueue) -> int:
        """Open a tap; returns the number of the last journal record before it."""
        return self._channels.taps.attach(queue)

    def detach(self, queue: TapQueue) -> None:
        """Close a tap."""
        self._channels.taps.detach(queue)

    def _want(self, message: PauseQuoting | ResumeQuoting, detail: str) -> Done | Refused:
        halt = self._halts.first
        if halt is not None:
            return Refused(f"the session is ending: {halt.reason}")
        logger.bind(cause=message.cause).info("pause_wanted" if isinstance(message, PauseQuoting) else "resume_wanted")
        self._wanted.put(message)
        self._pauses = isinstance(message, PauseQuoting)
        return self._done(detail)

    def _done(self, detail: str, order_id: str = "") -> Done:
        return Done(self._facts.session_id, detail, order_id)


def _said(who: str, reason: str) -> str:
    words = trimmed_reason(reason)
    return f"{who}: {words}" if words else who
