"""The mirror held against a fresh read: what differs, as values, and the mirror mended.

A read is pinned to the ledger at which it was asked for, and its answers come while further ledgers close. So the read
is made a second mirror, which is given the ledgers since, and the two are compared where they stand now
(:class:`MirrorAudit`). What the fresh one knows better replaces what the mirror had; what only the mirror knows (the
whole of an account of which the read tells no more than what it can give) is kept where it agrees.

A read that reaches deeper into a cut-off book than the mirror is taken over too: an audit is also how a book is read
again of which little is left (:meth:`neo.mirror.mirror.Mirror.depth_known`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from neo.ledger import Side
from neo.ledger.amount import Token
from neo.ledger.entries import Account, Offer
from neo.ledger.number import ZERO
from neo.mirror.assembly import CompleteLedger
from neo.mirror.embedded import Embedded, is_globally_frozen
from neo.mirror.mirror import Mirror
from neo.mirror.pinned_read import PairRead, start_mirror

# A read that takes longer than this many ledgers is given up: it would have to be caught up too far.
LEDGERS_MAX: Final = 16


class Difference(msgspec.Struct, frozen=True):
    """One thing that the mirror had otherwise than the ledger has it.

    Args:
        entry: Which, by its kind and its name.
        field: What of it; ``there`` if it is about whether it is there at all.
        ours: What the mirror had.
        theirs: What the fresh read says.
    """

    entry: str
    field: str
    ours: str
    theirs: str


class MirrorAudit:
    """One comparison under way: begun as the read is asked for, pinned to the mirror's ledger.

    Args:
        mirror: The one that is audited.

    Attributes:
        ledger_index: What the read has to be pinned to.
        is_void: Too many ledgers have closed since; nothing comes of this one any more.
    """

    def __init__(self, mirror: Mirror) -> None:
        self.ledger_index = mirror.ledger_index
        self._mirror = mirror
        self._since: list[CompleteLedger] = []

    @property
    def is_void(self) -> bool:
        """Whether too many ledgers have closed since the read was asked for."""
        return len(self._since) > LEDGERS_MAX

    def note(self, ledger: CompleteLedger) -> None:
        """The mirror has taken a further ledger."""
        if not self.is_void:
            self._since.append(ledger)

    def finish(self, read: PairRead) -> tuple[Difference, ...]:
        """Compare, and mend the mirror.

        Raises:
            PinnedReadError: The answers are not of one ledger.
            ValueError: They are of another ledger than was asked for, or the audit is void (the caller's fault).
            MirrorError: A ledger since can't be read (the server's fault).
        """
        if self.is_void or read.closed.ledger_index != self.ledger_index:
            raise ValueError(f"this audit is of ledger {self.ledger_index} and at most {LEDGERS_MAX} ledgers after it")
        fresh = start_mirror(read)
        for ledger in self._since:
            fresh.apply(ledger)
        found = tuple(differences(self._mirror.embedded, fresh.embedded))
        if found or _reaches_deeper(self._mirror.embedded, fresh.embedded):
            _keep_known(self._mirror.embedded, fresh.embedded)
            self._mirror.embedded = fresh.embedded
        return found


def _reaches_deeper(ours: Embedded, theirs: Embedded) -> bool:
    for side, known in ours.known_to.items():
        reached = theirs.known_to[side]
        if known is not None and (reached is None or reached > known):
            return True
    return False


def _keep_known(ours: Embedded, theirs: Embedded) -> None:
    """Give the fresh one what only ours knows: roots and lines that were told, where they agree with it."""
    for account in list(theirs.state.accounts.values()):
        known = ours.state.accounts.get(account.address)
        if known is None:
            continue
        if known in ours.unfrozen:
            theirs.unfrozen.add(account)
        if account in theirs.assumed and known not in ours.assumed and _drops(ours, known) == _drops(theirs, account):
            theirs.copy_root(account, known)
        if known not in ours.lines_told or account in theirs.lines_told:
            continue
        if account.line is None or ours.state.liquid_tokens(known) == theirs.state.liquid_tokens(account):
            theirs.copy_line(account, known)


# --- Comparing ---------------------------------------------------------------------------------------------------


def differences(ours: Embedded, theirs: Embedded) -> Iterator[Difference]:
    """What differs between two that stand at the same ledger, as far as both know it."""
    yield from _compared("fees", "the ledger", ours.state.fees, theirs.state.fees)
    for name in sorted(ours.ledger.amendments ^ theirs.ledger.amendments):
        yield from _compared(
            f"amendment {name}", "there", name in ours.ledger.amendments, name in theirs.ledger.amendments
        )
    issuer, fresh = ours.issuer, theirs.issuer
    for name in ("flags", "transfer_rate", "tick_size"):
        yield from _compared(f"issuer {issuer.address}", name, getattr(issuer, name), getattr(fresh, name))
    yield from _own(ours, theirs)
    yield from _pool(ours, theirs)
    yield from _books(ours, theirs)


def _compared(entry: str, field: str, ours: object, theirs: object) -> Iterator[Difference]:
    if ours != theirs:
        yield Difference(entry, field, str(ours), str(theirs))


def _own(ours: Embedded, theirs: Embedded) -> Iterator[Difference]:
    name = f"account {ours.own.address}"
    for field in ("drops", "sequence", "owner_count", "flags"):
        yield from _compared(name, field, getattr(ours.own, field), getattr(theirs.own, field))
    line, fresh = ours.own.line, theirs.own.line
    if line is None or fresh is None:
        yield from _compared(f"line of {name}", "there", line is not None, fresh is not None)
        return
    for field in ("balance", "limit"):
        yield from _compared(f"line of {name}", field, getattr(line, field), getattr(fresh, field))
    yield from _compared(f"line of {name}", "freezes", ours.freezes_of(ours.own), theirs.freezes_of(theirs.own))


def _pool(ours: Embedded, theirs: Embedded) -> Iterator[Difference]:
    pool, fresh = ours.state.amm, theirs.state.amm
    if pool is None or fresh is None:
        yield from _compared("pool", "there", pool is not None, fresh is not None)
        return
    for field in ("lp_balance", "trading_fee", "slot_account", "slot_expiration_s"):
        yield from _compared("pool", field, getattr(pool, field), getattr(fresh, field))
    yield from _compared("pool", "drops", pool.account.drops, fresh.account.drops)
    yield from _compared("pool", "tokens", _balance(pool.account), _balance(fresh.account))
    if not is_globally_frozen(theirs.issuer):  # a read tells whether the pool is frozen, not by what
        frozen, told = ours.freezes_of(pool.account)[0], theirs.freezes_of(fresh.account)[0]
        yield from _compared("pool", "frozen", frozen, told)


def _books(ours: Embedded, theirs: Embedded) -> Iterator[Difference]:
    listed, fresh = _known_to_both(ours, theirs, ours), _known_to_both(ours, theirs, theirs)
    for index in sorted({**listed, **fresh}):
        one, other = listed.get(index), fresh.get(index)
        if one is None or other is None:
            yield from _compared(f"offer {index}", "there", one is not None, other is not None)
            continue
        for field in ("pays", "gets", "quality", "flags", "expiration"):
            yield from _compared(f"offer {index}", field, getattr(one, field), getattr(other, field))
    sides: tuple[Side, Side] = ("asks", "bids")
    for side in sides:
        among = {index for index in set(listed) & set(fresh) if listed[index].alive and fresh[index].alive}
        yield from _compared(side, "order", _order(ours, side, among), _order(theirs, side, among))
    owners = {(offer.owner.address, isinstance(offer.gets, int)) for offer in fresh.values()}
    for address, gives_xrp in sorted(owners):
        yield from _funds(ours, theirs, address, gives_xrp=gives_xrp)


def _known_to_both(ours: Embedded, theirs: Embedded, of: Embedded) -> dict[str, Offer]:
    found = {}
    for index, offer in of.offers.items():
        side: Side = "asks" if isinstance(offer.gets, int) else "bids"
        if ours.is_within(side, offer.quality) and theirs.is_within(side, offer.quality):
            found[index] = offer
    return found


def _order(embedded: Embedded, side: Side, among: set[str]) -> list[str]:
    """Those offers of a side, in the order of the book."""
    book = embedded.state.asks if side == "asks" else embedded.state.bids
    return [index for index in (offer.key.hex().upper() for offer in book) if index in among]


def _funds(ours: Embedded, theirs: Embedded, address: str, *, gives_xrp: bool) -> Iterator[Difference]:
    known, fresh = ours.state.accounts.get(address), theirs.state.accounts[address]
    if known is None or fresh in (theirs.issuer, theirs.own):
        return
    if gives_xrp:
        yield from _compared(f"account {address}", "liquid drops", _drops(ours, known), _drops(theirs, fresh))
    elif known.line is not None or known in ours.lines_told:
        tokens = ours.state.liquid_tokens(known), theirs.state.liquid_tokens(fresh)
        yield from _compared(f"account {address}", "liquid tokens", *tokens)


def _drops(embedded: Embedded, account: Account) -> int:
    return embedded.state.liquid_drops(account)


def _balance(account: Account) -> Token:
    return ZERO if account.line is None else account.line.balance
