"""The pair over one connection: read once from one ledger, then kept level by the stream.

The subscription comes first, so that no ledger lies between the read and the stream: what comes meanwhile waits in the
client. A ledger that does not complete by itself is asked for. What can't be mended so ends the feed with an error, and
whoever has it begins another one, on whatever server is the best then.

Beside the stream, as the budget of requests allows, the mirror is held against a fresh read, what is not known of
single owners is read, and the server is asked how it is. All that begins a moment after a ledger, so that nothing of it
is done, and no answer read, while the ledger's quotes are on their way.
"""

from __future__ import annotations

from typing import Final, Never

import trio
from loguru import logger

from actors.venues.live.background import open_background
from actors.venues.live.endpoints import ChosenEndpoint, Endpoints
from actors.venues.live.live_settings import StreamSettings
from actors.venues.live.pinned import PinnedReader
from actors.venues.live.socket import OTHER_MEND, WAIT_MEND
from actors.venues.venue_errors import MalformedError, NotSyncedError, VenueError
from neo.chain.fills import MetadataError
from neo.chain.pair import Pair
from neo.mirror.assembly import PATIENCE_S, CompleteLedger, Completeness, LedgerAssembly, LedgerGap
from neo.mirror.mirror import Mirror, MirrorError
from neo.mirror.mirror_audit import MirrorAudit
from neo.mirror.pinned_read import PairRead, PinnedReadError, learn, start_mirror
from neo.wire import requests
from neo.wire.fitness import is_level
from neo.wire.frames import LedgerClosedFrame, ServerStatusFrame, TransactionFrame

# Missing ledgers that are asked for one by one; of more, the pair is read anew.
_GAP_MAX: Final = 8
# How often the server is asked how it is, and, if it tells of its load in no stream, what a transaction costs.
_RECHECK_LEDGERS: Final = 15
# How often another server is asked for a ledger of the one in use.
_CONFIRM_LEDGERS: Final = 75
# Offers that have to be left of a side that was cut off, before it is read again.
_DEPTH_MIN: Final = 20
# After a ledger, before anything is done beside the stream: by then the quotes of that ledger have left.
_QUOTES_FIRST_S: Final = 0.25
# Of an audit: its requests, which single owners must leave room for.
_AUDIT_REQUESTS: Final = 8


class PairFeed:
    """One connection's view of the pair. What is made of each ledger is a subclass's to say.

    Args:
        chosen: The server.
        endpoints: All of them, for what is asked of the one in use.
        settings: Which pair, and how.
        account: Ours; None if none is watched.

    Attributes:
        mirror: The pair as the newest complete ledger left it; once open.
    """

    def __init__(
        self, chosen: ChosenEndpoint, endpoints: Endpoints, settings: StreamSettings, account: str | None
    ) -> None:
        # A mirror is one account's. Where there is none, the issuer, which every mirror has, stands in its place.
        self.pair = Pair(account or settings.issuer, settings.currency, settings.issuer)
        self.client = chosen.client
        self.reader = PinnedReader(chosen.client, self.pair, settings.request_timeout_s)
        self.mirror: Mirror
        self._audits = self._audits_mended = 0
        self._chosen = chosen
        self._endpoints = endpoints
        self._settings = settings
        self._assembly: LedgerAssembly
        self._status: ServerStatusFrame | None = None
        self._fee_asked_drops = 0
        self._audit: MirrorAudit | None = None
        self._is_audit_due = False
        self._subscribed: frozenset[str] = frozenset()
        self._has = chosen.info.complete_ledgers
        # Accounts that were subscribed to after the read, and the ledger after which their doings are told.
        self._newcomers: dict[str, int] = {}
        self._is_recheck_due = False
        self._done_at: dict[str, int] = {}
        self._stirred = trio.Event()

    # --- What is made of it --------------------------------------------------------------------------------------

    def _take_ledger(self, ledger: CompleteLedger) -> None:
        """The mirror has taken a ledger.

        Raises:
            VenueError: It does not make sense.
            MetadataError: Its metadata lacks the ledger's shape.
        """

    def _note_mended(self) -> None:
        """The mirror was not level with its ledger, and now is."""

    # --- Opening -------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Subscribe, then read the pair from one ledger.

        Raises:
            VenueError: It could not be read.
        """
        closed = await self._subscribe(())
        mirror = await self._start(closed)
        if self._settings.completeness is Completeness.FILTERED:
            # Whose transactions matter is known only now; so the read is made again, with all of them subscribed to.
            closed = await self._subscribe(mirror.watched())
            mirror = await self._start(closed)
        self.mirror = mirror
        self._assembly = LedgerAssembly(
            self._settings.completeness, mirror.ledger_index, self.pair.account, mirror.root_hash, mirror.ledger_hash
        )
        self._endpoints.budget.note_opening(trio.current_time())

    async def _subscribe(self, accounts: tuple[str, ...]) -> LedgerClosedFrame:
        request = requests.subscribe(
            self.pair,
            with_all=self._settings.completeness is Completeness.ALL,
            with_server=not self._chosen.info.is_relay,
            accounts=accounts,
        )
        answer = await self.reader.ask(request)
        self._subscribed |= frozenset(accounts)
        self._status = answer.server or self._status
        if answer.ledger is None:
            raise NotSyncedError(f"{self.client.name}: has no validated ledger yet", WAIT_MEND)
        self._note_history(answer.ledger)
        return answer.ledger

    async def _start(self, closed: LedgerClosedFrame) -> Mirror:
        read = await self._read(closed)
        try:
            return start_mirror(read)
        except PinnedReadError as error:
            raise self.reader.malformed(error) from error

    async def _read(self, closed: LedgerClosedFrame) -> PairRead:
        return await self.reader.read_pair(closed)

    # --- The stream ----------------------------------------------------------------------------------------------

    async def run(self) -> Never:
        """Follow the stream.

        Raises:
            VenueError: It broke, or does not make sense.
        """
        async with open_background() as background:
            background.start_soon(self._keep_house)
            while True:
                frame = None
                with trio.move_on_after(PATIENCE_S):
                    frame = await self.client.next_frame()
                self._advance(self._take(frame))
                gap = self._assembly.gap(trio.current_time())
                if gap is not None:
                    await self._close(gap)

    def _take(
        self, frame: LedgerClosedFrame | TransactionFrame | ServerStatusFrame | None
    ) -> tuple[CompleteLedger, ...]:
        match frame:
            case LedgerClosedFrame():
                self._note_history(frame)
                return self._assembly.take_closed(frame, trio.current_time())
            case TransactionFrame():
                return self._assembly.take_transaction(frame, trio.current_time())
            case ServerStatusFrame():
                self._status = frame
                if not is_level(frame.server_status):
                    # It may tell of no ledger any more: what is wrong with it shows at once, not by their absence.
                    self._is_recheck_due = True
                    self._stir_house()
        return ()

    async def _close(self, gap: LedgerGap) -> None:
        """Ask for what is missing.

        Raises:
            VenueError: It can't be had, or is too much to be asked for one by one.
        """
        logger.bind(first=gap.first_index, last=gap.last_index, why=gap.why).warning("ledgers_missing")
        if gap.first_index <= self.mirror.ledger_index or gap.last_index - gap.first_index >= _GAP_MAX:
            what = f"{self.client.name}: ledgers {gap.first_index} to {gap.last_index} are not whole ({gap.why})"
            raise NotSyncedError(what, WAIT_MEND)
        for index in range(gap.first_index, gap.last_index + 1):
            header = await self.reader.ask(requests.ledger(index, with_transactions=True))
            done = self._assembly.take_ledger(header, trio.current_time())
            self._advance(done)
            if self.mirror.ledger_index < index:
                raise NotSyncedError(f"{self.client.name}: does not have ledger {index} as it told of it", WAIT_MEND)

    def _advance(self, ledgers: tuple[CompleteLedger, ...]) -> None:
        for ledger in ledgers:
            try:
                step = self.mirror.apply(ledger)
                if self._audit is not None:
                    self._audit.note(ledger)
                if step.missed:
                    logger.bind(ledger_index=ledger.index, entries=step.missed).warning("mirror_missed")
                    self._is_audit_due = True
                self._stir_house()
                self._take_ledger(ledger)
            except (MirrorError, MetadataError) as error:
                raise MalformedError(f"{self.client.name}: {error}", OTHER_MEND) from error

    def _note_history(self, told: LedgerClosedFrame) -> None:
        """Which ledgers the server has, as of one that it tells of: what it said before leaves out those since."""
        if told.validated_ledgers.stretches:
            self._has = told.validated_ledgers

    # --- Beside the stream ---------------------------------------------------------------------------------------

    def _stir_house(self) -> None:
        self._stirred.set()
        self._stirred = trio.Event()

    async def _keep_house(self) -> None:
        while True:
            if not self._is_recheck_due:
                await self._stirred.wait()
            if not self._is_recheck_due:
                await trio.sleep(_QUOTES_FIRST_S)
            try:
                await self._keep_house_once()
            except VenueError as error:
                # If it is the connection that broke, whoever reads the stream hears of it too.
                logger.bind(endpoint=self.client.name, cause=error.what).warning("housekeeping_failed")

    async def _keep_house_once(self) -> None:
        settings = self._settings
        if settings.completeness is Completeness.FILTERED and not self._is_recheck_due:
            await self._meet_newcomers()
        if self._is_due("recheck", _RECHECK_LEDGERS) or self._is_recheck_due:
            self._is_recheck_due = False
            await self._endpoints.recheck(self._chosen)
            if self._chosen.info.is_relay:
                self._fee_asked_drops = (await self.reader.ask(requests.fee())).open_ledger_fee_drops
        if self._is_due("confirm", _CONFIRM_LEDGERS):
            await self._endpoints.confirm(self._chosen)
        sides = (self.mirror.depth_known("asks"), self.mirror.depth_known("bids"))
        is_shallow = any(known is not None and known < _DEPTH_MIN for known in sides)
        self._is_audit_due |= self._is_due("audit", settings.audit_interval_ledgers)
        self._is_audit_due |= is_shallow
        if self._is_audit_due and self._has_room(_AUDIT_REQUESTS):
            await self._hold_against_a_read()
        elif self._has_room(1 + _AUDIT_REQUESTS):
            await self._learn_one()

    async def _meet_newcomers(self) -> None:
        """Listen to whoever has come with an offer, and read what it has.

        What it did between that ledger and the first one of which its doings are told, no stream told. So it is read
        from the first ledger since that the mirror has come to; from then on metadata tells.
        """
        mirror = self.mirror
        new = tuple(each for each in mirror.watched() if each not in self._subscribed)
        if new:
            closed = await self._subscribe(new)
            self._newcomers |= dict.fromkeys(new, closed.ledger_index)
        met = [each for each, since in self._newcomers.items() if since <= mirror.ledger_index]
        mirror.doubt_roots(met)
        for each in met:
            del self._newcomers[each]
        while mirror.unknown_roots() and self._has_room(1):
            await self._learn_one()

    def _is_due(self, what: str, interval_ledgers: int) -> bool:
        """Whether so many ledgers have closed since this was due last; some of them while the house was being kept."""
        index = self.mirror.ledger_index
        if index - self._done_at.setdefault(what, index) < interval_ledgers:
            return False
        self._done_at[what] = index
        return True

    def _has_room(self, count: int) -> bool:
        budget = self._endpoints.budget
        return budget.requests_last_minute(trio.current_time()) + count <= budget.requests_minute_max

    async def _learn_one(self) -> None:
        """Read one owner's root or line, the one that matters most."""
        mirror = self.mirror
        roots, lines, at = mirror.unknown_roots(), mirror.unknown_lines(), mirror.ledger_hash
        try:
            if roots:
                learn(mirror, await self.reader.ask(requests.account_info(roots[0], at)))
            elif lines:
                learn(mirror, await self.reader.line(lines[0], at))
        except PinnedReadError as error:
            raise self.reader.malformed(error) from error

    async def _hold_against_a_read(self) -> None:
        mirror = self.mirror
        audit = self._audit = MirrorAudit(mirror)
        fees = mirror.ledger.fees
        closed = LedgerClosedFrame(
            ledger_index=mirror.ledger_index,
            ledger_hash=mirror.ledger_hash,
            close_time_s=mirror.ledger.parent_close_time_s,
            base_fee_drops=fees.base_fee_drops,
            reserve_base_drops=fees.reserve_base_drops,
            reserve_inc_drops=fees.reserve_inc_drops,
        )
        try:
            read = await self._read(closed)
            if audit.is_void:
                return
            found = audit.finish(read)
        except (PinnedReadError, MirrorError) as error:
            logger.bind(endpoint=self.client.name, cause=str(error)).warning("mirror_audit_failed")
            return
        finally:
            self._audit = None
        self._is_audit_due = False
        self._audits += 1
        self._audits_mended += bool(found)
        counts = {"audits": self._audits, "audits_mended": self._audits_mended}
        logger.bind(ledger_index=audit.ledger_index, differences=len(found), **counts).info("mirror_audited")
        if found:
            first = found[0]
            logger.bind(
                ledger_index=audit.ledger_index,
                differences=len(found),
                first=f"{first.entry} {first.field}: {first.ours}, on the ledger {first.theirs}",
            ).warning("mirror_mended")
            self._note_mended()
