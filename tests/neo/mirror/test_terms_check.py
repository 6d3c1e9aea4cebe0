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


def test_an_authorized_line_with_any_limit_and_a_fine_enough_tick_are_in_order() -> None:
    """At the very edge."""
    assert problems(with_token(needs_authorization=True, is_authorized=True, tick_size=6), 6) == ()
    assert problems(with_token(line_limit=Decimal("0.000001")), 6) == ()


def test_what_has_changed_is_told_and_nothing_else() -> None:
    """In words, with what it was."""
    assert changes(FACTS, FACTS) is None
    assert changes(FACTS, msgspec.structs.replace(FACTS, spare_drops=1)) is None
    now = msgspec.structs.replace(with_token(transfer_fee_billionths=5), pool_fee_per_100k=None)
    assert changes(FACTS, now) == (
        "the issuer's transfer fee in billionths is now 5, was 0; the pool's fee is now none per 100,000, was 300"
    )
    frozen = msgspec.structs.replace(FACTS, freezes=msgspec.structs.replace(FACTS.freezes, own_line=True))
    assert changes(FACTS, frozen) == "our line is now frozen"
    assert changes(frozen, FACTS) == "our line is no longer frozen"


def test_every_term_that_can_change_has_words() -> None:
    """Of a new one nobody would be told."""
    for fields, values in ((FACTS.freezes, {}), (FACTS.token, {"line_limit": Decimal(77), "tick_size": 3})):
        for name in fields.__struct_fields__:
            here = getattr(fields, name)
            there = values.get(name, not here if isinstance(here, bool) else 77)
            holder = "freezes" if fields is FACTS.freezes else "token"
            now = msgspec.structs.replace(FACTS, **{holder: msgspec.structs.replace(fields, **{name: there})})
            assert changes(FACTS, now) is not None, name


@pytest.mark.parametrize("has_pool", [True, False])
def test_what_is_judged_is_what_the_ledger_says(*, has_pool: bool) -> None:
    """The maker's 99,999.99998 XRP less the reserve of 1.4; the pool's fee if there is one: the book alone will do."""
    mirror = start_mirror(first_read())
    if not has_pool:
        mirror.embedded.set_pool(None)
    facts = facts_of(mirror)
    assert facts.freezes == Freezes(everything=False, own_line=False, own_line_deeply=False, pool=False)
    assert facts.spare_drops == 99_998_599_980
    assert (facts.owner_reserve_drops, facts.pool_fee_per_100k) == (200_000, 300 if has_pool else None)


def test_a_recorded_market_of_a_real_server_is_in_order() -> None:
    """As it was read from one of its ledgers: its maker could trade."""
    assert problems(facts_of(start_mirror(first_read())), 6) == ()
