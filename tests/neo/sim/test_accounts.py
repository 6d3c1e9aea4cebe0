"""The crowd's accounts: real addresses, one for each name, the same in every session."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrpl.core.addresscodec import decode_classic_address, is_valid_classic_address

from neo.sim.accounts import ARBITRAGEUR, FUNDING, crowd_address, maker_addresses, taker_addresses


def test_an_address_is_made_of_its_name_and_never_changes() -> None:
    """A world's file names them, so another rule would be another world.

    The account id was worked out apart, with ``sha512sum`` over NEO, crowd and the name with zero bytes in between.
    """
    assert decode_classic_address(crowd_address("maker 0")).hex() == MAKER_0
    assert maker_addresses(1) == [crowd_address("maker 0")]


MAKER_0 = "5ea583f3683ac40535ee9e4625ab45c1ca909c82"


@given(st.text(max_size=40))
def test_every_name_has_an_address_of_the_ledgers_form(name: str) -> None:
    assert is_valid_classic_address(crowd_address(name))


def test_every_crowd_member_has_an_account_of_its_own() -> None:
    """The most makers that a profile may have, all takers, the arbitrageur, the funding account and we."""
    accounts = [*maker_addresses(12), *taker_addresses(), ARBITRAGEUR, FUNDING, crowd_address("us")]
    assert len(set(accounts)) == len(accounts) == 12 + 24 + 3


@pytest.mark.parametrize("makers", [0, 1, 12])
def test_a_larger_crowd_has_the_smaller_ones_makers_first(makers: int) -> None:
    """So that a maker keeps its account whatever a profile says of how many there are."""
    assert maker_addresses(makers) == maker_addresses(12)[:makers]
