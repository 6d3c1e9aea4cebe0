"""One ledger of an embedded network in the forms in which a ledger server writes it: entries, lines, offers, the pool.

Written by hand from the entries' own fields, and held against recorded answers by the server's test.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from neo.ledger import Ledger, keys, quality, text, views
from neo.ledger.directory import contents
from neo.ledger.entries import (
    LINE_AUTH,
    LINE_DEEP_FREEZE,
    LINE_FREEZE,
    LINE_NO_RIPPLE,
    Account,
    Offer,
    Page,
)
from neo.ledger.number import negate
from neo.ledger.pool_entry import Amm
from neo.ledger.token_kind import asset_id

Json = dict[str, Any]

AMENDMENTS_KEY = "7DB0788C020F02780A673DC74757F23823FA3014C1866E72CC4CD8B226CD6EF4"
FEES_KEY = "4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NO_ID = "0" * 40
_SLOT_S = 86_400
_SLOT_PARTS = 20
_ACCOUNT_FLAGS = {
    "allowTrustLineClawback": 0x80000000,
    "allowTrustLineLocking": 0x40000000,
    "defaultRipple": 0x00800000,
    "depositAuth": 0x01000000,
    "disableMasterKey": 0x00100000,
    "disallowIncomingCheck": 0x08000000,
    "disallowIncomingNFTokenOffer": 0x04000000,
    "disallowIncomingPayChan": 0x10000000,
    "disallowIncomingTrustline": 0x20000000,
    "disallowIncomingXRP": 0x00080000,
    "globalFreeze": 0x00400000,
    "noFreeze": 0x00200000,
    "passwordSpent": 0x00010000,
    "requireAuthorization": 0x00040000,
    "requireDestinationTag": 0x00020000,
}


class OwnedPage(NamedTuple):
    """What an account owns, as far as it was read: the entries, and where to go on."""

    rows: list[Json]
    marker: str | None


class MarkerError(ValueError):
    """A marker names nothing that the account owns."""


def account_flags(flags: int) -> Json:
    """An account's flags by their names."""
    return {name: bool(flags & bit) for name, bit in _ACCOUNT_FLAGS.items()}


def amendment_id(name: str) -> str:
    """What the ledger calls an amendment: the hash of its name."""
    return keys.half_hash(name.encode()).hex().upper()


class LedgerRows:
    """Reads one ledger.

    Args:
        ledger: Which; it must not change while this is used.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.state = ledger.state
        self._by_key: dict[str, Any] | None = None

    def account(self, address: str) -> Account | None:
        """An account root, if it is in the ledger."""
        found = self.state.accounts.get(address)
        return found if found is not None and found.alive else None

    # --- Entries ---------------------------------------------------------------------------------------------------

    def entry(self, key: str) -> Json | None:
        """An entry by its key, in JSON."""
        if key == AMENDMENTS_KEY:
            ids = sorted(amendment_id(name) for name in self.ledger.amendments)
            return {"Amendments": ids, "Flags": 0, "LedgerEntryType": "Amendments", "index": key}
        if key == FEES_KEY:
            return self._fees(key)
        if self._by_key is None:
            self._by_key = {entry.key.hex().upper(): entry for entry in _entries(self.state)}
        found = self._by_key.get(key)
        return None if found is None else self.json_of(found)

    def _fees(self, key: str) -> Json:
        fees = self.ledger.fees
        return {
            "BaseFeeDrops": str(fees.base_fee_drops),
            "Flags": 0,
            "LedgerEntryType": "FeeSettings",
            "ReserveBaseDrops": str(fees.reserve_base_drops),
            "ReserveIncrementDrops": str(fees.reserve_inc_drops),
            "index": key,
        }

    def json_of(self, entry: Any) -> Json:
        """An entry with all its fields."""
        if isinstance(entry, Account):
            fields = _account_fields(entry)
        elif isinstance(entry, Offer):
            fields = self._offer_fields(entry)
        elif isinstance(entry, Page):
            fields = _page_fields(entry)
        elif isinstance(entry, Amm):
            fields = self._amm_fields(entry)
        else:
            fields = _line_fields(entry)
        thread = {"PreviousTxnID": entry.previous_hash, "PreviousTxnLgrSeq": entry.previous_ledger}
        return fields | thread | {"index": entry.key.hex().upper()}

    def _offer_fields(self, offer: Offer) -> Json:
        fields = {
            "Account": offer.owner.address,
            "BookDirectory": offer.home.root.hex().upper(),
            "BookNode": f"{offer.book_page:x}",
            "Flags": offer.flags,
            "LedgerEntryType": "Offer",
            "OwnerNode": f"{offer.owner_page:x}",
            "Sequence": offer.sequence,
            "TakerGets": views.amount_json(offer.home.sides[1], offer.gets),
            "TakerPays": views.amount_json(offer.home.sides[0], offer.pays),
        }
        return fields if offer.expiration is None else fields | {"Expiration": offer.expiration}

    def _amm_fields(self, amm: Amm) -> Json:
        nothing = {"currency": amm.lp_currency, "issuer": amm.account.address, "value": "0"}
        fields: Json = {
            "Account": amm.account.address,
            "Asset": {"currency": "XRP"},
            "Asset2": {"currency": self.state.currency, "issuer": self.state.issuer_address},
            "AuctionSlot": {
                "Account": amm.slot_account,
                "DiscountedFee": amm.trading_fee // 10,
                "Expiration": amm.slot_expiration_s,
                "Price": nothing,
            },
            "Flags": 0,
            "LPTokenBalance": {**nothing, "value": text.format_token(amm.lp_balance)},
            "LedgerEntryType": "AMM",
            "OwnerNode": "0",
            "TradingFee": amm.trading_fee,
            "VoteSlots": [
                {"VoteEntry": {"Account": amm.slot_account, "TradingFee": amm.trading_fee, "VoteWeight": 100_000}}
            ],
        }
        return fields

    # --- What an account owns --------------------------------------------------------------------------------------

    def lines(self, address: str, limit: int, marker: str | None, peer: str | None) -> OwnedPage:
        """An account's trust lines, in the form of ``account_lines``."""
        page = self._owned(address, limit, marker)
        kept = [_line_row(entry, address) for entry in page.rows if not isinstance(entry, Account | Offer | Page | Amm)]
        return OwnedPage([row for row in kept if peer is None or row["account"] == peer], page.marker)

    def offers(self, address: str, limit: int, marker: str | None) -> OwnedPage:
        """An account's offers, in the form of ``account_offers``."""
        page = self._owned(address, limit, marker)
        return OwnedPage([self._offer_row(entry) for entry in page.rows if isinstance(entry, Offer)], page.marker)

    def _owned(self, address: str, limit: int, marker: str | None) -> Any:
        """The server counts whatever the account owns, and goes on behind the entry that the marker names."""
        entries = list(contents(self.state.accounts[address].owned))
        start = 0
        if marker is not None:
            names = [f"{entry.key.hex().upper()},0" for entry in entries]
            if marker not in names:
                raise MarkerError(marker)
            start = names.index(marker) + 1
        chosen = entries[start : start + limit]
        more = start + limit < len(entries)
        return OwnedPage(chosen, f"{chosen[-1].key.hex().upper()},0" if more and chosen else None)

    def _offer_row(self, offer: Offer) -> Json:
        row = {
            "flags": offer.flags,
            "quality": text.format_token(quality.rate_of(offer.quality)),
            "seq": offer.sequence,
            "taker_gets": views.amount_json(offer.home.sides[1], offer.gets),
            "taker_pays": views.amount_json(offer.home.sides[0], offer.pays),
        }
        return row if offer.expiration is None else row | {"expiration": offer.expiration}

    def objects(self, address: str, kind: str | None, limit: int, marker: str | None) -> OwnedPage:
        """What an account owns, whole, in the form of ``account_objects``; the marker names the next page's first."""
        root = self.state.accounts[address].owned.root.hex().upper()
        rows = [self.json_of(entry) for entry in contents(self.state.accounts[address].owned)]
        rows = [row for row in rows if kind is None or row["LedgerEntryType"] == kind]
        start = 0
        if marker is not None:
            names = [f"{root},{row['index']}" for row in rows]
            if marker not in names:
                raise MarkerError(marker)
            start = names.index(marker)
        rest = rows[start + limit :]
        return OwnedPage(rows[start : start + limit], f"{root},{rest[0]['index']}" if rest else None)

    # --- The market ------------------------------------------------------------------------------------------------

    def book(self, *, gives_xrp: bool, limit: int) -> list[Json]:
        """One direction of the book, in the form of ``book_offers``."""
        rows: list[Json] = []
        for item in views.fund(self.state, self.state.asks if gives_xrp else self.state.bids):
            if len(rows) == limit:
                break
            row = self.json_of(item.offer)
            row["quality"] = text.format_token(quality.rate_of(item.offer.quality))
            if item.is_first:
                row["owner_funds"] = _plain(item.funds)
            if item.gets != item.offer.gets:
                row["taker_gets_funded"] = views.amount_json(item.offer.home.sides[1], item.gets)
                row["taker_pays_funded"] = views.amount_json(item.offer.home.sides[0], item.pays)
            rows.append(row)
        return rows

    def owner_funds(self, address: str, gets: Any) -> str | None:
        """What an account can give of what an offer of its gives, as the streams tell; nothing for its own issue."""
        owner = self.account(address)
        if owner is None or (not isinstance(gets, str) and address == self.state.issuer_address):
            return None
        return _plain(self.state.funds(owner, 0 if isinstance(gets, str) else text.parse_token("0")))

    def pool(self, account: str | None) -> Json | None:
        """The pool, in the form of ``amm_info``; with the shares of one account only, if one is named."""
        amm = self.state.amm
        if amm is None:
            return None
        line = amm.account.line
        shares = amm.lp_balance if account is None else _shares_of(self.state.accounts[account], amm)
        fields = self._amm_fields(amm)
        slot = fields["AuctionSlot"]
        return {
            "account": amm.account.address,
            "amount": str(amm.account.drops),
            "amount2": views.amount_json(self.state.token, text.parse_token("0") if line is None else line.balance),
            "asset2_frozen": line is not None and self.state.is_frozen(amm.account),
            "auction_slot": {
                "account": slot["Account"],
                "discounted_fee": slot["DiscountedFee"],
                "expiration": iso_time(slot["Expiration"]).replace("Z", "+0000"),
                "price": slot["Price"],
                "time_interval": _slot_part(self.ledger.parent_close_time_s, slot["Expiration"]),
            },
            "lp_token": {**slot["Price"], "value": text.format_token(shares)},
            "trading_fee": amm.trading_fee,
            "vote_slots": [
                {"account": vote["Account"], "trading_fee": vote["TradingFee"], "vote_weight": vote["VoteWeight"]}
                for vote in (each["VoteEntry"] for each in fields["VoteSlots"])
            ],
        }


def iso_time(close_time_s: int) -> str:
    """A time of the ledger's as the API writes it."""
    return (_EPOCH + timedelta(seconds=close_time_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def human_time(close_time_s: int) -> str:
    """A time of the ledger's in the other form."""
    return (_EPOCH + timedelta(seconds=close_time_s)).strftime("%Y-%b-%d %H:%M:%S.000000000 UTC")


def all_entries(ledger: Ledger) -> Iterator[Any]:
    """Every entry of a ledger."""
    return _entries(ledger.state)


def _entries(state: Any) -> Iterator[Any]:
    for account in state.accounts.values():
        if not account.alive:
            continue
        yield account
        for page in account.owned.pages.values():
            yield page
            yield from page.entries
    for book in (state.asks, state.bids):
        for home in book.directories.values():
            yield from home.pages.values()
    if state.amm is not None:
        yield state.amm


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, int) else text.format_token(value)


def _slot_part(now_s: int, expiration_s: int) -> int:
    """Which twentieth of the auction slot's day it is."""
    begun_s = expiration_s - _SLOT_S
    return min(_SLOT_PARTS, max(0, (now_s - begun_s) * _SLOT_PARTS // _SLOT_S))


def _shares_of(account: Account, amm: Amm) -> Any:
    for entry in contents(account.owned):
        if getattr(entry, "issuer", None) is amm.account:
            return entry.balance
    return text.parse_token("0")


def _account_fields(account: Account) -> Json:
    fields: Json = {
        "Account": account.address,
        "Balance": str(account.drops),
        "Flags": account.flags,
        "LedgerEntryType": "AccountRoot",
        "OwnerCount": account.owner_count,
        "Sequence": account.sequence,
        **account.other,
    }
    if account.transfer_rate:
        fields["TransferRate"] = account.transfer_rate
    if account.tick_size:
        fields["TickSize"] = account.tick_size
    return fields


def _page_fields(page: Page) -> Json:
    home = page.directory
    fields: Json = {
        "Flags": 0,
        "Indexes": [entry.key.hex().upper() for entry in page.entries],
        "LedgerEntryType": "DirectoryNode",
        "RootIndex": home.root.hex().upper(),
    }
    if home.owner is not None:
        fields["Owner"] = home.owner.address
    else:
        pays, gets = ([part.hex().upper() for part in asset_id(side)] for side in home.sides)
        fields["ExchangeRate"] = f"{home.quality:x}"
        fields["TakerPaysCurrency"], fields["TakerPaysIssuer"] = pays
        fields["TakerGetsCurrency"], fields["TakerGetsIssuer"] = gets
    if page.next:
        fields["IndexNext"] = f"{page.next:x}"
    if page.previous:
        fields["IndexPrevious"] = f"{page.previous:x}"
    return fields


def _line_fields(line: Any) -> Json:
    def token(issuer: str, value: Any) -> Json:
        return {"currency": line.currency, "issuer": issuer, "value": text.format_token(value)}

    holder, issuer = ("High", "Low") if line.holder_is_high else ("Low", "High")
    balance = negate(line.balance) if line.holder_is_high and line.balance[0] else line.balance
    return {
        "Balance": token(keys.ISSUERLESS_ADDRESS, balance),
        "Flags": line.flags,
        "LedgerEntryType": "RippleState",
        f"{holder}Limit": token(line.holder.address, line.limit),
        f"{holder}Node": f"{line.holder_page:x}",
        f"{issuer}Limit": token(line.issuer.address, line.issuer_limit),
        f"{issuer}Node": f"{line.issuer_page:x}",
    }


def _line_row(line: Any, address: str) -> Json:
    is_holder = line.holder.address == address
    balance = line.balance if is_holder or not line.balance[0] else negate(line.balance)
    limits = (line.limit, line.issuer_limit) if is_holder else (line.issuer_limit, line.limit)
    row: Json = {
        "account": line.issuer.address if is_holder else line.holder.address,
        "balance": text.format_token(balance),
        "currency": line.currency,
        "limit": text.format_token(limits[0]),
        "limit_peer": text.format_token(limits[1]),
        "quality_in": line.quality_in if is_holder else line.issuer_quality_in,
        "quality_out": line.quality_out if is_holder else line.issuer_quality_out,
    }
    own, other = ("", "_peer") if is_holder else ("_peer", "")
    names = (
        ("no_ripple", LINE_NO_RIPPLE),
        ("freeze", LINE_FREEZE),
        ("deep_freeze", LINE_DEEP_FREEZE),
    )
    for name, flag in names:
        row |= {f"{name}{own}": True} if line.holder_has(flag) else {}
        row |= {f"{name}{other}": True} if line.issuer_has(flag) else {}
    mine, theirs = ("authorized", "peer_authorized") if is_holder else ("peer_authorized", "authorized")
    row |= {mine: True} if line.holder_has(LINE_AUTH) else {}
    row |= {theirs: True} if line.issuer_has(LINE_AUTH) else {}
    return row
