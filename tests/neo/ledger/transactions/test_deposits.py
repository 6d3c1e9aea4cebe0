"""Credentials that are shown with a payment: whose they must be, what they open, what becomes of old ones."""

from __future__ import annotations

from typing import Any

import pytest
from support.domain_world import KYC, accepted
from support.ledger_world import ALICE, BOB, CAROL, ISSUER, START_S, STRANGER, World, rlusd

from neo.ledger import EXCHANGE_3_0, keys

DEPOSIT_AUTH = 9


def key_of(subject: str, kind: str = KYC) -> str:
    """The name of the issuer's credential for somebody."""
    return keys.credential_key(keys.account_id(subject), keys.account_id(ISSUER), bytes.fromhex(kind)).hex().upper()


def vouched_for(*subjects: str, kinds: tuple[str, ...] = (KYC,), **extra: Any) -> World:
    """A world in which the issuer has vouched for some, who accepted; Bob takes nothing without leave."""
    world = World(amendments=EXCHANGE_3_0)
    for subject in subjects:
        for kind in kinds:
            given = {"Subject": subject, "CredentialType": kind}
            assert world.do(ISSUER, "CredentialCreate", **given, **extra) == "tesSUCCESS"
            assert world.do(subject, "CredentialAccept", Issuer=ISSUER, CredentialType=kind) == "tesSUCCESS"
    assert world.do(BOB, "AccountSet", SetFlag=DEPOSIT_AUTH) == "tesSUCCESS"
    return world


@pytest.mark.parametrize("value", ["5000000", rlusd("5")])
def test_who_holds_the_credentials_pays_if_he_shows_them_all(value: Any) -> None:
    """Bob asks for two. One of them is not enough, nor are both without being shown."""
    world = vouched_for(ALICE, kinds=(KYC, "AA"))
    assert world.do(BOB, "DepositPreauth", AuthorizeCredentials=accepted("AA", KYC)) == "tesSUCCESS"
    both = [key_of(ALICE), key_of(ALICE, "AA")]
    assert world.pay(ALICE, BOB, value, CredentialIDs=both[:1]) == "tecNO_PERMISSION"
    assert world.pay(ALICE, BOB, value) == "tecNO_PERMISSION"
    assert world.pay(ALICE, BOB, value, CredentialIDs=both) == "tesSUCCESS"


@pytest.mark.parametrize(
    ("shown", "result"),
    [
        ([], "temMALFORMED"),
        ([key_of(ALICE)] * 2, "temMALFORMED"),
        ([f"{number:064X}" for number in range(9)], "temMALFORMED"),
        (["AA"], "temMALFORMED"),
        ([key_of(CAROL)], "tecBAD_CREDENTIALS"),
        (["00" * 32], "tecBAD_CREDENTIALS"),
        ([key_of(ALICE)], "tesSUCCESS"),
    ],
)
def test_what_is_shown_must_be_ones_own_even_if_nobody_asked(shown: list[str], result: str) -> None:
    """Carol takes from everybody."""
    world = vouched_for(ALICE, CAROL)
    assert world.pay(ALICE, CAROL, "5000000", CredentialIDs=shown) == result


def test_a_credential_counts_once_it_is_accepted() -> None:
    """It is there before, but not Alice's."""
    world = vouched_for()
    assert world.do(ISSUER, "CredentialCreate", Subject=ALICE, CredentialType=KYC) == "tesSUCCESS"
    assert world.pay(ALICE, CAROL, "5000000", CredentialIDs=[key_of(ALICE)]) == "tecBAD_CREDENTIALS"


@pytest.mark.parametrize("kind", ["Payment", "EscrowFinish", "PaymentChannelClaim"])
def test_one_whose_time_is_over_leaves_the_ledger_with_the_transaction_that_shows_it(kind: str) -> None:
    """It fails, and Alice is free of the reserve: only the escrow or the channel, and her line, are left to her."""
    world = vouched_for(ALICE, Expiration=START_S + 10)
    to_carol = {"Destination": CAROL, "Amount": "5000000"}
    fields: dict[str, Any] = dict(to_carol)
    if kind == "EscrowFinish":
        assert world.do(ALICE, "EscrowCreate", FinishAfter=START_S + 5, **to_carol) == "tesSUCCESS"
        fields = {"Owner": ALICE, "OfferSequence": world.ledger.sequence(ALICE) - 1}
    elif kind == "PaymentChannelClaim":
        opened = {"SettleDelay": 9, "PublicKey": "ED" + "00" * 32}
        assert world.do(ALICE, "PaymentChannelCreate", **opened, **to_carol) == "tesSUCCESS"
        channel = next(entry for entry in world.ledger.state.others.values() if entry.kind == "PayChannel")
        fields = {"Channel": channel.key.hex(), "Balance": "5"}
    world.ledger.close(START_S + 11)
    count = world.ledger.owner_count(ALICE)
    assert world.do(ALICE, kind, CredentialIDs=[key_of(ALICE)], **fields) == "tecEXPIRED"
    assert world.ledger.owner_count(ALICE) == count - 1
    assert all(entry.kind != "Credential" for entry in world.ledger.state.others.values())


def test_the_first_xrp_needs_no_leave_so_that_nothing_shown_for_it_is_looked_at() -> None:
    """Up to the reserve of an account that has no more than it: the credential's time is over, and it stays."""
    world = vouched_for(ALICE, Expiration=START_S + 10)
    assert world.pay(ALICE, STRANGER, "1000000") == "tesSUCCESS"
    world.ledger.close(START_S + 11)
    assert world.pay(ALICE, STRANGER, "1000000", CredentialIDs=[key_of(ALICE)]) == "tesSUCCESS"
    assert world.pay(ALICE, STRANGER, "1000000", CredentialIDs=[key_of(ALICE)]) == "tecEXPIRED"


def test_an_account_is_closed_in_favour_of_one_that_asks_for_credentials() -> None:
    """It shows its own, which goes with it, as does one that it never accepted, whose issuer kept the reserve."""
    world = World(amendments=EXCHANGE_3_0)
    assert world.pay(ALICE, STRANGER, "50000000") == "tesSUCCESS"
    assert world.do(ISSUER, "CredentialCreate", Subject=STRANGER, CredentialType=KYC) == "tesSUCCESS"
    assert world.do(STRANGER, "CredentialAccept", Issuer=ISSUER, CredentialType=KYC) == "tesSUCCESS"
    assert world.do(ISSUER, "CredentialCreate", Subject=STRANGER, CredentialType="AA") == "tesSUCCESS"
    assert world.ledger.owner_count(ISSUER) == 1
    assert world.do(BOB, "AccountSet", SetFlag=DEPOSIT_AUTH) == "tesSUCCESS"
    assert world.do(BOB, "DepositPreauth", AuthorizeCredentials=accepted(KYC)) == "tesSUCCESS"
    world.ledger.open_at(index=300, close_time_s=START_S + 900, parent_close_time_s=START_S + 900)
    closing = {"Destination": BOB, "Fee": "200000"}
    assert world.do(STRANGER, "AccountDelete", **closing) == "tecNO_PERMISSION"
    assert world.do(STRANGER, "AccountDelete", CredentialIDs=["00" * 32], **closing) == "tecBAD_CREDENTIALS"
    assert world.do(STRANGER, "AccountDelete", CredentialIDs=[key_of(STRANGER)], **closing) == "tesSUCCESS"
    assert [entry.kind for entry in world.ledger.state.others.values()] == ["DepositPreauth"]
    assert world.ledger.owner_count(ISSUER) == 0
