"""Which of a ledger's transactions belong to the pair, and the pair as a mirror has it, as values of a recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from neo.chain.fills import MetadataError
from neo.chain.pair import Pair
from neo.ledger import Fees, keys
from neo.ledger.amendments import REQUIRED
from neo.messages import LedgerTransaction
from neo.mirror.embedded import UNREADABLE_ENTRY, Embedded, directories_of, hex_of
from neo.mirror.mirror import Mirror
from neo.replay.recorded import RecordedState

Node = Mapping[str, Any]

_NO_FEES = Fees(0, 0, 0)
# What holds for every account: the voted amounts, and the rules in force.
_EVERYBODYS = frozenset({"Amendments", "FeeSettings"})


class PairPart:
    """The pair's part of ledgers that come one after the other.

    A transaction belongs to it that changed the pool, an offer of the pair's open books, or the root or the token's
    line of an account that has or had one there.

    Args:
        pair: Which; its account is followed like any other.
        known: Accounts that have something there at the beginning, the pool's too.
    """

    def __init__(self, pair: Pair, known: Iterable[str] = ()) -> None:
        places = Embedded(pair, _NO_FEES, REQUIRED)  # for its keys
        self._pair = pair
        self._place_of = places.place_of
        self._pool_index = places.pool_index
        self._accounts: set[str] = set()
        self._root_keys: set[str] = set()
        self.follow((pair.account, pair.issuer, *known))

    @property
    def followed(self) -> frozenset[str]:
        """Whose doings belong to it, as far as it has come."""
        return frozenset(self._accounts)

    def follow(self, addresses: Iterable[str]) -> None:
        """What these accounts do belongs to it from here on."""
        for address in addresses:
            if address not in self._accounts:
                self._accounts.add(address)
                self._root_keys.add(hex_of(keys.account_key(keys.account_id(address))))

    def of(self, transactions: Iterable[LedgerTransaction]) -> tuple[LedgerTransaction, ...]:
        """Those of the next ledger's transactions that belong to it, in their order.

        Raises:
            MetadataError: One's metadata lacks the ledger's shape. The server's fault.
        """
        return tuple(each for each in transactions if self._has(each))

    def _has(self, transaction: LedgerTransaction) -> bool:
        try:
            entries = [item for entry in transaction.meta["AffectedNodes"] for item in entry.items()]
            # Offers first: whoever comes with one is known from here on.
            owners = [owner for action, node in entries if (owner := self._owner(action, node)) is not None]
            self.follow(owners)
            return bool(owners) or any(self._touches(action, node) for action, node in entries)
        except UNREADABLE_ENTRY as error:
            what = f"metadata lacks the ledger's shape ({error!r})"
            raise MetadataError(transaction.tx_hash, what) from error

    def _owner(self, action: str, node: Node) -> str | None:
        """Whose offer of the pair an entry is, or whose pool."""
        fields = _fields(action, node)
        kind = node["LedgerEntryType"]
        if not fields or kind not in ("Offer", "AMM"):
            return None
        is_ours = node["LedgerIndex"] == self._pool_index if kind == "AMM" else self._place_of(directories_of(fields))
        account: str | None = fields["Account"] if is_ours else None
        return account

    def _touches(self, action: str, node: Node) -> bool:
        kind = node["LedgerEntryType"]
        if kind == "AccountRoot":
            return node["LedgerIndex"] in self._root_keys
        if kind == "RippleState":
            return self._is_known_line(_fields(action, node))
        return kind in _EVERYBODYS

    def _is_known_line(self, fields: Node) -> bool:
        if not fields or fields["LowLimit"]["currency"] != self._pair.currency:
            return False
        ends = {fields["LowLimit"]["issuer"], fields["HighLimit"]["issuer"]}
        return self._pair.issuer in ends and ends <= self._accounts


def state_of(mirror: Mirror) -> RecordedState:
    """The pair as a mirror has it, which watches no account; offers that it set aside are not in it."""
    embedded = mirror.embedded
    others = [each for each in embedded.state.accounts.values() if each is not embedded.issuer]
    return RecordedState(
        ledger_index=mirror.ledger_index,
        ledger_hash=mirror.ledger_hash,
        state=dict(mirror.ledger.to_state()),
        is_whole=False,
        roots_assumed=tuple(sorted(each.address for each in embedded.assumed)),
        lines_assumed=tuple(sorted(each.address for each in others if each not in embedded.lines_told)),
    )


def _fields(action: str, node: Node) -> Node:
    """An entry as the transaction left it; nothing of one of which nothing but its last transaction changed."""
    fields: Node = node.get("NewFields" if action == "CreatedNode" else "FinalFields") or {}
    return fields
