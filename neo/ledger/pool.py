"""The pool's arithmetic: what a swap gives or costs, and how large an offer the pool makes against the book.

All of it is pure: balances, a fee and a quality in, amounts out. The pool holds ``balance_in`` of what its taker pays
and ``balance_out`` of what its taker gets. Every rounding favours the pool.

Source: AMMHelpers.h, AMMHelpers.cpp and AMMLiquidity.cpp of the ledger server, with fixAMMv1_1 and fixAMMOverflowOffer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic

from neo.ledger import number, quality
from neo.ledger.amount import DROPS, TOKENS, Amount, Asset, In, Out, Token
from neo.ledger.number import DOWN, TOWARD_ZERO, UP, AmountRangeError, Number
from neo.ledger.scale import SCALES, Scale

FEE_UNIT = 100_000  # a trading fee of this is the whole amount
TRADING_FEE_MAX = 1000  # 1 %


class Reserves(Generic[In, Out]):
    """The two balances of a pool as seen from one direction of trade, with its fee.

    Attributes:
        asset_in, asset_out: the arithmetic of what the taker pays, and gets.
        balance_in, balance_out: how much of them the pool holds.
        fee: the share of the input that the pool keeps.
        scale: of the numbers that it is reckoned with.
    """

    __slots__ = (
        "asset_in",
        "asset_out",
        "balance_in",
        "balance_out",
        "fee",
        "fee_rest",
        "number_in",
        "number_out",
        "scale",
    )

    def __init__(
        self,
        asset_in: Asset[In],
        asset_out: Asset[Out],
        balance_in: In,
        balance_out: Out,
        trading_fee: int,
        scale: Scale,
    ) -> None:
        self.scale: Scale = scale
        self.balance_in: In = balance_in
        self.balance_out: Out = balance_out
        self.asset_in: Asset[In] = asset_in
        self.asset_out: Asset[Out] = asset_out
        self.number_in: Number = self.asset_in.to_number(balance_in, scale)
        self.number_out: Number = self.asset_out.to_number(balance_out, scale)
        self.fee, self.fee_rest = _fee(trading_fee, scale)

    def swap_in(self, given: In) -> Out:
        """What the pool gives for ``given``."""
        scale = self.scale
        product = scale.multiply(self.number_in, self.number_out, UP)
        kept = scale.multiply(self.asset_in.to_number(given, scale), self.fee_rest, DOWN)
        after = scale.add(self.number_in, kept, DOWN)
        if after[0] <= 0:
            return self.asset_out.zero
        rest = scale.divide(product, after, UP)
        gives = scale.subtract(self.number_out, rest, DOWN)
        if gives[0] < 0:
            return self.asset_out.zero
        return self.asset_out.from_number(gives, DOWN)

    def swap_out(self, wanted: Out) -> In:
        """What the pool wants for ``wanted``; more than anyone has if that empties it."""
        scale = self.scale
        product = scale.multiply(self.number_in, self.number_out, UP)
        after = scale.subtract(self.number_out, self.asset_out.to_number(wanted, scale), DOWN)
        if after[0] <= 0:
            return self.asset_in.most
        ratio = scale.divide(product, after, UP)
        costs = scale.divide(scale.subtract(ratio, self.number_in, UP), self.fee_rest, UP)
        if costs[0] < 0:
            return self.asset_in.zero
        return self.asset_in.from_number(costs, UP)

    def product_holds(self, taken_in: In, given_out: Out) -> bool:
        """Whether the product of the balances does not shrink (beyond one part in ten million) by a trade."""
        scale = self.scale
        product = scale.multiply(self.number_in, self.number_out)
        new_in = self.asset_in.to_number(self.asset_in.add(self.balance_in, taken_in), scale)
        new_out = self.asset_out.to_number(self.asset_out.subtract(self.balance_out, given_out), scale)
        new = scale.multiply(new_in, new_out)
        if not number.less(new, product):
            return True
        return number.less(scale.divide(scale.subtract(product, new), product), scale.widened(_PRODUCT_SLACK))


@lru_cache(maxsize=64)
def _fee(trading_fee: int, scale: Scale) -> tuple[Number, Number]:
    """The fee as a share, and one less it; both are exact."""
    fee = scale.divide(scale.normalize(trading_fee, 0), scale.normalize(FEE_UNIT, 0))
    return fee, scale.subtract(scale.one, fee)


def largest_offer(reserves: Reserves[In, Out]) -> tuple[In, Out, int] | None:
    """99 % of the pool at its spot price: what the pool offers when there is no book to compare with."""
    scale = reserves.scale
    most = scale.multiply(reserves.number_out, scale.widened(_MOST_OF_POOL))
    gets = reserves.asset_out.from_number(most, DOWN)
    if not reserves.asset_out.is_positive(gets) or not reserves.asset_out.less(gets, reserves.balance_out):
        return None
    return reserves.swap_out(gets), gets, quality.quality_of(reserves.balance_in, reserves.balance_out)


def step_offer(initial: Reserves[In, Out], now: Reserves[In, Out], passes: int) -> tuple[In, Out, int] | None:
    """What a pool offers where it is one of several paths: steps that grow, so that the better path is taken by turns.

    Args:
        initial: the pool as the payment began; the first step is 1/4000 of it.
        now: the pool as it is.
        passes: how many passes have taken from a pool; each step is as large as the two before it together.

    Source: ``generateFibSeqOffer`` in AMMLiquidity.cpp.
    """
    asset_in, asset_out, scale = now.asset_in, now.asset_out, now.scale
    share = scale.divide(scale.normalize(5, 0), scale.normalize(20_000, 0))
    pays = asset_in.from_number(scale.multiply(share, initial.number_in), UP)
    gets = initial.swap_in(pays)
    if passes:
        grown = scale.multiply(asset_out.to_number(gets, scale), scale.normalize(_GROWTH[passes - 1], 0))
        gets = asset_out.from_number(grown, DOWN)
        if not asset_out.less(gets, now.balance_out):
            return None
        pays = now.swap_out(gets)
    return pays, gets, quality.quality_of(pays, gets)


def _growth(steps: int) -> tuple[int, ...]:
    sizes = [1, 2]
    while len(sizes) < steps:
        sizes.append(sizes[-1] + sizes[-2])
    return tuple(sizes)


def offer_against(reserves: Reserves[In, Out], target: int) -> tuple[In, Out, int] | None:
    """The offer that moves the pool's price to ``target``, or trades at ``target`` on average if that is smaller.

    The XRP side is found first and rounded down. None if the fee leaves no room for such an offer.
    """
    scale = reserves.scale
    rate = scale.widened(quality.rate_of(target))
    if rate[0] == 0:
        return None
    found = _start_with_gets(reserves, rate) if reserves.asset_out.is_xrp else _start_with_pays(reserves, rate)
    if found is None:
        return None
    start, amounts = found
    pays, gets = amounts(start)
    if _is_worse(pays, gets, target):
        side = (
            reserves.asset_out.to_number(gets, scale)
            if reserves.asset_out.is_xrp
            else reserves.asset_in.to_number(pays, scale)
        )
        pays, gets = amounts(scale.multiply(side, scale.widened(_REDUCED), TOWARD_ZERO))
        if _is_worse(pays, gets, target):
            return None
    return pays, gets, quality.quality_of(pays, gets)


def _if_better(offer: tuple[In, Out, int] | None, target: int) -> tuple[In, Out, int] | None:
    """An offer, if its amounts make a better quality than the target."""
    return offer if offer is not None and quality.quality_of(offer[0], offer[1]) < target else None


def _is_worse(pays: Amount, gets: Amount, target: int) -> bool:
    """Whether an offer's quality is worse than the target. A rate that cannot be held is 0, the best there is."""
    return quality.quality_of(pays, gets) > target


def _start_with_gets(
    reserves: Reserves[In, Out], rate: Number
) -> tuple[Number, Callable[[Number], tuple[In, Out]]] | None:
    """Solve for what the taker gets (``getAMMOfferStartWithTakerGets``); no root is taken where there can be none."""
    pool_in, pool_out, rest, scale = reserves.number_in, reserves.number_out, reserves.fee_rest, reserves.scale
    limit = scale.subtract(pool_out, scale.divide(pool_in, scale.multiply(rate, rest)))
    if limit[0] <= 0:
        return None
    scaled = scale.multiply(pool_in, scale.subtract(scale.one, scale.divide(scale.one, rest)))
    twice = scale.multiply(scale.two, pool_out)
    b = scale.subtract(scale.divide(scaled, rate), twice)
    squared = scale.multiply(pool_out, pool_out)
    c = scale.subtract(squared, scale.divide(scale.multiply(pool_in, pool_out), rate))
    gets = _smallest_root(scale, scale.one, b, c)
    if gets is None or gets[0] <= 0:
        return None

    def amounts(proposed: Number) -> tuple[In, Out]:
        out = reserves.asset_out.from_number(proposed, DOWN)
        return reserves.swap_out(out), out

    return (limit if number.less(limit, gets) else gets), amounts


def _start_with_pays(
    reserves: Reserves[In, Out], rate: Number
) -> tuple[Number, Callable[[Number], tuple[In, Out]]] | None:
    """Solve for what the taker pays (``getAMMOfferStartWithTakerPays``), in the same way."""
    pool_in, pool_out, rest, scale = reserves.number_in, reserves.number_out, reserves.fee_rest, reserves.scale
    limit = scale.subtract(scale.multiply(pool_out, rate), scale.divide(pool_in, rest))
    if limit[0] <= 0:
        return None
    b = scale.multiply(pool_in, scale.add(scale.one, rest))
    squared = scale.multiply(pool_in, pool_in)
    c = scale.subtract(squared, scale.multiply(scale.multiply(pool_in, pool_out), rate))
    pays = _smallest_root(scale, rest, b, c)
    if pays is None or pays[0] <= 0:
        return None

    def amounts(proposed: Number) -> tuple[In, Out]:
        given = reserves.asset_in.from_number(proposed, DOWN)
        return given, reserves.swap_in(given)

    return (limit if number.less(limit, pays) else pays), amounts


def _smallest_root(scale: Scale, a: Number, b: Number, c: Number) -> Number | None:
    """The smaller solution of ``a x*x + b x + c = 0``, in the form that loses no digits; None if there is none."""
    four_a_c = scale.multiply(scale.multiply(scale.four, a), c)
    discriminant = scale.subtract(scale.multiply(b, b), four_a_c)
    if discriminant[0] < 0:
        return None
    root = scale.square_root(discriminant)
    below = number.negate(b)
    below = scale.subtract(below, root) if b[0] > 0 else scale.add(below, root)
    return scale.divide(scale.multiply(scale.two, c), below)


class PoolTrade(Generic[In, Out]):
    """One direction of trade with a pool: the arithmetic of its two amounts, chosen once.

    What was worked out is remembered, since the same is asked for many times in a ledger.

    Attributes:
        asset_in, asset_out: the arithmetic of what the taker pays, and gets.
        sides: what a pool holds of what the taker pays, and of what it gets, known to be of these kinds.
        reserves_of: the pool with these balances and this trading fee, in numbers of so many digits.
        offer_for: what such a pool offers, (pays, gets, quality), against the book's best quality or, with None, alone.
            Nothing if the pool's price is no better than the book's, or within one part in ten million of it. With
            ``falls_back`` the largest offer stands in for one that cannot be made (fixAMMv1_2). It gives a hundredth of
            the spot price and must still beat the book's; where that is so, an offer can be made, unless takers get XRP
            and the book is so many digits worse (``digits``) that rounding leaves ``_smallest_root`` no solution.
    """

    __slots__ = ("asset_in", "asset_out", "offer_for", "reserves_of", "sides")

    def __init__(
        self, asset_in: Asset[In], asset_out: Asset[Out], sides: Callable[[Amount, Amount], tuple[In, Out]]
    ) -> None:
        self.asset_in: Asset[In] = asset_in
        self.asset_out: Asset[Out] = asset_out
        self.sides: Callable[[Amount, Amount], tuple[In, Out]] = sides
        self.reserves_of: Callable[[In, Out, int, int], Reserves[In, Out]] = lru_cache(maxsize=256)(self._reserves_of)
        self.offer_for: Callable[[In, Out, int, int | None, bool, int], tuple[In, Out, int] | None]
        self.offer_for = lru_cache(maxsize=4096)(self._offer_for)

    def _reserves_of(self, balance_in: In, balance_out: Out, trading_fee: int, digits: int) -> Reserves[In, Out]:
        return Reserves(self.asset_in, self.asset_out, balance_in, balance_out, trading_fee, SCALES[digits])

    def _offer_for(
        self,
        balance_in: In,
        balance_out: Out,
        trading_fee: int,
        target: int | None,
        falls_back: bool,
        digits: int,
    ) -> tuple[In, Out, int] | None:
        reserves = self.reserves_of(balance_in, balance_out, trading_fee, digits)
        if target is not None:
            spot = quality.quality_of(balance_in, balance_out)
            if spot >= target or quality.is_near(spot, target):
                return None
        try:
            found = largest_offer(reserves) if target is None else offer_against(reserves, target)
            if found is None and target is not None and falls_back:
                found = _if_better(largest_offer(reserves), target)
        except AmountRangeError:
            return None
        if found is None or not self.asset_in.is_positive(found[0]) or not self.asset_out.is_positive(found[1]):
            return None
        return found


def _tokens_for_drops(held_in: Amount, held_out: Amount) -> tuple[Token, int]:
    assert not isinstance(held_in, int), "takers pay tokens"
    assert isinstance(held_out, int), "takers get drops"
    return held_in, held_out


def _drops_for_tokens(held_in: Amount, held_out: Amount) -> tuple[int, Token]:
    assert isinstance(held_in, int), "takers pay drops"
    assert not isinstance(held_out, int), "takers get tokens"
    return held_in, held_out


def _tokens_for_tokens(held_in: Amount, held_out: Amount) -> tuple[Token, Token]:
    return TOKENS.of(held_in), TOKENS.of(held_out)


GETS_XRP = PoolTrade(TOKENS, DROPS, _tokens_for_drops)
GETS_TOKENS = PoolTrade(DROPS, TOKENS, _drops_for_tokens)
SWAPS_TOKENS = PoolTrade(TOKENS, TOKENS, _tokens_for_tokens)


def average_line(reserves: Reserves[In, Out]) -> tuple[Number, Number]:
    """Average quality as a line in the output: (slope, intercept) (QualityFunction.h)."""
    scale = reserves.scale
    slope = scale.divide(number.negate(reserves.fee_rest), reserves.number_in)
    intercept = scale.divide(scale.multiply(reserves.number_out, reserves.fee_rest), reserves.number_in)
    return slope, intercept


def shares_for(drops: int, tokens: Token, scale: Scale, mode: int) -> Token:
    """Pool shares for a first deposit: the root of the product, each step rounded in ``mode`` (``ammLPTokens``)."""
    product = scale.multiply(scale.normalize(drops, 0, mode), scale.widened(tokens), mode)
    return TOKENS.from_number(scale.square_root(product, mode), mode)


_REDUCED = number.normalize(9999, -4)
_GROWTH = _growth(30)
_MOST_OF_POOL = number.normalize(99, -2)
_PRODUCT_SLACK = number.normalize(1, -7)
