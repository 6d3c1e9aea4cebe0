"""Payment channels: XRP set aside, claimed bit by bit, and given back when the channel closes."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, START_S, STRANGER, World, rlusd

from neo.ledger import EXCHANGE_3_0, UnsupportedTransactionError, keys

DISALLOW_CHANNELS, DEPOSIT_AUTH = 14, 9
RENEW, CLOSE = 0x10000, 0x20000
PUBLIC_KEY = "ED" + "01" * 32
DELAY_S = 100


def newer(**made: Any) -> World:
    """A world under the rules of 3.0."""
    return World(amendments=EXCHANGE_3_0, **made)


def opened(world: World, drops: str = "100000000", **fields: Any) -> str:
    """Alice opens a channel to Bob by her first transaction."""
    given = {"Destination": BOB, "Amount": drops, "SettleDelay": DELAY_S, "PublicKey": PUBLIC_KEY}
    return world.do(ALICE, "PaymentChannelCreate", **(given | fields))


def claim(world: World, by: str = ALICE, **fields: Any) -> str:
    """Claim from it."""
    return world.do(by, "PaymentChannelClaim", Channel=name(), **fields)


def fund(world: World, drops: Any, by: str = ALICE, **fields: Any) -> str:
    """Put more into it."""
    return world.do(by, "PaymentChannelFund", Channel=name(), Amount=drops, **fields)


def name() -> str:
    """The channel's key."""
    return keys.channel_key(keys.account_id(ALICE), keys.account_id(BOB), 1).hex().upper()


def held(world: World) -> dict[str, Any]:
    """What the channel says."""
    return world.ledger.state.others[bytes.fromhex(name())].fields


def test_a_channel_takes_its_owners_xrp_and_reserve_at_once() -> None:
    """100 XRP and a fee of 10 drops; with the line it is his second entry."""
    world = newer()
    assert opened(world, DestinationTag=4) == "tesSUCCESS"
    assert held(world) == {
        "Account": ALICE,
        "Amount": "100000000",
        "Balance": "0",
        "Destination": BOB,
        "DestinationTag": 4,
        "Flags": 0,
        "PublicKey": PUBLIC_KEY,
        "Sequence": 1,
        "SettleDelay": DELAY_S,
    }
    assert (world.ledger.xrp_drops(ALICE), world.ledger.owner_count(ALICE)) == (899_999_990, 2)
    assert world.ledger.owner_count(BOB) == 1


@pytest.mark.parametrize(
    ("drops", "result"),
    [(1_400_005, "tesSUCCESS"), (1_400_004, "tecUNFUNDED"), (1_399_999, "tecINSUFFICIENT_RESERVE")],
)
def test_the_reserve_and_the_xrp_must_be_there_before_the_fee(drops: int, result: str) -> None:
    """1 XRP, 0.2 for the line, 0.2 for the channel, 5 drops to put in; the fee may come out of the reserve."""
    assert opened(newer(drops=drops), "5") == result


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Amount": "0"}, "temBAD_AMOUNT"),
        ({"Amount": rlusd("1")}, "temBAD_AMOUNT"),
        ({"Destination": ALICE}, "temDST_IS_SRC"),
        ({"PublicKey": "05" * 33}, "temMALFORMED"),
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"Destination": STRANGER}, "tecNO_DST"),
        ({"CancelAfter": START_S - 1}, "tecEXPIRED"),
        ({"CancelAfter": START_S}, "tesSUCCESS"),
    ],
)
def test_what_is_no_channel_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields, or by the ledger."""
    assert opened(newer(), **fields) == result


def test_whoever_wants_no_channels_or_a_tag_on_them_is_heard() -> None:
    """Both are the receiver's settings."""
    world = newer()
    assert world.do(BOB, "AccountSet", SetFlag=DISALLOW_CHANNELS) == "tesSUCCESS"
    assert opened(world) == "tecNO_PERMISSION"
    assert world.do(BOB, "AccountSet", ClearFlag=DISALLOW_CHANNELS, Flags=0x10000) == "tesSUCCESS"
    assert opened(world) == "tecDST_TAG_NEEDED"


def test_the_owner_pays_by_totals_and_the_receiver_closes_at_once() -> None:
    """Of 100 XRP 30, then 10 more; 60 go back with the reserve."""
    world = newer()
    assert opened(world) == "tesSUCCESS"
    assert claim(world, Balance="30000000") == "tesSUCCESS"
    assert claim(world, Balance="40000000") == "tesSUCCESS"
    assert claim(world, Balance="40000000") == "tecUNFUNDED_PAYMENT"
    assert claim(world, Balance="100000001") == "tecUNFUNDED_PAYMENT"
    assert world.ledger.xrp_drops(BOB) == 1_040_000_000
    assert claim(world, by=CAROL, Flags=CLOSE) == "tecNO_PERMISSION"
    assert claim(world, by=BOB, Balance="50000000") == "temBAD_SIGNATURE"
    assert claim(world, by=BOB, Flags=CLOSE) == "tesSUCCESS"
    assert world.ledger.xrp_drops(ALICE) == 960_000_000 - 5 * 10
    assert (world.ledger.owner_count(ALICE), world.ledger.state.others) == (1, {})
    assert claim(world, Flags=CLOSE) == "tecNO_TARGET"


def test_the_owner_can_only_set_an_end_and_then_anybody_closes_it() -> None:
    """A delay of 100 s after the last close; renewed, the end is off again; once it has come, a touch closes it."""
    world = newer()
    assert opened(world) == "tesSUCCESS"
    assert claim(world, Flags=CLOSE) == "tesSUCCESS"
    assert held(world)["Expiration"] == START_S + DELAY_S
    assert claim(world, by=BOB, Flags=RENEW) == "tecNO_PERMISSION"
    assert claim(world, Flags=RENEW) == "tesSUCCESS"
    assert "Expiration" not in held(world)
    assert claim(world, Flags=CLOSE) == "tesSUCCESS"
    world.ledger.close(START_S + DELAY_S)
    assert claim(world, by=CAROL) == "tesSUCCESS"
    assert world.ledger.state.others == {}
    assert world.ledger.xrp_drops(ALICE) == 1_000_000_000 - 4 * 10


def test_a_dry_channel_closes_when_its_owner_asks() -> None:
    """All has been paid."""
    world = newer()
    assert opened(world, "50") == "tesSUCCESS"
    assert claim(world, Balance="50", Flags=CLOSE) == "tesSUCCESS"
    assert world.ledger.state.others == {}


def test_more_can_be_put_in_by_the_owner_alone_and_the_end_not_be_hastened() -> None:
    """50 XRP more; an end before the delay is over is refused."""
    world = newer()
    assert opened(world) == "tesSUCCESS"
    assert fund(world, "50000000", by=CAROL) == "tecNO_PERMISSION"
    assert fund(world, "50000000", Expiration=START_S + DELAY_S - 1) == "temBAD_EXPIRATION"
    assert fund(world, "50000000", Expiration=START_S + DELAY_S) == "tesSUCCESS"
    assert (held(world)["Amount"], held(world)["Expiration"]) == ("150000000", START_S + DELAY_S)
    assert world.ledger.xrp_drops(ALICE) == 850_000_000 - 2 * 10
    assert fund(world, "850000000") == "tecUNFUNDED"
    assert fund(world, rlusd("1")) == "temBAD_AMOUNT"
    world.ledger.close(START_S + DELAY_S)
    assert fund(world, "1", by=CAROL) == "tesSUCCESS"  # it closes instead
    assert world.ledger.state.others == {}
    assert fund(world, "1") == "tecNO_ENTRY"


def test_what_is_put_in_must_leave_the_reserve() -> None:
    """1.4 XRP and 30 drops: 5 for the channel, 20 for two fees, and the 1.4 stay."""
    world = newer(drops=1_400_030)
    assert opened(world, "5") == "tesSUCCESS"
    assert fund(world, "6") == "tecUNFUNDED"
    assert fund(world, "1") == "tecINSUFFICIENT_RESERVE"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Balance": "0"}, "temBAD_AMOUNT"),
        ({"Balance": "2", "Amount": "1"}, "temBAD_AMOUNT"),
        ({"Flags": RENEW | CLOSE}, "temMALFORMED"),
        ({"Flags": 1}, "temINVALID_FLAG"),
    ],
)
def test_what_is_no_claim_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields."""
    world = newer()
    assert opened(world) == "tesSUCCESS"
    assert claim(world, **fields) == result


def test_a_signature_is_told_to_be_unknown() -> None:
    """It is not checked here, so it is not taken for good either."""
    world = newer()
    assert opened(world) == "tesSUCCESS"
    with pytest.raises(UnsupportedTransactionError, match="Signature"):
        claim(world, by=BOB, Balance="5", Signature="00", PublicKey=PUBLIC_KEY)


def test_a_receiver_who_wants_to_be_asked_is_paid_by_leave_only() -> None:
    """Bob gives Alice leave after the first try."""
    world = newer()
    assert opened(world) == "tesSUCCESS"
    assert world.do(BOB, "AccountSet", SetFlag=DEPOSIT_AUTH) == "tesSUCCESS"
    assert claim(world, Balance="5") == "tecNO_PERMISSION"
    assert world.do(BOB, "DepositPreauth", Authorize=ALICE) == "tesSUCCESS"
    assert claim(world, Balance="5") == "tesSUCCESS"
