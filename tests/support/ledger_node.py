"""One server's view of a chain, without its sockets: which ledgers it has, how it is, and what it answers.

Several nodes may tell of one chain; one may lag, lack history, or be on another network without the others.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from support import ledger_answers, ledger_history, ledger_status
from support.ledger_chain import Chain, ClosedRecord
from support.ledger_faults import Trouble
from support.ledger_rows import LedgerRows
from support.rpc_errors import RpcError

Json = dict[str, Any]

_HASH_DIGITS = 64
_API_VERSION = 2
_HANDLERS = ledger_answers.HANDLERS | ledger_history.HANDLERS | ledger_status.HANDLERS


class LedgerPlace(NamedTuple):
    """The ledger that a request is about: what it holds, and what the answer says of it."""

    index: int
    rows: LedgerRows
    said: Json


class LedgerNode:
    """What one server knows.

    Args:
        chain: The ledgers it tells of.

    Attributes:
        build_version: Its own.
        network_id: None on a stand-alone server, which tells none.
        server_state: Such as ``full``.
        is_admin: Whether its clients may ask for all they like.
        is_amendment_blocked: It does not understand the ledger's rules any more, and validates none.
        is_stalled: Ledgers go on without it: what it has for validated grows old.
        checks_signatures: A transaction with a wrong signature is refused; slow.
        first_ledger: Of its history.
        missing: Ledgers after that one that it lacks.
        validated_index: The newest that it knows for final.
        asked: Requests by their command.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.build_version = "3.0.0-b1"
        self.network_id: int | None = None
        self.server_state = "full"
        self.is_admin = True
        self.is_amendment_blocked = False
        self.is_stalled = False
        self.checks_signatures = False
        self.first_ledger = chain.newest.index
        self.missing: set[int] = set()
        self.validated_index = chain.newest.index
        self.asked: Counter[str] = Counter()

    # --- History ---------------------------------------------------------------------------------------------------

    @property
    def validated(self) -> ClosedRecord:
        """The newest ledger that it knows for final."""
        return self.chain.records[self.validated_index]

    def has(self, index: int) -> bool:
        """Whether a validated ledger is in its history."""
        return self.first_ledger <= index <= self.validated_index and index not in self.missing

    def has_all(self, first: int, last: int) -> bool:
        """Whether all of these are."""
        return all(self.has(index) for index in range(first, last + 1))

    @property
    def whole_from(self) -> int:
        """The first ledger from which on its history has no gap."""
        first = self.validated_index
        while self.has(first - 1):
            first -= 1
        return first

    @property
    def complete_ledgers(self) -> str:
        """Its history, as it is told."""
        stretches: list[list[int]] = []
        for index in range(self.first_ledger, self.validated_index + 1):
            if not self.has(index):
                continue
            if stretches and stretches[-1][1] == index - 1:
                stretches[-1][1] = index
            else:
                stretches.append([index, index])
        told = [str(first) if first == last else f"{first}-{last}" for first, last in stretches]
        return ",".join(told) or "empty"

    def lose(self, first: int, last: int) -> None:
        """Lack these ledgers from now on."""
        self.missing |= set(range(first, last + 1))

    def begin_anew(self) -> None:
        """Have the state and no history, as a server that has just been started."""
        self.validated_index = self.first_ledger = self.chain.newest.index
        self.missing = set()

    # --- Answers ---------------------------------------------------------------------------------------------------

    def answer(self, request: Json, trouble: Trouble | None = None) -> Json:
        """The whole answer to a request.

        Args:
            request: As it came.
            trouble: What goes wrong with it, of those that the answer tells.
        """
        command = request.get("command")
        self.asked[str(command)] += 1
        try:
            result = self._result(command, request, trouble)
        except RpcError as error:
            return error.to_json(request)
        said = {"result": result, "status": "success", "type": "response"}
        if trouble is Trouble.WARNED:
            said["warning"] = "load"
        return {"api_version": _API_VERSION, "id": request.get("id"), **said}

    def _result(self, command: Any, request: Json, trouble: Trouble | None) -> Json:
        if trouble is Trouble.TOO_BUSY:
            raise RpcError("tooBusy")
        if command is None:
            raise RpcError("missingCommand")
        if request.get("api_version") != _API_VERSION:
            raise RpcError("invalid_API_version")
        if command == "submit":
            return ledger_status.submit(self, request, trouble)
        handler = _HANDLERS.get(command)
        if handler is None:
            raise RpcError("unknownCmd")
        return handler(self, request)

    def place(self, request: Json) -> LedgerPlace:
        """The ledger that a request names; the open one if it names none.

        Raises:
            RpcError: It is not there, or is named wrongly.
        """
        if "ledger_hash" in request:
            return self._at(self._index_of(request["ledger_hash"]))
        named = request.get("ledger_index", "current")
        if named == "current":
            if self.is_amendment_blocked:
                raise RpcError("amendmentBlocked")
            index = self.validated_index + 1
            return LedgerPlace(
                index,
                self.chain.rows(self.validated_index),
                {"ledger_current_index": index, "validated": False},
            )
        if named in {"validated", "closed"}:
            return self._at(self.validated_index)
        if (isinstance(named, int) and named >= 0) or (isinstance(named, str) and named.isdecimal()):
            return self._at(int(named))
        raise RpcError("invalidParams", "ledgerIndexMalformed")

    def _index_of(self, ledger_hash: Any) -> int:
        if not isinstance(ledger_hash, str) or len(ledger_hash) != _HASH_DIGITS:
            raise RpcError("invalidParams", "ledgerHashMalformed")
        found = self.chain.find_hash(ledger_hash)
        if found is None:
            raise RpcError("lgrNotFound")
        return found.index

    def _at(self, index: int) -> LedgerPlace:
        if not self.has(index):
            raise RpcError("lgrNotFound")
        record = self.chain.records[index]
        said = {"ledger_hash": record.ledger_hash, "ledger_index": index, "validated": True}
        return LedgerPlace(index, self.chain.rows(index), said)
