"""Which of the offers that a taker meets are too small to stand."""

from __future__ import annotations

import pytest
from support.ledger_two_tokens import TwoTokens
from support.ledger_world import ALICE

from neo.ledger import quality
from neo.ledger.amount import TOKEN_LEAST, Token
from neo.ledger.entries import Offer
from neo.ledger.flow.offers import has_shrunk

LEAST = TOKEN_LEAST[0]


@pytest.mark.parametrize(
    ("pays", "gets", "shrunk"),
    [(1, 3, True), (3, 2, False), (2, 2, False)],  # each in the least amounts that a token can have
)
def test_of_tokens_for_tokens_only_offers_that_pay_fewer_than_they_get_can_shrink(
    pays: int, gets: int, shrunk: bool
) -> None:
    """Funded with one of the least amounts: a third of one is none at all, and two for two would be one for one."""
    world = TwoTokens()
    state = world.ledger.state
    sides: tuple[Token, Token] = (pays * LEAST, TOKEN_LEAST[1]), (gets * LEAST, TOKEN_LEAST[1])
    rate = quality.quality_of(*sides)
    book = state.book(state.token, world.usd)
    home = book.home_of(state.journal, rate)
    offer = Offer(bytes(32), state.accounts[ALICE], 1, *sides, rate, 0, None, home)
    assert has_shrunk(book, offer, TOKEN_LEAST) is shrunk
