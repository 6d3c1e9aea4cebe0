"""The rules as a value: which amendments are in force, which of them are choices here, and what they decide."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from support.ledger_world import ALICE, BOB, IMMEDIATE, World

import neo.ledger
from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, Ledger, pool
from neo.ledger.amendments import CHOICES, REQUIRED, Rules, identifier, of_ids
from neo.ledger.scale import SCALES
from neo.ledger.text import format_token, parse_token
from neo.ledger.transactions.kinds import NEEDS

LEDGER = Path(neo.ledger.__file__).parent


def test_an_amendments_identifier_is_the_ledgers() -> None:
    """The half hash of its name; this one is published for fixFillOrKill."""
    assert identifier("fixFillOrKill") == "3318EA0CF0755AF15DAC19F2B5C5BCBFF4B78BDD57609ACCAABE2C41309B051A"


def test_a_ledgers_list_gives_the_choices_and_names_what_is_not_known() -> None:
    """The oldest are held without being listed; one that bears on nothing here is passed over; a new one is told."""
    listed = of_ids([identifier("DeepFreeze"), identifier("DynamicNFT"), "AB" * 32])
    assert listed.known == REQUIRED | {"DeepFreeze"}
    assert listed.unknown == ("AB" * 32,)
    assert Rules.of(listed.known).deep_freeze


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_each_choice_hangs_on_its_amendment_alone(name: str) -> None:
    """In force or not, the others stay."""
    with_it, without = Rules.of(EXCHANGE_3_0), Rules.of(EXCHANGE_3_0 - {name})
    differing = [choice for choice in CHOICES.values() if getattr(with_it, choice) != getattr(without, choice)]
    assert differing == [CHOICES[name]]
    assert getattr(with_it, CHOICES[name]) is True


def test_every_choice_decides_something() -> None:
    """It is asked for by its name somewhere, or a type of transactions needs it."""
    code = "".join(path.read_text(encoding="utf-8") for path in LEDGER.rglob("*.py") if path.name != "amendments.py")
    asked = set(re.findall(r"rules\.(\w+)", code)) | set(NEEDS.values())
    assert set(CHOICES.values()) - asked == set()


@pytest.mark.parametrize("kind", ["SignerListSet", "CredentialDelete"])
def test_flags_that_mean_nothing_are_refused_since_a_rule_says_so(kind: str) -> None:
    """Before it they were passed over, by these types alone."""
    fields = {"SignerQuorum": 0} if kind == "SignerListSet" else {"Subject": BOB, "CredentialType": "AB"}
    goes_on = "tesSUCCESS" if kind == "SignerListSet" else "tecNO_ENTRY"
    world, older = World(amendments=EXCHANGE_3_0), World(amendments=EXCHANGE_3_0 - {"fixInvalidTxFlags"})
    assert world.do(ALICE, kind, Flags=1, **fields) == "temINVALID_FLAG"
    assert older.do(ALICE, kind, Flags=1, **fields) == goes_on
    assert older.do(ALICE, "OfferCancel", OfferSequence=1, Flags=1) == "temINVALID_FLAG"


def test_a_pools_account_has_no_sequence_number_since_there_are_vaults() -> None:
    """Before it is that of the ledger in which it is made (``createPseudoAccount``)."""
    for amendments, sequence in ((EXCHANGE_3_0, 10), (EXCHANGE_3_0 | {"LendingProtocol"}, 0)):
        world = World(amendments=amendments)
        assert world.pool() == "tesSUCCESS"
        amm = world.ledger.state.amm
        assert amm is not None
        assert amm.account.sequence == sequence


@pytest.mark.parametrize(
    ("amendments", "digits"),
    [
        (EXCHANGE_2_3, 16),
        (EXCHANGE_3_0, 16),
        (EXCHANGE_3_0 | {"SingleAssetVault"}, 19),
        (EXCHANGE_3_0 | {"LendingProtocol"}, 19),
    ],
)
def test_vaults_or_lending_give_the_numbers_three_digits_more(amendments: frozenset[str], digits: int) -> None:
    """And nothing else does."""
    assert Rules.of(amendments).number_digits == digits


def test_a_swap_has_the_digits_of_its_scale() -> None:
    """A pool of 624,347.347957 XRP and 889,598.861425548 tokens gives 48.91909306044154 for 34.334785 XRP, exactly.

    In 16 digits the last three are lost when what stays is taken from 889,598.86...; in 19 they are not.
    """
    drops, tokens, given = 624_347_347_957, parse_token("889598.861425548"), 34_334_785
    exact = Fraction("889598.861425548") * given / (drops + given)
    gives = {digits: pool.GETS_TOKENS.reserves_of(drops, tokens, 0, digits).swap_in(given) for digits in SCALES}
    assert {digits: format_token(value) for digits, value in gives.items()} == {
        16: "48.9190930603",
        19: "48.9190930604413",
    }
    assert 0 <= exact - Fraction(format_token(gives[19])) < Fraction(1, 10**12)
    assert Fraction(1, 10**11) < exact - Fraction(format_token(gives[16]))


def test_a_ledger_trades_with_its_pool_in_the_scale_of_its_rules() -> None:
    """The same offer against the same pool, before vaults and after; a ledger read back keeps its own."""
    tokens = {}
    for name, amendments in (("before", EXCHANGE_3_0), ("after", EXCHANGE_3_0 | {"SingleAssetVault"})):
        world = World(amendments=amendments, drops=10**12, tokens="900000")
        assert world.pool(624_347_347_957, "889598.861425548") == "tesSUCCESS"
        world.ledger = Ledger.from_state(world.ledger.to_state())
        assert world.ask(ALICE, 34_334_785, "1", Flags=IMMEDIATE | 0x80000) == "tesSUCCESS"
        tokens[name] = world.tokens(ALICE)
    assert tokens == {"before": "900048.9190930603", "after": "900048.9190930604"}


def test_a_rule_that_is_missing_or_unheard_of_is_named() -> None:
    """One that the arithmetic needs, and one that nobody knows."""
    with pytest.raises(ValueError, match="needs these amendments: FlowCross"):
        Rules.of(EXCHANGE_3_0 - {"FlowCross"})
    with pytest.raises(ValueError, match="does not know these amendments: Teleport"):
        Rules.of(EXCHANGE_3_0 | {"Teleport"})
