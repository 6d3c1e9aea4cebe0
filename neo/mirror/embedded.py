"""The part of the real ledger that one pair needs, in an embedded one: what is set is what was told, not worked out.

An :class:`Embedded` holds the ledger and knows for each entry whether it was told or is only assumed:

- ``book_offers`` tells what an owner can give, not what it has. An owner known by that alone has a balance that lies
  over its reserve by just so much: exact for every crossing, until the reserve itself changes.
- An offer whose owner's trust line is deep-frozen is never taken: whoever meets it removes it. It is set aside here,
  out of the book, until the line is released.
- A book that was cut off by a request's limit is known down to its last price alone (:attr:`Embedded.known_to`).

Source: ``accountHolds``, ``xrpLiquid``, ``isDeepFrozen`` in View.cpp and ``OfferStream::step`` of the ledger server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from neo.chain.fills import UNREADABLE
from neo.chain.pair import Pair
from neo.ledger import Fees, Ledger, Side, keys, text
from neo.ledger.amendments import Rules
from neo.ledger.amount import Amount, Token
from neo.ledger.entries import GLOBAL_FREEZE, LINE_FREEZE, Account, Offer
from neo.ledger.number import ZERO, negate
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State

# RippleState flags, low and high side. Source: xrpl.org, "RippleState" (amendment DeepFreeze).
DEEP_FREEZE: Final = 0x02000000 | 0x04000000

UNREADABLE_ENTRY: Final = UNREADABLE
"""What entries of a wrong form run into."""

_ROOT_DIGITS: Final = 48  # of a book directory's 64 hex digits, those that all qualities share


class RootFields(msgspec.Struct, frozen=True):
    """What an account's root tells that matters here; ``previous_hash`` is the transaction that changed it last."""

    drops: int
    sequence: int
    owner_count: int
    flags: int
    transfer_rate: int
    tick_size: int
    previous_hash: str

    @classmethod
    def of(cls, fields: Mapping[str, Any], previous_hash: str) -> RootFields:
        """From the entry in the ledger's JSON form; what has its default value may be left out."""
        return cls(
            int(fields["Balance"]),
            count_of(fields, "Sequence"),
            count_of(fields, "OwnerCount"),
            count_of(fields, "Flags"),
            count_of(fields, "TransferRate"),
            count_of(fields, "TickSize"),
            previous_hash,
        )


class LineFields(msgspec.Struct, frozen=True):
    """A trust line of the token in its holder's terms; ``flags`` as on the ledger, qualities as (in, out)."""

    balance: Token
    limit: Token
    issuer_limit: Token
    flags: int
    holder_quality: tuple[int, int]
    issuer_quality: tuple[int, int]
    previous_hash: str

    @classmethod
    def of(cls, fields: Mapping[str, Any], holder: Account, issuer: Account, previous_hash: str) -> LineFields:
        """From the entry in the ledger's JSON form, whose balance is the low account's."""
        holder_is_high = holder.id > issuer.id
        own, other = ("High", "Low") if holder_is_high else ("Low", "High")
        balance = token_of(fields["Balance"])
        return cls(
            negate(balance) if holder_is_high and balance[0] else balance,
            token_of(fields[f"{own}Limit"]),
            token_of(fields[f"{other}Limit"]),
            count_of(fields, "Flags"),
            (count_of(fields, f"{own}QualityIn"), count_of(fields, f"{own}QualityOut")),
            (count_of(fields, f"{other}QualityIn"), count_of(fields, f"{other}QualityOut")),
            previous_hash,
        )


class OfferFields(msgspec.Struct, frozen=True):
    """An offer of the pair's open books. ``index`` is its key in hex, ``place`` its book and its quality there."""

    index: str
    account: str
    sequence: int
    place: tuple[Side, int]
    pays: Amount
    gets: Amount
    flags: int
    expiration_s: int | None
    previous_hash: str

    @classmethod
    def of(cls, index: str, fields: Mapping[str, Any], place: tuple[Side, int], previous_hash: str) -> OfferFields:
        """From the entry in the ledger's JSON form."""
        return cls(
            index,
            fields["Account"],
            count_of(fields, "Sequence"),
            place,
            amount_of(fields["TakerPays"]),
            amount_of(fields["TakerGets"]),
            count_of(fields, "Flags"),
            count_of(fields, "Expiration") if "Expiration" in fields else None,
            previous_hash,
        )


class PoolFields(msgspec.Struct, frozen=True):
    """The pool's own entry; its balances are its account's. The slot is None without a holder."""

    account: str
    shares: Token
    shares_currency: str
    trading_fee: int
    slot: tuple[tuple[str, ...], int] | None
    previous_hash: str

    @classmethod
    def of(cls, fields: Mapping[str, Any], previous_hash: str) -> PoolFields:
        """From the entry in the ledger's JSON form."""
        shares, slot = fields["LPTokenBalance"], fields.get("AuctionSlot")
        users = None
        if slot is not None and "Account" in slot:
            allowed = [each["AuthAccount"]["Account"] for each in slot.get("AuthAccounts", ())]
            users = ((slot["Account"], *allowed), count_of(slot, "Expiration"))
        fee = count_of(fields, "TradingFee")
        return cls(fields["Account"], token_of(shares), shares["currency"], fee, users, previous_hash)


def count_of(fields: Mapping[str, Any], name: str) -> int:
    """A whole number of the ledger's JSON; 0 is left out of new entries.

    Raises:
        TypeError: It is something else.
    """
    value = fields.get(name, 0)
    if type(value) is not int:
        raise TypeError(f"{name} is {value!r}, not a whole number")
    return value


def amount_of(value: Any) -> Amount:
    """Drops or tokens of the ledger's JSON."""
    return int(value) if isinstance(value, str) else token_of(value)


def directories_of(fields: Mapping[str, Any]) -> list[str]:
    """Every book directory that an offer is in: its own, and a hybrid one's in the open book."""
    further = fields.get("AdditionalBooks", ())
    return [fields["BookDirectory"], *(each["Book"]["BookDirectory"] for each in further)]


def token_of(amount: Mapping[str, Any]) -> Token:
    """A token amount of the ledger's JSON."""
    return text.parse_token(amount["value"])


class Embedded:
    """The embedded ledger of one pair, and how much of the real one is in it.

    Args:
        pair: Ours.
        fees: The voted amounts.
        amendments: Those in force, as far as the embedded ledger knows them.

    Attributes:
        ledger: Open for what comes after the ledger that was told.
        offers: Every offer of the pair's open books that is known, by its key in hex; those set aside too.
        roots: Every account that is known, by its root's key in hex.
        holders: Whose trust line of the token an entry is, by its key in hex.
        assumed: Whose balance of XRP is only as much as it can give.
        lines_told: Whose trust line was told in full, or told not to be there.
        unfrozen: Whose line was not frozen at some moment since which all of its changes are told.
        known_to: For each side the worst quality down to which all of the book is known; None: all of it.
    """

    def __init__(self, pair: Pair, fees: Fees, amendments: frozenset[str]) -> None:
        state = State(currency=pair.currency, issuer=pair.issuer, fees=fees, rules=Rules.of(amendments))
        self.pair = pair
        self.ledger = Ledger(state, amendments)
        self.state = state
        self.offers: dict[str, Offer] = {}
        self.roots: dict[str, Account] = {}
        self.holders: dict[str, Account] = {}
        self.assumed: set[Account] = set()
        self.lines_told: set[Account] = set()
        self.unfrozen: set[Account] = set()
        self.known_to: dict[Side, int | None] = {"asks": None, "bids": None}
        self._deep_frozen: set[Account] = set()
        self._sides: dict[str, Side] = {_root_of(state.asks.base): "asks", _root_of(state.bids.base): "bids"}
        self.issuer = self.account(pair.issuer)
        self.own = self.account(pair.account)
        self.pool_index = hex_of(keys.amm_key(state.issuer.id, state.currency_id))

    # --- finding ---

    def place_of(self, directories: Iterable[str]) -> tuple[Side, int] | None:
        """Side and quality of the directory that is one of the open books', or None: the offer is for another pair.

        An offer's price is told by its directory's key alone. A hybrid offer has the domain's directory first.

        One whose price can't be written down lies at 0, before the best of all. It is in no book that anybody reads or
        takes from: whoever walks a book begins behind that place. Source: ``getRate`` in STAmount.cpp and
        ``BookTip::step`` of the ledger server.
        """
        for directory in directories:
            side = self._sides.get(directory[:_ROOT_DIGITS])
            if side is not None:
                quality = int(directory[_ROOT_DIGITS:], 16)
                return (side, quality) if quality else None
        return None

    def account(self, address: str) -> Account:
        """An account by its address; one that was not known has nothing yet."""
        found = self.state.accounts.get(address)
        if found is None:
            found = self.state.create_account(address, sequence=0)
            self.roots[hex_of(found.key)] = found
        return found

    def is_set_aside(self, offer: Offer) -> bool:
        """Whether an offer can't be taken because its owner's line is deep-frozen."""
        return offer.owner in self._deep_frozen

    def is_within(self, side: Side, quality: int) -> bool:
        """Whether all of the book is known at this quality."""
        limit = self.known_to[side]
        return limit is None or quality <= limit

    # --- setting what was told ---

    def set_root(self, account: Account, fields: RootFields) -> None:
        """An account's root as it was told."""
        account.drops = fields.drops
        account.sequence = fields.sequence
        account.owner_count = fields.owner_count
        account.flags = fields.flags
        account.transfer_rate = fields.transfer_rate
        account.tick_size = fields.tick_size
        account.previous_hash = fields.previous_hash
        self.assumed.discard(account)

    def assume_root(self, account: Account, liquid_drops: int) -> None:
        """An account of which is known only how much XRP it can give."""
        account.owner_count = 0
        account.drops = liquid_drops + self.state.fees.reserve_drops(0)
        self.assumed.add(account)

    def set_line(self, holder: Account, fields: LineFields) -> None:
        """A holder's trust line as it was told; a change of its deep freeze moves the holder's offers."""
        line = holder.line
        if line is None:
            count = holder.owner_count
            line = self.state.create_line(
                holder, self.issuer, self.pair.currency, payer=holder, flags_for_payer=(), balance=ZERO
            )
            holder.owner_count = count
            self.holders[hex_of(line.key)] = holder
        line.balance, line.limit, line.issuer_limit = fields.balance, fields.limit, fields.issuer_limit
        line.flags = fields.flags
        line.quality_in, line.quality_out = fields.holder_quality
        line.issuer_quality_in, line.issuer_quality_out = fields.issuer_quality
        line.previous_hash = fields.previous_hash
        self.lines_told.add(holder)
        self._set_deep_frozen(holder, is_frozen=bool(fields.flags & DEEP_FREEZE))

    def assume_line(self, holder: Account, balance: Token, *, is_frozen: bool = False) -> None:
        """A line of which is known only what its holder can give of the token: if that is nothing, it may be frozen."""
        self.set_line(holder, LineFields(balance, ZERO, ZERO, 0, (0, 0), (0, 0), ""))
        self.lines_told.discard(holder)
        line = holder.line
        if is_frozen and line is not None:
            line.flags |= LINE_FREEZE[1 - line.holder_is_high]
        elif balance != ZERO:
            self.unfrozen.add(holder)

    def doubt_lines(self) -> None:
        """A global freeze has ended, under which nothing was told of lines that were not read."""
        for holder in list(self.holders.values()):
            if holder not in self.lines_told and holder.line is not None and holder.line.balance == ZERO:
                self.drop_line(holder)
                self.lines_told.discard(holder)

    def drop_line(self, holder: Account) -> None:
        """A holder has no trust line."""
        line = holder.line
        if line is not None:
            self.state.delete_line(line)
            self.holders.pop(hex_of(line.key), None)
        self.lines_told.add(holder)
        self._set_deep_frozen(holder, is_frozen=False)

    def put_offer(self, fields: OfferFields) -> Offer:
        """An offer, behind those of its quality that are known already.

        Raises:
            ValueError: One of its amounts is not what that book trades.
        """
        side, quality = fields.place
        _require_amounts(side, fields.pays, fields.gets)
        book = self.state.asks if side == "asks" else self.state.bids
        offer = Offer(
            bytes.fromhex(fields.index),
            self.account(fields.account),
            fields.sequence,
            fields.pays,
            fields.gets,
            quality,
            fields.flags,
            fields.expiration_s,
            book.home_of(self.state.journal, quality),
            alive=False,
            previous_hash=fields.previous_hash,
        )
        self.offers[fields.index] = offer
        self._list(offer)
        if self.is_set_aside(offer):
            self._unlist(offer)
        return offer

    def change_offer(self, offer: Offer, pays: Amount, gets: Amount) -> None:
        """What is left of an offer.

        Raises:
            ValueError: One of its amounts is not what its book trades.
        """
        _require_amounts("asks" if isinstance(offer.gets, int) else "bids", pays, gets)
        offer.pays, offer.gets = pays, gets

    def drop_offer(self, index: str) -> None:
        """An offer has left the ledger."""
        offer = self.offers.pop(index)
        if offer.alive:
            self._unlist(offer)

    def set_pool(self, fields: PoolFields | None) -> None:
        """The pool's entry, or that there is none.

        The embedded ledger knows one holder of the auction slot. Only our own transactions are tried on it, so we are
        the one if we may use the slot, as its holder or by its holder's leave.
        """
        if fields is None:
            self.state.amm = None
            return
        account = self.account(fields.account)
        account.is_amm = True
        account.other = {"AMMID": self.pool_index}
        key, assets = bytes.fromhex(self.pool_index), (None, self.state.token)
        amm = Amm(key, account, fields.shares, fields.shares_currency, fields.trading_fee, assets=assets)
        if fields.slot is not None:
            users, amm.slot_expiration_s = fields.slot
            is_ours = self.pair.account in users
            amm.slot_account = self.pair.account if is_ours else users[0]
        amm.previous_hash = fields.previous_hash
        self.state.amm = amm

    def set_fees(self, fees: Fees) -> tuple[Account, ...]:
        """The voted amounts; returns whose funds are not known any more because the reserve is another."""
        before, self.state.fees = self.state.fees, fees
        if fees.reserve_base_drops == before.reserve_base_drops and fees.reserve_inc_drops == before.reserve_inc_drops:
            return ()
        return tuple(sorted(self.assumed, key=_address))

    def settle(self, *, index: int, close_time_s: int) -> None:
        """All that was told of a closed ledger has been set: open the next one on it."""
        self.state.journal.clear()  # nothing of it is ever undone
        self.ledger.open_at(index=index + 1, close_time_s=close_time_s, parent_close_time_s=close_time_s)

    def forget(self, account: Account) -> None:
        """Drop an account that has no offer; what it has is told again when it comes back with one."""
        self.drop_line(account)
        self.assumed.discard(account)
        self.lines_told.discard(account)
        self.unfrozen.discard(account)
        del self.state.accounts[account.address], self.roots[hex_of(account.key)]

    # --- carrying over ---

    def freezes_of(self, holder: Account) -> tuple[bool, bool]:
        """Whether a holder's line is frozen: ordinarily by the issuer, deeply by either end."""
        line = holder.line
        return line is not None and line.issuer_has(LINE_FREEZE), line is not None and bool(line.flags & DEEP_FREEZE)

    def copy_root(self, account: Account, known: Account) -> None:
        """An account's root as another one knows it."""
        fields = (known.drops, known.sequence, known.owner_count, known.flags, known.transfer_rate, known.tick_size)
        self.set_root(account, RootFields(*fields, known.previous_hash))

    def copy_line(self, holder: Account, known: Account) -> None:
        """A holder's line as another one knows it."""
        line = known.line
        if line is None:
            self.drop_line(holder)
            return
        own = (line.quality_in, line.quality_out)
        other = (line.issuer_quality_in, line.issuer_quality_out)
        fields = LineFields(line.balance, line.limit, line.issuer_limit, line.flags, own, other, line.previous_hash)
        self.set_line(holder, fields)

    # --- the book's lists ---

    def _list(self, offer: Offer) -> None:
        owner = offer.owner
        count = owner.owner_count
        self.state.place_offer(offer)
        owner.owner_count = count  # it is told with the owner's root

    def _unlist(self, offer: Offer) -> None:
        owner = offer.owner
        count = owner.owner_count
        self.state.delete_offer(offer)
        owner.owner_count = count

    def _set_deep_frozen(self, holder: Account, *, is_frozen: bool) -> None:
        if is_frozen == (holder in self._deep_frozen):
            return
        if is_frozen:
            self._deep_frozen.add(holder)
        else:
            self._deep_frozen.discard(holder)
        for offer in [each for each in self.offers.values() if each.owner is holder]:
            if is_frozen:
                self._unlist(offer)
            else:
                book = self.state.asks if isinstance(offer.gets, int) else self.state.bids
                offer.home = book.home_of(self.state.journal, offer.quality)
                self._list(offer)


def _require_amounts(side: Side, pays: Amount, gets: Amount) -> None:
    is_ask = side == "asks"
    if isinstance(gets, int) is not is_ask or isinstance(pays, int) is is_ask:
        raise ValueError(f"the amounts {pays} and {gets} are not what the {side} trade")


def is_globally_frozen(issuer: Account) -> bool:
    """Whether the issuer has frozen all of its token."""
    return bool(issuer.flags & GLOBAL_FREEZE)


def hex_of(key: bytes) -> str:
    """An entry's key as the server writes it."""
    return key.hex().upper()


def _root_of(base: bytes) -> str:
    return hex_of(base)


def _address(account: Account) -> str:
    return account.address
