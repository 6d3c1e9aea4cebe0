"""A mirror out of answers about one ledger: what they tell, what they leave open, and what can't be put together.

Method: what a real server answered to a maker (``support/recorded_mirror.py``), and books made by hand in its shapes.
"""

from __future__ import annotations

import functools
import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support import recorded_mirror as recorded
from support.recorded_mirror import OTHER, ask, read_with
from support.recorded_pair import AMENDMENTS, Model, recording
from support.spoilt import spoilt

from neo.ledger import EXCHANGE_2_3, Fees
from neo.ledger.amendments import Listed, identifier, of_ids
from neo.messages import Balances, Level, PoolState
from neo.mirror.assembly import CompleteLedger
from neo.mirror.mirror import Mirror, TokenTerms
from neo.mirror.pinned_read import PinnedReadError, learn, start_mirror
from neo.wire.answers import AccountLines, read_account_info, read_account_lines
from neo.wire.books import read_amm_info, read_book_offers
from neo.wire.fields import FrameError, MptAmount, TokenAmount


def with_fields(value: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(value, **fields)


def xrp_of(mirror: Mirror) -> list[int]:
    return [each.xrp_drops for each in mirror.market(100).asks]


def test_the_recorded_answers_make_the_market_that_they_told() -> None:
    """Ledger 9 of the record: two offers a side of one owner, and a pool of 20,000 XRP and 40,000 tokens."""
    mirror = start_mirror(recorded.first_read())
    assert mirror.ledger_index == 9
    market = mirror.market(5)
    assert market.pool == PoolState(20_000_000_000, Decimal(40_000), 300, Decimal("2.000000000000"))
    assert market.asks == (
        Level(Decimal("2.02"), 300_000_000, Decimal(606)),
        Level(Decimal("2.05"), 700_000_000, Decimal(1435)),
    )
    assert [(each.xrp_drops, each.rlusd) for each in market.bids] == [
        (300_000_000, Decimal(594)),
        (700_000_000, Decimal(1365)),
    ]
    assert mirror.balances() == Balances(99_999_999_980, Decimal(100_000), 1_400_000, 2, 5)
    assert mirror.ledger.fees == Fees(10, 1_000_000, 200_000)
    assert mirror.freezes().stopping == ()
    assert mirror.root_hash == "9DF029EE934053293DA5033387DB22EF2DD974B7B7A2A39EF5DBE9FC97084D0D"


def test_an_owners_funds_are_spent_on_its_better_offers_first() -> None:
    """15 XRP to give: 10 for the first ask, 5 for the second, nothing for the third."""
    asks = (ask("2.01", funds=15_000_000), ask("2.02", sequence=2), ask("2.03", sequence=3))
    assert xrp_of(start_mirror(read_with(*asks))) == [10_000_000, 5_000_000]


def test_a_book_that_the_limit_cut_off_is_known_down_to_its_last_price_but_one() -> None:
    """Three of three: of the third price others may have been cut off. The mirror says how many are left."""
    asks = (ask("2.01", funds=10**9), ask("2.02", sequence=2), ask("2.03", sequence=3))
    mirror = start_mirror(read_with(*asks, offers_max=3))
    assert xrp_of(mirror) == [10_000_000, 10_000_000]
    assert mirror.depth_known("asks") == 2
    assert mirror.depth_known("bids") is None, "it was not cut off"
    whole = start_mirror(read_with(*asks, offers_max=4))
    assert len(xrp_of(whole)) == 3
    assert whole.depth_known("asks") is None


def test_a_cut_off_book_of_one_price_is_better_than_none() -> None:
    """A book too long to read whole still has its best price, even where all that was read is that one price."""
    asks = (ask("2.01", funds=10**9), ask("2.01", sequence=2))
    assert len(xrp_of(start_mirror(read_with(*asks, offers_max=2)))) == 2


def test_our_offers_are_known_wherever_they_lie() -> None:
    """One of ours lies beyond the end of a cut-off book; it is told as ours, and not as market."""
    ours = ask("2.5", owner=recorded.pair().account, sequence=9)
    asks = (ask("2.01", funds=10**9), ask("2.02", sequence=2))
    mirror = start_mirror(read_with(*asks, offers_max=2, own_offers=(ours,)))
    assert [(each.sequence, each.price) for each in mirror.own_offers()] == [(9, Decimal("2.5"))]
    assert xrp_of(mirror) == [10_000_000]


def test_an_asks_owner_may_be_deep_frozen_and_is_to_be_read_and_is_believed_then() -> None:
    """``book_offers`` shows a deep-frozen owner's ask as funded; its line tells that nobody can take it."""
    offers = (ask("2.01", funds=10**9),)
    mirror = start_mirror(read_with(*offers))
    assert mirror.unknown_lines() == (OTHER,)
    assert len(xrp_of(mirror)) == 1
    for flags, left in (({"deep_freeze_peer": True, "freeze_peer": True}, 0), ({"freeze_peer": True}, 1), ({}, 1)):
        read = start_mirror(read_with(*offers, owner_lines={OTHER: lines(**flags)}))
        assert read.unknown_lines() == ()
        assert len(xrp_of(read)) == left


def test_a_line_that_was_read_is_believed_before_what_a_book_tells_of_it() -> None:
    """A bid's owner has nothing to give; its line was read, so its ask needs no further look."""
    first = ask("2.01", funds=10**9)
    base = start_mirror(read_with()).embedded.state.bids.base.hex().upper()
    bid = with_fields(
        ask("2.01", sequence=2),
        taker_pays=first.taker_gets,
        taker_gets=first.taker_pays,
        owner_funds=Decimal(0),
        book_directory=base + first.book_directory[-16:],
    )
    read = read_with(first, owner_lines={OTHER: lines()})
    mirror = start_mirror(with_fields(read, bids=with_fields(read.bids, offers=(bid,))))
    assert mirror.unknown_lines() == ()
    assert len(mirror.market(5).bids) == 1, "of the line's five tokens"


def lines(**flags: bool) -> AccountLines:
    read = recorded.first_read()
    line = {
        "account": read.pair.issuer,
        "currency": read.pair.currency,
        "balance": "5",
        "limit": "9",
        "limit_peer": "0",
    }
    pinned = {"ledger_index": 9, "ledger_hash": read.closed.ledger_hash, "validated": True}
    return read_account_lines({"account": OTHER, "lines": [{**line, **flags}], **pinned})


def test_the_tokens_terms_are_the_issuers_and_our_lines() -> None:
    """The recorded issuer may claw back, and sets neither tick nor fee; our line accepts a thousand million."""
    read = recorded.first_read()
    expected = TokenTerms(
        tick_size=0,
        transfer_fee_billionths=0,
        needs_authorization=False,
        is_authorized=False,
        may_claw_back=True,
        line_limit=Decimal(10**9),
    )
    assert start_mirror(read).token() == expected
    entry = {**read.issuer.entry, "TickSize": 5, "TransferRate": 1_002_000_000, "Flags": 0x00040000}
    (line,) = [each for each in read.own_lines.lines if each.peer == read.pair.issuer]
    authorized = with_fields(read.own_lines, lines=(with_fields(line, peer_authorized=True),))
    strict = start_mirror(with_fields(read, issuer=with_fields(read.issuer, entry=entry), own_lines=authorized))
    assert strict.token() == TokenTerms(
        tick_size=5,
        transfer_fee_billionths=2_000_000,
        needs_authorization=True,
        is_authorized=True,
        may_claw_back=False,
        line_limit=Decimal(10**9),
    )
    without = start_mirror(with_fields(read, own_lines=with_fields(read.own_lines, lines=())))
    assert without.token().line_limit is None


@pytest.mark.parametrize("deeply", [False, True])
def test_a_freeze_of_our_line_is_seen(deeply: bool) -> None:
    """A start with our tokens frozen stops quoting at once, and tells an ordinary freeze from a deep one."""
    read = recorded.first_read()
    (line,) = [each for each in read.own_lines.lines if each.peer == read.pair.issuer]
    frozen = with_fields(line, freeze_peer=True, deep_freeze_peer=deeply)
    mirror = start_mirror(with_fields(read, own_lines=with_fields(read.own_lines, lines=(frozen,))))
    freezes = mirror.freezes()
    assert (freezes.own_line, freezes.own_line_deeply, bool(freezes.stopping)) == (True, deeply, True)


def test_a_frozen_pool_offers_nothing_to_a_preview() -> None:
    """A bid of ours at 2.01 would take from a pool at 2.00; from a frozen one it takes nothing, and rests."""
    read = read_with()
    assert read.pool is not None
    pair = read.pair
    tx = {
        "TransactionType": "OfferCreate",
        "Account": pair.account,
        "Fee": "10",
        "TakerPays": "10000000",
        "TakerGets": {"currency": pair.currency, "issuer": pair.issuer, "value": "20.1"},
    }
    assert start_mirror(read).preview(tx).takes
    frozen = start_mirror(with_fields(read, pool=with_fields(read.pool, is_frozen=True)))
    assert frozen.preview(tx).only_rests
    assert frozen.freezes().pool


def test_the_auction_slot_is_ours_if_its_holder_lets_us_use_it() -> None:
    """The fee of 0.3 % is a tenth for us then: an ask at 1.999 meets the pool, which bids 2.00 less the fee."""
    read = read_with()
    assert read.pool is not None
    slot = read.pool.auction_slot
    assert slot is not None
    pair = read.pair
    value = {"currency": pair.currency, "issuer": pair.issuer, "value": "1.999"}
    tx = {"TransactionType": "OfferCreate", "Account": pair.account, "Fee": "10", "TakerGets": "1000000"}
    ours = with_fields(slot, authorized=(pair.account,))
    for each, takes in ((slot, False), (ours, True)):
        mirror = start_mirror(with_fields(read, pool=with_fields(read.pool, auction_slot=each)))
        assert mirror.preview({**tx, "TakerPays": value}).takes is takes


@pytest.mark.parametrize("field", ["amount", "lp_token"])
def test_a_pool_that_is_not_of_xrp_against_a_token_is_refused(field: str) -> None:
    """Tokens for its XRP, or drops for its shares: its price would be another one's."""
    read = recorded.first_read()
    assert read.pool is not None
    wrong = read.pool.amount2 if field == "amount" else 5
    with pytest.raises(PinnedReadError, match="not one of XRP against a token"):
        start_mirror(with_fields(read, pool=with_fields(read.pool, **{field: wrong})))


def test_without_a_pool_there_is_none() -> None:
    """A pair that has no pool has a market all the same, with none in it."""
    assert start_mirror(read_with(pool=None)).market(1).pool is None


def test_a_start_under_a_global_freeze_leaves_every_bidder_unknown_once_it_ends() -> None:
    """The mixed market's ledger 970: no funds are told. Ledger 972 ends it: the bidders' lines have to be read."""
    recorded_market = recording("mixed")
    model = Model(recorded_market)
    later = [each for each in recorded_market.ledgers if each.index > 970]
    for ledger in recorded_market.ledgers[: -len(later)]:
        model.apply(ledger)
    bids = {each["Account"] for each in model.offers(asks=False)} - {recorded_market.pair("t6").account}
    mirror = start_mirror(model.answers(recorded_market.pair("t6")))
    assert mirror.freezes().everything
    assert bids
    mirror.apply(later[0])
    step = mirror.apply(later[1])
    assert (step.ledger_index, mirror.freezes().everything) == (972, False)
    left = {each.owner.address for each in mirror.embedded.offers.values() if not isinstance(each.gets, int)}
    told = {owner.address for owner in mirror.embedded.lines_told}
    assert set(mirror.unknown_lines()) >= (bids & left) - told


# --- Reading single owners ---------------------------------------------------------------------------------------


def test_a_line_that_was_asked_for_is_learned_and_one_told_meanwhile_is_newer() -> None:
    """A deep-frozen line takes its owner's ask off the market; once it is known, an answer changes nothing any more."""
    mirror = start_mirror(read_with(ask("2.01", funds=10**9)))
    assert mirror.unknown_lines() == (OTHER,)
    learn(mirror, lines(deep_freeze_peer=True, freeze_peer=True))
    assert mirror.unknown_lines() == ()
    assert xrp_of(mirror) == []
    learn(mirror, lines())
    assert xrp_of(mirror) == []


def test_an_owner_without_a_line_is_known_too() -> None:
    """An owner that has no line is not asked about again and again, and its offer stays in the book."""
    mirror = start_mirror(read_with(ask("2.01", funds=10**9)))
    learn(mirror, with_fields(lines(), lines=()))
    assert mirror.unknown_lines() == ()
    assert len(xrp_of(mirror)) == 1


def test_a_root_that_was_asked_for_is_learned() -> None:
    """After a vote the reserve is 2 XRP and 0.4 for each of three entries: of 10 XRP, 6.8 can be given."""
    mirror = start_mirror(read_with(ask("2.01", funds=10**9)))
    mirror.apply(voted(mirror, Fees(10, 2_000_000, 400_000)))
    assert mirror.unknown_roots() == (OTHER,)
    info = with_fields(recorded.first_read().own, account=OTHER)
    entry = {**info.entry, "Account": OTHER, "Balance": "10000000", "OwnerCount": 3}
    learn(mirror, with_fields(info, entry=entry))
    assert mirror.unknown_roots() == ()
    assert xrp_of(mirror) == [6_800_000]


def voted(mirror: Mirror, fees: Fees) -> CompleteLedger:
    return CompleteLedger(
        index=mirror.ledger_index + 1, ledger_hash="A" * 64, close_time_s=1, transactions=(), fees=fees, delay_s=None
    )


# --- What can't be put together ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["asks", "bids", "pool", "issuer", "own", "own_lines"])
@pytest.mark.parametrize("wrong", [{"ledger_index": 8}, {"ledger_hash": "F" * 64}, {"validated": False}], ids=str)
def test_an_answer_of_another_ledger_is_refused(part: str, wrong: dict[str, Any]) -> None:
    """The first picture is of one validated ledger: one stray answer, of whatever part, and there is no mirror."""
    read = recorded.first_read()
    with pytest.raises(PinnedReadError, match="an answer is of ledger"):
        start_mirror(with_fields(read, **{part: with_fields(getattr(read, part), **wrong)}))


def test_an_offer_of_another_book_is_refused() -> None:
    """No price of another pair gets into our book by a server's mistake."""
    stranger = with_fields(ask("2.01"), book_directory="E" * 64)
    with pytest.raises(PinnedReadError, match="none of the asks"):
        start_mirror(read_with(stranger))


def test_an_amount_of_a_multi_purpose_token_is_refused() -> None:
    """A token of a kind that this pair does not trade is refused instead of being counted as ours."""
    offer = with_fields(ask("2.01"), taker_pays=MptAmount("0" * 48, 5))
    with pytest.raises(PinnedReadError, match="multi-purpose"):
        start_mirror(read_with(offer))


@functools.cache
def answered() -> dict[str, tuple[Any, Any]]:
    """The answers of the recorded read as they came, each with its reader."""
    pair, closed = recorded.pair(), recorded.first_read().closed
    pinned = {"ledger_index": closed.ledger_index, "ledger_hash": closed.ledger_hash, "validated": True}
    books = next(recorded.answers("subscribe"))
    return {
        "asks": (read_book_offers, {"offers": books["bids"][:5], **pinned}),
        "bids": (read_book_offers, {"offers": books["asks"][:5], **pinned}),
        "pool": (read_amm_info, {**next(recorded.answers("amm_info")), **pinned}),
        "issuer": (read_account_info, {**next(recorded.answers("account_info", account=pair.issuer)), **pinned}),
        "own": (read_account_info, {**next(recorded.answers("account_info", account=pair.account)), **pinned}),
        "own_lines": (read_account_lines, {**next(recorded.answers("account_lines", account=pair.account)), **pinned}),
    }


@pytest.mark.parametrize("part", ["asks", "bids", "pool", "issuer", "own", "own_lines"])
def test_an_answer_that_is_not_what_it_was_makes_a_mirror_or_is_refused(part: str) -> None:
    """Nothing else comes of it, so that another server may have its turn."""
    chance = random.Random(part)
    reader, whole = answered()[part]
    refused = 0
    for _ in range(100):
        try:
            start_mirror(with_fields(recorded.first_read(), **{part: reader(spoilt(whole, chance))}))
        except (PinnedReadError, FrameError):
            refused += 1
    assert 0 < refused < 100


def test_a_bid_for_all_the_xrp_there_is_may_be_funded_in_part() -> None:
    """It asks 10**17 drops, the most that an amount may be, and by the rounded price a part costs more than that."""
    gets = Decimal("0.9999999999999999E-10")
    rate = Decimal("1.000000000000001E+27")  # of 1E+17 / gets, one digit more in the last place
    base = start_mirror(recorded.first_read()).embedded.state.bids.base.hex().upper()
    mantissa = int(rate.scaleb(15 - rate.adjusted()))
    whole = with_fields(
        ask("2.01"),
        taker_pays=10**17,
        taker_gets=TokenAmount(recorded.pair().currency, recorded.pair().issuer, gets),
        book_directory=f"{base}{((rate.adjusted() - 15 + 100) << 56) | mantissa:016X}",
        owner_funds=Decimal("0.9999999999999998E-10"),
    )
    read = read_with()
    mirror = start_mirror(with_fields(read, bids=with_fields(read.bids, offers=(whole,))))
    [level] = mirror.market(5).bids
    assert level.xrp_drops == 10**17


def test_somebody_elses_lines_are_refused() -> None:
    """Nobody else's holdings are ever shown as the user's own."""
    read = recorded.first_read()
    with pytest.raises(PinnedReadError, match="not ours"):
        start_mirror(with_fields(read, own_lines=with_fields(read.own_lines, account=OTHER)))


# --- Amendments --------------------------------------------------------------------------------------------------


def test_the_listed_amendments_are_those_of_the_embedded_exchange() -> None:
    """A 3.0 server lists these five and holds the older ones without listing them."""
    assert of_ids(AMENDMENTS) == Listed(EXCHANGE_2_3, ())
    assert EXCHANGE_2_3 - of_ids(AMENDMENTS[1:]).known == {"fixFillOrKill"}


def test_amendments_that_are_not_known_here_change_nothing_and_are_told() -> None:
    """An amendment that is newer than this program does not keep it from starting; who reads the ledger is told."""
    assert of_ids(["F" * 64]) == Listed(of_ids([]).known, ("F" * 64,))
    assert of_ids([identifier("PriceOracle")]).unknown == ()  # known to have no bearing on the exchange
