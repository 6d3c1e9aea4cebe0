"""Escrows: what is locked is out of its owner's offers, and comes to somebody, or back, when its time has come."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, IMMEDIATE, ISSUER, START_S, STRANGER, World, frozen, rlusd

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, Ledger, directory

ALLOW_LOCKING = 17
DEPOSIT_AUTH = 9
FREEZE, DEEP = 0x100000, 0x400000
FINISH_S, CANCEL_S = START_S + 10, START_S + 20
OF_NOTHING = "A0258020E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855810100"
OF_ABC = "A0258020BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD810103"
NOTHING, ABC = "A0028000", "A0058003616263"
_SHORT = {"Amount": "value", "Destination": "to"}


def newer(**made: Any) -> World:
    """A world under the rules of 3.0 whose issuer lets its tokens be locked."""
    world = World(amendments=EXCHANGE_3_0, **made)
    assert world.do(ISSUER, "AccountSet", SetFlag=ALLOW_LOCKING) == "tesSUCCESS"
    return world


def lock(world: World, value: Any, to: str = BOB, **fields: Any) -> str:
    """Alice locks something for somebody: from second 1010 on it can be fetched, from 1020 on it goes back."""
    times = {"FinishAfter": FINISH_S, "CancelAfter": CANCEL_S}
    return world.do(ALICE, "EscrowCreate", Destination=to, Amount=value, **(times | fields))


def finish(world: World, by: str = BOB, sequence: int = 1) -> str:
    """Finish the escrow that was Alice's transaction of this number."""
    return world.do(by, "EscrowFinish", Owner=ALICE, OfferSequence=sequence)


def cancel(world: World, by: str = ALICE) -> str:
    """Cancel the escrow that was Alice's first transaction."""
    return world.do(by, "EscrowCancel", Owner=ALICE, OfferSequence=1)


def test_locked_xrp_leaves_its_owner_at_once_and_comes_when_its_time_has_passed() -> None:
    """100 of Alice's 1,000 XRP, a reserve while they are locked, and 10 drops a transaction."""
    world = newer()
    assert lock(world, "100000000", SourceTag=3, DestinationTag=4) == "tesSUCCESS"
    (escrow,) = world.ledger.state.others.values()
    assert escrow.fields == {
        "Account": ALICE,
        "Amount": "100000000",
        "CancelAfter": CANCEL_S,
        "Destination": BOB,
        "DestinationTag": 4,
        "FinishAfter": FINISH_S,
        "Flags": 0,
        "Sequence": 1,
        "SourceTag": 3,
    }
    assert (world.ledger.xrp_drops(ALICE), world.ledger.owner_count(ALICE)) == (899_999_990, 2)
    world.ledger.close(FINISH_S)
    assert finish(world) == "tecNO_PERMISSION"  # it must have passed
    world.ledger.close(FINISH_S + 1)
    assert finish(world, by=CAROL) == "tesSUCCESS"
    assert (world.ledger.xrp_drops(BOB), world.ledger.owner_count(ALICE)) == (1_099_999_990, 1)
    assert finish(world) == "tecNO_TARGET"


def test_locked_tokens_are_no_longer_behind_their_owners_bid() -> None:
    """Alice bids with 1,000 tokens and locks 900: a taker of all gets 100."""
    world = newer()
    assert world.bid(ALICE, 500_000_000, "1000") == "tesSUCCESS"
    assert lock(world, rlusd("900")) == "tesSUCCESS"
    assert world.ask(CAROL, 500_000_000, "1000", Flags=IMMEDIATE) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(CAROL)) == ("0", "1100")
    assert world.ledger.offers(ALICE) == []


def test_an_escrow_of_tokens_stands_with_owner_receiver_and_issuer_but_counts_for_the_owner_alone() -> None:
    """Three directories list it until it is over."""
    world = newer()
    assert lock(world, rlusd("30")) == "tesSUCCESS"
    state = world.ledger.state
    (escrow,) = state.others.values()
    for address, count in ((ALICE, 2), (BOB, 1), (ISSUER, 0)):
        assert escrow in directory.contents(state.accounts[address].owned)
        assert world.ledger.owner_count(address) == count
    world.ledger.close(FINISH_S + 1)
    assert finish(world) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("970", "1030")
    for address in (ALICE, BOB, ISSUER):
        assert escrow not in directory.contents(state.accounts[address].owned)


def test_a_transfer_fee_comes_out_of_what_was_locked_at_the_lower_of_both_rates() -> None:
    """25 % when it is locked: of 100, 80 arrive. With 60 % later still 80; with none later, all."""
    for later, arrives in ((1_600_000_000, "1080"), (1_000_000_000, "1100")):
        world = newer(transfer_rate=1_250_000_000)
        assert lock(world, rlusd("100")) == "tesSUCCESS"
        assert world.do(ISSUER, "AccountSet", TransferRate=later) == "tesSUCCESS"
        world.ledger.close(FINISH_S + 1)
        assert finish(world) == "tesSUCCESS"
        assert (world.tokens(ALICE), world.tokens(BOB)) == ("900", arrives)


def test_who_fetches_his_own_gets_a_line_and_more_than_his_limit_who_is_given_it_does_not() -> None:
    """Bob's limit is a token above what he has; the stranger has no line, and 3 XRP."""
    world = newer()
    assert lock(world, rlusd("5")) == "tesSUCCESS"
    assert world.pay(ALICE, STRANGER, "3000000") == "tesSUCCESS"
    assert lock(world, rlusd("5"), to=STRANGER) == "tesSUCCESS"
    assert world.do(BOB, "TrustSet", LimitAmount=rlusd("1001")) == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    assert finish(world, by=CAROL) == "tecLIMIT_EXCEEDED"
    assert finish(world, by=BOB) == "tesSUCCESS"
    assert finish(world, by=CAROL, sequence=3) == "tecNO_LINE"
    assert finish(world, by=STRANGER, sequence=3) == "tesSUCCESS"
    assert (world.tokens(BOB), world.tokens(STRANGER)) == ("1005", "5")
    assert world.ledger.owner_count(STRANGER) == 1


def test_a_line_for_what_one_fetches_wants_its_reserve() -> None:
    """1.1 XRP: 1.2 are wanted."""
    world = newer()
    assert world.pay(ALICE, STRANGER, "1100000") == "tesSUCCESS"
    assert lock(world, rlusd("5"), to=STRANGER) == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    assert finish(world, by=STRANGER, sequence=2) == "tecNO_LINE_INSUF_RESERVE"


def test_tokens_locked_for_their_issuer_are_gone_when_it_gets_them() -> None:
    """Nobody holds them any more."""
    world = newer()
    assert lock(world, rlusd("5"), to=ISSUER) == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    assert finish(world) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.ledger.owner_count(ALICE), world.ledger.state.others) == ("995", 1, {})


@pytest.mark.parametrize(("value", "balance"), [("100000000", 1_000_000_000), (rlusd("30"), 1_000_000_000)])
def test_what_nobody_fetched_goes_back_once_its_time_is_over(value: Any, balance: int) -> None:
    """Whole, whoever asks for it; then it can no longer be fetched."""
    world = newer(transfer_rate=1_250_000_000)
    assert lock(world, value) == "tesSUCCESS"
    world.ledger.close(CANCEL_S)
    assert cancel(world, by=CAROL) == "tecNO_PERMISSION"
    world.ledger.close(CANCEL_S + 1)
    assert finish(world) == "tecNO_PERMISSION"
    assert cancel(world, by=CAROL) == "tesSUCCESS"
    assert world.ledger.xrp_drops(ALICE) == balance - 10
    assert (world.tokens(ALICE), world.ledger.owner_count(ALICE)) == ("1000", 1)
    assert cancel(world) == "tecNO_TARGET"


def test_an_escrow_without_an_end_is_never_given_back() -> None:
    """It can only be finished."""
    world = newer()
    assert world.do(ALICE, "EscrowCreate", Destination=BOB, Amount="5", FinishAfter=FINISH_S) == "tesSUCCESS"
    world.ledger.close(CANCEL_S + 1000)
    assert cancel(world) == "tecNO_PERMISSION"
    assert finish(world) == "tesSUCCESS"


def test_an_owner_whose_line_is_gone_cannot_take_tokens_back_himself() -> None:
    """All that he had is locked and he wants no line: the server stumbles over that, and others get ``tecNO_LINE``.

    Source: the cancelling in Escrow.cpp looks for an owner count in the escrow, where there is none.
    """
    world = newer()
    assert lock(world, rlusd("1000")) == "tesSUCCESS"
    assert world.do(ALICE, "TrustSet", LimitAmount=rlusd("0"), Flags=0x40000) == "tesSUCCESS"
    assert world.do(ALICE, "AccountSet", SetFlag=8) == "tesSUCCESS"
    assert world.do(ALICE, "TrustSet", LimitAmount=rlusd("0"), Flags=0x40000) == "tesSUCCESS"
    assert world.tokens(ALICE) == "no line"
    world.ledger.close(CANCEL_S + 1)
    assert cancel(world) == "tefEXCEPTION"
    assert cancel(world, by=CAROL) == "tecNO_LINE"


@pytest.mark.parametrize(
    ("drops", "result"),
    [(1_400_010, "tecUNFUNDED"), (1_400_009, "tecINSUFFICIENT_RESERVE"), (1_400_015, "tesSUCCESS")],
)
def test_an_escrow_wants_its_reserve_and_its_xrp_after_the_fee(drops: int, result: str) -> None:
    """1 XRP, 0.2 for the line, 0.2 for the escrow, 10 drops for the fee, 5 to lock."""
    assert lock(newer(drops=drops), "5") == result


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Amount": "0"}, "temBAD_AMOUNT"),
        ({"Amount": rlusd("-1")}, "temBAD_AMOUNT"),
        ({"FinishAfter": CANCEL_S}, "temBAD_EXPIRATION"),
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"Destination": STRANGER}, "tecNO_DST"),
        ({"Amount": rlusd("1000.1")}, "tecINSUFFICIENT_FUNDS"),
        ({"FinishAfter": START_S - 1}, "tecNO_PERMISSION"),
        ({"FinishAfter": START_S}, "tesSUCCESS"),
    ],
)
def test_what_is_no_escrow_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields, or by the ledger."""
    given = {"value": rlusd("1")} | {_SHORT.get(name, name): value for name, value in fields.items()}
    assert lock(newer(), **given) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [("0.0000000000015", "tecPRECISION_LOSS"), ("0.000000000002", "tesSUCCESS"), ("0.0000000150001", "tesSUCCESS")],
)
def test_what_would_be_lost_in_the_digits_of_the_balance_is_not_locked(value: str, result: str) -> None:
    """A balance of 5,000 is kept to 12 places: of 1.5 units a third is lost, of 2 nothing, of 15,000.1 a 150,000th."""
    assert lock(newer(tokens="5000"), rlusd(value)) == result


def test_an_escrow_that_names_no_time_to_finish_or_none_at_all_is_malformed() -> None:
    """The one by its fields, the other by its missing times."""
    world = newer()
    assert world.do(ALICE, "EscrowCreate", Destination=BOB, Amount="5", CancelAfter=CANCEL_S) == "temMALFORMED"
    assert world.do(ALICE, "EscrowCreate", Destination=BOB, Amount="5") == "temBAD_EXPIRATION"


def test_tokens_are_locked_only_by_leave_of_their_issuer_and_not_by_itself() -> None:
    """By its own account setting, which it can take back; without the amendment never."""
    world = World(amendments=EXCHANGE_3_0)
    assert lock(world, rlusd("5")) == "tecNO_PERMISSION"
    assert world.do(ISSUER, "AccountSet", SetFlag=ALLOW_LOCKING) == "tesSUCCESS"
    assert lock(world, rlusd("5")) == "tesSUCCESS"
    times = {"FinishAfter": FINISH_S, "CancelAfter": CANCEL_S}
    assert world.do(ISSUER, "EscrowCreate", Destination=BOB, Amount=rlusd("5"), **times) == "tecNO_PERMISSION"
    assert world.do(ISSUER, "AccountSet", ClearFlag=ALLOW_LOCKING) == "tesSUCCESS"
    assert lock(world, rlusd("5")) == "tecNO_PERMISSION"
    older = World(amendments=EXCHANGE_2_3)
    assert older.do(ISSUER, "AccountSet", SetFlag=ALLOW_LOCKING) == "tesSUCCESS"
    assert lock(older, rlusd("5")) == "temBAD_AMOUNT"
    assert lock(older, "5") == "tesSUCCESS"


def test_a_freeze_stops_the_locking_and_a_deep_one_the_finishing_too() -> None:
    """Of either end's line."""
    for holder in (ALICE, BOB):
        world = newer()
        assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=holder), Flags=FREEZE) == "tesSUCCESS"
        assert lock(world, rlusd("5")) == "tecFROZEN"
    world = newer()
    assert lock(world, rlusd("5")) == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=BOB), Flags=FREEZE | DEEP) == "tesSUCCESS"
    assert finish(world) == "tecFROZEN"
    assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=BOB), Flags=DEEP << 1) == "tesSUCCESS"
    assert finish(world) == "tesSUCCESS"


def test_who_wants_to_be_asked_gets_an_escrow_by_his_own_hand_or_by_leave() -> None:
    """Bob asks for leave: Carol has none, then she has; he himself needs none."""
    world = newer()
    assert [lock(world, "5"), lock(world, "5")] == ["tesSUCCESS", "tesSUCCESS"]
    assert world.do(BOB, "AccountSet", SetFlag=DEPOSIT_AUTH) == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    assert finish(world, by=CAROL) == "tecNO_PERMISSION"
    assert finish(world, by=BOB, sequence=2) == "tesSUCCESS"
    assert world.do(BOB, "DepositPreauth", Authorize=CAROL) == "tesSUCCESS"
    assert finish(world, by=CAROL) == "tesSUCCESS"


def show(world: World, by: str = BOB, **fields: Any) -> str:
    """Finish Alice's first escrow, showing something; 33 base fees are paid for it."""
    return world.do(by, "EscrowFinish", Owner=ALICE, OfferSequence=1, **({"Fee": "330"} | fields))


def test_a_condition_is_fulfilled_by_its_secret_and_by_nothing_else() -> None:
    """The secret is nothing at all; ``abc`` is another, with a condition of its own."""
    world = newer()
    assert lock(world, "5000000", Condition=OF_NOTHING) == "tesSUCCESS"
    (escrow,) = world.ledger.state.others.values()
    assert escrow.fields["Condition"] == OF_NOTHING
    world.ledger.close(FINISH_S + 1)
    assert finish(world) == "tecCRYPTOCONDITION_ERROR"
    assert show(world, Condition=OF_NOTHING, Fulfillment=ABC) == "tecCRYPTOCONDITION_ERROR"
    assert show(world, Condition=OF_ABC, Fulfillment=ABC) == "tecCRYPTOCONDITION_ERROR"
    assert show(world, Condition=OF_NOTHING, Fulfillment=NOTHING) == "tesSUCCESS"
    assert world.ledger.xrp_drops(BOB) == 1_000_000_000 + 5_000_000 - 10 - 3 * 330


def test_a_condition_may_take_the_place_of_a_time() -> None:
    """It can be fulfilled at once, until it is too late."""
    world = newer()
    terms = {"Destination": BOB, "Amount": "5000000", "CancelAfter": CANCEL_S}
    assert world.do(ALICE, "EscrowCreate", **terms) == "temMALFORMED"
    assert world.do(ALICE, "EscrowCreate", Condition=OF_NOTHING[2:], **terms) == "temMALFORMED"
    assert world.do(ALICE, "EscrowCreate", Condition=OF_NOTHING, **terms) == "tesSUCCESS"
    world.ledger.close(CANCEL_S + 1)
    assert show(world, Condition=OF_NOTHING, Fulfillment=NOTHING) == "tecNO_PERMISSION"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Condition": OF_NOTHING}, "temMALFORMED"),
        ({"Fulfillment": NOTHING}, "temMALFORMED"),
        ({"Condition": OF_NOTHING, "Fulfillment": "xyz"}, "temMALFORMED"),
        ({"Condition": OF_NOTHING, "Fulfillment": NOTHING}, "tecCRYPTOCONDITION_ERROR"),
        ({"Condition": OF_NOTHING, "Fulfillment": NOTHING, "Fee": "329"}, "telINSUF_FEE_P"),
        ({"Condition": OF_NOTHING, "Fulfillment": "A00E800C" + "00" * 12, "Fee": "339"}, "telINSUF_FEE_P"),
        ({}, "tesSUCCESS"),
    ],
)
def test_what_is_shown_without_being_asked_for_is_refused(fields: dict[str, Any], result: str) -> None:
    """Checking costs 32 base fees more, and one for each 16 bytes of the fulfillment."""
    world = newer()
    assert lock(world, "5000000") == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    assert show(world, **fields) == result


def test_a_ledger_with_an_escrow_is_the_same_when_it_is_read_back() -> None:
    """Saved as JSON and read again, it can be finished."""
    world = newer()
    assert lock(world, rlusd("5")) == "tesSUCCESS"
    world.ledger.close(FINISH_S + 1)
    again = Ledger.from_state(world.ledger.to_state())
    assert frozen(again) == frozen(world.ledger)
    assert again.apply(world.tx(BOB, "EscrowFinish", Owner=ALICE, OfferSequence=1), "F" * 64).result == "tesSUCCESS"
    assert again.token_balance(BOB) == 1005
