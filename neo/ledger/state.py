"""The ledger's contents and the few ways they can change: move money, count what is owned, place and remove entries.

Everything above (offer streams, payment steps, transactions) reads and writes the ledger through ``State``. Every write
goes through the journal, so any of it can be undone.

Source: View.cpp of the ledger server (``accountHolds``, ``xrpLiquid``, ``accountSend``, ``rippleCredit``,
``trustCreate``, ``trustDelete``, ``offerDelete``, ``adjustOwnerCount``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

from neo.ledger import credits as usable
from neo.ledger import directory, keys
from neo.ledger.amendments import Rules
from neo.ledger.amount import RATE_ONE, TOKENS, Amount, Token
from neo.ledger.book import Book
from neo.ledger.credits import Credits, holding
from neo.ledger.entries import (
    DEFAULT_RIPPLE,
    GLOBAL_FREEZE,
    LINE_FREEZE,
    LINE_NO_RIPPLE,
    LINE_RESERVE,
    Account,
    Directory,
    Offer,
    TrustLine,
)
from neo.ledger.number import ZERO
from neo.ledger.other_entries import OtherEntry
from neo.ledger.pool_entry import Amm
from neo.ledger.state_undo import AccountClosed, AccountOpened, PoolChanged
from neo.ledger.token_kind import TokenKind, asset_id
from neo.ledger.undo import Journal


@dataclass(frozen=True, slots=True)
class Fees:
    """The voted amounts, in drops."""

    base_fee_drops: int = 10
    reserve_base_drops: int = 1_000_000
    reserve_inc_drops: int = 200_000

    def reserve_drops(self, owner_count: int) -> int:
        """What an account that owns this many entries must keep."""
        return self.reserve_base_drops + owner_count * self.reserve_inc_drops


class State:
    """One ledger of one token pair, open for change.

    Attributes:
        index: the ledger being built.
        close_time_s: its close time, in seconds of the ledger's epoch.
        parent_close_time_s: that of the ledger before.
        parent_hash: the hash of the ledger before, if it is known: an account that no key owns is named after it.
        currency, currency_id: the token's code, and the 20 bytes of it.
        issuer_address: who issues it.
        fees: the voted amounts.
        rules: what the amendments in force decide.
        accounts: by address.
        asks, bids: the books.
        domain_books: the books of permissioned domains that have had any offers, by (domain, what takers pay,
            what they get).
        amm: the pool, if any.
        token: the pair's token.
        tokens: the tokens that can be traded here, the pair's first, by (currency, issuer); most ledgers know no other.
        books: every open book by what its takers pay and get, the pair's first.
        pools: the pools of other pairs, by their keys.
        others: entries of which only the fields matter (tickets and the like), by key.
        journal: where every change is written down first.
        stack: what moved in each nested stretch of a running payment, outermost first; empty outside one.
        tells_pages: what a transaction touched is to be told with the pages of directories. They are nearly half of it
            and tell nothing of money or offers: where nobody compares whole metadata they are left out.
    """

    __slots__ = (
        "accounts",
        "amm",
        "asks",
        "bids",
        "books",
        "close_time_s",
        "currency",
        "currency_id",
        "domain_books",
        "fees",
        "index",
        "issuer_address",
        "journal",
        "others",
        "parent_close_time_s",
        "parent_hash",
        "pools",
        "rules",
        "stack",
        "tells_pages",
        "token",
        "tokens",
    )

    def __init__(self, *, currency: str, issuer: str, fees: Fees, rules: Rules) -> None:
        self.currency = currency
        self.currency_id = keys.currency_bytes(currency)
        self.issuer_address = issuer
        self.fees = fees
        self.rules = rules
        self.index = 1
        self.close_time_s = 0
        self.parent_close_time_s = 0
        self.parent_hash: bytes | None = None
        self.others: dict[bytes, OtherEntry] = {}
        self.accounts: dict[str, Account] = {}
        self.token = TokenKind(currency, issuer, is_of_pair=True)
        self.tokens: dict[tuple[bytes, str], TokenKind] = {(self.currency_id, issuer): self.token}
        self.books: dict[tuple[TokenKind | None, TokenKind | None], Book] = {}
        self.asks = self.book(self.token, None)
        self.bids = self.book(None, self.token)
        self.domain_books: dict[tuple[str, TokenKind | None, TokenKind | None], Book] = {}
        self.amm: Amm | None = None
        self.pools: dict[bytes, Amm] = {}
        self.journal = Journal()
        self.stack: list[Credits] = []
        self.tells_pages = True

    # --- reading ---

    @property
    def issuer(self) -> Account:
        """The account that issues the token."""
        return self.accounts[self.issuer_address]

    def know(self, currency: str, issuer: str) -> TokenKind:
        """Take another token in, to be traded beside the pair's; the same object each time."""
        place = (keys.currency_bytes(currency), issuer)
        kind = self.tokens.get(place)
        if kind is None:
            kind = self.tokens[place] = TokenKind(currency, issuer, is_of_pair=False)
        return kind

    def book(self, pays: TokenKind | None, gets: TokenKind | None, domain: str = "") -> Book:
        """The offers whose taker pays one thing and gets the other, None being XRP; a book with none is made.

        Args:
            pays, gets: what the taker pays, and gets.
            domain: the permissioned domain whose book it is, by its key in hex; empty for the open one.
        """
        book = self.domain_books.get((domain, pays, gets)) if domain else self.books.get((pays, gets))
        if book is None:
            base = keys.book_base(*asset_id(pays), *asset_id(gets), domain=bytes.fromhex(domain))
            book = Book(base, pays, gets, domain)
            if domain:
                self.domain_books[domain, pays, gets] = book
            else:
                self.books[pays, gets] = book
        return book

    def pool_between(self, one: TokenKind | None, other: TokenKind | None) -> Amm | None:
        """The pool of two assets, if there is one."""
        pair = self.token
        if (one is pair and other is None) or (one is None and other is pair):
            return self.amm
        return self.pools.get(keys.pool_key(*asset_id(one), *asset_id(other))) if self.pools else None

    def transfer_rate(self, token: TokenKind | None = None) -> int:
        """The transfer rate of a token's issuer, in billionths: of the pair's without."""
        return self.accounts[self.issuer_address if token is None else token.issuer].transfer_rate or RATE_ONE

    def is_frozen(self, account: Account, token: TokenKind | None = None) -> bool:
        """Whether an account's tokens are frozen, all of them or its own (View.cpp ``isFrozen``)."""
        if token is None:
            token = self.token
        line = account.line if token.is_of_pair else account.line_for(token)
        return bool(self.accounts[token.issuer].flags & GLOBAL_FREEZE) if line is None else line.is_frozen

    def is_locked(self, account: Account, token: TokenKind | None = None) -> bool:
        """Whether an account cannot spend its tokens: frozen by the issuer, or deep-frozen by either side."""
        line = account.line if token is None or token.is_of_pair else account.line_for(token)
        return self.is_frozen(account, token) if line is None else line.is_locked

    def liquid_drops(self, account: Account, owner_count_change: int = 0) -> int:
        """The drops an account can spend: its usable balance over its reserve (``xrpLiquid``)."""
        if not account.alive:
            return 0
        balance, owned = account.drops, account.owner_count
        if self.stack:
            balance = usable.usable_drops(self.stack, account, balance)
            owned = usable.usable_owner_count(self.stack, account, owned)
        if account.is_amm:
            return balance
        if owner_count_change:
            owned = max(0, owned + owner_count_change)
        fees = self.fees
        reserve = fees.reserve_base_drops + owned * fees.reserve_inc_drops
        return balance - reserve if balance > reserve else 0

    def liquid_tokens(self, account: Account, token: TokenKind | None = None) -> Token:
        """The tokens an account can spend, nothing if frozen (``accountHolds``). Never asked for the issuer."""
        if token is None:
            token = self.token
        line = account.line if token.is_of_pair else account.line_for(token)
        held = ZERO if line is None or line.is_locked else line.balance
        return usable.usable_tokens(self.stack, holding(account, token), held) if self.stack else held

    @overload
    def funds(self, account: Account, wanted: int, token: TokenKind | None = None) -> int: ...
    @overload
    def funds(self, account: Account, wanted: Token, token: TokenKind | None = None) -> Token: ...
    @overload
    def funds(self, account: Account, wanted: Amount, token: TokenKind | None = None) -> Amount: ...
    def funds(self, account: Account, wanted: Amount, token: TokenKind | None = None) -> Amount:
        """What an account can give of the kind of ``wanted``; an issuer gives all it likes (``accountFunds``).

        Args:
            token: which token it is, if it is one: the pair's without.
        """
        if isinstance(wanted, int):
            return self.liquid_drops(account)
        if account.address == (self.issuer_address if token is None else token.issuer):
            return wanted
        return self.liquid_tokens(account, token)

    def funds_before(self, account: Account, wanted: Amount, token: TokenKind | None) -> Amount:
        """``funds`` as it was before the innermost stretch of the running payment began."""
        inner = self.stack[-1]
        outer = self.stack[:-1]
        if not isinstance(wanted, int):
            if token is None:
                token = self.token
            if account.address == token.issuer:
                return wanted
            held = holding(account, token)
            record = inner.tokens.get(held)
            line = account.line_for(token)
            balance = record[2] if record is not None else (line.balance if line is not None else ZERO)
            return usable.usable_tokens(outer, held, ZERO if self.is_locked(account, token) else balance)
        moved = inner.drops.get(account)
        balance_drops = usable.usable_drops(outer, account, moved[1] if moved is not None else account.drops)
        counts = inner.owner_counts.get(account)
        owned = usable.usable_owner_count(outer, account, account.owner_count if counts is None else counts[0])
        return max(0, balance_drops - self.fees.reserve_drops(owned))

    def has_expired(self, expiration: int | None) -> bool:
        """Whether a time has come: it is compared with the close of the ledger before this one."""
        return expiration is not None and expiration <= self.parent_close_time_s

    # --- money ---

    def send_drops(self, sender: Account | None, receiver: Account | None, drops: int) -> bool:
        """Move drops; either end may be None, to be balanced by another step. False if the sender lacks them."""
        if drops == 0:
            return True
        stack = self.stack
        if sender is not None:
            if sender.drops < drops:
                return False
            if stack:
                stack[-1].note_drops(sender, drops)
            self.journal.touch(sender)
            sender.drops -= drops
        if receiver is not None:
            if stack:
                stack[-1].note_drops(receiver, 0)
            self.journal.touch(receiver)
            receiver.drops += drops
        return True

    def issue(self, holder: Account, amount: Token, token: TokenKind | None = None) -> None:
        """The issuer sends tokens (the pair's without ``token``) to a holder, whose trust line is made if need be."""
        if amount[0] == 0:
            return
        if token is None:
            token = self.token
        line = holder.line if token.is_of_pair else holder.line_for(token)
        if line is None:
            self._open_line_for(holder, amount, token)
            return
        if self.stack:
            held_as = holder if token.is_of_pair else (holder, token)
            self.stack[-1].note_tokens(held_as, ZERO, amount, line.balance)
        self.journal.touch(line)
        line.balance = TOKENS.add(line.balance, amount)

    def redeem(self, holder: Account, amount: Token, token: TokenKind | None = None) -> None:
        """A holder sends tokens to the issuer. A line that this empties and nobody asked for is removed."""
        if amount[0] == 0:
            return
        if token is None:
            token = self.token
        line = holder.line if token.is_of_pair else holder.line_for(token)
        assert line is not None, "tokens are redeemed over a trust line"
        if self.stack:
            held_as = holder if token.is_of_pair else (holder, token)
            self.stack[-1].note_tokens(held_as, amount, ZERO, line.balance)
        self.redeem_over(line, amount)

    def redeem_over(self, line: TrustLine, amount: Token) -> None:
        """``redeem`` over any trust line, outside a payment."""
        holder, before = line.holder, line.balance
        after = TOKENS.subtract(before, amount)
        unused = (
            before[0] > 0 >= after[0]
            and line.holder_has(LINE_RESERVE)
            and line.holder_has(LINE_NO_RIPPLE) != bool(holder.flags & DEFAULT_RIPPLE)
            and not line.holder_has(LINE_FREEZE)
            and line.limit == ZERO
            and not line.quality_in
            and not line.quality_out
        )
        self.journal.touch(line)
        line.balance = after
        if unused:
            self.adjust_owner_count(holder, -1)
            line.flags &= ~LINE_RESERVE[line.holder_is_high]
            if after == ZERO and not line.issuer_has(LINE_RESERVE):
                self.delete_line(line)

    # --- entries ---

    def adjust_owner_count(self, account: Account, change: int) -> None:
        """Count an entry that an account has come to own, or owns no more."""
        count = account.owner_count
        adjusted = count + change if change > 0 else max(0, count + change)
        if self.stack:
            self.stack[-1].note_owner_count(account, count, adjusted)
        self.journal.touch(account)
        account.owner_count = adjusted

    def place_offer(self, offer: Offer) -> None:
        """Put an offer into its owner's directory and at the end of its quality's, and into the ledger."""
        journal = self.journal
        offer.owner_page = directory.insert(journal, offer.owner.owned, offer)
        self.adjust_owner_count(offer.owner, 1)
        offer.book_page = directory.insert(journal, offer.home, offer)
        if offer.open_home is not None:
            offer.open_page = directory.insert(journal, offer.open_home, offer)
        journal.create(offer)
        offer.owner.offers[offer.sequence] = offer

    def delete_offer(self, offer: Offer) -> None:
        """Take an offer out of the ledger (``offerDelete``)."""
        journal = self.journal
        directory.remove(journal, offer.owner.owned, offer.owner_page, offer)
        self._unlist(offer.home, offer.book_page, offer)
        if offer.open_home is not None:
            self._unlist(offer.open_home, offer.open_page, offer)
        self.adjust_owner_count(offer.owner, -1)
        journal.delete(offer)
        del offer.owner.offers[offer.sequence]

    def _unlist(self, home: Directory[Offer], page: int, offer: Offer) -> None:
        directory.remove(self.journal, home, page, offer)
        if not home.pages:
            book = self.domain_books[home.domain, *home.sides] if home.domain else self.books[home.sides]
            book.leave(self.journal, home.quality)

    def _open_line_for(self, holder: Account, amount: Token, token: TokenKind) -> None:
        """Receiving tokens without a trust line makes one, with no limit of the holder's own (``rippleCredit``)."""
        if self.stack:
            self.stack[-1].note_tokens(holding(holder, token), ZERO, amount, ZERO)
        self.create_line(
            holder,
            self.accounts[token.issuer],
            token.currency,
            payer=holder,
            flags_for_payer=() if holder.flags & DEFAULT_RIPPLE else (LINE_NO_RIPPLE,),
            balance=amount,
        )

    def create_line(
        self,
        holder: Account,
        issuer: Account,
        currency: str,
        *,
        payer: Account,
        flags_for_payer: tuple[tuple[int, int], ...],
        balance: Token = ZERO,
        limit: Token = ZERO,
    ) -> TrustLine:
        """Make a trust line; ``payer``, holder or issuer, keeps the reserve and sets the limit (``trustCreate``)."""
        key = keys.line_key(holder.id, issuer.id, keys.currency_bytes(currency))
        line = TrustLine(key, holder, issuer, currency, balance=balance, alive=False)
        by_holder = payer is holder
        side = line.holder_is_high if by_holder else 1 - line.holder_is_high
        line.flags = LINE_RESERVE[side]
        for flag in flags_for_payer:
            line.flags |= flag[side]
        peer = issuer if by_holder else holder
        if not peer.flags & DEFAULT_RIPPLE:
            line.flags |= LINE_NO_RIPPLE[1 - side]
        if by_holder:
            line.limit = limit
        else:
            line.issuer_limit = limit
        self.attach_line(line)
        self.adjust_owner_count(payer, 1)
        return line

    def attach_line(self, line: TrustLine) -> None:
        """Put a line into both owner directories, the low account's first, and into the ledger."""
        journal = self.journal
        journal.create(line)
        if line.holder_is_high:
            line.issuer_page = directory.insert(journal, line.issuer.owned, line)
            line.holder_page = directory.insert(journal, line.holder.owned, line)
        else:
            line.holder_page = directory.insert(journal, line.holder.owned, line)
            line.issuer_page = directory.insert(journal, line.issuer.owned, line)
        line.holder.lines[line.key] = line
        if self.is_of_pair(line):
            journal.touch(line.holder)
            line.holder.line = line

    def is_of_pair(self, line: TrustLine) -> bool:
        """Whether a trust line is for the pair's token."""
        return line.issuer.address == self.issuer_address and line.currency == self.currency

    def delete_line(self, line: TrustLine) -> None:
        """Take a trust line out of the ledger (``trustDelete``)."""
        journal = self.journal
        directory.remove(journal, line.holder.owned, line.holder_page, line)
        directory.remove(journal, line.issuer.owned, line.issuer_page, line)
        if self.is_of_pair(line):
            journal.touch(line.holder)
            line.holder.line = None
        journal.delete(line)
        del line.holder.lines[line.key]

    def create_account(self, address: str, *, sequence: int, flags: int = 0, is_amm: bool = False) -> Account:
        """Add an account root with no drops."""
        identifier = keys.account_id(address)
        account = Account(keys.account_key(identifier), address, identifier, alive=False)
        account.sequence = sequence
        account.flags = flags
        account.is_amm = is_amm
        account.owned = Directory(keys.owner_directory_key(identifier), owner=account)
        self.journal.create(account)
        self.journal.note(AccountOpened(self.accounts, address))
        self.accounts[address] = account
        return account

    def open_pool(self, amm: Amm) -> None:
        """Add the pool, whose account there is already, to a ledger that has none."""
        assert self.amm is None, "a ledger of one pair has one pool"
        directory.insert(self.journal, amm.account.owned, amm)
        self.journal.create(amm)
        self.journal.note(PoolChanged(self))
        self.amm = amm

    def close_pool(self, amm: Amm) -> None:
        """Take the pool and its account, which holds nothing any more, out of the ledger."""
        self.journal.delete(amm)
        self.journal.note(PoolChanged(self))
        self.amm = None
        self.close_account(amm.account)

    def close_account(self, account: Account) -> None:
        """Take an account root out of the ledger."""
        self.journal.delete(account)
        self.journal.note(AccountClosed(self.accounts, account))
        del self.accounts[account.address]

    # --- nested stretches of a payment ---

    def begin(self) -> int:
        """Start a stretch of work that can be taken back as a whole; returns the mark to give to ``abandon``."""
        self.stack.append(Credits())
        return self.journal.mark()

    def keep(self) -> None:
        """End the innermost stretch and keep what it did."""
        stack = self.stack
        done = stack.pop()
        if stack:
            if stack[-1].is_empty:
                stack[-1] = done
            else:
                done.merge_into(stack[-1])

    def abandon(self, mark: int) -> None:
        """End the innermost stretch and undo what it did."""
        self.stack.pop()
        self.journal.rollback(mark)

    def give_up(self, mark: int) -> None:
        """End every stretch, however deep in them something went wrong, and undo what they did."""
        self.stack.clear()
        self.journal.rollback(mark)

    def restart(self, mark: int) -> None:
        """Undo what the innermost stretch did, and go on inside it."""
        self.stack[-1] = Credits()
        self.journal.rollback(mark)
