"""Lists of signers: one reserve for a list, replaced and removed whole."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, DAVE, World

from neo.ledger import EXCHANGE_3_0, UnsupportedTransactionError, directory, keys, others
from neo.ledger.entries import DISABLE_MASTER
from neo.ledger.json_forms import JsonObject


def newer(**made: Any) -> World:
    """A world under the rules of 3.0."""
    return World(amendments=EXCHANGE_3_0, **made)


def entries(*signers: tuple[str, int]) -> list[dict[str, Any]]:
    """Signers in the ledger's form."""
    return [{"SignerEntry": {"Account": address, "SignerWeight": weight}} for address, weight in signers]


def name(world: World, quorum: int, *signers: tuple[str, int]) -> str:
    """Alice names her signers."""
    return world.do(ALICE, "SignerListSet", SignerQuorum=quorum, SignerEntries=entries(*signers))


def test_a_list_counts_as_one_entry_whoever_is_on_it_and_is_kept_by_the_order_of_ids() -> None:
    """Carol's id is above Bob's."""
    world = newer()
    assert name(world, 3, (CAROL, 1), (BOB, 2)) == "tesSUCCESS"
    held = world.ledger.state.others[keys.signer_list_key(keys.account_id(ALICE))]
    assert held.fields == {
        "Flags": 0x00010000,
        "Owner": ALICE,
        "SignerEntries": entries((BOB, 2), (CAROL, 1)),
        "SignerListID": 0,
        "SignerQuorum": 3,
    }
    assert world.ledger.owner_count(ALICE) == 2


def test_a_list_is_replaced_and_removed() -> None:
    """One entry all the time, then none; to remove what is not there changes nothing."""
    world = newer()
    assert name(world, 1, (BOB, 1)) == "tesSUCCESS"
    assert name(world, 2, (CAROL, 2)) == "tesSUCCESS"
    state = world.ledger.state
    (held,) = state.others.values()
    assert (held.fields["SignerQuorum"], held.fields["SignerEntries"]) == (2, entries((CAROL, 2)))
    assert list(directory.contents(state.accounts[ALICE].owned)).count(held) == 1
    assert world.ledger.owner_count(ALICE) == 2
    for _ in range(2):
        assert world.do(ALICE, "SignerListSet", SignerQuorum=0) == "tesSUCCESS"
        assert (world.ledger.owner_count(ALICE), state.others) == (1, {})


def test_an_older_list_counted_for_two_and_one_for_each_signer() -> None:
    """With three signers for five; what replaces it counts for one."""
    world = newer()
    state = world.ledger.state
    account = state.accounts[ALICE]
    fields: JsonObject = {"Flags": 0, "SignerEntries": entries((BOB, 1), (CAROL, 1), (DAVE, 1)), "SignerQuorum": 1}
    others.create(state, "SignerList", keys.signer_list_key(account.id), fields, ((account, "OwnerNode"),))
    state.adjust_owner_count(account, 5)
    assert name(world, 1, (BOB, 1)) == "tesSUCCESS"
    assert world.ledger.owner_count(ALICE) == 2


def test_a_list_wants_its_reserve_beforehand_and_the_one_it_replaces_counts_for_it() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the list."""
    assert name(newer(drops=1_399_999), 1, (BOB, 1)) == "tecINSUFFICIENT_RESERVE"
    world = newer(drops=1_400_010)
    assert [name(world, 1, (BOB, 1)) for _ in range(3)] == ["tesSUCCESS", "tesSUCCESS", "tecINSUFFICIENT_RESERVE"]


def test_the_last_way_to_sign_is_not_given_up() -> None:
    """The master key is off and there is no other one."""
    world = newer()
    assert name(world, 1, (BOB, 1)) == "tesSUCCESS"
    world.ledger.state.accounts[ALICE].flags |= DISABLE_MASTER
    assert world.do(ALICE, "SignerListSet", SignerQuorum=0) == "tecNO_ALTERNATIVE_KEY"
    world.ledger.state.accounts[ALICE].other = {"RegularKey": BOB}
    assert world.do(ALICE, "SignerListSet", SignerQuorum=0) == "tesSUCCESS"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"SignerQuorum": 1}, "temMALFORMED"),
        ({"SignerQuorum": 0, "SignerEntries": entries((BOB, 1))}, "temMALFORMED"),
        ({"SignerQuorum": 1, "SignerEntries": []}, "temMALFORMED"),
        ({"SignerQuorum": 1, "SignerEntries": entries((BOB, 1), (BOB, 1))}, "temBAD_SIGNER"),
        ({"SignerQuorum": 1, "SignerEntries": entries((ALICE, 1))}, "temBAD_SIGNER"),
        ({"SignerQuorum": 1, "SignerEntries": entries((BOB, 0))}, "temBAD_WEIGHT"),
        ({"SignerQuorum": 3, "SignerEntries": entries((BOB, 1), (CAROL, 1))}, "temBAD_QUORUM"),
        ({"SignerQuorum": 2, "SignerEntries": entries((BOB, 1), (CAROL, 1))}, "tesSUCCESS"),
        ({"SignerQuorum": 0, "Flags": 1}, "temINVALID_FLAG"),
        ({"SignerQuorum": 1, "SignerEntries": [{"SignerEntry": 7}]}, "temMALFORMED"),
    ],
)
def test_what_is_no_list_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields."""
    assert newer().do(ALICE, "SignerListSet", **fields) == result


def test_at_most_32_sign() -> None:
    """Who does not exist may be among them."""
    many = [(keys.address_of(bytes([number]) * 20), 1) for number in range(40, 73)]
    assert name(newer(), 1, *many) == "temMALFORMED"
    assert name(newer(), 1, *many[:32]) == "tesSUCCESS"


def test_a_signers_tag_is_told_to_be_unknown() -> None:
    """It would be kept by the ledger."""
    signer = {"SignerEntry": {"Account": BOB, "SignerWeight": 1, "WalletLocator": "0" * 64}}
    with pytest.raises(UnsupportedTransactionError, match="WalletLocator"):
        newer().do(ALICE, "SignerListSet", SignerQuorum=1, SignerEntries=[signer])
