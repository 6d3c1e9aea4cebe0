"""Offers that bridge and payments along paths, against a second model in whole fractions (``support/slow_exchange``).

The amounts are large, so that what rounding to drops and to sixteen digits moves is far below what a wrong rule would.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any
from unittest import mock

import pytest
from support.ledger_two_tokens import TO_RLUSD, TO_USD, TO_XRP, USD_ISSUER, TwoTokens, usd
from support.ledger_world import ALICE, BOB, CAROL, DAVE, FILL_OR_KILL, IMMEDIATE, ISSUER, SELL, TRADERS, World, rlusd
from support.slow_exchange import ENDLESS, SlowExchange, SlowOffer, Terms

from neo.ledger import Ledger
from neo.ledger.amount import Amount
from neo.ledger.flow.strand import Strand

NO_DIRECT, PARTIAL, LIMIT_QUALITY = 0x10000, 0x20000, 0x40000
STEPS = {"XRP": TO_XRP, "RLUSD": TO_RLUSD, "USD": TO_USD}
WORTH = {"XRP": 1.0, "RLUSD": 2.0, "USD": 2.5}  # of one XRP
SIZE = 10**6  # XRP that an offer is worth at most
DUST = Fraction(SIZE, 10**9)  # what rounding moves in all
FEE_DROPS = 10
OVER_XRP = [("RLUSD", "XRP", "USD"), ("USD", "XRP", "RLUSD")]
OVER_TOKENS = [(first, middle, last) for first, last, middle in permutations(STEPS) if middle != "XRP"]
PATHS = [*OVER_XRP, *OVER_TOKENS]


@dataclass
class Scene:
    """A ledger with offers between three assets, and the same for the model.

    Attributes:
        standing: the offers with their sequence numbers.
        whole: what they were before anything was taken of them.
    """

    world: TwoTokens
    model: SlowExchange
    standing: list[tuple[int, SlowOffer]]
    whole: list[tuple[Fraction, Fraction]]


def written(asset: str, units: str) -> Any:
    """An amount as transactions have it; of XRP in whole drops."""
    if asset == "XRP":
        return str(int(Fraction(units) * 10**6))
    return rlusd(units) if asset == "RLUSD" else usd(units)


def units_of(amount: Amount) -> Fraction:
    """Drops or tokens as units."""
    return Fraction(amount, 10**6) if isinstance(amount, int) else Fraction(amount[0]) * Fraction(10) ** amount[1]


def held(world: TwoTokens, owner: str, asset: str) -> Fraction:
    """What somebody has."""
    account = world.ledger.state.accounts[owner]
    if asset == "XRP":
        return units_of(account.drops)
    line = account.line if asset == "RLUSD" else account.line_for(world.usd)
    assert line is not None
    return units_of(line.balance)


def holdings(world: TwoTokens) -> dict[tuple[str, str], Fraction]:
    """What everybody has."""
    return {(owner, asset): held(world, owner, asset) for owner in TRADERS for asset in STEPS}


def scene(chance: random.Random, way: tuple[str, str, str]) -> Scene:
    """Random offers in the books of a direct way and of one over a third asset; some owners are short."""
    fees = [chance.choice((0, 0, 1_002_000_000, 1_150_000_000)) for _ in range(2)]
    world = TwoTokens(tokens="100000000", drops=10**15, transfer_rate=fees[0], usd_transfer_rate=fees[1])
    for owner in TRADERS:
        assert world.pay(USD_ISSUER, owner, usd("99999000")) == "tesSUCCESS"
    first, middle, last = way
    offers = []
    for wants, gives in ((first, last), (first, middle), (middle, last)):
        for _ in range(chance.randint(0 if wants == first and gives == last else 1, 5)):
            size = chance.uniform(SIZE / 100, SIZE)
            pays = f"{size * WORTH[wants] * chance.uniform(0.97, 1.03):.6f}"
            gets = f"{size * WORTH[gives]:.6f}"
            owner = chance.choice((BOB, CAROL, DAVE))
            assert world.offer(owner, written(gives, gets), written(wants, pays)) == "tesSUCCESS"
            sequence = world.ledger.sequence(owner) - 1
            offers.append((sequence, SlowOffer(owner, wants, gives, Fraction(pays), Fraction(gets))))
    for owner in (BOB, CAROL, DAVE):
        for asset in (middle, last):
            if chance.random() < 0.4:
                promised = sum(offer.gets for _, offer in offers if (offer.owner, offer.gives) == (owner, asset))
                leave(world, owner, asset, float(promised) * chance.uniform(0.2, 1.2) + 100)
    rates = {"XRP": Fraction(1), "RLUSD": Fraction(fees[0] or 10**9, 10**9), "USD": Fraction(fees[1] or 10**9, 10**9)}
    model = SlowExchange([offer for _, offer in offers], defaultdict(Fraction), rates)
    return Scene(world, model, offers, [(offer.pays, offer.gets) for _, offer in offers])


def leave(world: TwoTokens, owner: str, asset: str, units: float) -> None:
    """Have somebody give all but so much back to the issuer."""
    surplus = f"{float(held(world, owner, asset)) - units:.6f}"
    issuer = USD_ISSUER if asset == "USD" else ISSUER
    assert world.pay(owner, issuer, written(asset, surplus)) == "tesSUCCESS"


def ready(scene: Scene) -> dict[tuple[str, str], Fraction]:
    """Tell the model what everybody can give: all but the reserve, and the taker's fee. Everybody's holdings."""
    state = scene.world.ledger.state
    before = holdings(scene.world)
    for (owner, asset), units in before.items():
        kept_drops = 0
        if asset == "XRP":
            kept_drops = state.fees.reserve_drops(state.accounts[owner].owner_count) + FEE_DROPS * (owner == ALICE)
        scene.model.funds[owner, asset] = units - Fraction(kept_drops, 10**6)
    return before


def undo(scene: Scene) -> None:
    """Nothing moved after all; who ran out on the way stays so here, since the ledger removes offers it found dead."""
    scene.model.moved.clear()
    for (_, offer), (pays, gets) in zip(scene.standing, scene.whole, strict=True):
        offer.pays, offer.gets = pays, gets


def check(scene: Scene, before: dict[tuple[str, str], Fraction], *, sent: int = 1) -> None:
    """Everybody holds, and every offer that is backed has left, what the model says."""
    for (owner, asset), units in holdings(scene.world).items():
        fees = Fraction(FEE_DROPS * sent, 10**6) if (owner, asset) == (ALICE, "XRP") else 0
        model = before[owner, asset] + scene.model.moved[owner, asset] - fees
        assert abs(units - model) <= DUST, (owner, asset, float(units), float(model))
    for sequence, offer in scene.standing:
        if offer.gets > DUST and scene.model.funds[offer.owner, offer.gives] > DUST:
            real = scene.world.ledger.state.accounts[offer.owner].offers[sequence]
            assert abs(units_of(real.gets) - offer.gets) <= DUST
            assert abs(units_of(real.pays) - offer.pays) <= DUST


def worth(chance: random.Random, asset: str) -> str:
    """A random amount of an asset: from a part of one offer to more than there is."""
    return f"{SIZE * WORTH[asset] * chance.uniform(0.05, 6):.6f}"


@pytest.mark.parametrize("seed", range(100))
def test_an_offer_that_bridges_trades_and_rests_as_the_model_says(seed: int) -> None:
    """Balances of everybody, what is left of every offer, the result, and what is placed.

    What came in several parts is added up in sixteen digits and may end a last digit short of the whole. The ledger
    kills a fill-or-kill offer then; without the flag it is the same trade.
    """
    chance = random.Random(seed)
    way = chance.choice(OVER_XRP)
    set_up = scene(chance, way)
    first, _, last = way
    gives = worth(chance, first)
    wants = f"{float(gives) / WORTH[first] * WORTH[last] * chance.uniform(0.8, 1.04):.6f}"
    flags = chance.choice((0, 0, SELL, IMMEDIATE, FILL_OR_KILL, FILL_OR_KILL | SELL))
    if chance.random() < 0.2:
        leave(set_up.world, ALICE, first, float(gives) * chance.uniform(0.2, 0.9))
    before = ready(set_up)
    model, rate = set_up.model, set_up.model.rates[first]
    spend, want, backed = Fraction(gives), Fraction(wants), model.funds[ALICE, first]
    wanted, limit = ENDLESS if flags & SELL else want, spend * rate / want
    spent, arrived = model.flow(Terms(ALICE, ALICE, [(first, last), way], spend * rate, wanted, limit, crossing=True))
    left = spend - spent / rate if flags & SELL else (want - arrived) * spend / want
    whole, broke = left <= DUST, spent >= backed
    asked = written(first, gives), written(last, wants)
    results = [set_up.world.offer(ALICE, *asked, Flags=flags)]
    if flags & FILL_OR_KILL and (whole or broke) and results[0] == "tecKILLED":
        results.append(set_up.world.offer(ALICE, *asked, Flags=flags - FILL_OR_KILL))
    if (flags & FILL_OR_KILL and not whole and not broke) or (flags & IMMEDIATE and not arrived):
        assert results == ["tecKILLED"]
        undo(set_up)
    else:
        assert results[-1] == "tesSUCCESS"
    check(set_up, before, sent=len(results))
    if not broke:  # who has a last digit left may place what nothing stands behind
        rests = 0 if whole or flags & (IMMEDIATE | FILL_OR_KILL) else left
        placed = set_up.world.ledger.state.accounts[ALICE].offers.values()
        assert abs(sum((units_of(offer.gets) for offer in placed), Fraction(0)) - rests) <= DUST
        assert abs(sum((units_of(offer.pays) for offer in placed), Fraction(0)) - rests * want / spend) <= DUST


@pytest.mark.parametrize("seed", range(120))
def test_a_payment_along_paths_moves_what_the_model_says(seed: int) -> None:
    """Balances of everybody, what is left of every offer, and the result; in many of them one path alone."""
    chance = random.Random(seed)
    way = chance.choice(PATHS)
    set_up = scene(chance, way)
    first, middle, last = way
    wanted = worth(chance, last)
    most = f"{float(wanted) / WORTH[last] * WORTH[first] * chance.uniform(0.9, 1.5):.6f}"
    flags = chance.choice((0, PARTIAL)) | chance.choice((0, LIMIT_QUALITY)) | chance.choice((0, 0, NO_DIRECT))
    over = bool(flags & NO_DIRECT) or chance.random() < 0.8
    if chance.random() < 0.2:
        leave(set_up.world, ALICE, first, float(most) * chance.uniform(0.2, 0.9))
    before = ready(set_up)
    receiver = chance.choice((DAVE, DAVE, ALICE))
    terms = Terms(
        taker=ALICE,
        receiver=receiver,
        ways=[*([] if flags & NO_DIRECT else [(first, last)]), *([way] if over else [])],
        most=Fraction(most),
        wanted=Fraction(wanted),
        limit=Fraction(most) / Fraction(wanted) if flags & LIMIT_QUALITY else None,
        crossing=False,
    )
    _, arrived = set_up.model.flow(terms)
    asked: dict[str, Any] = {"SendMax": written(first, most), "Flags": flags}
    if over:
        asked["Paths"] = [[STEPS[middle], STEPS[last]]]
    result = set_up.world.pay(ALICE, receiver, written(last, wanted), **asked)
    if flags & PARTIAL:
        assert result == ("tesSUCCESS" if arrived else "tecPATH_DRY")
    else:
        assert result == ("tesSUCCESS" if arrived == terms.wanted else "tecPATH_PARTIAL")
    if result != "tesSUCCESS":
        undo(set_up)
    check(set_up, before)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 25, 60, 64, 97])
def test_bids_of_one_price_are_walked_once_more_where_their_sum_loses_digits(seed: int) -> None:
    """Six bids of one price and sixteen digits each; in the last five plays asking for their sum gives another one."""
    chance = random.Random(seed)
    world = World(tokens="100000")
    unit = Decimal(chance.choice(["1.234567890123457", "0.3333333333333333", "7.777777777777777"]))
    for _ in range(6):
        parts = chance.randrange(1, 10**6)
        owner = chance.choice((ALICE, BOB, CAROL))
        tokens = Decimal(f"{unit * parts:.15e}")
        world.apply(world.tx(owner, "OfferCreate", TakerPays=str(parts * 10), TakerGets=rlusd(f"{tokens:f}")))
    sold, flags = str(chance.randrange(1, 5 * 10**7)), chance.choice((IMMEDIATE | SELL, IMMEDIATE))
    tx = world.tx(DAVE, "OfferCreate", TakerGets=sold, TakerPays=rlusd("0.000001"), Flags=flags)
    with mock.patch.object(Strand, "waiting_end", return_value=None):
        moved_first = Ledger.from_state(world.ledger.to_state()).apply(tx, "F" * 64)
    assert world.ledger.apply(tx, "F" * 64).meta() == moved_first.meta()
