"""What all transactions have in common: their fields, the checks every one must pass, and how a fee is charged.

Source: Transactor.cpp of the ledger server (``preflight1``, ``checkSeqProxy``, ``checkPriorTxAndLastLedger``,
``checkFee``, ``consumeSeqProxy``, ``payFee``, ``reset``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from neo.ledger import keys, others, text
from neo.ledger.amount import DROPS, DROPS_MAX, TOKENS, Amount
from neo.ledger.entries import DEFAULT_RIPPLE, LINE_NO_RIPPLE, Account, Offer, TrustLine
from neo.ledger.json_forms import JsonObject, TxJson
from neo.ledger.number import AmountRangeError
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind

UNIVERSAL_FLAGS = 0x80000000
SUCCESS = "tesSUCCESS"
MALFORMED = "temMALFORMED"
_TICKET_COUNT = "TicketCount"  # an account's field: how many tickets it has

Issue: TypeAlias = tuple[bytes, str]
"""A token: currency code and issuer's address. XRP is ``XRP``."""

XRP: Issue = (keys.XRP_CURRENCY, "")
FREE_ENTRIES = 2  # an account's first entries need no reserve for a trust line
_COUNT_MAX = 2**32 - 1
_KEY_BYTES = 32
_COUNTS = {
    "CancelAfter",
    "ClearFlag",
    "DestinationTag",
    "Expiration",
    "FinishAfter",
    "Flags",
    "LastLedgerSequence",
    "NFTokenTaxon",
    "OfferSequence",
    "QualityIn",
    "QualityOut",
    "Sequence",
    "SetFlag",
    "SettleDelay",
    "SignerQuorum",
    "SourceTag",
    "TickSize",
    "TicketCount",
    "TicketSequence",
    "TradingFee",
    "TransferFee",
    "TransferRate",
}
_UNSUPPORTED = {"Delegate", "Signers", "AccountTxnID"}  # of whatever type the transaction is
_WHOLE = re.compile("-?[0-9]+")
_BAD_CURRENCY = bytes(12) + b"XRP" + bytes(5)


class UnsupportedTransactionError(ValueError):
    """The transaction uses something this ledger does not have (a token it does not know, a pool of another pair)."""


@dataclass(slots=True)
class Transaction:
    """A transaction with its common fields read.

    Attributes:
        fields: the transaction in the ledger's JSON form.
        counts: those of its fields that are whole numbers.
        sequence: its place among its account's transactions: a sequence number, or a ticket's.
        names_ticket: it names a ticket.
        on_ticket: it takes the place that the ticket holds.
        prior_drops: its account's balance before the fee.
        is_trial: it will be taken back: what it comes to at its end need not be written, if nothing depends on it.
        amounts: its amount fields as far as they have been read.
    """

    fields: TxJson
    counts: dict[str, int]
    hash: str
    kind: str
    account: str
    sequence: int
    fee_drops: int
    flags: int
    names_ticket: bool = False
    on_ticket: bool = False
    prior_drops: int = 0
    is_trial: bool = False
    amounts: dict[str, tuple[Amount, Issue]] = field(default_factory=dict)

    def amount(self, name: str) -> tuple[Amount, Issue]:
        """An amount field and what it is of. Newer servers write a payment's ``Amount`` as ``DeliverMax``.

        Raises:
            ValueError: it is not an amount.
            AmountRangeError: it is out of the ledger's range.
        """
        try:
            return self.amounts[name]
        except KeyError:
            value = self.amounts[name] = amount_field(self.written(name))
            return value

    def written(self, name: str) -> object:
        """An amount field as it was sent."""
        fields = self.fields
        return fields["DeliverMax"] if name == "Amount" and name not in fields else fields[name]

    def destination(self) -> str:
        """The address that a payment names.

        Raises:
            KeyError: it names none.
            TypeError: what it names is no text.
        """
        return self.word("Destination")

    def word(self, name: str) -> str:
        """A field that is a text.

        Raises:
            KeyError: it is not there.
            TypeError: it is no text.
        """
        value = self.fields[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is a text")
        return value

    def key(self, name: str) -> bytes:
        """A field that names an entry of the ledger: 64 hex digits.

        Raises:
            KeyError: it is not there.
            TypeError: it is no text.
            ValueError: it is no key.
        """
        key = bytes.fromhex(self.word(name))
        if len(key) != _KEY_BYTES:
            raise ValueError(f"{name} is the key of an entry, 64 hex digits")
        return key

    def kept(self, *names: str) -> JsonObject:
        """Those of these fields that were given, as an entry keeps them: whole numbers, and texts as they are."""
        fields: JsonObject = {name: self.counts[name] for name in names if name in self.counts}
        return fields | {name: self.word(name) for name in names if name in self.fields and name not in self.counts}

    def domain(self) -> str:
        """The permissioned domain that it names, in hex; empty if none.

        Raises:
            TypeError: what it names is no text.
            ValueError: it is no key.
        """
        if self.fields.get("DomainID") is None:
            return ""
        return self.key("DomainID").hex().upper()

    def has(self, flag: int) -> bool:
        """Whether a flag is set."""
        return self.flags & flag != 0


@dataclass(slots=True)
class Effect:
    """What a transaction came to.

    Attributes:
        result: its code.
        removable: the dead offers that leave the ledger though the transaction fails (``tecKILLED``).
        expired: the credentials that do (``tecEXPIRED``).
        delivered: what a payment delivered, where that differs from what it asked for.
        lines: the trust lines that leave the ledger though the transaction is not done (``tecINCOMPLETE``).
        alone: nothing of anybody but its sender has changed.
    """

    result: str
    removable: Collection[Offer] = field(default=())
    expired: Collection[OtherEntry] = field(default=(), kw_only=True)
    delivered: Amount | None = None
    lines: Collection[TrustLine] = field(default=())
    alone: bool = False


def read(fields: TxJson, tx_hash: str) -> Transaction | str:
    """Read the common fields; a result code if they are malformed.

    Raises:
        UnsupportedTransactionError: it needs what this ledger does not have.
    """
    if not _UNSUPPORTED.isdisjoint(fields):
        name = min(_UNSUPPORTED & fields.keys())
        raise UnsupportedTransactionError(f"the embedded ledger does not know the field {name}")
    kind, account, counts = fields.get("TransactionType"), fields.get("Account"), _counts_of(fields)
    if not isinstance(kind, str) or not isinstance(account, str) or counts is None:
        return MALFORMED
    fee = fields.get("Fee", "0")
    if not isinstance(fee, str) or not ((fee.isdecimal() and fee.isascii()) or _WHOLE.fullmatch(fee)):
        return "temBAD_FEE"
    fee_drops = int(fee)
    if fee_drops < 0 or fee_drops > DROPS_MAX:
        return "temBAD_FEE"
    sequence, flags = counts.get("Sequence", 0), counts.get("Flags", 0)
    if "TicketSequence" not in counts:
        return Transaction(fields, counts, tx_hash, kind, account, sequence, fee_drops, flags)
    place = sequence or counts["TicketSequence"]
    return Transaction(
        fields, counts, tx_hash, kind, account, place, fee_drops, flags, names_ticket=True, on_ticket=not sequence
    )


def _counts_of(fields: TxJson) -> dict[str, int] | None:
    """The fields that are whole numbers; None if a server could not read one of them."""
    counts: dict[str, int] = {}
    for name in _COUNTS.intersection(fields):
        value = fields[name]
        if not isinstance(value, int) or not 0 <= value <= _COUNT_MAX:
            return None
        counts[name] = value
    return counts


def amount_field(value: object) -> tuple[Amount, Issue]:
    """An amount and what it is of.

    Raises:
        ValueError: it is not an amount.
        AmountRangeError: it is out of the ledger's range.
        UnsupportedTransactionError: it is of a multi-purpose token.
    """
    if isinstance(value, str):
        return int(value), XRP
    if isinstance(value, (dict, Mapping)):  # a dict nearly always, which is told faster
        if "mpt_issuance_id" in value:
            refuse_multi_purpose(value)
        currency = keys.currency_bytes(value["currency"])
        if currency == keys.XRP_CURRENCY:
            raise ValueError("XRP is written as a string of drops, not as an object")
        return text.parse_token(value["value"]), (currency, value["issuer"])
    raise ValueError(f"{value!r} is not an amount: write drops as a string, or currency, issuer and value")


def refuse_multi_purpose(named: Mapping[str, object]) -> None:
    """See that an amount, an asset or a step of a path is of no multi-purpose token.

    Raises:
        UnsupportedTransactionError: it is of one.
    """
    if "mpt_issuance_id" in named:
        raise UnsupportedTransactionError("the embedded ledger does not know multi-purpose tokens")


def require_own(state: State, issue: Issue, what: str) -> None:
    """See that an entry is of XRP or of the token of this ledger's pair.

    Raises:
        UnsupportedTransactionError: it is of another token.
    """
    if issue not in (XRP, issue_of(state)):
        raise UnsupportedTransactionError(f"the embedded ledger has one token; this {what} is of another")


def is_legal(amount: Amount) -> bool:
    """Whether an amount of XRP could exist (``isLegalNet``)."""
    return not isinstance(amount, int) or abs(amount) <= DROPS_MAX


def is_positive(amount: Amount) -> bool:
    """Whether an amount is more than nothing."""
    return amount > 0 if isinstance(amount, int) else amount[0] > 0


def exceeds(one: Amount, other: Amount) -> bool:
    """Whether an amount is larger than another of its kind."""
    if isinstance(one, int):
        return one > DROPS.of(other)
    return TOKENS.less(TOKENS.of(other), one)


def is_bad_currency(issue: Issue) -> bool:
    """A token may not call itself XRP."""
    return issue[0] == _BAD_CURRENCY


def issue_of(state: State) -> Issue:
    """The token of this ledger's pair."""
    return (state.currency_id, state.issuer_address)


def token_of(state: State, issue: Issue) -> TokenKind | None:
    """Which token an issue is here, None for XRP.

    Raises:
        UnsupportedTransactionError: it is a token that this ledger does not know.
    """
    if issue == XRP:
        return None
    token = state.tokens.get(issue)
    if token is None:
        raise UnsupportedTransactionError("the embedded ledger knows only the tokens of its own; this is of another")
    return token


def open_line(state: State, account: Account) -> TrustLine:
    """A trust line for tokens that an account is about to be given: it sets no limit of its own."""
    flags = () if account.flags & DEFAULT_RIPPLE else (LINE_NO_RIPPLE,)
    return state.create_line(account, state.issuer, state.currency, payer=account, flags_for_payer=flags)


def check_common(state: State, tx: Transaction, least_fee_drops: int) -> str:
    """The checks every transaction passes before its own: sequence, last ledger, fee (``tesSUCCESS`` or why not)."""
    account = state.accounts.get(tx.account)
    if account is None or not account.alive:
        return "terNO_ACCOUNT"
    if tx.sequence != account.sequence or tx.names_ticket:
        result = _check_place(state, tx, account)
        if result != SUCCESS:
            return result
    last = tx.counts.get("LastLedgerSequence")
    if last is not None and state.index > last:
        return "tefMAX_LEDGER"
    if tx.fee_drops < least_fee_drops:
        return "telINSUF_FEE_P"
    if account.drops < tx.fee_drops:
        return "tecINSUFF_FEE" if account.drops > 0 else "terINSUF_FEE_B"
    return SUCCESS


def _check_place(state: State, tx: Transaction, account: Account) -> str:
    """Whether it is this transaction's turn (``checkSeqProxy``)."""
    if tx.on_ticket:
        if account.sequence <= tx.sequence:
            return "terPRE_TICKET"
        return SUCCESS if keys.ticket_key(account.id, tx.sequence) in state.others else "tefNO_TICKET"
    if tx.names_ticket:
        return "temSEQ_AND_TICKET" if state.rules.tickets else MALFORMED
    if tx.sequence != account.sequence:
        return "terPRE_SEQ" if account.sequence < tx.sequence else "tefPAST_SEQ"
    return SUCCESS


def charge(state: State, tx: Transaction) -> Account:
    """Use up the sequence number or the ticket, and take the fee, as much of it as the account has."""
    account = state.accounts[tx.account]
    tx.prior_drops = account.drops
    state.journal.touch(account)
    account.drops -= min(tx.fee_drops, account.drops)
    if tx.on_ticket:
        _use_ticket(state, account, tx.sequence)
    else:
        account.sequence = tx.sequence + 1
    return account


def tickets_of(account: Account) -> int:
    """How many tickets an account has."""
    count = account.other.get(_TICKET_COUNT, 0)
    assert isinstance(count, int), "a count is a whole number"
    return count


def set_tickets(state: State, account: Account, count: int) -> None:
    """Write down how many tickets an account has; with none it has no such field."""
    others.set_field(state, account, _TICKET_COUNT, count or None)


def _use_ticket(state: State, account: Account, number: int) -> None:
    """Take a ticket out of the ledger (``ticketDelete``)."""
    others.delete(state, state.others[keys.ticket_key(account.id, number)], keep_root=True)
    set_tickets(state, account, tickets_of(account) - 1)
    state.adjust_owner_count(account, -1)


__all__ = ["AmountRangeError", "Effect", "Issue", "Transaction", "UnsupportedTransactionError"]
