"""What keeps us from quoting, and what has changed, told with its figures and its mend."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.recorded_mirror import first_read

from neo.mirror.mirror import Freezes, TokenTerms
from neo.mirror.pinned_read import start_mirror
from neo.mirror.terms_check import PairFacts, changes, facts_of, problems

TOKEN = TokenTerms(
    tick_size=0,
    transfer_fee_billionths=0,
    needs_authorization=False,
    is_authorized=False,
    may_claw_back=True,
    line_limit=Decimal(1_000_000),
)
FACTS = PairFacts(
    freezes=Freezes(everything=False, own_line=False, own_line_deeply=False, pool=False),
    token=TOKEN,
    spare_drops=400_000,
    owner_reserve_drops=200_000,
    pool_fee_per_100k=300,
    is_master_disabled=False,
)


def with_token(**fields: Any) -> PairFacts:
    return msgspec.structs.replace(FACTS, token=msgspec.structs.replace(TOKEN, **fields))


def test_nothing_keeps_us_from_quoting_where_all_is_well() -> None:
    """Two offers' reserve is enough, a token that can be clawed back is still tradable, and a freeze is waited out."""
    frozen = Freezes(everything=True, own_line=True, own_line_deeply=False, pool=False)
    assert problems(FACTS, 15) == ()
    assert problems(msgspec.structs.replace(FACTS, freezes=frozen), 15) == ()


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (with_token(line_limit=None), "no trust line"),
        (with_token(line_limit=Decimal(0)), "limit 0"),
        (with_token(needs_authorization=True), "not authorized"),
        (with_token(transfer_fee_billionths=2_000_000), "2000000 billionths"),
        (with_token(tick_size=5), "tick size is 5 digits, and prices are quoted with 6"),
        (msgspec.structs.replace(FACTS, spare_drops=399_999), "399999 drops over its reserve"),
        (msgspec.structs.replace(FACTS, is_master_disabled=True), "master key is disabled"),
    ],
)
def test_each_thing_that_keeps_us_from_quoting_is_told(facts: PairFacts, what: str) -> None:
    """With what mends it."""
    (found,) = problems(facts, 6)
    assert what in found.what
    assert found.mend


def test_everything_is_told_at_once() -> None:
    """So that it is mended in one go."""
    facts = with_token(line_limit=None, tick_size=3, needs_authorization=True)
    assert len(problems(facts, 6)) == 3


def test_an_authorized_line_and_a_fine_enough_tick_are_in_order() -> None:
    """At the very edge."""
    assert problems(with_token(needs_authorization=True, is_authorized=True, tick_size=6), 6) == ()


def test_what_has_changed_is_told_and_nothing_else() -> None:
    """By its name, with what it was."""
    assert changes(FACTS, FACTS) is None
    assert changes(FACTS, msgspec.structs.replace(FACTS, spare_drops=1)) is None
    now = msgspec.structs.replace(with_token(transfer_fee_billionths=5), pool_fee_per_100k=None)
    assert changes(FACTS, now) == (
        "transfer_fee_billionths is now 5, was 0; the pool's fee is now None per 100,000, was 300"
    )


def test_a_recorded_market_of_a_real_server_is_in_order() -> None:
    """As it was read from one of its ledgers: its maker could trade."""
    assert problems(facts_of(start_mirror(first_read())), 6) == ()
