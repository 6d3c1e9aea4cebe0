"""Permissioned domains: who is in one, its books beside the open ones, hybrid offers in both.

Figures are worked out by hand from the rules in xrpl.org, "Permissioned DEXes"; whole scenarios of a real server are in
``test_conformance_3_0.py`` (the family ``domain``).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ledger_play as play
from support.domain_world import HYBRID, KYC, DomainWorld, accepted
from support.ledger_play import Move
from support.ledger_two_tokens import TO_USD, TO_XRP, TwoTokens, usd
from support.ledger_world import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    FILL_OR_KILL,
    IMMEDIATE,
    ISSUER,
    START_S,
    STRANGER,
    World,
    frozen,
    rlusd,
)

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, Ledger, keys


def test_members_are_the_owner_and_who_has_accepted_a_listed_credential() -> None:
    """Carol is outside, with a credential that she has not accepted too, and with one of another type."""
    world = DomainWorld()
    assert world.ask(DAVE, 1_000_000, "2", DomainID=world.domain) == "tesSUCCESS"
    assert world.ask(ALICE, 1_000_000, "2", DomainID=world.domain) == "tesSUCCESS"
    assert world.ask(CAROL, 1_000_000, "2", DomainID=world.domain) == "tecNO_PERMISSION"
    assert world.do(ISSUER, "CredentialCreate", Subject=CAROL, CredentialType=KYC) == "tesSUCCESS"
    assert world.do(ISSUER, "CredentialCreate", Subject=CAROL, CredentialType="AA") == "tesSUCCESS"
    assert world.do(CAROL, "CredentialAccept", Issuer=ISSUER, CredentialType="AA") == "tesSUCCESS"
    assert world.ask(CAROL, 1_000_000, "2", DomainID=world.domain) == "tecNO_PERMISSION"
    listed = accepted(KYC, "AA")
    assert world.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=listed, DomainID=world.domain) == "tesSUCCESS"
    assert world.ask(CAROL, 1_000_000, "2", DomainID=world.domain) == "tesSUCCESS"


def test_a_credential_counts_in_the_second_of_its_expiration_and_no_longer() -> None:
    """By the close of the ledger before; an offer's expiration is over in its second already."""
    world = DomainWorld(expiration=START_S + 10)
    world.ledger.close(START_S + 10)
    assert world.ask(ALICE, 1_000_000, "2", DomainID=world.domain) == "tesSUCCESS"
    world.ledger.close(START_S + 11)
    assert world.ask(ALICE, 1_000_000, "2", DomainID=world.domain) == "tecNO_PERMISSION"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"DomainID": "AB" * 32}, "tecNO_PERMISSION"),
        ({"DomainID": "AB"}, "temMALFORMED"),
        ({"DomainID": 7}, "temMALFORMED"),
        ({"Flags": HYBRID}, "temINVALID_FLAG"),
    ],
)
def test_a_domain_that_is_none_is_refused(fields: dict[str, Any], result: str) -> None:
    """One that is not there, one that could not be; and an offer of no domain is not hybrid."""
    assert DomainWorld().ask(ALICE, 1_000_000, "2", **fields) == result


def test_without_the_amendment_nothing_names_a_domain() -> None:
    """Neither offers nor payments, and there are no domains to make."""
    world = World(amendments=EXCHANGE_2_3)
    assert world.ask(ALICE, 1, "2", DomainID="AB" * 32) == "temDISABLED"
    assert world.pay(ALICE, BOB, "1", DomainID="AB" * 32) == "temDISABLED"
    assert world.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=accepted(KYC)) == "temDISABLED"
    lacks_credentials = World(amendments=EXCHANGE_3_0 - {"Credentials"})
    assert lacks_credentials.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=accepted(KYC)) == "temDISABLED"


def test_a_domain_and_the_open_exchange_never_meet() -> None:
    """Alice's ask in the domain at 2.00: Bob's open bid at 2.10 passes it by, his bid in the domain takes it."""
    world = DomainWorld()
    assert world.ask(ALICE, 1_000_000, "2", DomainID=world.domain) == "tesSUCCESS"
    assert world.bid(BOB, 1_000_000, "2.1") == "tesSUCCESS"
    assert world.tokens(ALICE) == "1000"
    assert len(world.book("asks", of_domain=True)) == len(world.book("bids", of_domain=False)) == 1
    assert world.bid(BOB, 1_000_000, "2.1", DomainID=world.domain) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("1002", "998")
    assert world.book("asks", of_domain=True) == world.book("bids", of_domain=True) == []


def test_a_domain_gets_nothing_from_the_pool() -> None:
    """100 XRP to 200 tokens, without a fee: an open offer of 2.20 a piece gets some, one in the domain none."""
    world = DomainWorld()
    assert world.pool() == "tesSUCCESS"
    assert world.bid(ALICE, 1_000_000, "2.2", Flags=IMMEDIATE, DomainID=world.domain) == "tecKILLED"
    assert world.pay(ALICE, BOB, "1000000", SendMax=rlusd("5"), DomainID=world.domain) == "tecPATH_PARTIAL"
    assert world.bid(ALICE, 1_000_000, "2.2", Flags=IMMEDIATE) == "tesSUCCESS"


def test_a_hybrid_offer_stands_in_both_books_and_whoever_takes_it_takes_it_out_of_both() -> None:
    """Bob's hybrid ask is met by Carol, who is outside, in the open book."""
    world = DomainWorld()
    assert world.ask(BOB, 1_000_000, "2", DomainID=world.domain, Flags=HYBRID) == "tesSUCCESS"
    row = (BOB, 2, "0.000002")
    assert world.book("asks", of_domain=True) == world.book("asks", of_domain=False) == [row]
    assert world.ledger.owner_count(BOB) == 3  # the line, the credential, the offer: once
    assert world.bid(CAROL, 1_000_000, "2") == "tesSUCCESS"
    assert world.tokens(BOB) == "1002"
    assert world.book("asks", of_domain=True) == world.book("asks", of_domain=False) == []


def test_a_hybrid_offer_meets_its_domain_only_when_it_is_placed() -> None:
    """The open book stands crossed by it, lawfully."""
    world = DomainWorld()
    assert world.bid(CAROL, 1_000_000, "2.1") == "tesSUCCESS"
    assert world.ask(BOB, 1_000_000, "2", DomainID=world.domain, Flags=HYBRID) == "tesSUCCESS"
    assert [row[2] for row in world.book("asks", of_domain=False)] == ["0.000002"]
    assert [row[2] for row in world.book("bids", of_domain=False)] == ["476190.4761904762"]


def partly_taken() -> DomainWorld:
    """Bob asks 2 tokens for 3 drops; one token is there for one drop.

    What is left wants 1 token, for which 1.5 drops, so 2, are given: half a token a drop.
    """
    world = DomainWorld()
    assert world.bid(ALICE, 1, "1", DomainID=world.domain) == "tesSUCCESS"
    assert world.ask(BOB, 3, "2", DomainID=world.domain, Flags=HYBRID) == "tesSUCCESS"
    return world


def test_a_hybrid_offer_partly_taken_has_two_qualities() -> None:
    """In the domain the whole offer's, 2/3; in the open book that of the rest, 1/2; takers of a drop pay as much."""
    world = partly_taken()
    assert world.book("asks", of_domain=True) == [(BOB, 2, "0.6666666666666667")]
    assert world.book("asks", of_domain=False) == [(BOB, 2, "0.5")]
    assert world.bid(CAROL, 1, "0.5") == "tesSUCCESS"
    assert (world.tokens(BOB), world.tokens(CAROL)) == ("1001.5", "999.5")
    world = partly_taken()
    assert world.bid(ALICE, 1, "0.7", DomainID=world.domain) == "tesSUCCESS"
    assert world.tokens(BOB) == "1001.666666666667"


def test_its_metadata_tells_both_places_and_the_whole_offers_rate() -> None:
    """``ExchangeRate`` of the new open directory is not its own: it is 2/3, the key ends with 1/2."""
    world = DomainWorld()
    world.bid(ALICE, 1, "1", DomainID=world.domain)
    applied = world.apply(world.tx(BOB, "OfferCreate", TakerGets="3", TakerPays=rlusd("2")) | hybrid(world))
    made = [node["CreatedNode"] for node in nodes(applied) if "CreatedNode" in node]
    offer = next(node["NewFields"] for node in made if node["LedgerEntryType"] == "Offer")
    homes = {node["LedgerIndex"]: node["NewFields"] for node in made if node["LedgerEntryType"] == "DirectoryNode"}
    beside = offer["AdditionalBooks"][0]["Book"]
    assert beside["BookNode"] == "0"
    assert (offer["DomainID"], offer["Flags"]) == (world.domain, 0x00040000)
    ours, opened = homes[offer["BookDirectory"]], homes[beside["BookDirectory"]]
    assert (ours["DomainID"], "DomainID" in opened) == (world.domain, False)
    assert ours["ExchangeRate"] == opened["ExchangeRate"] == offer["BookDirectory"][-16:].lower()
    assert beside["BookDirectory"][-16:] == "5411C37937E08000"  # 5 x 10**-1: exponent 84, mantissa 5 x 10**15


def hybrid(world: DomainWorld) -> dict[str, Any]:
    """What makes an offer a hybrid one."""
    return {"DomainID": world.domain, "Flags": HYBRID}


def nodes(applied: Any) -> list[Any]:
    """The nodes of an outcome's metadata."""
    found: list[Any] = json.loads(json.dumps(applied.meta()["AffectedNodes"]))
    return found


@pytest.mark.parametrize("by", ["exclusion", "expiry", "deletion"])
def test_whoever_meets_a_hybrid_offer_whose_owner_has_left_removes_it(by: str) -> None:
    """In the open book too: Carol's bid finds nobody and stands, and Bob owns an offer less."""
    world = DomainWorld(expiration=START_S + 10)
    assert world.ask(BOB, 1_000_000, "2", **hybrid(world)) == "tesSUCCESS"
    if by == "exclusion":
        world.exclude(BOB)
    elif by == "expiry":
        world.ledger.close(START_S + 11)
    else:
        assert world.do(DAVE, "PermissionedDomainDelete", DomainID=world.domain) == "tesSUCCESS"
    assert len(world.book("asks", of_domain=False)) == 1
    assert world.bid(CAROL, 1_000_000, "2") == "tesSUCCESS"
    assert (world.tokens(BOB), world.tokens(CAROL)) == ("1000", "1000")
    assert world.book("asks", of_domain=False) == world.book("asks", of_domain=True) == []
    assert world.ledger.offers(BOB) == []
    assert len(world.book("bids", of_domain=False)) == 1


def test_a_taker_whom_only_the_pools_fee_keeps_away_removes_such_an_offer_too() -> None:
    """The pool's price is 2.00 without its fee of 1 % and 2.02 with it; Carol bids 2.01, Bob's dead ask is at 2.05."""
    world = DomainWorld()
    assert world.pool(fee=1000) == "tesSUCCESS"
    assert world.ask(BOB, 1_000_000, "2.05", **hybrid(world)) == "tesSUCCESS"
    world.exclude(BOB)
    assert world.bid(CAROL, 1_000_000, "2.01") == "tesSUCCESS"
    assert world.tokens(CAROL) == "1000"
    assert world.book("asks", of_domain=False) == []


def test_in_a_domain_an_offer_that_replaces_one_of_another_book_fails() -> None:
    """The fee is lost, the open offer stays; one of the domain, hybrid or not, is replaced, and an open offer may."""
    world = DomainWorld()
    assert world.ask(ALICE, 1_000_000, "2") == "tesSUCCESS"
    before = world.ledger.xrp_drops(ALICE)
    assert world.ask(ALICE, 1_000_000, "3", DomainID=world.domain, OfferSequence=2) == "tecINVARIANT_FAILED"
    assert before - world.ledger.xrp_drops(ALICE) == 10
    assert [offer.sequence for offer in world.ledger.offers(ALICE)] == [2]
    assert world.ask(ALICE, 1_000_000, "3", OfferSequence=2, Flags=FILL_OR_KILL, DomainID=world.domain) == "tecKILLED"
    assert world.ask(ALICE, 1_000_000, "3", **hybrid(world)) == "tesSUCCESS"
    assert world.ask(ALICE, 1_000_000, "4", DomainID=world.domain, OfferSequence=5) == "tesSUCCESS"
    assert world.ask(ALICE, 1_000_000, "5", OfferSequence=6) == "tesSUCCESS"
    assert [offer.sequence for offer in world.ledger.offers(ALICE)] == [2, 7]


def test_such_a_failure_is_final_however_the_rest_of_the_ledger_goes() -> None:
    """Bob takes the open offer afterwards; tried again, Alice's would have stood."""
    world = DomainWorld()
    assert world.ask(ALICE, 1_000_000, "2") == "tesSUCCESS"
    offer = {"TakerGets": "1000000", "TakerPays": rlusd("3"), "OfferSequence": 2, "DomainID": world.domain}
    replaces = world.tx(ALICE, "OfferCreate", hash="A" * 64, **offer)
    takes = world.tx(BOB, "OfferCreate", TakerGets=rlusd("2"), TakerPays="1000000", hash="B" * 64)
    salt = keys.account_id(ALICE) + bytes(12)  # Alice first
    done = world.ledger.apply_set([takes, replaces], salt)
    assert [(tx["hash"][0], outcome.result) for tx, outcome in done] == [
        ("A", "tecINVARIANT_FAILED"),
        ("B", "tesSUCCESS"),
    ]


def test_a_payment_in_a_domain_takes_both_ends_in_it_and_its_book_alone() -> None:
    """Bob's open ask stands at 2, Dave's in the domain at 3: a domain's payment of 1 XRP costs 3 tokens."""
    world = DomainWorld()
    assert world.ask(BOB, 1_000_000, "2") == "tesSUCCESS"
    assert world.ask(DAVE, 1_000_000, "3", DomainID=world.domain) == "tesSUCCESS"
    spends = {"SendMax": rlusd("9")}
    assert world.pay(CAROL, BOB, "1000000", DomainID=world.domain, **spends) == "tecNO_PERMISSION"
    assert world.pay(ALICE, CAROL, "1000000", DomainID=world.domain, **spends) == "tecNO_PERMISSION"
    assert world.pay(ALICE, STRANGER, "1000000", DomainID=world.domain) == "tecNO_PERMISSION"
    assert world.pay(ALICE, BOB, "1", DomainID="AB") == "temMALFORMED"
    assert world.pay(ALICE, BOB, "1000000", DomainID=world.domain, **spends) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(DAVE)) == ("997", "1003")
    assert world.pay(ALICE, CAROL, "1000000", **spends) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("995", "1002")


def test_a_ledger_with_domains_is_the_same_when_it_is_read_back() -> None:
    """Books of the domain, both places of a hybrid offer with both qualities, and what comes of taking it."""
    world = partly_taken()
    assert world.ask(ALICE, 5, "9", **hybrid(world)) == "tesSUCCESS"
    assert world.bid(ALICE, 5, "1", DomainID=world.domain) == "tesSUCCESS"
    again = Ledger.from_state(json.loads(frozen(world.ledger)))
    assert frozen(again) == frozen(world.ledger)
    tx = world.tx(CAROL, "OfferCreate", TakerGets=rlusd("50"), TakerPays="7")
    outcomes = [ledger.apply(tx, "F" * 64) for ledger in (world.ledger, again)]
    assert outcomes[0].meta() == outcomes[1].meta()
    assert frozen(again) == frozen(world.ledger)
    assert world.ledger.offers(BOB) == []


class TwoTokenDomain(TwoTokens, DomainWorld):
    """A domain in whose books 10 XRP are offered for 20 tokens, and 10 USD for 10 XRP; the open ones ask half of it."""

    def __init__(self) -> None:
        super().__init__()
        for account, times, where in ((BOB, 1, {"DomainID": self.domain}), (CAROL, 2, {})):
            assert self.offer(account, f"{10_000_000 * times}", rlusd("20"), **where) == "tesSUCCESS"
            assert self.offer(account, usd(f"{10 * times}"), "10000000", **where) == "tesSUCCESS"


def test_a_path_through_a_domain_uses_its_books_alone() -> None:
    """10 USD over XRP cost Alice 20 tokens, all of them Bob's, though Carol's in the open books would cost 5."""
    world = TwoTokenDomain()
    terms = {"SendMax": rlusd("20"), "Paths": [[TO_XRP, TO_USD]], "DomainID": world.domain}
    assert world.pay(ALICE, DAVE, usd("10"), **terms) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB), world.tokens(CAROL)) == ("980", "1020", "1000")
    assert (world.usd_of(DAVE), world.usd_of(BOB)) == ("1010", "990")


def test_an_offer_in_a_domain_crosses_over_xrp_in_its_books_alone() -> None:
    """20 tokens for 11 USD find nobody there: it stands in the domain's book. 20 for 10 do."""
    world = TwoTokenDomain()
    assert world.offer(ALICE, rlusd("20"), usd("11"), DomainID=world.domain) == "tesSUCCESS"
    assert (world.tokens(ALICE), len(world.ledger.offers(ALICE))) == ("1000", 1)
    assert world.offer(ALICE, rlusd("20"), usd("10"), DomainID=world.domain) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(ALICE)) == ("980", "1010")


def test_a_domains_books_of_a_second_token_are_read_back() -> None:
    """A hybrid offer of one token for the other stands in both books again; taken in one, it leaves both."""
    world = TwoTokenDomain()
    assert world.offer(DAVE, usd("10"), rlusd("9"), **hybrid(world)) == "tesSUCCESS"
    again = Ledger.from_state(json.loads(frozen(world.ledger)))
    assert frozen(again) == frozen(world.ledger)
    books = [again.state.book(again.state.token, again.state.know(**TO_USD), name) for name in ("", world.domain)]
    assert [offer.owner.address for book in books for offer in book] == [DAVE, DAVE]
    tx = world.tx(ALICE, "OfferCreate", TakerGets=rlusd("9"), TakerPays=usd("10"), DomainID=world.domain)
    assert again.apply(tx, "F" * 64).result == "tesSUCCESS"
    assert [book.best() for book in books] == [None, None]


MEMBERS_GAMES = st.lists(play.moves(), min_size=1, max_size=25)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(MEMBERS_GAMES)
def test_among_members_a_domain_trades_as_the_open_exchange_does(moves: list[Move]) -> None:
    """Every offer and payment in the domain of one ledger, in the open of another: balances and offers are the same."""
    inside, outside = DomainWorld(), DomainWorld()
    for world in (inside, outside):
        world.admit(CAROL)
    for move in moves:
        tx = play.transaction(outside, move)
        if tx is None:
            for world in (inside, outside):
                play.step(world, move)
            continue
        names_domain = tx["TransactionType"] in ("OfferCreate", "Payment")
        results = [
            outside.apply(tx).result,
            inside.apply(tx | ({"DomainID": inside.domain} if names_domain else {})).result,
        ]
        assert results[0] == results[1]
    for address in (ALICE, BOB, CAROL, DAVE):
        assert inside.ledger.xrp_drops(address) == outside.ledger.xrp_drops(address)
        assert inside.ledger.token_balance(address) == outside.ledger.token_balance(address)
        assert inside.ledger.offers(address) == outside.ledger.offers(address)
    for side in ("asks", "bids"):
        assert inside.book(side, of_domain=True) == outside.book(side, of_domain=False)
        assert inside.book(side, of_domain=False) == []
