"""A chain of ledgers for tests of the live venue: the embedded network and its crowd, closing one ledger after another.

Any number of servers (:mod:`support.ledger_server`) tell of one chain, so that they agree. Every ledger stays readable,
by index or hash, and the test can read the truth: what the ledger says of our account after each close, what became of
each transaction, and which blobs were handed in, however often.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import trio
from support.ledger_blobs import affected_accounts, as_written, read_blob
from support.ledger_rows import LedgerRows, all_entries, iso_time
from support.sim_chance import BARS, streams
from support.sim_world import START_S, config_with

from neo.ledger import Ledger, canonical, keys
from neo.ledger.entries import LINE_DEEP_FREEZE
from neo.ledger.transactions.common import UnsupportedTransactionError
from neo.ledger.views import BookOffer
from neo.network.network import AppliedTransaction, Network
from neo.network.unsigned import transaction_hash
from neo.sim.accounts import FUNDING, crowd_address
from neo.sim.market import SimMarket

Json = dict[str, Any]

US = crowd_address("us")
BASE_FEE_DROPS = 10
COINS_DROPS = 10**17

_READABLE = 16  # ledgers of the past that are kept read
_TF_SET_FREEZE, _TF_CLEAR_FREEZE = 0x00100000, 0x00200000
_TF_SET_DEEP, _TF_CLEAR_DEEP = 0x00400000, 0x00800000
_SET_GLOBAL_FREEZE = 7


class Handed(NamedTuple):
    """What a server answers to a transaction that it was handed."""

    result: str
    tx: Json
    tx_hash: str

    @property
    def is_applied(self) -> bool:
        """Whether it has its place in the open ledger."""
        return self.result.startswith(("tes", "tec"))


@dataclass(frozen=True)
class AccountTruth:
    """What a ledger says of our account."""

    xrp_drops: int
    tokens: Decimal | None
    sequence: int
    owner_count: int
    offers: tuple[BookOffer, ...]


class Fate(NamedTuple):
    """What became of a transaction: the ledger that has it, and its result there."""

    ledger_index: int
    result: str


@dataclass(frozen=True)
class ClosedTransaction:
    """A transaction of a closed ledger: as a server writes it, what it did, and whom it concerns."""

    tx: Json
    tx_hash: str
    meta: Json
    owner_funds: str | None
    place: int
    accounts: frozenset[str]

    @property
    def result(self) -> str:
        """Its final result."""
        return str(self.meta["TransactionResult"])


@dataclass(frozen=True)
class ClosedRecord:
    """A closed ledger."""

    index: int
    ledger_hash: str
    parent_hash: str
    close_time_s: int
    parent_close_time_s: int
    total_drops: int
    account_hash: str
    transaction_hash: str
    transactions: tuple[ClosedTransaction, ...]
    closed_at_s: float
    state: bytes = field(repr=False)

    @property
    def close_time_iso(self) -> str:
        """Its close time as the API writes it."""
        return iso_time(self.close_time_s)


@dataclass
class _Waiting:
    """A transaction that waits for a place in the open ledger."""

    tx: Json
    tx_hash: str
    is_queued: bool


class Chain:
    """The ledgers.

    Args:
        seed: Of the crowd.
        has_crowd: Whether anybody else trades.
        account: Ours.
        xrp_drops: What it has at first, in XRP.
        rlusd: And in tokens.
        start_close_time_s: Close time of the first ledger, seconds of the ripple epoch.
        interval_s: From one close to the next.

    Attributes:
        open_ledger_fee_drops: What a transaction must pay to enter the open ledger; less, and it is queued.
        minimum_fee_drops: What a server asks at least; less, and it is refused for now.
        is_paused: No ledger closes, as on a stand-alone server that is down.
        truth: Of our account, by ledger.
        fates: Of every transaction that a ledger has, by hash.
        handed: How often each blob was handed in, by its hash.
        schedule: What happens after a ledger has closed, by its index.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        has_crowd: bool = True,
        account: str = US,
        xrp_drops: int = 1_000_000_000,
        rlusd: Decimal = Decimal(2000),
        start_close_time_s: int = START_S,
        interval_s: int = 4,
    ) -> None:
        self.account = account
        self.interval_s = interval_s
        self.open_ledger_fee_drops = self.minimum_fee_drops = BASE_FEE_DROPS
        self.is_paused = False
        self.has_crowd = has_crowd
        self.records: dict[int, ClosedRecord] = {}
        self.truth: dict[int, AccountTruth] = {}
        self.fates: dict[str, Fate] = {}
        self.handed: Counter[str] = Counter()
        self.schedule: dict[int, Callable[[], None]] = {}
        self.open: dict[str, Handed] = {}
        self._listeners: list[Callable[[], None]] = []
        self._waiting: list[_Waiting] = []
        self._deep: dict[str, bool] = {}
        self._burnt_drops = 0
        self._market = SimMarket.create(
            config_with(ledger_interval_s=interval_s),
            BARS,
            streams(seed),
            account=account,
            xrp_drops=xrp_drops,
            rlusd=rlusd,
            start_close_time_s=start_close_time_s,
        )
        self.ledger.state.tells_pages = True  # as a server does
        for entry in all_entries(self.ledger):
            entry.previous_hash = entry.previous_hash or keys.half_hash(b"NEO\0genesis\0", entry.key).hex().upper()
            entry.previous_ledger = entry.previous_ledger or 1
        self._rows = LedgerRows(self.ledger)
        self._record((), start_close_time_s)

    # --- What it is ------------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """The embedded one, as the last close left it."""
        return self._market.ledger

    @property
    def newest(self) -> ClosedRecord:
        """The last closed ledger."""
        return self.records[self._market.closed_index]

    def find_hash(self, ledger_hash: str) -> ClosedRecord | None:
        """A closed ledger by its hash."""
        return next((each for each in self.records.values() if each.ledger_hash == ledger_hash), None)

    def find_transaction(self, tx_hash: str) -> tuple[ClosedRecord, ClosedTransaction] | None:
        """A transaction that a ledger has, with that ledger."""
        fate = self.fates.get(tx_hash)
        if fate is None:
            return None
        record = self.records[fate.ledger_index]
        return record, next(each for each in record.transactions if each.tx_hash == tx_hash)

    def rows(self, index: int) -> LedgerRows:
        """What a ledger holds; the open one holds what the last closed one does."""
        return self._rows if index >= self.newest.index else self._read(index)

    @functools.lru_cache(_READABLE)  # noqa: B019 - a chain lives as long as its test
    def _read(self, index: int) -> LedgerRows:
        return LedgerRows(Ledger.from_state(msgspec.json.decode(self.records[index].state)))

    def next_sequence(self, address: str, *, with_queued: bool = False) -> int:
        """An account's next sequence on the open ledger."""
        account = self._rows.account(address)
        if account is None:
            return 0
        held = [each.tx for each in self.open.values()]
        held += [each.tx for each in self._waiting if each.is_queued] if with_queued else []
        taken = {tx.get("Sequence") for tx in held if tx["Account"] == address}
        sequence = account.sequence
        while sequence in taken:
            sequence += 1
        return sequence

    def queued(self, address: str | None = None) -> list[Json]:
        """The transactions that wait in the queue, of one account or of all."""
        return [each.tx for each in self._waiting if each.is_queued and address in {None, each.tx["Account"]}]

    # --- What it is handed -----------------------------------------------------------------------------------------

    def hand_in(self, blob: str, *, fail_hard: bool = False, is_delayed: bool = False) -> Handed:
        """Take a signed transaction for the next ledger. Its signature is not looked at.

        Args:
            blob: In hexadecimal.
            fail_hard: The server keeps it only if it applies at once.
            is_delayed: It is queued, whatever it pays.

        Raises:
            BlobError: It is none.
        """
        tx, tx_hash = read_blob(blob)
        self.handed[tx_hash] += 1
        result = self._preliminary(tx, tx_hash, fail_hard=fail_hard, is_delayed=is_delayed)
        done = Handed(result, tx, tx_hash)
        if done.is_applied and tx_hash in self._network.waiting_hashes:
            self.open[tx_hash] = done
        return done

    def _preliminary(self, tx: Json, tx_hash: str, *, fail_hard: bool, is_delayed: bool) -> str:
        fee_drops = int(tx.get("Fee", 0))
        if fee_drops < self.minimum_fee_drops:
            if not fail_hard:
                self._wait(tx, tx_hash, is_queued=False)
            return "telINSUF_FEE_P"
        if not is_delayed and fee_drops >= self.open_ledger_fee_drops:
            return self._submit(tx, tx_hash, fail_hard=fail_hard)
        if fail_hard or tx.get("LastLedgerSequence", 2**32) < self.ledger.index + 2:
            return "telCAN_NOT_QUEUE"
        sequence = tx.get("Sequence", 0)
        if sequence < self.next_sequence(tx["Account"]):
            return "tefPAST_SEQ"
        if sequence > self.next_sequence(tx["Account"], with_queued=True):
            return "telCAN_NOT_QUEUE"
        self._wait(tx, tx_hash, is_queued=True)
        return "terQUEUED"

    def _wait(self, tx: Json, tx_hash: str, *, is_queued: bool) -> None:
        if all(each.tx_hash != tx_hash for each in self._waiting):
            self._waiting.append(_Waiting(tx, tx_hash, is_queued))

    def _submit(self, tx: Json, tx_hash: str, *, fail_hard: bool = False) -> str:
        try:
            return self._network.submit(tx, tx_hash, fail_hard=fail_hard)
        except UnsupportedTransactionError:
            return "temDISABLED"

    @property
    def _network(self) -> Network:
        return self._market.network

    def send(self, address: str, **fields: Any) -> str:
        """Hand in a transaction of somebody else's, who need not sign; its sequence and fee are filled in.

        Returns:
            Its hash.
        """
        tx = {
            "Account": address,
            "Fee": "12",
            "Flags": 0,
            "LastLedgerSequence": self.ledger.index + 4,
            "Sequence": self.next_sequence(address),
            **fields,
        }
        tx_hash = transaction_hash(tx)
        result = self._submit(tx, tx_hash)
        assert result == "tesSUCCESS", f"{fields}: {result}"
        self.open[tx_hash] = Handed(result, tx, tx_hash)
        return tx_hash

    def token(self, value: str | Decimal, issuer: str | None = None) -> Json:
        """So much of the pair's token."""
        return {"currency": self.ledger.currency, "issuer": issuer or self.ledger.issuer, "value": str(value)}

    def pay_in(self, *, xrp_drops: int = 0, tokens: str = "0") -> str:
        """Somebody pays our account, in one of the two."""
        amount = str(xrp_drops) if xrp_drops else self.token(tokens)
        return self.send(FUNDING, TransactionType="Payment", Destination=self.account, Amount=amount)

    def spend_sequence(self) -> str:
        """Our account sends something that this session does not know of: another has the key."""
        return self.send(self.account, TransactionType="AccountSet")

    def freeze(self, holder: str | None = None, *, is_on: bool = True, is_deep: bool = False) -> str:
        """The issuer freezes a holder's line (ours if none is named), or thaws it.

        A deep freeze is shown by the ledger's flags and acts as an ordinary one: the embedded ledger has no other.
        """
        holder = self.account if holder is None else holder
        if is_deep:
            self._deep[holder] = is_on
        return self.send(
            self.ledger.issuer,
            TransactionType="TrustSet",
            LimitAmount=self.token("0", holder),
            Flags=_TF_SET_FREEZE if is_on else _TF_CLEAR_FREEZE,
        )

    def freeze_all(self, *, is_on: bool = True) -> str:
        """The issuer freezes the whole token, or thaws it."""
        name = "SetFlag" if is_on else "ClearFlag"
        return self.send(self.ledger.issuer, TransactionType="AccountSet", **{name: _SET_GLOBAL_FREEZE})

    def forget_waiting(self) -> None:
        """What waits for a ledger is lost, as when a server goes down that had passed nothing on."""
        self._market.network = Network(self.ledger)
        self._waiting = []
        self.open = {}

    # --- Closing ---------------------------------------------------------------------------------------------------

    def listen(self, told: Callable[[], None]) -> None:
        """Be told of every ledger that closes."""
        self._listeners.append(told)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close a ledger every few seconds of Trio's clock, until cancelled."""
        task_status.started()
        next_s = trio.current_time()
        while True:
            next_s += self.interval_s
            await trio.sleep_until(next_s)
            if not self.is_paused:
                self.close()

    def close(self) -> ClosedRecord:
        """Close the ledger and tell those who listen."""
        if self.has_crowd:
            closed = self._market.close_next()
            done, close_time_s = closed.transactions, closed.close_time_s
        else:
            quiet = self._network.close((), self.ledger.close_time_s + self.interval_s)
            done, close_time_s = quiet.transactions, quiet.close_time_s
        self._rows = LedgerRows(self.ledger)
        self._apply_deep_freezes()
        record = self._record(done, close_time_s)
        held = self._network.waiting_hashes
        self.open = {tx_hash: each for tx_hash, each in self.open.items() if tx_hash in held}
        self._let_in()
        for told in self._listeners:
            told()
        happens = self.schedule.pop(record.index, None)
        if happens is not None:
            happens()
        return record

    def _let_in(self) -> None:
        """Whatever pays enough now has its place in the open ledger; what can't apply any more is forgotten."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if each.tx.get("LastLedgerSequence", 2**32) < self.ledger.index:
                continue
            if int(each.tx["Fee"]) < max(self.open_ledger_fee_drops, self.minimum_fee_drops):
                self._waiting.append(each)
                continue
            result = self._submit(each.tx, each.tx_hash)
            if result.startswith(("tes", "tec")):
                self.open[each.tx_hash] = Handed(result, each.tx, each.tx_hash)

    def _record(self, done: tuple[AppliedTransaction, ...], close_time_s: int) -> ClosedRecord:
        index = self.ledger.index - 1
        parent = self.records.get(index - 1)
        transactions = tuple(self._closed(each) for each in done)
        self._burnt_drops += sum(int(each.tx["Fee"]) for each in transactions)
        state = msgspec.json.encode(self.ledger.to_state())
        account_hash = keys.half_hash(b"NEO\0state\0", state)
        parent_hash = "0" * 64 if parent is None else parent.ledger_hash
        set_hash = canonical.set_hash(each.tx_hash for each in transactions)
        place = index.to_bytes(4, "big") + close_time_s.to_bytes(4, "big")
        ledger_hash = keys.half_hash(b"LWR\0", place, bytes.fromhex(parent_hash), set_hash, account_hash)
        record = ClosedRecord(
            index=index,
            ledger_hash=ledger_hash.hex().upper(),
            parent_hash=parent_hash,
            close_time_s=close_time_s,
            parent_close_time_s=0 if parent is None else parent.close_time_s,
            total_drops=COINS_DROPS - self._burnt_drops,
            account_hash=account_hash.hex().upper(),
            transaction_hash=set_hash.hex().upper(),
            transactions=transactions,
            closed_at_s=now_s(),
            state=state,
        )
        self.records[index] = record
        self.fates |= {each.tx_hash: Fate(index, each.result) for each in transactions}
        self.truth[index] = self._account_truth()
        return record

    def _closed(self, done: AppliedTransaction) -> ClosedTransaction:
        meta = done.applied.meta()
        self._show_deep_freeze(done.tx, meta)
        funds = None
        if done.tx["TransactionType"] == "OfferCreate":
            funds = self._rows.owner_funds(done.tx["Account"], done.tx["TakerGets"])
        return ClosedTransaction(
            tx=as_written(done.tx),
            tx_hash=done.tx_hash,
            meta=meta,
            owner_funds=funds,
            place=done.applied.index,
            accounts=affected_accounts(meta),
        )

    def _account_truth(self) -> AccountTruth:
        ledger, ours = self.ledger, self.account
        return AccountTruth(
            ledger.xrp_drops(ours),
            ledger.token_balance(ours),
            ledger.sequence(ours),
            ledger.owner_count(ours),
            tuple(ledger.offers(ours)),
        )

    def _apply_deep_freezes(self) -> None:
        for holder, is_on in self._deep.items():
            line = self.ledger.state.accounts[holder].line
            if line is not None:
                bit = LINE_DEEP_FREEZE[1 - line.holder_is_high]
                line.flags = line.flags | bit if is_on else line.flags & ~bit

    def _show_deep_freeze(self, tx: Json, meta: Json) -> None:
        """Write the flags of a deep freeze into the transaction that set them, and into what it did."""
        holder = tx.get("LimitAmount", {}).get("issuer")
        if tx["TransactionType"] != "TrustSet" or holder not in self._deep:
            return
        tx["Flags"] |= _TF_SET_DEEP if self._deep[holder] else _TF_CLEAR_DEEP
        line = self.ledger.state.accounts[holder].line
        for node in meta["AffectedNodes"]:
            fields = node.get("ModifiedNode", {})
            if fields.get("LedgerEntryType") == "RippleState" and line is not None:
                fields["FinalFields"]["Flags"] = line.flags


def now_s() -> float:
    """Trio's clock; 0 outside of its run."""
    return trio.current_time() if trio.lowlevel.in_trio_run() else 0.0
