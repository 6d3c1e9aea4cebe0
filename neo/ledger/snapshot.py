"""A whole ledger as plain data, and back: what a restart reads is the ledger that was written, entry for entry.

The data is JSON: objects, lists, strings and whole numbers. Entries are named by their keys in hex, and a token amount
is ``[mantissa, exponent]``. Pages keep their numbers, their neighbours and their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neo.ledger import keys
from neo.ledger.amendments import Rules
from neo.ledger.amount import Amount, Token
from neo.ledger.book import Book
from neo.ledger.entries import Account, Directory, E, Entry, Offer, Page, TrustLine
from neo.ledger.json_forms import Json, JsonObject, SavedJson
from neo.ledger.number import ZERO
from neo.ledger.other_entries import OtherEntry
from neo.ledger.pool_entry import Amm, Vote
from neo.ledger.state import Fees, State
from neo.ledger.token_kind import TokenKind

FORMAT = 1

_ACCOUNT = ("drops", "sequence", "owner_count", "flags", "transfer_rate", "tick_size", "is_amm", "other")
_LINE = (
    "flags",
    "quality_in",
    "quality_out",
    "issuer_quality_in",
    "issuer_quality_out",
    "holder_page",
    "issuer_page",
)


def write(state: State) -> JsonObject:
    """The ledger as plain data."""
    lines = {line.key: line for account in state.accounts.values() for line in _lines_of(account)}
    data: JsonObject = {
        "format": FORMAT,
        "index": state.index,
        "close_time_s": state.close_time_s,
        "parent_close_time_s": state.parent_close_time_s,
        "currency": state.currency,
        "issuer": state.issuer_address,
        "fees": [state.fees.base_fee_drops, state.fees.reserve_base_drops, state.fees.reserve_inc_drops],
        "accounts": [_write_account(account) for account in state.accounts.values()],
        "lines": [_write_line(line) for line in lines.values()],
        "asks": [_write_quality(home) for home in _homes(state.asks)],
        "bids": [_write_quality(home) for home in _homes(state.bids)],
        "amm": None if state.amm is None else _write_amm(state.amm),
    }
    if len(state.tokens) > 1:
        data |= _write_second(state)
    # Both are left out where there are none, as ledgers were saved before there could be any.
    if state.others:
        data["others"] = [_write_other(entry) for entry in state.others.values()]
    of_domains = _write_books(state, state.domain_books.values())
    if of_domains:
        data["domain_books"] = of_domains
    return data


def _write_books(state: State, books: Iterable[Book]) -> list[JsonObject]:
    """Those of the books in which anything stands, by domain and by what takers pay and get; XRP is number 0."""
    numbers = _numbers(state)
    placed = sorted((book.domain, numbers[book.pays], numbers[book.gets], book) for book in books if book.qualities)
    return [
        {
            **({"domain": domain} if domain else {}),
            "sides": [pays, gets],
            "qualities": [_write_quality(home) for home in _homes(book)],
        }
        for domain, pays, gets, book in placed
    ]


def _write_second(state: State) -> JsonObject:
    """What a ledger has beside its pair: the tokens by number, XRP being 0, and the books and pools between them."""
    numbers = _numbers(state)
    books = [book for book in state.books.values() if book is not state.asks and book is not state.bids]
    pools: list[JsonObject] = [
        {**_write_amm(amm), "sides": [numbers[side] for side in amm.assets]} for amm in state.pools.values()
    ]
    tokens = [[token.currency, token.issuer] for token in state.tokens.values()]
    return {"tokens": tokens, "books": _write_books(state, books), "pools": pools}


def _numbers(state: State) -> dict[TokenKind | None, int]:
    return {token: number for number, token in enumerate((None, *state.tokens.values()))}


def _homes(book: Book) -> list[Directory[Offer]]:
    return [book.directories[quality] for quality in book.qualities]


def _lines_of(account: Account) -> list[TrustLine]:
    return [entry for page in account.owned.pages.values() for entry in page.entries if isinstance(entry, TrustLine)]


def _thread(entry: Entry) -> list[Json]:
    return [entry.previous_hash, entry.previous_ledger]


def _write_account(account: Account) -> JsonObject:
    data: JsonObject = {name: getattr(account, name) for name in _ACCOUNT}
    data["address"] = account.address
    data["owned"] = _write_pages(account.owned)
    data["previous"] = _thread(account)
    return data


def _write_pages(directory: Directory[E]) -> list[JsonObject]:
    return [
        {
            "number": page.number,
            "next": page.next,
            "back": page.previous,
            "entries": [entry.key.hex() for entry in page.entries],
            "previous": _thread(page),
        }
        for _, page in sorted(directory.pages.items())
    ]


def _write_line(line: TrustLine) -> JsonObject:
    data: JsonObject = {name: getattr(line, name) for name in _LINE}
    data |= {
        "key": line.key.hex(),
        "holder": line.holder.address,
        "issuer": line.issuer.address,
        "currency": line.currency,
        "balance": _plain(line.balance),
        "limit": _plain(line.limit),
        "issuer_limit": _plain(line.issuer_limit),
        "previous": _thread(line),
    }
    return data


def _write_quality(home: Directory[Offer]) -> JsonObject:
    """A quality with the offers whose first book it is in; hybrid ones are written with their domain's."""
    offers = [entry for _, page in sorted(home.pages.items()) for entry in page.entries if entry.home is home]
    data: JsonObject = {"quality": home.quality, "pages": _write_pages(home)}
    data["offers"] = [_write_offer(offer) for offer in offers]
    if home.told_quality is not None:
        data["told"] = home.told_quality
    return data


def _write_offer(offer: Offer) -> JsonObject:
    data: JsonObject = {
        "key": offer.key.hex(),
        "owner": offer.owner.address,
        "sequence": offer.sequence,
        "pays": _plain(offer.pays),
        "gets": _plain(offer.gets),
        "flags": offer.flags,
        "expiration": offer.expiration,
        "book_page": offer.book_page,
        "owner_page": offer.owner_page,
        "previous": _thread(offer),
    }
    if offer.open_home is not None:
        data["open"] = [offer.open_home.quality, offer.open_page]
    return data


def _plain(value: Amount) -> Json:
    return value if isinstance(value, int) else list(value)


def _write_amm(amm: Amm) -> JsonObject:
    data: JsonObject = {
        "key": amm.key.hex(),
        "account": amm.account.address,
        "lp_balance": _plain(amm.lp_balance),
        "lp_currency": amm.lp_currency,
        "trading_fee": amm.trading_fee,
        "slot_account": amm.slot_account,
        "slot_expiration_s": amm.slot_expiration_s,
        "previous": _thread(amm),
    }
    if amm.votes or amm.slot_users or amm.slot_fee is not None or amm.slot_price != ZERO:
        data["slot"] = [amm.slot_fee, _plain(amm.slot_price), list(amm.slot_users)]
        data["votes"] = [list(vote) for vote in amm.votes]
    return data


def _write_other(entry: OtherEntry) -> JsonObject:
    return {
        "key": entry.key.hex(),
        "kind": entry.kind,
        "fields": entry.fields,
        "pages": [[account.address, name, page] for account, name, page in entry.pages],
        "previous": _thread(entry),
    }


def read(data: SavedJson, amendments: frozenset[str]) -> State:
    """The ledger that ``write`` made this data from.

    Raises:
        ValueError: data of another format.
        KeyError: something is missing from it.
    """
    if data.get("format") != FORMAT:
        raise ValueError(f"this ledger was saved in format {data.get('format')!r}; this version reads {FORMAT}")
    state = _begin(data, amendments)
    entries: dict[str, Entry] = {}
    for item in data["accounts"]:
        account = state.create_account(item["address"], sequence=0)
        for name in _ACCOUNT:
            setattr(account, name, item[name])
        _rethread(account, item)
    for item in data["lines"]:
        entries[item["key"]] = _read_line(state, item)
    _read_books(state, data, entries)
    if data["amm"] is not None:
        state.amm = _read_amm(state, data["amm"], (None, state.token))
        entries[data["amm"]["key"]] = state.amm
    _read_pools(state, data, entries)
    for item in data.get("others", ()):
        entries[item["key"]] = _read_other(state, item)
    for item in data["accounts"]:
        _read_pages(state.accounts[item["address"]].owned, item["owned"], entries)
    state.journal.clear()
    return state


def _begin(data: SavedJson, amendments: frozenset[str]) -> State:
    """A ledger that has no entries yet."""
    fees = Fees(*data["fees"])
    state = State(currency=data["currency"], issuer=data["issuer"], fees=fees, rules=Rules.of(amendments))
    state.index = data["index"]
    state.close_time_s = data["close_time_s"]
    state.parent_close_time_s = data["parent_close_time_s"]
    for currency, issuer in data.get("tokens", ()):
        state.know(currency, issuer)
    return state


def _read_books(state: State, data: SavedJson, entries: dict[str, Entry]) -> None:
    """Domains' books first: a hybrid offer is written with these, and only named in the open one."""
    tokens = (None, *state.tokens.values())
    hybrids: dict[str, Offer] = {}
    for told in data.get("domain_books", ()):
        pays, gets = told["sides"]
        for item in told["qualities"]:
            _read_quality(state, state.book(tokens[pays], tokens[gets], told["domain"]), item, entries, hybrids)
    for book, side in ((state.asks, "asks"), (state.bids, "bids")):
        for item in data[side]:
            _read_quality(state, book, item, entries, hybrids)
    for told in data.get("books", ()):
        pays, gets = told["sides"]
        for item in told["qualities"]:
            _read_quality(state, state.book(tokens[pays], tokens[gets]), item, entries, hybrids)


def _read_pools(state: State, data: SavedJson, entries: dict[str, Entry]) -> None:
    tokens = (None, *state.tokens.values())
    for item in data.get("pools", ()):
        one, other = item["sides"]
        amm = _read_amm(state, item, (tokens[one], tokens[other]))
        state.pools[amm.key] = amm
        entries[item["key"]] = amm


def _rethread(entry: Entry, item: SavedJson) -> None:
    entry.previous_hash, entry.previous_ledger = item["previous"]


def _read_line(state: State, item: SavedJson) -> TrustLine:
    holder, issuer = state.accounts[item["holder"]], state.accounts[item["issuer"]]
    line = TrustLine(bytes.fromhex(item["key"]), holder, issuer, item["currency"])
    for name in _LINE:
        setattr(line, name, item[name])
    line.balance, line.limit = _token(item["balance"]), _token(item["limit"])
    line.issuer_limit = _token(item["issuer_limit"])
    _rethread(line, item)
    holder.lines[line.key] = line
    if state.is_of_pair(line):
        holder.line = line
    return line


def _amount(value: int | list[int]) -> Amount:
    return value if isinstance(value, int) else _token(value)


def _token(value: list[int]) -> Token:
    mantissa, exponent = value
    return mantissa, exponent


def _read_quality(
    state: State, book: Book, item: SavedJson, entries: dict[str, Entry], hybrids: dict[str, Offer]
) -> None:
    home = book.home_of(state.journal, item["quality"])
    home.told_quality = item.get("told")
    named = {key for page in item["pages"] for key in page["entries"]} & hybrids.keys()
    offers = {key: hybrids[key] for key in named}
    for row in item["offers"]:
        owner = state.accounts[row["owner"]]
        offer = Offer(
            bytes.fromhex(row["key"]),
            owner,
            row["sequence"],
            _amount(row["pays"]),
            _amount(row["gets"]),
            item["quality"],
            row["flags"],
            row["expiration"],
            home,
            row["book_page"],
            row["owner_page"],
        )
        if "open" in row:
            at, offer.open_page = row["open"]
            offer.open_home = state.book(book.pays, book.gets).home_of(state.journal, at)
            hybrids[row["key"]] = offer
        _rethread(offer, row)
        owner.offers[offer.sequence] = offer
        offers[row["key"]] = offer
    entries |= offers
    _read_pages(home, item["pages"], offers)


def _read_pages(directory: Directory[E], rows: list[SavedJson], entries: Mapping[str, E]) -> None:
    for row in rows:
        page = Page(keys.page_key(directory.root, row["number"]), directory, row["number"])
        page.next, page.previous = row["next"], row["back"]
        page.entries = tuple(entries[key] for key in row["entries"])
        _rethread(page, row)
        directory.pages[page.number] = page


def _read_amm(state: State, item: SavedJson, assets: tuple[TokenKind | None, TokenKind | None]) -> Amm:
    amm = Amm(
        bytes.fromhex(item["key"]),
        state.accounts[item["account"]],
        _token(item["lp_balance"]),
        item["lp_currency"],
        item["trading_fee"],
        item["slot_account"],
        item["slot_expiration_s"],
        assets=assets,
    )
    if "slot" in item:
        amm.slot_fee, price, users = item["slot"]
        amm.slot_price, amm.slot_users = _token(price), tuple(users)
        amm.votes = tuple(Vote(*vote) for vote in item["votes"])
    _rethread(amm, item)
    return amm


def _read_other(state: State, item: SavedJson) -> OtherEntry:
    key = bytes.fromhex(item["key"])
    entry = OtherEntry(key, item["kind"], item["fields"], state.others)
    entry.pages = tuple((state.accounts[address], name, page) for address, name, page in item["pages"])
    _rethread(entry, item)
    state.others[key] = entry
    return entry
