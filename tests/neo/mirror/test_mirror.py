"""The mirror against recorded markets: after every ledger it has what the ledger has, to the drop and the last digit.

Method: three markets recorded from real servers (``support/recorded_pair.py``), whose metadata a plain table of entries
takes in beside the mirror; the two are compared after every ledger, and with the recorded end. For figures on their
own, single ledgers are made by hand, in the server's shapes. The maker's recorded conversation tells what the server
answered about books, pool and account while the stream went on: the mirror has to say the same.
"""

from __future__ import annotations

import functools
import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import recorded_mirror as recorded
from support.recorded import FAMILIES, scenarios
from support.recorded_pair import Model, of_scenario, recording
from support.spoilt import leaves

from neo.chain.pair import Pair
from neo.desk.preflight import preview_on
from neo.ledger import Fees, Side, text, views
from neo.messages import LedgerTransaction, Level
from neo.mirror.assembly import CompleteLedger, Completeness, LedgerAssembly
from neo.mirror.embedded import LineFields, RootFields
from neo.mirror.mirror import ABSENT_MAX, Mirror, MirrorError
from neo.mirror.pinned_read import start_mirror
from neo.wire.frames import LedgerClosedFrame

MARKETS = ("plain", "mixed", "older")
SIDES: tuple[Side, Side] = ("asks", "bids")
SHORTENED = 30  # every so many ledgers what is slow to work out twice is compared

Fields = dict[str, Any]


def amount(value: Any) -> int | Decimal:
    return int(value) if isinstance(value, str) else Decimal(value["value"])


def known_offers(mirror: Mirror, side: Side) -> list[tuple[object, ...]]:
    """The mirror's book, those set aside behind it."""
    embedded = mirror.embedded
    book = embedded.state.asks if side == "asks" else embedded.state.bids
    aside = [each for each in embedded.offers.values() if embedded.is_set_aside(each)]
    of_side = [each for each in aside if isinstance(each.gets, int) == (side == "asks")]
    return [
        (each.key.hex().upper(), views.plain(each.gets), views.plain(each.pays), each.flags, each.expiration)
        for each in (*book, *of_side)
    ]


def told_offers(model: Model, side: Side) -> list[tuple[object, ...]]:
    return [
        (each["index"], amount(each["TakerGets"]), amount(each["TakerPays"]), each["Flags"], each.get("Expiration"))
        for each in model.offers(asks=side == "asks")
    ]


def require_level(mirror: Mirror, model: Model) -> None:
    """Offers with their order, and roots and lines of their owners, and the pool."""
    for side in SIDES:
        ours, theirs = known_offers(mirror, side), told_offers(model, side)
        aside = sum(mirror.embedded.is_set_aside(each) for each in mirror.embedded.offers.values())
        assert ours == theirs if not aside else set(ours) == set(theirs)
    for offer in mirror.embedded.offers.values():
        owner, root = offer.owner, model.root(offer.owner.address)
        assert (owner.drops, owner.owner_count, owner.flags) == (
            int(root["Balance"]),
            root["OwnerCount"],
            root["Flags"],
        )
        line = model.line(owner.address)
        if line is not None and owner in mirror.embedded.lines_told and owner.line is not None:
            assert text.to_decimal(owner.line.balance) == line["held"]
            assert owner.line.flags == line["Flags"] or owner is mirror.embedded.own
    pool, amm = mirror.ledger.amm(), model.pool()
    assert pool is not None
    assert amm is not None
    line = model.line(amm["Account"])
    assert line is not None
    assert (pool.drops, pool.token) == (int(model.root(amm["Account"])["Balance"]), line["held"])
    assert (pool.lp_token, pool.trading_fee) == (amount(amm["LPTokenBalance"]), amm["TradingFee"])


def require_books(mirror: Mirror, books: Fields) -> None:
    """Both sides as a server told them: order, amounts, and what is funded of each offer."""
    offers = mirror.embedded.offers.values()
    aside = {(each.owner.address, each.sequence) for each in offers if mirror.embedded.is_set_aside(each)}
    for side in SIDES:
        told = [each for each in books[side] if (each["Account"], each["Sequence"]) not in aside]
        for ours, theirs in zip(mirror.ledger.book(side), told, strict=True):
            assert (ours.account, ours.sequence) == (theirs["Account"], theirs["Sequence"])
            assert (ours.taker_gets, ours.taker_pays) == (amount(theirs["TakerGets"]), amount(theirs["TakerPays"]))
            assert ours.expiration_s == theirs.get("Expiration")
            assert ours.funded_gets == amount(theirs.get("taker_gets_funded", theirs["TakerGets"]))
            if "owner_funds" in theirs:  # told with an owner's best offer
                assert ours.owner_funds == Decimal(theirs["owner_funds"])


# --- Recorded markets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MARKETS)
def test_after_every_recorded_ledger_the_mirror_has_what_the_ledger_has(name: str) -> None:
    """450, 300 and 450 ledgers, with no transaction missed in any."""
    recorded_market = recording(name)
    model = Model(recorded_market)
    mirror = start_mirror(model.answers(recorded_market.pair("t1")))
    for ledger in recorded_market.ledgers:
        model.apply(ledger)
        assert mirror.apply(ledger).missed == ()
        require_level(mirror, model)
    assert mirror.ledger_index == recorded_market.end["ledger_index"] or name == "older"


@pytest.mark.parametrize("name", MARKETS)
def test_the_end_is_the_recorded_end(name: str) -> None:
    """Books with funding, pool and accounts as the server told them after the last ledger."""
    recorded_market = recording(name)
    mirror = mirror_at(name, "t1", len(recorded_market.ledgers))
    end = recorded_market.end
    require_books(mirror, end["books"])
    account, balances = end["accounts"]["t1"], mirror.balances()
    assert (balances.xrp_drops, balances.rlusd) == (int(account["xrp_drops"]), Decimal(account["token_balance"]))
    assert (balances.sequence, balances.owner_count) == (account["sequence"], account["owner_count"])
    assert balances.reserve_drops == 1_000_000 + 200_000 * account["owner_count"]
    assert [(each.sequence, each.side) for each in mirror.own_offers()] == [
        (each["seq"], "asks" if isinstance(each["taker_gets"], str) else "bids") for each in account["offers"]
    ]
    pool = mirror.ledger.amm()
    assert pool is not None
    assert (str(pool.drops), pool.token) == (end["amm"]["amount"], Decimal(end["amm"]["amount2"]["value"]))


@pytest.mark.parametrize("family", FAMILIES)
def test_after_every_ledger_of_the_scenarios_the_books_are_the_recorded_ones(family: str) -> None:
    """Transfer fees, ticks, freezes, poor owners, odd amounts: ten scenarios of each family."""
    for scenario in scenarios(family)[:10]:
        market = of_scenario(scenario)
        model = Model(market)
        mirror = start_mirror(model.answers(market.pair("t1")))
        for ledger, step in zip(market.ledgers, scenario["steps"], strict=True):
            model.apply(ledger)
            assert mirror.apply(model.as_streamed(ledger)).missed == ()
            require_books(mirror, step["after"]["books"])
            balances, told = mirror.balances(), step["after"]["accounts"]["t1"]
            assert (str(balances.xrp_drops), balances.sequence) == (told["xrp_drops"], told["sequence"])
            assert balances.rlusd == Decimal(told["token_balance"] or 0)


def mirror_at(name: str, account: str, count: int) -> Mirror:
    """A mirror that was started at the beginning and has taken so many ledgers."""
    recorded_market = recording(name)
    mirror = start_mirror(Model(recorded_market).answers(recorded_market.pair(account)))
    for ledger in recorded_market.ledgers[:count]:
        mirror.apply(ledger)
    return mirror


@pytest.mark.parametrize("start", [40, 200])
@pytest.mark.parametrize("name", MARKETS)
def test_a_mirror_started_in_the_middle_sees_the_same_market(name: str, start: int) -> None:
    """It knows owners by what ``book_offers`` tells of their funds alone, and no line but ours."""
    recorded_market = recording(name)
    model = Model(recorded_market)
    everybody = recorded_market.setup["accounts"].values()
    whole = start_mirror(model.answers(recorded_market.pair("t2"), lines_of=everybody))
    for ledger in recorded_market.ledgers[:start]:
        model.apply(ledger)
        whole.apply(ledger)
    late = start_mirror(model.answers(recorded_market.pair("t2")))
    assert late.embedded.assumed
    for ledger in recorded_market.ledgers[start:]:
        assert late.market(100) == whole.market(100)
        assert late.balances() == whole.balances()
        model.apply(ledger)
        late.apply(model.as_streamed(ledger))
        whole.apply(ledger)
    assert late.market(100) == whole.market(100)


@pytest.mark.parametrize("name", MARKETS)
def test_filtered_streams_of_whom_the_mirror_names_keep_it_level(name: str) -> None:
    """Each ledger brings only what changed the pair's books or an account that was named before it closed."""
    market = recording(name)
    model = Model(market)
    everybody = market.setup["accounts"].values()
    whole = start_mirror(model.answers(market.pair("t1"), lines_of=everybody))
    filtered = start_mirror(model.answers(market.pair("t1")))
    left_out = 0
    for ledger in market.ledgers:
        model.apply(ledger)
        streamed = model.as_streamed(ledger)
        watched = set(filtered.watched())
        heard = tuple(each for each in streamed.transactions if is_heard(each, model, watched))
        left_out += len(streamed.transactions) - len(heard)
        whole.apply(streamed)
        assert filtered.apply(msgspec.structs.replace(streamed, transactions=heard)).missed == ()
        assert filtered.market(100) == whole.market(100)
        assert filtered.balances() == whole.balances()
    assert left_out > 50 or name != "mixed", "what others do elsewhere is not heard"


def is_heard(transaction: LedgerTransaction, model: Model, watched: set[str]) -> bool:
    """Whether a server sends it to a subscriber of both books and of these accounts: whom its metadata names."""
    named = {transaction.tx["Account"]}
    for each in transaction.meta["AffectedNodes"]:
        ((_, node),) = each.items()
        fields = node.get("NewFields") or node.get("FinalFields") or {}
        if node["LedgerEntryType"] == "Offer" and any(
            model.is_of_open_book({"Flags": 0, **fields}, asks=asks) for asks in (True, False)
        ):
            return True
        named |= {fields.get("Account"), fields.get("Destination")}
        named |= {fields[end]["issuer"] for end in ("LowLimit", "HighLimit") if end in fields}
    return bool(named & watched)


def executing(name: str) -> Mirror:
    """An embedded ledger that knows every account of a recorded market, to execute its transactions on."""
    recorded_market = recording(name)
    model = Model(recorded_market)
    mirror = start_mirror(model.answers(recorded_market.pair("t1")))
    embedded = mirror.embedded
    for address in recorded_market.setup["accounts"].values():
        account, line = embedded.account(address), model.line(address)
        embedded.set_root(account, RootFields.of(model.root(address), ""))
        assert line is not None
        embedded.set_line(account, LineFields.of(line, account, embedded.issuer, ""))
    return mirror


def candidates(mirror: Mirror, account: str, pair: Pair) -> list[Fields]:
    """Bids and asks of 50 XRP around the touch, some of which would trade."""
    market = mirror.market(1)
    if not market.bids or not market.asks:
        return []
    prices = [market.bids[0].price * factor for factor in map(Decimal, ("0.999", "1", "1.0005", "1.002", "1.01"))]
    found = []
    for price in prices:
        token = {"currency": pair.currency, "issuer": pair.issuer, "value": f"{(50 * price).quantize(Decimal('1e-9'))}"}
        for gets, pays in (("50000000", token), (token, "50000000")):
            found.append(
                {
                    "TransactionType": "OfferCreate",
                    "Account": account,
                    "Fee": "10",
                    "TakerGets": gets,
                    "TakerPays": pays,
                }
            )
    return found


def test_touch_and_previews_are_those_of_a_ledger_that_executes_everything() -> None:
    """The embedded ledger's exact rules from the first ledger on, beside the mirror that is only told what happened."""
    recorded_market = recording("plain")
    pair = recorded_market.pair("t1")
    other = executing("plain")
    everybody = recorded_market.setup["accounts"].values()
    mirror = start_mirror(Model(recorded_market).answers(pair, lines_of=everybody))
    takes = rests = 0
    for count, ledger in enumerate(recorded_market.ledgers):
        other.ledger.open_at(
            index=ledger.index, close_time_s=ledger.close_time_s, parent_close_time_s=other.ledger.close_time_s
        )
        for transaction in ledger.transactions:
            assert other.ledger.apply(transaction.tx, transaction.tx_hash).result == transaction.result
        other.ledger.close(ledger.close_time_s)
        mirror.apply(ledger)
        if count % SHORTENED:
            continue
        assert mirror.market(60) == other.market(60)
        assert mirror.balances() == other.balances()
        for tx in candidates(mirror, pair.account, pair):
            preview = mirror.preview(tx)
            assert preview == preview_on(other.ledger, tx, pair)
            takes, rests = takes + preview.takes, rests + preview.only_rests
    assert takes >= 20
    assert rests >= 20


def test_hybrid_offers_stand_in_the_open_book_and_domain_offers_do_not() -> None:
    """In the mixed market 119 times a hybrid offer stood after a ledger; the model tells them by flag and domain."""
    recorded_market = recording("mixed")
    model = Model(recorded_market)
    mirror = start_mirror(model.answers(recorded_market.pair("t1")))
    hybrid = domain_only = 0
    for ledger in recorded_market.ledgers:
        model.apply(ledger)
        mirror.apply(ledger)
        for entry in model.of_type("Offer"):
            if "DomainID" in entry:
                is_hybrid = bool(entry["Flags"] & 0x00040000)
                assert (entry["index"] in mirror.embedded.offers) is is_hybrid
                hybrid, domain_only = hybrid + is_hybrid, domain_only + (not is_hybrid)
    assert hybrid == 119
    assert domain_only > 50


def test_a_deep_frozen_owners_offers_are_known_but_not_in_the_market() -> None:
    """t14's bid was there for 45 ledgers that its line was deep-frozen, and nobody met it."""
    recorded_market = recording("mixed")
    mirror = start_mirror(Model(recorded_market).answers(recorded_market.pair("t14")))
    ledgers = 0
    for ledger in recorded_market.ledgers:
        mirror.apply(ledger)
        freezes, offers = mirror.freezes(), mirror.own_offers()
        assert {each.is_set_aside for each in offers} <= {freezes.own_line_deeply}
        ledgers += any(each.is_set_aside for each in offers)
        assert bool(freezes.stopping) is (freezes.own_line or freezes.own_line_deeply or freezes.everything)
    assert ledgers > 10


def test_a_global_freeze_is_seen_and_empties_both_sides_of_the_market() -> None:
    """Of the mixed market's ten ledgers under it, the first was 970; ``book_offers`` tells no funds then."""
    recorded_market = recording("mixed")
    mirror = start_mirror(Model(recorded_market).answers(recorded_market.pair("t1")))
    frozen = []
    for ledger in recorded_market.ledgers:
        mirror.apply(ledger)
        if mirror.freezes().everything:
            frozen.append(ledger.index)
            market = mirror.market(5)
            assert (market.bids, market.asks) == ((), ())
    assert frozen == [970, 971, 1030, 1031, 1090, 1091, 1150, 1151, 1210, 1211]


# --- The maker's conversation ------------------------------------------------------------------------------------


def test_what_the_server_answered_meanwhile_is_what_the_mirror_says() -> None:
    """Stream to ledgers to mirror: every answer about a validated ledger that the mirror stood at agrees with it."""
    mirror = start_mirror(recorded.first_read())
    assembly = LedgerAssembly(
        Completeness.ALL, mirror.ledger_index, recorded.pair().account, mirror.root_hash, mirror.ledger_hash
    )
    compared = dict.fromkeys(("account_info", "account_lines", "account_offers", "amm_info", "book_offers"), 0)
    for each in recorded.told():
        if isinstance(each, recorded.Answer):
            command, result = each.request["command"], each.result
            if command in compared and result.get("ledger_index") == mirror.ledger_index and result.get("validated"):
                compared[command] += agrees(mirror, each.request, result)
            continue
        taken = assembly.take_closed if isinstance(each, LedgerClosedFrame) else assembly.take_transaction
        for ledger in taken(each, 0.0):  # type: ignore[arg-type] # each is what that method takes
            assert mirror.apply(ledger).missed == ()
    assert mirror.ledger_index == 104
    assert compared == {"account_info": 2, "account_lines": 11, "account_offers": 32, "amm_info": 6, "book_offers": 21}


def test_what_a_stream_tells_of_funds_is_as_of_the_ledgers_end_whatever_is_frozen() -> None:
    """Beside every OfferCreate of the record whose owner is known here: so a new owner's can be taken from it."""
    mirror = start_mirror(recorded.first_read())
    assembly = LedgerAssembly(
        Completeness.ALL, mirror.ledger_index, recorded.pair().account, mirror.root_hash, mirror.ledger_hash
    )
    compared = 0
    for each in recorded.stream():
        taken = assembly.take_closed if isinstance(each, LedgerClosedFrame) else assembly.take_transaction
        for ledger in taken(each, 0.0):  # type: ignore[arg-type] # each is what that method takes
            mirror.apply(ledger)
            for transaction in ledger.transactions:
                compared += funds_agree(mirror, transaction)
    assert compared > 40


def funds_agree(mirror: Mirror, transaction: LedgerTransaction) -> bool:
    told, state = transaction.tx.get("owner_funds"), mirror.embedded.state
    owner = state.accounts.get(transaction.tx["Account"])
    gets = transaction.tx.get("TakerGets")
    if told is None or owner is None or owner is mirror.embedded.issuer:
        return False
    if isinstance(gets, str):
        assert state.liquid_drops(owner) == int(told)
    elif gets is None or gets["currency"] != mirror.pair.currency or owner.line is None:
        return False
    else:
        assert text.to_decimal(owner.line.balance) == Decimal(told)
    return True


def agrees(mirror: Mirror, request: Fields, result: Fields) -> bool:
    """Compare one answer; False if it is about somebody else."""
    command, ours = request["command"], mirror.pair
    if command == "amm_info":
        if request.get("asset2", {}).get("currency") != ours.currency:
            return False
        pool, told = mirror.ledger.amm(), result["amm"]
        assert pool is not None
        assert (str(pool.drops), pool.token) == (told["amount"], Decimal(told["amount2"]["value"]))
        assert pool.trading_fee == told["trading_fee"]
        return True
    if command == "book_offers":
        gives_xrp = request["taker_gets"]["currency"] == "XRP"
        token = request["taker_pays" if gives_xrp else "taker_gets"]
        if token.get("issuer") != ours.issuer or token["currency"] != ours.currency or "domain" in request:
            return False
        book = list(mirror.ledger.book("asks" if gives_xrp else "bids"))[: len(result["offers"])]
        told_rows = [
            (each["Account"], each["Sequence"], amount(each["TakerGets"]))
            for each in result["offers"]
            if not mirror.embedded.is_set_aside(mirror.embedded.offers[each["index"]])
        ]
        assert [(each.account, each.sequence, each.taker_gets) for each in book] == told_rows
        return True
    if request.get("account") != ours.account or request.get("marker") is not None:
        return False
    balances = mirror.balances()
    if command == "account_info":
        told = result["account_data"]
        assert (str(balances.xrp_drops), balances.sequence) == (told["Balance"], told["Sequence"])
        assert balances.owner_count == told["OwnerCount"]
    elif command == "account_lines":
        lines = [each for each in result["lines"] if each["account"] == ours.issuer]
        assert [balances.rlusd] == [Decimal(each["balance"]) for each in lines if each["currency"] == ours.currency]
        frozen = [(each.get("freeze_peer", False), each.get("deep_freeze_peer", False)) for each in lines]
        assert [(mirror.freezes().own_line, mirror.freezes().own_line_deeply)] == frozen
    elif "marker" not in result:
        pair_offers = [each for each in result["offers"] if is_of_pair(each, ours)]
        assert [each.sequence for each in mirror.own_offers()] == sorted(each["seq"] for each in pair_offers)
    return True


def is_of_pair(offer: Fields, pair: Pair) -> bool:
    sides = (offer["taker_gets"], offer["taker_pays"])
    tokens = [each for each in sides if not isinstance(each, str)]
    return len(tokens) == 1 and (tokens[0]["currency"], tokens[0]["issuer"]) == (pair.currency, pair.issuer)


# --- By hand -----------------------------------------------------------------------------------------------------

STRANGER = "rDr84zRWiPfb83xQSMdCb3ykiBaSV8oXGQ"


@functools.cache
def _quality(price: str, *, of_ask: bool) -> str:
    """The last 16 digits of a directory at a price in RLUSD per XRP: the exponent + 100, and 16 digits of the rate."""
    rate = Decimal(price) / 10**6 if of_ask else 10**6 / Decimal(price)
    mantissa, exponent = int(rate.scaleb(15 - rate.adjusted())), rate.adjusted() - 15
    return f"{((exponent + 100) << 56) | mantissa:016X}"


class Hand:
    """Ledgers made by hand for a mirror, in the server's shapes."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.count = 0

    def close(self, *nodes: Fields, tx: Fields | None = None, fees: Fees | None = None) -> tuple[str, ...]:
        """The next ledger with one transaction that changed these entries; returns what shows that some was missed."""
        self.count += 1
        meta = {"AffectedNodes": list(nodes), "TransactionIndex": 0, "TransactionResult": "tesSUCCESS"}
        done = LedgerTransaction(f"{self.count:064X}", tx or {"Account": STRANGER}, meta, "tesSUCCESS")
        return self.mirror.apply(
            CompleteLedger(
                index=self.mirror.ledger_index + 1,
                ledger_hash=f"{self.count:064X}",
                close_time_s=self.mirror.ledger.parent_close_time_s + 4,
                transactions=(done,),
                fees=fees,
                delay_s=None,
            )
        ).missed

    def offer(self, *, ask: bool, price: str, xrp: int, sequence: int = 1, **fields: Any) -> Fields:
        """A new offer of the stranger's."""
        pair, state = self.mirror.pair, self.mirror.embedded.state
        value = {"currency": pair.currency, "issuer": pair.issuer, "value": str(xrp * Decimal(price))}
        drops = str(xrp * 10**6)
        base = (state.asks if ask else state.bids).base.hex().upper()
        new = {
            "Account": STRANGER,
            "Sequence": sequence,
            "BookDirectory": base + _quality(price, of_ask=ask),
            "TakerGets": drops if ask else value,
            "TakerPays": value if ask else drops,
            **fields,
        }
        return created("Offer", f"{sequence:064X}", new)

    def root(self, address: str, drops: int, *, owner_count: int = 0, flags: int = 0) -> Fields:
        """An account's root, changed."""
        key = self.mirror.embedded.account(address).key.hex().upper()
        final = {"Account": address, "Balance": str(drops), "OwnerCount": owner_count, "Flags": flags, "Sequence": 9}
        return {"ModifiedNode": {"LedgerEntryType": "AccountRoot", "LedgerIndex": key, "FinalFields": final}}

    def line(self, address: str, value: str, *, flags: int = 0) -> Fields:
        """A holder's line, made."""
        pair, embedded = self.mirror.pair, self.mirror.embedded
        ends = sorted((embedded.account(end).id, end) for end in (address, pair.issuer))
        is_low = ends[0][1] == address
        new: Fields = {"Balance": {"currency": pair.currency, "issuer": "", "value": value if is_low else f"-{value}"}}
        new["Flags"] = flags
        for name, (_, end) in zip(("LowLimit", "HighLimit"), ends, strict=True):
            new[name] = {"currency": pair.currency, "issuer": end, "value": "0"}
        return created("RippleState", "A" * 64, new)


def created(kind: str, index: str, fields: Fields) -> Fields:
    return {"CreatedNode": {"LedgerEntryType": kind, "LedgerIndex": index, "NewFields": fields}}


@pytest.fixture
def hand() -> Hand:
    """A mirror with nothing on the book but what a test puts there."""
    read = recorded.first_read()
    empty = msgspec.structs.replace(read.asks, offers=())
    return Hand(start_mirror(msgspec.structs.replace(read, asks=empty, bids=empty)))


def test_an_ask_is_told_with_what_its_owner_can_give(hand: Hand) -> None:
    """30 XRP, less the reserve of 1 XRP and 0.2 for each of two entries, leave 28.6 of the 100 offered, at 2.05."""
    hand.close(hand.offer(ask=True, price="2.05", xrp=100), hand.root(STRANGER, 30_000_000, owner_count=2))
    assert hand.mirror.market(5).asks == (Level(Decimal("2.05"), 28_600_000, Decimal("58.63")),)


@pytest.mark.parametrize("ask", [True, False])
def test_an_offer_at_a_price_that_cannot_be_written_is_in_no_book(hand: Hand, ask: bool) -> None:
    """Anybody may place one, for all the XRP there is against next to nothing: it is neither the touch nor met."""
    made = hand.offer(ask=ask, price="2", xrp=10)
    fields = made["CreatedNode"]["NewFields"]
    fields["BookDirectory"] = fields["BookDirectory"][:48] + "0" * 16
    fields["TakerPays" if ask else "TakerGets"]["value"] = "1e-81"
    hand.close(made, hand.root(STRANGER, 30_000_000), hand.line(STRANGER, "1000"))
    market = hand.mirror.market(5)
    assert (market.asks, market.bids) == ((), ())
    final = {name: fields[name] for name in ("Account", "Sequence", "BookDirectory", "TakerGets", "TakerPays")}
    gone = {"LedgerEntryType": "Offer", "LedgerIndex": made["CreatedNode"]["LedgerIndex"], "FinalFields": final}
    assert hand.close({"DeletedNode": gone}) == (), "nothing was missed"


def test_an_owner_pays_for_its_better_offer_first(hand: Hand) -> None:
    """With 28.6 XRP to give, 20 go to the ask at 2.05, and 8.6 are left for the one at 2.06."""
    hand.close(hand.offer(ask=True, price="2.06", xrp=20, sequence=1), hand.root(STRANGER, 30_000_000, owner_count=2))
    hand.close(hand.offer(ask=True, price="2.05", xrp=20, sequence=2))
    assert [each.xrp_drops for each in hand.mirror.market(5).asks] == [20_000_000, 8_600_000]


def test_a_new_bidders_tokens_are_known_if_the_server_tells_them(hand: Hand) -> None:
    """Without ``owner_funds`` its line has to be read; with it 40 of the 200 tokens count."""
    bid = hand.offer(ask=False, price="2", xrp=100)
    hand.close(bid, hand.root(STRANGER, 30_000_000))
    assert hand.mirror.market(5).bids == ()
    assert hand.mirror.unknown_lines() == (STRANGER,)
    again = hand.offer(ask=False, price="2", xrp=100, sequence=2)
    pair = hand.mirror.pair
    ours = {"currency": pair.currency, "issuer": pair.issuer, "value": "1"}
    for gets in ("1", ours | {"issuer": STRANGER}, ours | {"currency": "EUR"}, {"mpt_issuance_id": "0", "value": "1"}):
        hand.close(tx={"Account": STRANGER, "TakerGets": gets, "owner_funds": "7000"})
        assert hand.mirror.unknown_lines() == (STRANGER,), "of XRP, or of another token"
    hand.close(again, tx={"Account": STRANGER, "TakerGets": ours, "owner_funds": "40"})
    assert hand.mirror.unknown_lines() == ()
    assert hand.mirror.market(5).bids == (Level(Decimal(2), 20_000_000, Decimal(40)),)


def test_a_line_that_is_told_is_taken_and_its_freeze_stops_bids_but_not_asks(hand: Hand) -> None:
    """The issuer's freeze makes the bid unfunded; the ask still fills. Deeply frozen, neither can be taken."""
    bid = hand.offer(ask=False, price="2", xrp=100, sequence=1)
    ask = hand.offer(ask=True, price="2.05", xrp=10, sequence=2)
    hand.close(bid, ask, hand.root(STRANGER, 30_000_000), hand.line(STRANGER, "1000"))
    market = hand.mirror.market(5)
    assert [len(market.bids), len(market.asks)] == [1, 1]
    by_issuer = "LOW" if is_high(hand, STRANGER) else "HIGH"
    freeze, deep = {"LOW": (0x00400000, 0x02000000), "HIGH": (0x00800000, 0x04000000)}[by_issuer]
    hand.close(hand.line(STRANGER, "1000", flags=freeze))
    market = hand.mirror.market(5)
    assert [len(market.bids), len(market.asks)] == [0, 1]
    hand.close(hand.line(STRANGER, "1000", flags=freeze | deep))
    market = hand.mirror.market(5)
    assert [len(market.bids), len(market.asks)] == [0, 0]
    hand.close(hand.line(STRANGER, "1000"))
    market = hand.mirror.market(5)
    assert [len(market.bids), len(market.asks)] == [1, 1], "released, they are back"


def is_high(hand: Hand, address: str) -> bool:
    embedded = hand.mirror.embedded
    return embedded.account(address).id > embedded.issuer.id


def test_an_offer_has_expired_once_the_ledger_closes_at_its_time(hand: Hand) -> None:
    """It is compared with the close of the ledger before the one it would be met in."""
    now_s = hand.mirror.ledger.parent_close_time_s
    hand.close(hand.offer(ask=True, price="2.05", xrp=10, Expiration=now_s + 8), hand.root(STRANGER, 30_000_000))
    assert len(hand.mirror.market(5).asks) == 1
    hand.close()
    assert hand.mirror.market(5).asks == ()


def test_an_open_book_may_stand_crossed_and_is_told_as_it_is(hand: Hand) -> None:
    """A hybrid bid at 2.10 above an ask at 2.05: placed in its domain, it crossed nothing of the open book."""
    hand.close(hand.offer(ask=True, price="2.05", xrp=10, sequence=1), hand.root(STRANGER, 30_000_000))
    hybrid = hand.offer(ask=False, price="2.1", xrp=10, sequence=2, DomainID="D" * 64, Flags=0x00040000)
    fields = hybrid["CreatedNode"]["NewFields"]
    fields["AdditionalBooks"] = [{"Book": {"BookDirectory": fields["BookDirectory"], "BookNode": "0"}}]
    fields["BookDirectory"] = "E" * 48 + fields["BookDirectory"][-16:]
    hand.close(hybrid, hand.line(STRANGER, "1000"))
    market = hand.mirror.market(5)
    # Rates have 16 digits: 1/2.1 in drops cuts the price by a hair.
    assert [round(each.price, 12) for each in (*market.bids, *market.asks)] == [Decimal("2.1"), Decimal("2.05")]
    assert market.bids[0].price > market.asks[0].price


def test_an_owner_whose_line_was_told_is_not_asked_about_again(hand: Hand) -> None:
    """Requests are few: a bid's owner is read once at the most, and an ask's that came from elsewhere too."""
    hand.close(hand.offer(ask=False, price="2", xrp=10), hand.root(STRANGER, 30_000_000))
    assert hand.mirror.unknown_lines() == (STRANGER,)
    hand.mirror.learn_line(STRANGER, None)
    assert hand.mirror.unknown_lines() == ()


def test_others_entries_are_counted_and_change_nothing(hand: Hand) -> None:
    """What others do in other books and with other things moves neither our market nor our balances, and is counted."""
    before = hand.mirror.market(5), hand.mirror.balances()
    other = hand.offer(ask=True, price="2.05", xrp=10)
    other["CreatedNode"]["NewFields"]["BookDirectory"] = "E" * 64
    ledger = CompleteLedger(
        index=hand.mirror.ledger_index + 1,
        ledger_hash="B" * 64,
        close_time_s=0,
        transactions=(
            LedgerTransaction(
                "C" * 64,
                {"Account": STRANGER},
                {"AffectedNodes": [other, created("Escrow", "1" * 64, {}), created("MPToken", "2" * 64, {})]},
                "tesSUCCESS",
            ),
        ),
        fees=None,
        delay_s=None,
    )
    assert hand.mirror.apply(ledger).passed_over == {"Offer": 1, "Escrow": 1, "MPToken": 1}
    assert (hand.mirror.market(5), hand.mirror.balances()) == before


def test_a_vote_on_the_reserve_leaves_owners_unknown_of_whom_only_the_funds_were_told() -> None:
    """An owner that the read told by its funds has to be read; one whose root was told since is known."""
    mirror = start_mirror(recorded.first_read())
    hand = Hand(mirror)
    (owner,) = {offer.owner.address for offer in mirror.embedded.offers.values()}
    hand.close(fees=Fees(10, 2_000_000, 400_000))
    assert mirror.unknown_roots() == (owner,)
    assert mirror.balances().reserve_drops == 2_000_000 + 2 * 400_000
    hand.close(hand.root(owner, 50_000_000, owner_count=5))
    assert mirror.unknown_roots() == ()
    assert sum(each.xrp_drops for each in mirror.market(5).asks) == 50_000_000 - 2_000_000 - 5 * 400_000


def test_the_voted_amounts_are_taken_from_their_entry_too(hand: Hand) -> None:
    """Once the validators vote for new fees and reserves, those are what a user's orders are reckoned with."""
    final = {"BaseFeeDrops": "20", "ReserveBaseDrops": "3000000", "ReserveIncrementDrops": "500000"}
    hand.close({"ModifiedNode": {"LedgerEntryType": "FeeSettings", "LedgerIndex": "4" * 64, "FinalFields": final}})
    assert hand.mirror.ledger.fees == Fees(20, 3_000_000, 500_000)


def test_the_pool_s_fee_and_its_end_are_seen(hand: Hand) -> None:
    """A vote changes the fee without a trade; a pool that was emptied is no pool."""
    embedded = hand.mirror.embedded
    pool = {"LedgerEntryType": "AMM", "LedgerIndex": embedded.pool_index}
    shares = {"currency": "03" * 20, "issuer": STRANGER, "value": "5"}
    final = {"Account": pool_address(hand), "LPTokenBalance": shares, "TradingFee": 777}
    hand.close({"ModifiedNode": {**pool, "FinalFields": final}})
    market = hand.mirror.market(1)
    assert market.pool is not None
    assert market.pool.trading_fee_per_100k == 777
    hand.close({"DeletedNode": {**pool, "FinalFields": final}})
    assert hand.mirror.market(1).pool is None


# --- What can't be taken -----------------------------------------------------------------------------------------


def test_a_transaction_that_was_missed_shows_with_the_next_change_of_the_same_entry() -> None:
    """The plain market's ledger 28 comes without its first transaction."""
    recorded_market = recording("plain")
    victim = recorded_market.ledgers[20]
    holed = msgspec.structs.replace(victim, transactions=victim.transactions[1:])
    mirror = start_mirror(Model(recorded_market).answers(recorded_market.pair("t1")))
    missed: list[str] = []
    for ledger in recorded_market.ledgers[:60]:
        missed += mirror.apply(holed if ledger is victim else ledger).missed
    assert missed


@pytest.mark.parametrize("who", ["us", "the issuer", "the pool", "an owner of offers", "nobody in the market"])
def test_a_missed_transaction_shows_by_the_root_of_whoever_is_in_the_market(hand: Hand, who: str) -> None:
    """Ours above all, which prove the history whole; of who has no offer filtered streams don't go on telling."""
    pair = hand.mirror.pair
    addresses = {"us": pair.account, "the issuer": pair.issuer, "the pool": pool_address(hand)}
    address = addresses.get(who, STRANGER)
    if who == "an owner of offers":
        hand.close(hand.offer(ask=True, price="2.05", xrp=10))
    hand.mirror.embedded.account(address)
    assert hand.close(after("", hand.root(address, 50_000_000))) == ()
    seen = f"{hand.count:064X}"
    assert hand.close(after(seen, hand.root(address, 49_000_000))) == ()
    shown = hand.close(after("F" * 64, hand.root(address, 48_000_000)))
    key = hand.mirror.embedded.account(address).key.hex().upper()
    assert shown == (() if who == "nobody in the market" else (f"AccountRoot {key}",))


def after(tx_hash: str, node: Fields) -> Fields:
    """An entry that names the transaction which had changed it last; none if it is empty."""
    return {"ModifiedNode": {**node["ModifiedNode"], **({"PreviousTxnID": tx_hash} if tx_hash else {})}}


def test_a_missed_payment_of_tokens_shows_by_our_line(hand: Hand) -> None:
    """It leaves our root alone, so that our line is all that can tell."""
    account = hand.mirror.pair.account
    made = hand.line(account, "100")["CreatedNode"]

    def changed(previous: str) -> Fields:
        """The line as a further transaction leaves it."""
        node = {name: made[name] for name in ("LedgerEntryType", "LedgerIndex")}
        return {"ModifiedNode": {**node, "FinalFields": made["NewFields"], "PreviousTxnID": previous}}

    assert hand.close({"CreatedNode": made}) == ()
    assert hand.close(changed(f"{hand.count:064X}")) == ()
    assert hand.close(changed("F" * 64)) == (f"RippleState {'A' * 64}",)


def test_only_the_next_ledger_is_taken() -> None:
    """A ledger that is taken twice or left out would make every balance wrong, so it is refused."""
    mirror = mirror_at("plain", "t1", 3)
    for wrong in (recording("plain").ledgers[2], recording("plain").ledgers[4]):
        with pytest.raises(MirrorError, match="the mirror is at ledger 10"):
            mirror.apply(wrong)


@pytest.mark.parametrize(
    "node",
    [
        {},
        {"LedgerEntryType": "Offer"},
        created("Offer", "1" * 64, {"BookDirectory": 5}),
        {"ModifiedNode": {"LedgerEntryType": "RippleState", "LedgerIndex": "1" * 64, "FinalFields": {}}},
    ],
    ids=["nothing", "no node", "a number for a directory", "a line without ends"],
)
def test_metadata_of_another_shape_is_refused_with_the_transaction_named(hand: Hand, node: Fields) -> None:
    """What we can not read is not passed over in silence: the error names the transaction to look at."""
    broken = node if "CreatedNode" in node or "ModifiedNode" in node else {"CreatedNode": node}
    with pytest.raises(MirrorError, match=r"transaction 0{63}1: metadata lacks the ledger's shape"):
        hand.close(broken)


@pytest.mark.parametrize("fields", [{"Expiration": "soon"}, {"TakerGets": "5", "TakerPays": "5"}, {"Account": "r"}])
def test_an_offer_that_would_break_the_market_is_refused_at_once(hand: Hand, fields: Fields) -> None:
    """A text for a time, drops against drops, an address that is none: none may wait in the book to fail there."""
    with pytest.raises(MirrorError, match="metadata lacks the ledger's shape"):
        hand.close(hand.offer(ask=True, price="2.05", xrp=10, **fields))


@functools.cache
def encoded_ledgers() -> tuple[bytes, ...]:
    return tuple(msgspec.json.encode(ledger) for ledger in recording("mixed").ledgers[30:60])


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), junk=st.sampled_from([None, -1, 2**70, "", "x", "1e999", [], {}, [{}], True]))
def test_whatever_stands_in_metadata_is_taken_or_refused_and_the_market_can_be_read(seed: int, junk: Any) -> None:
    """One place of a real ledger's metadata holds junk: it is taken, or the error says so; nothing else comes of it."""
    chance = random.Random(seed)
    count = chance.randrange(len(encoded_ledgers()))
    mirror = spoilt_mirror()
    for encoded in encoded_ledgers()[:count]:
        mirror.apply(msgspec.json.decode(encoded, type=CompleteLedger))
    ledger = msgspec.json.decode(encoded_ledgers()[count], type=CompleteLedger)
    places = [place for each in ledger.transactions for place in (*leaves(each.meta), *leaves(each.tx))]
    holder, key = chance.choice(places)
    holder[key] = junk
    try:
        mirror.apply(ledger)
    except MirrorError:
        return
    mirror.market(100)
    mirror.balances()
    mirror.own_offers()


def spoilt_mirror() -> Mirror:
    market = recording("mixed")
    model = Model(market)
    for ledger in market.ledgers[:30]:
        model.apply(ledger)
    return start_mirror(model.answers(market.pair("t1")))


def test_the_mirror_names_whom_filtered_streams_have_to_hear(hand: Hand) -> None:
    """Us, the issuer (every line of its token), the pool, and the owners of offers."""
    hand.close(hand.offer(ask=True, price="2.05", xrp=10), hand.root(STRANGER, 30_000_000))
    pair = hand.mirror.pair
    assert hand.mirror.watched() == (pair.account, pair.issuer, pool_address(hand), STRANGER)


def test_accounts_without_an_offer_are_forgotten_beyond_a_bound(hand: Hand) -> None:
    """Makers come and go for weeks: those who left take memory only up to a bound, those who are there stay."""
    hand.close(hand.offer(ask=True, price="2.05", xrp=10), hand.root(STRANGER, 30_000_000))
    for place in range(ABSENT_MAX + 1):
        hand.mirror.embedded.account(text_address(place))
    hand.close()
    pool = pool_address(hand)
    kept = {hand.mirror.pair.account, hand.mirror.pair.issuer, pool, STRANGER}
    assert set(hand.mirror.embedded.state.accounts) == kept
    assert len(hand.mirror.market(5).asks) == 1


def pool_address(hand: Hand) -> str:
    amm = hand.mirror.ledger.amm()
    assert amm is not None
    return amm.account


def text_address(place: int) -> str:
    from neo.ledger import keys  # noqa: PLC0415 - an address is only a name here

    return keys.address_of(place.to_bytes(20, "big"))
