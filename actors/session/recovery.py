"""What a start does first about sessions whose process ended without a word.

Start-up and recovery are one path: a lost session is run once more by the machinery that ran it, on the ledger that it
traded on, with its end as the first cause from the first moment. So its journal is read back, the ledgers that it
missed are booked, the venue is asked what became of every open order, what rests is cancelled and the inventory is
compared to the drop. Then its row ends as ``process_lost`` in the same step in which its successor's begins, and that
one goes on on the same ledger. A recovery that is killed itself is simply made again.

A session that ended, but could not pull all of its orders (a second Ctrl+C, a venue that did not answer, a full disk),
leaves its ledger too, and the next start settles it on the same path. How it ended stays as it was written. What is
found goes into its journal behind its end, as the tables follow from the journal; the record that begins it has the
hash that the journal ended with. Its ledger then goes, as that of any session that ended.

Where the ledger can't be asked, the ending and each order say so, and nothing is made up. Where no server tells of the
ledgers since, the venue tells what they left (``neo.desk.untold``), and the ending says so. Where orders stay open all
the same (a ledger that never had them), the start fails, and the lost session has its end with it: its orders are then
a person's to settle, as those of any session that ended.

Which of these it is, the table in ``recovery_cases`` says; here it is done, on whatever venue the host has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from loguru import logger

from actors.session.notes import look_back, results_text
from actors.session.plan import SessionPlan, StartupError, now_text
from actors.session.recovery_cases import (
    CASES,
    After,
    Deed,
    JournalSays,
    RecoveryCase,
    RowSays,
    journal_says,
    venue_says,
)
from actors.store import LostSession, SessionEnding, SessionRow, Store, Writer, session
from actors.store.orphans import orphans_of
from actors.venues.host import Gone, HostedVenue, Resumed, Unused, VenueHost
from neo.desk.untold import untold_in
from neo.messages import Append, HaltRaised, OrderChanged, OrderStatus, Record, SettlementBegun
from neo.messages.halts import INTERRUPTED, Halt, HaltReason

_NOTHING_OPEN: Final = "; the next start found nothing of it open on the ledger"

_LATER_ONE: Final = "a later session was lost too, and the ledger is that one's"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session comes from.

    Args:
        session_id: Its name.
        hosted: The venue that it goes on on; None for one of its own.
        is_lost: It was lost, or left orders open at its end, and is only to be settled.
        halts: Causes to end from the first moment.
        endings: Of the lost sessions before it.
        notices: What the operator has to know about its beginning.
    """

    session_id: str
    hosted: HostedVenue | None = None
    is_lost: bool = False
    halts: tuple[Halt, ...] = ()
    endings: Mapping[str, SessionEnding] = {}
    notices: tuple[str, ...] = ()


class Settled(msgspec.Struct, frozen=True):
    """What came of settling a session.

    Args:
        ending: Its own.
        raised: Halts that were raised meanwhile. A signal is meant for the session that was to follow.
    """

    ending: SessionEnding
    raised: tuple[Halt, ...]


Settle = Callable[[Origin], Awaitable[Settled]]


async def recover(
    plan: SessionPlan, host: VenueHost, session_id: str, writer: Writer, store: Store, settle: Settle
) -> Origin:
    """Settle what earlier sessions left, and tell where the new one comes from.

    Args:
        plan: Of the new session.
        host: Of its venue.
        session_id: Its name.
        writer: The thread of the store.
        store: The open database; its process lock says that nobody else runs a session in it.
        settle: Runs a lost session to its end.

    Raises:
        StartupError: An earlier session's orders could not be settled.
        VenueError: Its venue could be asked, but not now or not so.
    """
    lost = await writer.run(store.lost_sessions)
    recovery = _Recovery(plan, host, writer, store, settle)
    for ended in await writer.run(store.unsettled_sessions):
        await recovery.settle_ended(ended)
    if not lost:
        await recovery.clear_up()
        return Origin(session_id=session_id, halts=recovery.halts, notices=tuple(recovery.notices))
    hosted = None
    for earlier in lost:
        if hosted is not None:
            hosted.leave()  # a later session of the same account was lost too
        hosted = await recovery.settle_lost(earlier, is_newest=earlier == lost[-1])
    return Origin(
        session_id=session_id,
        hosted=hosted,
        halts=recovery.halts,
        endings=recovery.endings,
        notices=(*recovery.notices, *(() if hosted is None else hosted.told_of_going_on())),
    )


class _Recovery:
    """The sessions that were left, at one start."""

    def __init__(self, plan: SessionPlan, host: VenueHost, writer: Writer, store: Store, settle: Settle) -> None:
        self._plan = plan
        self._host = host
        self._writer = writer
        self._store = store
        self._settle = settle
        self.endings: dict[str, SessionEnding] = {}
        self.notices: list[str] = []
        self.halts: tuple[Halt, ...] = ()
        self._batch = 0

    async def settle_ended(self, session_id: str) -> None:
        """Settle a session that ended and left orders open."""
        left = await self._writer.run(self._store.lost_session, session_id)
        # Settled by a start that was killed before it could say so: nothing is left to ask.
        is_settled = left.is_closed and not left.open_ids
        answer = None if is_settled else await self._ask(left)
        case = CASES[RowSays.ENDED, journal_says(left), venue_says(answer)]
        try:
            await self._do_for_ended(left, case, answer)
        except BaseException:
            _leave(answer)
            raise
        self._part_with(left, case, answer)

    async def settle_lost(self, session_id: str, *, is_newest: bool) -> HostedVenue | None:
        """Settle a session whose process was lost; returns its venue if the next session goes on on it.

        Args:
            session_id: Its name.
            is_newest: Whether no later one was lost, so that what the host keeps can be its venue.
        """
        left = await self._writer.run(self._store.lost_session, session_id)
        answer = await self._ask(left) if is_newest or await self._can_be_settled(left) else None
        case = CASES[RowSays.LOST, journal_says(left), venue_says(answer)]
        try:
            await self._do_for_lost(left, case, answer)
        except BaseException:
            _leave(answer)
            raise
        return self._part_with(left, case, answer)

    async def _can_be_settled(self, left: LostSession) -> bool:
        """Whether anything of an earlier session is left to settle on this host's venue, whatever came after it."""
        if journal_says(left) is JournalSays.CLOSED or not self._host.outlives_sessions:
            return False
        row = await self._writer.run(session, self._plan.database, left.id)
        return row is not None and row.venue == self._host.facts.venue

    async def _ask(self, left: LostSession) -> HostedVenue | Unused | Gone:
        """Ask for a session's venue, which another venue's host knows nothing of.

        Raises:
            StartupError: It traded on another venue than the one that this start is for.
        """
        row = await self._writer.run(session, self._plan.database, left.id)
        venue = self._host.facts.venue
        if row is not None and row.venue != venue:
            raise StartupError(
                f'session {left.id} is to be settled first, on venue "{row.venue}", and this profile\'s is "{venue}".'
                f' Start once with a profile of venue.kind = "{row.venue}", or name another database with --db.'
            )
        return self._host.resume(left)

    async def clear_up(self) -> None:
        """Without a lost session no venue is kept: away with one that a kill at the very end left lying there."""
        owner = self._host.leftover()
        if owner is None:
            return
        if owner and await self._writer.run(session, self._plan.database, owner) is not None:
            self._host.discard()
            return
        place, aside = self._host.place, self._host.set_aside("unknown")
        if place is None or aside is None:
            return
        self.notices.append(
            f"{place.name} was left by a session that this database does not know; it is {aside.name} now"
        )
        logger.bind(path=str(aside)).warning("unknown_world_set_aside")

    # --- The deeds ---------------------------------------------------------------------------------------------

    async def _do_for_ended(self, left: LostSession, case: RecoveryCase, answer: Resumed | None) -> None:
        match case.deed, answer:
            case Deed.TELL, _:
                results = results_text((await look_back(self._writer, self._store, left.id))[0])
                await self._tell_settlement(left, "settled on the ledger", results)
            case Deed.WRITE_OFF, Gone() as gone:
                await self._resume(left)
                await self._note_lost(left, gone.why)
                await self._tell_settlement(left, f"{gone.what} ({gone.why})", None)
            case Deed.SETTLE, _:
                await self._resume(left)
                row = await self._writer.run(session, self._plan.database, left.id)
                assert row is not None, "an ended session has a row"
                halt = Halt(_reason_of(row), row.halt_detail or "", "recovery")
                ending = await self._settle_orders(_hosted(answer), left, halt, is_lost=False)
                how = f"settled on the ledger{await self._untold(left)}"
                await self._tell_settlement(left, how, ending.results)
            case _:
                raise AssertionError(f"no case of an ended session: {case}")

    async def _do_for_lost(self, left: LostSession, case: RecoveryCase, answer: Resumed | None) -> None:
        match case.deed:
            case Deed.END_UNOPENED:
                await self._end(left, " before anything was journaled, so nothing had been sent")
            case Deed.CLOSE:
                results, _ = await look_back(self._writer, self._store, left.id)
                await self._end(left, _NOTHING_OPEN, results=results_text(results))
            case Deed.WRITE_OFF:
                await self._write_off(left, f"{answer.what}: {answer.why}" if isinstance(answer, Gone) else _LATER_ONE)
            case Deed.SETTLE:
                await self._settle_lost_on(_hosted(answer), left)
            case _:
                raise AssertionError(f"no case of a lost session: {case}")

    def _part_with(self, left: LostSession, case: RecoveryCase, answer: Resumed | None) -> HostedVenue | None:
        """Do about a session's venue what its case says; returns the one to go on on."""
        if case.after is After.GOES_ON:
            return _hosted(answer)
        if case.after is After.REMOVED:
            if isinstance(answer, Unused):
                self._host.discard()
            else:
                _hosted(answer).remove()
        elif case.after is After.SET_ASIDE or (
            case.after is After.SET_ASIDE_IF_ITS_OWN and isinstance(answer, Gone) and answer.is_its_own
        ):
            self._host.set_aside(left.id)
        return None

    async def _write_off(self, lost: LostSession, why: str) -> None:
        """End a session whose ledger can't be asked: what its database has is all that will ever be known."""
        unknown = f", so what became of {_orders(lost)} is not known" if lost.open_ids else ""
        if lost.open_ids:
            await self._writer.run(self._store.resume_session, lost.id)
            await self._note_lost(lost, why)
        await self._end(lost, f"; {why}{unknown}")

    async def _settle_lost_on(self, hosted: HostedVenue, lost: LostSession) -> None:
        """Run a lost session to its end."""
        halt = Halt(HaltReason.PROCESS_LOST, f"the process {lost.cause}", "recovery")
        await self._writer.run(self._store.resume_session, lost.id)
        if not lost.is_noted:
            # First of all: a gateway that reads this in its journal clears up, and quotes no more.
            await self._append(HaltRaised.of(halt, first=True))
        ending = await self._settle_orders(hosted, lost, halt, is_lost=True)
        settled = f"; the next start settled {_orders(lost)} on the ledger" if lost.open_ids else _NOTHING_OPEN
        await self._end(lost, settled + await self._untold(lost), ending=ending)

    async def _settle_orders(
        self, hosted: HostedVenue, left: LostSession, halt: Halt, *, is_lost: bool
    ) -> SessionEnding:
        """Take a session down the ladder on its ledger.

        Raises:
            StartupError: Orders of it are open all the same. A lost one's row has ended where a person may settle them.
        """
        settled = await self._settle(Origin(session_id=left.id, hosted=hosted, is_lost=True, halts=(halt,)))
        self.halts += tuple(halt for halt in settled.raised if halt.reason in INTERRUPTED)
        trouble = [halt.detail for halt in settled.raised if halt.reason not in INTERRUPTED]
        after = await self._writer.run(self._store.lost_session, left.id)
        if after.open_ids:
            why = "; ".join((*trouble, *settled.ending.rungs_failed)) or "the ledger did not tell"
            how = "was lost" if halt.reason is HaltReason.PROCESS_LOST else f"ended ({halt.reason})"
            if is_lost and self._host.outlives_sessions:
                await self._end_unsettled(after, settled.ending, why)
            raise StartupError(
                f"session {left.id} {how}, and {_orders(after)} could not be settled ({why})."
                f" Start again to try once more; or {self._give_up()}."
            )
        return settled.ending

    def _give_up(self) -> str:
        """What a person can do about orders that no start can settle."""
        if self._host.place is not None:
            return f"move {self._host.place} away, which gives up what became of them"
        return (
            "see with `neo orphans list --config PROFILE` what its servers have of them, cancel what rests, and write"
            " down what became of each with `neo orphans resolve`"
        )

    async def _end_unsettled(self, lost: LostSession, ending: SessionEnding, why: str) -> None:
        """End a lost session's row now, though no successor begins: else nobody could settle its orders by hand."""
        found = f"; {_orders(lost)} could not be settled ({why})"
        plain = await self._writer.run(self._store.lost_ending, lost.id, now_text(), found)
        await self._writer.run(self._store.end_session, msgspec.structs.replace(ending, detail=plain.detail))
        logger.bind(session_id=lost.id, detail=plain.detail).warning("session_lost")

    async def _untold(self, left: LostSession) -> str:
        """What could not be told of a session that was settled, in words; empty if all was."""
        stretches = untold_in(await self._writer.run(self._journal_of, left.id))
        if not stretches:
            return ""
        after = await self._writer.run(orphans_of, self._plan.database)
        gone = [each.order_id for each in after if each.session_id == left.id and each.status is OrderStatus.LOST]
        unknown = f"; what became of {', '.join(gone)} is not known" if gone else ""
        return f" but for {' and '.join(stretches)}{unknown}"

    def _journal_of(self, session_id: str) -> list[Record]:
        return [record for _, record in self._store.read_journal(session_id)]

    async def _resume(self, left: LostSession) -> None:
        """Go on with the journal of a session that ended."""
        await self._writer.run(self._store.resume_session, left.id)
        begun = SettlementBegun(
            ledger_index=left.ledger_index or 0,
            close_time_s=left.close_time_s,
            journal_sha256=self._store.journal_sha256,
            order_ids=left.open_ids,
        )
        await self._append(begun)

    async def _note_lost(self, left: LostSession, why: str) -> None:
        """What became of these orders will never be known: that is what their rows say, and no guess."""
        changes = [
            OrderChanged(
                order_id=order_id,
                ledger_index=left.ledger_index or 0,
                close_time_s=left.close_time_s,
                status=OrderStatus.LOST,
                result=why,
                xrp_left_drops=0,
                rlusd_left=Decimal(0),
            )
            for order_id in left.open_ids
        ]
        await self._append(*changes)

    async def _append(self, *records: Record) -> None:
        self._batch += 1
        append = Append(records=records, sender="recovery", batch=self._batch, wants_receipt=False)
        await self._writer.run(self._store.append, (append,))

    async def _tell_settlement(self, left: LostSession, how: str, results: str | None) -> None:
        """Note what was found of an ended session's orders, and tell the operator."""
        became = await self._writer.run(self._store.settled_orders, left.id)
        detail = f"{how}: {', '.join(f'{order_id} {status}' for order_id, status in became.items())}"
        await self._writer.run(self._store.note_settlement, left.id, detail, results)
        self.notices.append(f"session {left.id} had ended and left orders behind, {detail}")
        logger.bind(session_id=left.id, detail=detail).warning("orders_left_settled")

    async def _end(
        self, lost: LostSession, found: str, *, ending: SessionEnding | None = None, results: str | None = None
    ) -> None:
        """Keep a session's ending for the step that begins its successor, and tell the operator."""
        now = now_text()
        plain = await self._writer.run(self._store.lost_ending, lost.id, now, found)
        if ending is None:
            ended = msgspec.structs.replace(plain, results=results)
        else:
            ended = msgspec.structs.replace(ending, detail=plain.detail)
        self.endings[lost.id] = ended
        self.notices.append(f"session {lost.id} was lost: {ended.detail}")
        logger.bind(session_id=lost.id, detail=ended.detail).warning("session_lost")


def _hosted(answer: Resumed | None) -> HostedVenue:
    """The venue that a case needs."""
    assert answer is not None, "this case has a venue"
    assert not isinstance(answer, (Unused, Gone)), "this case has a venue"
    return answer


def _leave(answer: Resumed | None) -> None:
    """Let go of a venue, if there is one, so that the next start finds it."""
    if answer is not None and not isinstance(answer, (Unused, Gone)):
        answer.leave()


def _reason_of(row: SessionRow) -> HaltReason:
    """Why an ended session ended.

    Raises:
        StartupError: What its row says is no reason.
    """
    try:
        return HaltReason(row.halt_reason or "")
    except ValueError:
        raise StartupError(
            f"session {row.id} is to be settled, and {row.halt_reason!r} in its row is no reason to end."
            " `neo db check --rebuild` writes the row anew."
        ) from None


def _orders(left: LostSession) -> str:
    count = len(left.open_ids)
    return f"{count} open order{'' if count == 1 else 's'}"
