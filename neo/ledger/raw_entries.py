"""A ledger from its entries as a server shows them: account roots, trust lines, the pool, and all the others.

What is left out of such a list is made up as far as it can be told: directories of owners are put together from the
pages that their entries name. Offers are not read here: a list of entries does not tell the order in a book.

Source: LedgerFormats.cpp and ledger_entries.macro of the ledger server.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from neo.ledger import directory, keys, text
from neo.ledger.amount import Token
from neo.ledger.entries import Account, Directory, Entry, Page, TrustLine
from neo.ledger.json_forms import JsonObject, SavedJson
from neo.ledger.number import negate
from neo.ledger.other_entries import OtherEntry
from neo.ledger.pool_entry import Amm, Vote
from neo.ledger.state import State

_HEX_CODE = 40  # the length of a currency code that is no three letters; a pool share's starts with 03
_ASSETS = ("Asset", "Asset2")  # what a pool holds
_COMMON = {"LedgerEntryType", "PreviousTxnID", "PreviousTxnLgrSeq", "index"}
_ROOT = {"Account", "Balance", "Flags", "OwnerCount", "Sequence", "TransferRate", "TickSize", *_COMMON}

# Where each kind of entry stands: (the field that names an owner, the field that names the page of its directory).
_PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "Check": (("Account", "OwnerNode"), ("Destination", "DestinationNode")),
    "Credential": (("Issuer", "IssuerNode"), ("Subject", "SubjectNode")),
    "DepositPreauth": (("Account", "OwnerNode"),),
    "Escrow": (("Account", "OwnerNode"), ("Destination", "DestinationNode"), ("Amount", "IssuerNode")),
    "PayChannel": (("Account", "OwnerNode"), ("Destination", "DestinationNode")),
    "PermissionedDomain": (("Owner", "OwnerNode"),),
    "SignerList": (("Owner", "OwnerNode"),),
    "Ticket": (("Account", "OwnerNode"),),
}


def put(state: State, entries: Iterable[SavedJson]) -> None:
    """Bring entries into a ledger that has none of them.

    Args:
        entries: each with its ``index`` and its ``LedgerEntryType``.

    Raises:
        KeyError: an entry lacks a field, or the account that owns it is not among them.
        ValueError: a field cannot be read, or an entry is an offer.
    """
    rest = []
    for entry in entries:
        if entry["LedgerEntryType"] == "AccountRoot":
            _put_root(state, entry)
        else:
            rest.append(entry)
    placed: dict[Account, dict[int, list[Entry]]] = {}
    for entry in rest:
        for account, page, made in _READERS.get(entry["LedgerEntryType"], _other)(state, entry):
            placed.setdefault(account, {}).setdefault(page, []).append(made)
    for account, pages in placed.items():
        _list(account.owned, pages)
    state.journal.clear()


def _thread(entry: Entry, told: SavedJson) -> None:
    entry.previous_hash = told.get("PreviousTxnID", "")
    entry.previous_ledger = told.get("PreviousTxnLgrSeq", 0)


def _put_root(state: State, told: SavedJson) -> None:
    account = state.create_account(told["Account"], sequence=told["Sequence"])
    set_root(account, told)
    _thread(account, told)


def set_root(account: Account, told: SavedJson) -> None:
    """Make an account's root what is told of it, its thread aside.

    Raises:
        KeyError: a field is missing.
        ValueError: a field cannot be read.
    """
    account.sequence, account.flags = told["Sequence"], told["Flags"]
    account.drops = int(told["Balance"])
    account.owner_count = told["OwnerCount"]
    account.transfer_rate = told.get("TransferRate", 0)
    account.tick_size = told.get("TickSize", 0)
    account.is_amm = "AMMID" in told
    account.other = {name: value for name, value in told.items() if name not in _ROOT}


_Placed = list[tuple[Account, int, Entry]]


def new_line(state: State, told: SavedJson) -> TrustLine:
    """A trust line that no account has yet, and that stands in no directory.

    Its holder is who may hold something over it: not the issuer of a known token, and not a pool.

    Raises:
        KeyError: a field is missing.
        ValueError: a field cannot be read.
    """
    low, high = (_account(state, told[name]["issuer"]) for name in ("LowLimit", "HighLimit"))
    holder, issuer = (high, low) if _issues(state, low, high, told) else (low, high)
    line = TrustLine(bytes.fromhex(told["index"]), holder, issuer, told["Balance"]["currency"])
    set_line(line, told)
    return line


def _line(state: State, told: SavedJson) -> _Placed:
    line = new_line(state, told)
    holder, issuer = line.holder, line.issuer
    own, other = ("High", "Low") if line.holder_is_high else ("Low", "High")
    line.holder_page, line.issuer_page = int(told[f"{own}Node"], 16), int(told[f"{other}Node"], 16)
    _thread(line, told)
    holder.lines[line.key] = line
    if state.is_of_pair(line):
        holder.line = line
    return [(holder, line.holder_page, line), (issuer, line.issuer_page, line)]


def set_line(line: TrustLine, told: SavedJson) -> None:
    """Make a trust line what is told of it, its thread and its pages aside.

    Raises:
        KeyError: a field is missing.
        ValueError: a field cannot be read.
    """
    balance = _token(told["Balance"])
    own, other = ("High", "Low") if line.holder_is_high else ("Low", "High")
    line.balance = negate(balance) if line.holder_is_high and balance[0] else balance
    line.limit, line.issuer_limit = _token(told[f"{own}Limit"]), _token(told[f"{other}Limit"])
    line.flags = told["Flags"]
    line.quality_in, line.quality_out = told.get(f"{own}QualityIn", 0), told.get(f"{own}QualityOut", 0)
    line.issuer_quality_in = told.get(f"{other}QualityIn", 0)
    line.issuer_quality_out = told.get(f"{other}QualityOut", 0)


def _account(state: State, address: str) -> Account:
    """An account by its address; one whose root is not among the entries does nothing, so nothing of it matters."""
    return state.accounts.get(address) or state.create_account(address, sequence=0)


def _issues(state: State, low: Account, high: Account, told: SavedJson) -> bool:
    """Whether the low account is the one that owes over a line."""
    issuers = {token.issuer for token in state.tokens.values()}
    if (low.address in issuers) != (high.address in issuers):
        return low.address in issuers
    if low.is_amm != high.is_amm:
        return low.is_amm is _is_of_shares(told)
    return _token(told["Balance"])[0] < 0 or _token(told["HighLimit"])[0] > 0


def _is_of_shares(told: SavedJson) -> bool:
    currency: str = told["Balance"]["currency"]
    return len(currency) == _HEX_CODE and currency.startswith("03")


def _token(value: SavedJson) -> Token:
    return text.parse_token(value["value"])


def _pool(state: State, told: SavedJson) -> _Placed:
    """A pool; one of a token that the ledger does not know is kept as it is."""
    if not is_known_pool(state, told):
        return _other(state, told)
    amm = _new_pool(state, told)
    _thread(amm, told)
    _enter(state, amm)
    return [(amm.account, int(told.get("OwnerNode", "0"), 16), amm)]


def is_known_pool(state: State, told: SavedJson) -> bool:
    """Whether a pool is of assets that the ledger knows."""
    return all(side is None or side in state.tokens for side in _sides(told))


def open_pool(state: State, told: SavedJson) -> None:
    """Bring a pool in whose account there is already, and its account's directory with it.

    Raises:
        KeyError: a field is missing, or the account.
    """
    amm = _new_pool(state, told)
    amm.alive = False
    directory.insert(state.journal, amm.account.owned, amm)
    state.journal.create(amm)
    _enter(state, amm)


def set_pool(amm: Amm, told: SavedJson) -> None:
    """Make a pool's entry what is told of it, its account and its thread aside.

    Raises:
        KeyError: a field is missing.
    """
    amm.lp_balance, amm.trading_fee = _token(told["LPTokenBalance"]), told.get("TradingFee", 0)
    slot = told.get("AuctionSlot")
    if slot is not None:
        amm.slot_account, amm.slot_expiration_s = slot.get("Account"), slot.get("Expiration", 0)
        amm.slot_fee, amm.slot_price = slot.get("DiscountedFee", 0), _token(slot["Price"])
        amm.slot_users = tuple(user["AuthAccount"]["Account"] for user in slot.get("AuthAccounts", ()))
    votes = [each["VoteEntry"] for each in told.get("VoteSlots", ())]
    amm.votes = tuple(Vote(vote["Account"], vote.get("TradingFee", 0), vote["VoteWeight"]) for vote in votes)


def _new_pool(state: State, told: SavedJson) -> Amm:
    account, shares = state.accounts[told["Account"]], told["LPTokenBalance"]
    one, other = (None if side is None else state.tokens[side] for side in _sides(told))
    key = bytes.fromhex(told["index"])
    amm = Amm(key, account, _token(shares), shares["currency"], 0, assets=(one, other))
    set_pool(amm, told)
    return amm


def _enter(state: State, amm: Amm) -> None:
    """Make a pool the pair's, or one of the others."""
    if state.token in amm.assets and None in amm.assets:
        state.amm = amm
    else:
        state.pools[amm.key] = amm


def _sides(told: SavedJson) -> list[tuple[bytes, str] | None]:
    """What a pool holds, None for XRP, which a new entry leaves out (``STIssue::isDefault``)."""
    return [None if name not in told else _side(told[name]) for name in _ASSETS]


def _side(asset: SavedJson) -> tuple[bytes, str] | None:
    if "mpt_issuance_id" in asset:
        return (b"", asset["mpt_issuance_id"])  # no currency code, so no token of a ledger's
    return (keys.currency_bytes(asset["currency"]), asset["issuer"]) if "issuer" in asset else None


def _offer(state: State, told: SavedJson) -> _Placed:
    raise ValueError(f"the offer {told['index']} of {state.currency} stands in a book, whose order entries do not tell")


def _other(state: State, told: SavedJson) -> _Placed:
    kind, key = told["LedgerEntryType"], bytes.fromhex(told["index"])
    places = _PLACES.get(kind, (("Account", "OwnerNode"),))
    # Who issued a credential to itself has it in its directory once, though a second page is told.
    places = tuple({told[place[0]]: place for place in reversed(places) if place[1] in told}.values())[::-1]
    fields = own_fields(told, {name for _, name in places})
    entry = OtherEntry(key, kind, fields, state.others)
    entry.pages = tuple((state.accounts[_named(told[owner])], name, int(told[name], 16)) for owner, name in places)
    _thread(entry, told)
    state.others[key] = entry
    return [(account, page, entry) for account, _, page in entry.pages]


def owners_of_new(state: State, kind: str, told: SavedJson) -> list[tuple[Account, str]]:
    """Whose directories a new entry of another kind joins, each with the field that names the page.

    Of an amount it is the issuer; XRP and multi-purpose tokens have none that lists it. Source: Escrow.cpp.
    """
    named: dict[str, str] = {}
    for owner, page in _PLACES.get(kind, (("Account", "OwnerNode"), ("Owner", "OwnerNode"))):
        value = told.get(owner)
        address = value.get("issuer") if isinstance(value, Mapping) else None if owner == "Amount" else value
        if isinstance(address, str):
            named.setdefault(address, page)
    return [(_account(state, address), page) for address, page in named.items()]


def own_fields(told: SavedJson, pages: Collection[str]) -> JsonObject:
    """What an entry of another kind says: its fields but for its key, its type, its thread and its pages."""
    return {name: value for name, value in told.items() if name not in _COMMON and name not in pages}


def _named(value: str | SavedJson) -> str:
    """The account that a field names: by its address, or as the issuer of an amount."""
    issuer: str = value if isinstance(value, str) else value["issuer"]
    return issuer


def _list(owned: Directory[Entry], pages: Mapping[int, list[Entry]]) -> None:
    """The pages of an owner, in the order of their numbers; the first is there even where no entry names it."""
    numbers = sorted({0, *pages})
    for number, before, after in zip(numbers, [numbers[-1], *numbers], [*numbers[1:], 0], strict=False):
        page = Page(keys.page_key(owned.root, number), owned, number)
        page.entries = tuple(sorted(pages.get(number, ()), key=_by_key))
        page.next, page.previous = after, before
        owned.pages[number] = page


def _by_key(entry: Entry) -> bytes:
    return entry.key


_READERS: dict[str, Callable[[State, SavedJson], _Placed]] = {
    "AMM": _pool,
    "Offer": _offer,
    "RippleState": _line,
}
