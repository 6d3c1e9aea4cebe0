"""The mirror: the pair as the last complete ledger left it, kept level by what validated transactions say they changed.

Metadata tells every changed entry as it is afterwards, so nothing is worked out here: an offer, a balance, a freeze,
the pool are set to what was told. Entries of others' pairs are counted and passed over. What is told of an entry that
we know names the transaction that had changed it last: if that is not the one that we saw last, some were missed, and
the step says so (:attr:`MirrorStep.missed`).

An owner who was not seen before comes with an offer. Its XRP is told in the same metadata, for placing an offer changes
its root. Its tokens are told by ``owner_funds``, which streams (and ``ledger`` with ``owner_funds``) write beside an
OfferCreate, as of the end of the ledger; without that they are unknown, and the offer counts as unfunded until
somebody reads the line (:meth:`Mirror.unknown_lines`). That a bid could be placed proves that the line was not frozen,
that an ask could, that it was not deep-frozen; later changes are told.

Source: xrpl.org, "Transaction Metadata", "AccountRoot", "RippleState", "Offer", "AMM", "FeeSettings".
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.money import plain, price_of, price_of_rate
from neo.desk.preflight import Preview, preview_on
from neo.ledger import Fees, Ledger, Side, quality, text, views
from neo.ledger.amount import RATE_ONE
from neo.ledger.entries import ALLOW_CLAWBACK, LINE_AUTH, REQUIRE_AUTH, Account, Entry, Offer
from neo.messages import Balances, Freeze, LedgerTransaction, Level, MarketState, PoolState
from neo.mirror.assembly import CompleteLedger
from neo.mirror.embedded import (
    UNREADABLE_ENTRY,
    Embedded,
    LineFields,
    OfferFields,
    PoolFields,
    RootFields,
    amount_of,
    directories_of,
    is_globally_frozen,
)

Node = Mapping[str, Any]

# Accounts without an offer that are remembered, so that one who comes back is known; far more than make this market.
ABSENT_MAX: Final = 4_096
_CREATED, _DELETED = "CreatedNode", "DeletedNode"


class MirrorError(ValueError):
    """A ledger that the mirror can't take: it is not the next one, or its metadata lacks the ledger's shape.

    In the second case the mirror is no longer level with any ledger and has to be read anew.
    """


class MirrorStep(msgspec.Struct, frozen=True):
    """What a ledger did to the mirror.

    Args:
        ledger_index: Which.
        passed_over: Changed entries that are none of ours, by their type.
        missed: What shows that transactions were missed before this ledger: entries by type and key.
    """

    ledger_index: int
    passed_over: dict[str, int]
    missed: tuple[str, ...]


class Freezes(msgspec.Struct, frozen=True, kw_only=True):
    """What is frozen of the token: all of it, our line (ordinarily or deeply, by either end), the pool's line."""

    everything: bool
    own_line: bool
    own_line_deeply: bool
    pool: bool

    @property
    def stopping(self) -> tuple[Freeze, ...]:
        """Those that stop both sides: an ordinary freeze leaves our bids buying what can't be sold."""
        told = ((Freeze.LINE, self.own_line), (Freeze.DEEP, self.own_line_deeply), (Freeze.GLOBAL, self.everything))
        return tuple(freeze for freeze, is_set in told if is_set)


class TokenTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer and our line to it ask of whoever trades the token.

    Args:
        tick_size: How many significant digits a rate has; 0 if the issuer sets none.
        transfer_fee_billionths: What the issuer keeps of what passes from holder to holder.
        needs_authorization: Only holders that the issuer has authorized may hold it.
        is_authorized: We are.
        may_claw_back: The issuer can take tokens back.
        line_limit: How much we accept; None without a line.
    """

    tick_size: int
    transfer_fee_billionths: int
    needs_authorization: bool
    is_authorized: bool
    may_claw_back: bool
    line_limit: Decimal | None


class RestingOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer of ours as the ledger has it; ``is_set_aside`` if whoever meets it will only remove it."""

    sequence: int
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    expiration_s: int | None
    is_set_aside: bool


class Mirror:
    """The pair, level with one ledger.

    Args:
        embedded: What a pinned read told.
        ledger_index: Of that read.
        ledger_hash: The same.
    """

    def __init__(self, embedded: Embedded, ledger_index: int, ledger_hash: str) -> None:
        self.embedded = embedded
        self.pair = embedded.pair
        self.ledger_index = ledger_index
        self.ledger_hash = ledger_hash
        self._setters: dict[str, Callable[[str, Node, Node, str], bool]] = {
            "AccountRoot": self._root,
            "RippleState": self._line,
            "AMM": self._pool,
            "FeeSettings": self._fees,
        }
        self._missed: list[str] = []
        self._unsure: dict[str, None] = {}  # owners whose funds of XRP are unknown

    # --- keeping level ---

    def apply(self, ledger: CompleteLedger) -> MirrorStep:
        """Take the next ledger.

        Raises:
            MirrorError: It is another one (the caller's fault), or its metadata can't be read (the server's).
        """
        if ledger.index != self.ledger_index + 1:
            raise MirrorError(f"the mirror is at ledger {self.ledger_index}: ledger {ledger.index} is not the next one")
        passed_over: Counter[str] = Counter()
        self._missed = []
        for take in (functools.partial(self._apply_one, passed_over=passed_over), self._learn_funds):
            for transaction in ledger.transactions:
                try:
                    take(transaction)
                except UNREADABLE_ENTRY as error:
                    what = f"transaction {transaction.tx_hash}: metadata lacks the ledger's shape ({error!r})"
                    raise MirrorError(what) from error
        if ledger.fees is not None:
            self._set_fees(ledger.fees)
        self._forget_absent()
        self.embedded.settle(index=ledger.index, close_time_s=ledger.close_time_s)
        self.ledger_index, self.ledger_hash = ledger.index, ledger.ledger_hash
        return MirrorStep(ledger.index, dict(passed_over), tuple(self._missed))

    def _apply_one(self, transaction: LedgerTransaction, passed_over: Counter[str]) -> None:
        """Offers and the pool first: with them come the accounts whose roots and lines matter."""
        tx_hash = transaction.tx_hash
        later: list[tuple[str, str, Node]] = []
        for entry in transaction.meta["AffectedNodes"]:
            for action, node in entry.items():
                kind = node["LedgerEntryType"]
                if kind == "Offer":
                    if not self._offer(action, node, tx_hash):
                        passed_over[kind] += 1
                elif kind == "AMM":
                    later.insert(0, (kind, action, node))
                elif kind in self._setters:
                    later.append((kind, action, node))
                else:
                    passed_over[kind] += 1
        for kind, action, node in later:
            fields = node.get("NewFields" if action == _CREATED else "FinalFields")
            if fields is None:
                self._thread(self._entry(kind, node["LedgerIndex"]), kind, node, node, tx_hash)
            elif not self._setters[kind](action, node, fields, tx_hash):
                passed_over[kind] += 1

    def _entry(self, kind: str, index: str) -> Entry | None:
        """An entry of which nothing changed but the transaction that it names as its last."""
        if kind == "RippleState":
            holder = self.embedded.holders.get(index)
            return None if holder is None else holder.line
        return self.embedded.roots.get(index) if kind == "AccountRoot" else None

    def _thread(self, entry: Entry | None, kind: str, node: Node, fields: Node, tx_hash: str) -> None:
        """Hold an entry to the transaction that it says had changed it last, and write down this one."""
        if entry is None:
            return
        told = node.get("PreviousTxnID") or fields.get("PreviousTxnID")
        if told is not None and entry.previous_hash and told != entry.previous_hash:
            self._missed.append(f"{kind} {node['LedgerIndex']}")
        entry.previous_hash = tx_hash

    def _offer(self, action: str, node: Node, tx_hash: str) -> bool:
        embedded = self.embedded
        index = node["LedgerIndex"]
        fields = node["NewFields"] if action == _CREATED else node.get("FinalFields")
        offer = embedded.offers.get(index)
        if fields is None:
            self._thread(offer, "Offer", node, node, tx_hash)
            return offer is not None
        if offer is not None:
            self._thread(offer, "Offer", node, fields, tx_hash)
            if action == _DELETED:
                embedded.drop_offer(index)
            else:
                embedded.change_offer(offer, amount_of(fields["TakerPays"]), amount_of(fields["TakerGets"]))
            return True
        place = embedded.place_of(directories_of(fields))
        if place is None:
            return False
        if action != _CREATED and embedded.is_within(*place):
            self._missed.append(f"Offer {index}")
        if action != _DELETED:
            placed = embedded.put_offer(OfferFields.of(index, fields, place, tx_hash))
            if action == _CREATED:
                embedded.unfrozen.add(placed.owner)
        return True

    def _root(self, action: str, node: Node, fields: Node, tx_hash: str) -> bool:
        account = self.embedded.state.accounts.get(fields["Account"])
        if account is None:
            return False
        self._thread(account, "AccountRoot", node, fields, tx_hash)
        was_frozen = is_globally_frozen(account)
        if action == _DELETED:
            self.embedded.set_root(account, RootFields(0, account.sequence, 0, 0, 0, 0, ""))
        else:
            self.embedded.set_root(account, RootFields.of(fields, tx_hash))
        if not account.offers and account not in self._standing():
            account.previous_hash = ""  # filtered streams don't go on telling of who has no offer
        if account is self.embedded.issuer and was_frozen and not is_globally_frozen(account):
            self.embedded.doubt_lines()
        self._unsure.pop(account.address, None)
        return True

    def _line(self, action: str, node: Node, fields: Node, tx_hash: str) -> bool:
        embedded = self.embedded
        low, high = fields["LowLimit"], fields["HighLimit"]
        if low["currency"] != self.pair.currency or self.pair.issuer not in (low["issuer"], high["issuer"]):
            return False
        address = high["issuer"] if low["issuer"] == self.pair.issuer else low["issuer"]
        holder = embedded.state.accounts.get(address)
        if holder is None:
            return False
        if holder.line is not None:
            self._thread(holder.line, "RippleState", node, fields, tx_hash)
        if action == _DELETED:
            embedded.drop_line(holder)
        else:
            embedded.set_line(holder, LineFields.of(fields, holder, embedded.issuer, tx_hash))
        return True

    def _pool(self, action: str, node: Node, fields: Node, tx_hash: str) -> bool:
        embedded = self.embedded
        if node["LedgerIndex"] != embedded.pool_index:
            return False
        self._thread(embedded.state.amm, "AMM", node, fields, tx_hash)
        embedded.set_pool(None if action == _DELETED else PoolFields.of(fields, tx_hash))
        return True

    def _fees(self, action: str, node: Node, fields: Node, tx_hash: str) -> bool:
        del action, node, tx_hash
        if "BaseFeeDrops" in fields:
            names = ("BaseFeeDrops", "ReserveBaseDrops", "ReserveIncrementDrops")
            self._set_fees(Fees(*(int(fields[name]) for name in names)))
        return True

    def _set_fees(self, fees: Fees) -> None:
        if fees != self.embedded.state.fees:
            self._unsure |= {account.address: None for account in self.embedded.set_fees(fees)}

    def _learn_funds(self, transaction: LedgerTransaction) -> None:
        """Take what the owner of a new bid can give from where the server tells it, if nothing better is known."""
        embedded, funds, gets = self.embedded, transaction.tx.get("owner_funds"), transaction.tx.get("TakerGets")
        token = {"currency": self.pair.currency, "issuer": self.pair.issuer}
        if funds is None or not isinstance(gets, dict) or not token.items() <= gets.items():
            return  # of XRP its root tells more, and of another token it says nothing of ours
        owner = embedded.state.accounts.get(transaction.tx["Account"])
        if owner is None or owner is embedded.issuer or owner.line is not None or owner in embedded.lines_told:
            return
        embedded.assume_line(owner, text.parse_token(funds))

    def _standing(self) -> tuple[Account, ...]:
        """Us, the issuer and the pool."""
        amm = self.embedded.state.amm
        return self.embedded.own, self.embedded.issuer, *(() if amm is None else (amm.account,))

    def _forget_absent(self) -> None:
        accounts = self.embedded.state.accounts
        if len(accounts) <= ABSENT_MAX:
            return
        kept = {*self._standing(), *(offer.owner for offer in self.embedded.offers.values())}
        for account in [each for each in accounts.values() if each not in kept]:
            self.embedded.forget(account)

    def learn_line(self, address: str, line: LineFields | None) -> None:
        """What :meth:`unknown_lines` asked for: a line as it was read at :attr:`ledger_index` or later, or that
        there is none. If metadata has told of it meanwhile, that is newer.
        """
        owner = self.embedded.state.accounts.get(address)
        if owner is None or owner in self.embedded.lines_told:
            return
        if line is None:
            self.embedded.drop_line(owner)
        else:
            self.embedded.set_line(owner, line)
        self.embedded.settle(index=self.ledger_index, close_time_s=self.ledger.parent_close_time_s)

    def learn_root(self, address: str, root: RootFields) -> None:
        """What :meth:`unknown_roots` asked for, in the same way."""
        if address in self._unsure:
            del self._unsure[address]
            self.embedded.set_root(self.embedded.state.accounts[address], root)
            self.embedded.settle(index=self.ledger_index, close_time_s=self.ledger.parent_close_time_s)

    def doubt_roots(self, addresses: Collection[str]) -> None:
        """Something of what these accounts did was not told: :meth:`unknown_roots` asks for those who offer XRP.

        What they have of the token is told with the issuer's doings.
        """
        if addresses:
            askers = {offer.owner.address for offer in self.embedded.offers.values() if isinstance(offer.gets, int)}
            self._unsure |= dict.fromkeys(sorted(askers.intersection(addresses)))

    # --- what it tells ---

    @property
    def ledger(self) -> Ledger:
        """The embedded ledger, open for what comes after :attr:`ledger_index`."""
        return self.embedded.ledger

    @property
    def root_hash(self) -> str:
        """The transaction that changed our account's root last; an assembly goes on from it."""
        return self.embedded.own.previous_hash

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers now, by the exact rules."""
        return preview_on(self.ledger, tx, self.pair)

    def market(self, levels_max: int) -> MarketState:
        """The market without our offers: so many levels a side, of what has funds behind it and can be taken."""
        bids, asks = self._levels("bids"), self._levels("asks")
        amm = self.ledger.amm()
        pool = None
        if amm is not None and amm.drops and amm.token:
            pool = PoolState(amm.drops, amm.token, amm.trading_fee, price_of(amm.drops, amm.token))
        return MarketState(_first(bids, levels_max), _first(asks, levels_max), pool, self.freezes().stopping)

    def _levels(self, side: Side) -> Iterator[Level]:
        for item in views.fund(self.embedded.state, self._takable(side)):
            gets = item.gets
            if item.offer.owner is not self.embedded.own and (gets if isinstance(gets, int) else gets[0]) > 0:
                backed = views.backed_offer((item.quality, gets, item.pays))
                yield Level(price_of_rate(backed.quality, of_ask=side == "asks"), backed.drops, backed.tokens)

    def _takable(self, side: Side) -> Iterator[Offer]:
        """The offers of a side as far as all of it is known, but for those that have expired."""
        state = self.embedded.state
        for offer in state.asks if side == "asks" else state.bids:
            if not self.embedded.is_within(side, offer.quality):
                return
            if not state.has_expired(offer.expiration):
                yield offer

    def balances(self) -> Balances:
        """Our account."""
        own, fees = self.embedded.own, self.ledger.fees
        tokens = self.ledger.token_balance(own.address)
        return Balances(
            own.drops,
            plain(tokens if tokens is not None else Decimal(0)),
            fees.reserve_drops(own.owner_count),
            own.owner_count,
            own.sequence,
        )

    def own_offers(self) -> tuple[RestingOffer, ...]:
        """Our offers in the pair's books, oldest first."""
        mine = [offer for offer in self.embedded.offers.values() if offer.owner is self.embedded.own]
        return tuple(self._resting(offer) for offer in sorted(mine, key=_sequence))

    def _resting(self, offer: Offer) -> RestingOffer:
        is_ask = isinstance(offer.gets, int)
        drops, tokens = (offer.gets, offer.pays) if is_ask else (offer.pays, offer.gets)
        assert isinstance(drops, int), "one side of an offer of the pair is XRP"
        assert not isinstance(tokens, int), "and the other is the token"
        return RestingOffer(
            sequence=offer.sequence,
            side="asks" if is_ask else "bids",
            price=price_of_rate(text.to_decimal(quality.rate_of(offer.quality)), of_ask=is_ask),
            xrp_drops=drops,
            rlusd=plain(text.to_decimal(tokens)),
            expiration_s=offer.expiration,
            is_set_aside=self.embedded.is_set_aside(offer),
        )

    def freezes(self) -> Freezes:
        """What is frozen."""
        embedded, amm = self.embedded, self.embedded.state.amm
        own_line, own_line_deeply = embedded.freezes_of(embedded.own)
        return Freezes(
            everything=is_globally_frozen(embedded.issuer),
            own_line=own_line,
            own_line_deeply=own_line_deeply,
            pool=amm is not None and embedded.freezes_of(amm.account)[0],
        )

    def token(self) -> TokenTerms:
        """What holds for the token."""
        issuer, line = self.embedded.issuer, self.embedded.own.line
        return TokenTerms(
            tick_size=issuer.tick_size,
            transfer_fee_billionths=max(0, issuer.transfer_rate - RATE_ONE),
            needs_authorization=bool(issuer.flags & REQUIRE_AUTH),
            is_authorized=line is not None and line.issuer_has(LINE_AUTH),
            may_claw_back=bool(issuer.flags & ALLOW_CLAWBACK),
            line_limit=None if line is None else plain(text.to_decimal(line.limit)),
        )

    def depth_known(self, side: Side) -> int | None:
        """How many offers are left of a side that was cut off as it was read; None if all of it is known.

        When few are left, the side has to be read again.
        """
        if self.embedded.known_to[side] is None:
            return None
        return sum(1 for _ in self._takable(side))

    def unknown_lines(self) -> tuple[str, ...]:
        """Owners whose trust line should be read, the best offer's first.

        A bid's owner's because nothing tells what it has; an ask's owner's because it may be deep-frozen, which
        ``book_offers`` does not tell.
        """
        embedded = self.embedded
        bidders = [offer.owner for offer in embedded.state.bids if offer.owner.line is None]
        askers = [offer.owner for offer in embedded.state.asks if offer.owner not in embedded.unfrozen]
        known = embedded.lines_told | {embedded.issuer}
        return tuple(dict.fromkeys(owner.address for owner in (*bidders, *askers) if owner not in known))

    def unknown_roots(self) -> tuple[str, ...]:
        """Owners whose root should be read: the reserve is another since it was told what they can give, or something
        of their doings was not told.
        """
        return tuple(self._unsure)

    def watched(self) -> tuple[str, ...]:
        """Whose transactions change the pair: what filtered streams have to be subscribed to beside both books.

        The issuer stands for every line of the token.
        """
        owners = (offer.owner for offer in self.embedded.offers.values())
        return tuple(dict.fromkeys(account.address for account in (*self._standing(), *owners)))


def _first(levels: Iterator[Level], count: int) -> tuple[Level, ...]:
    return tuple(level for level, _ in zip(levels, range(count), strict=False))


def _sequence(offer: Offer) -> int:
    return offer.sequence
