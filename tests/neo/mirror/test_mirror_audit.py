"""The mirror held against fresh reads: no difference where there is none, every kind of one named, and mended.

Method: on recorded markets the fresh read is what the plain model of the ledger answers; it arrives some ledgers late,
as on the network. Differences are made by hand in the mirror, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from support.recorded_mirror import ask, read_with
from support.recorded_pair import Model, recording

from neo.ledger import Fees, Side, text
from neo.ledger.amendments import REQUIRED
from neo.ledger.entries import GLOBAL_FREEZE, LINE_FREEZE
from neo.mirror.embedded import DEEP_FREEZE, Embedded, OfferFields
from neo.mirror.mirror import Mirror
from neo.mirror.mirror_audit import LEDGERS_MAX, Difference, MirrorAudit
from neo.mirror.pinned_read import PinnedReadError, start_mirror


def started(name: str, count: int) -> tuple[Mirror, Model]:
    """A mirror that was started in the middle of a recorded market, with the model beside it."""
    recorded_market = recording(name)
    model = Model(recorded_market)
    for ledger in recorded_market.ledgers[: count - 20]:
        model.apply(ledger)
    mirror = start_mirror(model.answers(recorded_market.pair("t3")))
    for ledger in recorded_market.ledgers[count - 20 : count]:
        model.apply(ledger)
        mirror.apply(model.as_streamed(ledger))
    return mirror, model


@pytest.mark.parametrize("late", [0, 1, 5])
@pytest.mark.parametrize("name", ["plain", "mixed", "older"])
def test_a_mirror_that_is_level_has_no_difference(name: str, late: int) -> None:
    """Every 20 ledgers an audit, whose answers come so many ledgers later; through freezes and clawbacks too."""
    recorded_market = recording(name)
    model = Model(recorded_market)
    mirror = start_mirror(model.answers(recorded_market.pair("t3")))
    audit = read = None
    audits = 0
    for count, ledger in enumerate(recorded_market.ledgers):
        if count % 20 == 0:
            audit, read = MirrorAudit(mirror), model.answers(recorded_market.pair("t3"))
        if audit is not None and read is not None and count % 20 == late:
            assert audit.finish(read) == ()
            audits, audit = audits + 1, None
        model.apply(ledger)
        streamed = model.as_streamed(ledger)
        mirror.apply(streamed)
        if audit is not None:
            audit.note(streamed)
    assert audits == -(-(len(recorded_market.ledgers) - late) // 20)


def spoil_amount(embedded: Embedded) -> str:
    offer = next(iter(embedded.state.asks))
    assert isinstance(offer.gets, int)
    offer.gets += 1
    return f"offer {offer.key.hex().upper()}"


def spoil_presence(embedded: Embedded) -> str:
    index = next(iter(embedded.state.bids)).key.hex().upper()
    embedded.drop_offer(index)
    return f"offer {index}"


def spoil_funds(embedded: Embedded) -> str:
    owner = next(offer.owner for offer in embedded.state.asks if offer.owner is not embedded.own)
    owner.drops -= 1_000_000
    return f"account {owner.address}"


def spoil_pool(embedded: Embedded) -> str:
    assert embedded.state.amm is not None
    embedded.state.amm.account.drops += 5
    return "pool"


def spoil_pool_fee(embedded: Embedded) -> str:
    assert embedded.state.amm is not None
    embedded.state.amm.trading_fee = 1
    return "pool"


def spoil_no_pool(embedded: Embedded) -> str:
    embedded.set_pool(None)
    return "pool"


def spoil_own_drops(embedded: Embedded) -> str:
    embedded.own.drops += 1
    return f"account {embedded.own.address}"


def spoil_own_sequence(embedded: Embedded) -> str:
    embedded.own.sequence += 1
    return f"account {embedded.own.address}"


def spoil_own_line(embedded: Embedded) -> str:
    embedded.drop_line(embedded.own)
    return f"line of account {embedded.own.address}"


def spoil_issuer(embedded: Embedded) -> str:
    embedded.issuer.tick_size = 5
    return f"issuer {embedded.issuer.address}"


def spoil_fees(embedded: Embedded) -> str:
    embedded.set_fees(Fees(12, 1_000_000, 200_000))
    return "fees"


def spoil_absence(embedded: Embedded) -> str:
    """An offer that the ledger does not have any more: its end was not seen."""
    bid = next(iter(embedded.state.bids))
    index = "F" * 64
    place: tuple[Side, int] = ("bids", bid.quality)
    embedded.put_offer(OfferFields(index, bid.owner.address, 999, place, bid.pays, bid.gets, 0, None, ""))
    return f"offer {index}"


def spoil_offer_flags(embedded: Embedded) -> str:
    offer = next(iter(embedded.state.asks))
    offer.flags ^= 0x00010000
    return f"offer {offer.key.hex().upper()}"


def spoil_expiration(embedded: Embedded) -> str:
    offer = next(iter(embedded.state.bids))
    offer.expiration = 2**32 - 1
    return f"offer {offer.key.hex().upper()}"


def spoil_tokens(embedded: Embedded) -> str:
    """What a bid's owner can give."""
    owner = next(offer.owner for offer in embedded.state.bids if offer.owner is not embedded.own)
    assert owner.line is not None
    owner.line.balance = text.parse_token("0.5")
    return f"account {owner.address}"


def spoil_own_owner_count(embedded: Embedded) -> str:
    embedded.own.owner_count += 1
    return f"account {embedded.own.address}"


def spoil_own_balance(embedded: Embedded) -> str:
    assert embedded.own.line is not None
    embedded.own.line.balance = text.parse_token("0.5")
    return f"line of account {embedded.own.address}"


def spoil_own_limit(embedded: Embedded) -> str:
    assert embedded.own.line is not None
    embedded.own.line.limit = text.parse_token("0.5")
    return f"line of account {embedded.own.address}"


def spoil_own_freeze(embedded: Embedded) -> str:
    """The issuer's freeze of our line, which the ledger doesn't have."""
    line = embedded.own.line
    assert line is not None
    line.flags |= LINE_FREEZE[1 - line.holder_is_high]
    return f"line of account {embedded.own.address}"


def spoil_own_deep_freeze(embedded: Embedded) -> str:
    assert embedded.own.line is not None
    embedded.own.line.flags |= DEEP_FREEZE
    return f"line of account {embedded.own.address}"


def spoil_global_freeze(embedded: Embedded) -> str:
    embedded.issuer.flags |= GLOBAL_FREEZE
    return f"issuer {embedded.issuer.address}"


def spoil_transfer_rate(embedded: Embedded) -> str:
    embedded.issuer.transfer_rate = 1_002_000_000
    return f"issuer {embedded.issuer.address}"


def spoil_pool_tokens(embedded: Embedded) -> str:
    amm = embedded.state.amm
    assert amm is not None
    assert amm.account.line is not None
    amm.account.line.balance = text.parse_token("0.5")
    return "pool"


def spoil_pool_freeze(embedded: Embedded) -> str:
    amm = embedded.state.amm
    assert amm is not None
    assert amm.account.line is not None
    amm.account.line.flags |= LINE_FREEZE[1 - amm.account.line.holder_is_high]
    return "pool"


SPOILERS: list[Callable[[Embedded], str]] = [
    spoil_amount, spoil_presence, spoil_funds, spoil_pool, spoil_pool_fee, spoil_no_pool, spoil_own_drops,
    spoil_own_sequence, spoil_own_line, spoil_issuer, spoil_fees, spoil_absence, spoil_offer_flags, spoil_expiration,
    spoil_tokens, spoil_own_owner_count, spoil_own_balance, spoil_own_limit, spoil_own_freeze, spoil_own_deep_freeze,
    spoil_global_freeze, spoil_transfer_rate, spoil_pool_tokens, spoil_pool_freeze,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_difference_is_named_and_mended(spoil: Callable[[Embedded], str]) -> None:
    """Whatever the mirror has otherwise: the entry is told, and afterwards the market is the ledger's again."""
    mirror, model = started("plain", 100)
    pair = mirror.pair
    truth = mirror.market(60), mirror.balances(), mirror.ledger.fees
    entry = spoil(mirror.embedded)
    found = MirrorAudit(mirror).finish(model.answers(pair))
    assert {each.entry for each in found} >= {entry}
    assert all(each.ours != each.theirs for each in found)
    assert (mirror.market(60), mirror.balances(), mirror.ledger.fees) == truth
    assert MirrorAudit(mirror).finish(model.answers(pair)) == ()


def test_rules_that_changed_since_are_found_and_taken_over() -> None:
    """No entry of the pair tells of an amendment: by the next audit the preview goes by the rules that are in force."""
    mirror, model = started("plain", 100)
    read = model.answers(mirror.pair)
    name = min(read.amendments - REQUIRED)
    read = msgspec.structs.replace(read, amendments=read.amendments - {name})
    assert MirrorAudit(mirror).finish(read) == (Difference(f"amendment {name}", "there", "True", "False"),)
    assert mirror.ledger.amendments == read.amendments


def test_a_difference_tells_both_sides() -> None:
    """Our balance, one drop off."""
    mirror, model = started("plain", 100)
    told = mirror.balances().xrp_drops
    mirror.embedded.own.drops += 1
    (found,) = MirrorAudit(mirror).finish(model.answers(mirror.pair))
    assert found == Difference(f"account {mirror.pair.account}", "drops", str(told + 1), str(told))


def test_the_order_at_one_price_is_compared_and_mended() -> None:
    """Two asks at 2.01 have changed places: who is met first is the ledger's to say."""
    read = read_with(ask("2.01", xrp=10, funds=10**9), ask("2.01", xrp=20, sequence=2))
    mirror = start_mirror(read)
    (home,) = mirror.embedded.state.asks.directories.values()
    home.pages[0].entries = tuple(reversed(home.pages[0].entries))
    assert [each.xrp_drops for each in mirror.market(5).asks] == [20_000_000, 10_000_000]
    assert [(each.entry, each.field) for each in MirrorAudit(mirror).finish(read)] == [("asks", "order")]
    assert [each.xrp_drops for each in mirror.market(5).asks] == [10_000_000, 20_000_000]


def test_what_only_the_mirror_knew_is_kept_by_a_mending() -> None:
    """Roots told by metadata are not given up for the funds that a read tells of the same accounts."""
    mirror, model = started("plain", 100)
    known = {account.address for account in mirror.embedded.state.accounts.values()}
    known -= {account.address for account in mirror.embedded.assumed}
    spoil_pool(mirror.embedded)
    assert MirrorAudit(mirror).finish(model.answers(mirror.pair))
    owners = {offer.owner.address for offer in mirror.embedded.offers.values()}
    assumed = {account.address for account in mirror.embedded.assumed}
    assert known & owners
    assert not assumed & known


def test_after_a_mending_the_mirror_goes_on_level() -> None:
    """One audit mends a wrong mirror for good: through forty further ledgers no later audit finds anything."""
    mirror, model = started("mixed", 60)
    spoil_presence(mirror.embedded)
    assert MirrorAudit(mirror).finish(model.answers(mirror.pair))
    for ledger in recording("mixed").ledgers[60:100]:
        model.apply(ledger)
        assert mirror.apply(model.as_streamed(ledger)).missed == ()
        assert MirrorAudit(mirror).finish(model.answers(mirror.pair)) == ()


def test_a_deeper_read_of_a_cut_off_book_is_taken_over() -> None:
    """Started with two offers a side; the audit's read has them all, and nothing differed."""
    recorded_market = recording("plain")
    model = Model(recorded_market)
    for ledger in recorded_market.ledgers[:100]:
        model.apply(ledger)
    pair = recorded_market.pair("t3")
    mirror = start_mirror(model.answers(pair, offers_max=2))
    assert mirror.depth_known("asks") == 1
    assert MirrorAudit(mirror).finish(model.answers(pair)) == ()
    assert mirror.depth_known("asks") is None
    assert mirror.market(100) == start_mirror(model.answers(pair)).market(100)


def test_a_read_of_another_ledger_is_refused() -> None:
    """A right mirror is never called wrong for being older or newer than what it is compared with."""
    mirror, model = started("plain", 100)
    audit = MirrorAudit(mirror)
    model.apply(recording("plain").ledgers[100])
    with pytest.raises(ValueError, match="this audit is of ledger 107"):
        audit.finish(model.answers(mirror.pair))


def test_an_audit_that_takes_too_long_is_void() -> None:
    """Memory for a slow read is bounded: after sixteen ledgers the audit is given up and says so."""
    mirror, model = started("plain", 100)
    audit, read = MirrorAudit(mirror), model.answers(mirror.pair)
    for ledger in recording("plain").ledgers[100 : 100 + LEDGERS_MAX + 1]:
        assert not audit.is_void
        mirror.apply(ledger)
        audit.note(ledger)
    assert audit.is_void
    with pytest.raises(ValueError, match="at most 16 ledgers"):
        audit.finish(read)


def test_answers_of_different_ledgers_leave_the_mirror_as_it_was() -> None:
    """An audit whose own answers do not fit each other changes nothing in a mirror that may be right."""
    mirror, model = started("plain", 100)
    read = model.answers(mirror.pair)
    before = mirror.embedded
    model.apply(recording("plain").ledgers[100])
    later = model.answers(mirror.pair)
    with pytest.raises(PinnedReadError):
        MirrorAudit(mirror).finish(msgspec.structs.replace(read, pool=later.pool))
    assert mirror.embedded is before
