"""The step through a book: the pool first if it is better, then offers of one quality, best first, oldest first.

One pass takes offers of a single quality. The reverse pass asks what an output costs; the forward pass, what an input
buys, held to what the reverse pass found. Which amounts round up and which down is the ledger's own choice, line by
line.

Source: BookStep.cpp and AMMOffer.cpp of the ledger server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from neo.ledger import pool, quality
from neo.ledger.amount import RATE_ONE, Amount, Asset, In, Out
from neo.ledger.book import Book
from neo.ledger.entries import LINE_AUTH, LINE_NO_RIPPLE, REQUIRE_AUTH, Account, Offer
from neo.ledger.flow.context import Context, FlowError
from neo.ledger.flow.ends import LineEnd, PriorStep
from neo.ledger.flow.offers import OFFERS_MAX, OfferStream
from neo.ledger.flow.pool_offer import PoolOffer, PoolSource
from neo.ledger.number import Number, normalize
from neo.ledger.scale import Scale


class Portion(Generic[In, Out]):
    """How much of one offer is taken, as its owner, the taker and the owner's funds see it.

    Attributes:
        pays, gets: the offer's own amounts.
        taker_in, taker_out: with transfer fees on the way in.
        owner_gives: what leaves the owner, with transfer fees on the way out.
        rate_in, rate_out: the transfer rates that apply to this owner, in billionths.
    """

    __slots__ = ("gets", "owner_gives", "pays", "rate_in", "rate_out", "taker_in", "taker_out")

    def __init__(self, pays: In, gets: Out, rate_in: int, rate_out: int) -> None:
        self.pays: In = pays
        self.gets: Out = gets
        self.rate_in = rate_in
        self.rate_out = rate_out
        self.taker_in: In = pays
        self.taker_out: Out = gets
        self.owner_gives: Out = gets


class BookStep(Generic[In, Out]):
    """The step from what the taker pays to what the taker gets.

    Attributes:
        cached_in, cached_out: what the last pass moved.
        seen: how many offers it looked at.
        is_default: it is on the default path: a crossing takes no worse than its threshold, and removes its own offers.
        inactive: it looked at so many that the path is not to be tried again.
    """

    def __init__(
        self,
        context: Context,
        book: Book,
        trade: pool.PoolTrade[In, Out],
        prior: PriorStep | None,
        *,
        is_default: bool = True,
    ) -> None:
        self._context = context
        self._state = context.state
        self._book = book
        self._in: Asset[In] = trade.asset_in
        self._out: Asset[Out] = trade.asset_out
        self._prior = prior
        accounts, pays, gets = context.state.accounts, book.pays, book.gets
        self._issuer_in = None if pays is None else accounts.get(pays.issuer)
        self._issuer_out = None if gets is None else accounts.get(gets.issuer)
        self._rate_in = self._transfer_rate(self._issuer_in)
        self._rate_out = self._transfer_rate(self._issuer_out) if context.crossing else RATE_ONE
        self.is_default = is_default
        self._pool: PoolSource[In, Out] | None = PoolSource.of(context, book, trade)
        self.cached_in: In = self._in.zero
        self.cached_out: Out = self._out.zero
        self.seen = 0
        self.inactive = False
        self._remaining_in: In = self._in.zero
        self._remaining_out: Out = self._out.zero
        self._wanted: Out = self._out.zero
        self._given: In = self._in.zero
        self._ins: list[In] = []
        self._outs: list[Out] = []
        self._sum_in: In = self._in.zero
        self._sum_out: Out = self._out.zero

    # --- before the path is used ---

    def check(self) -> str | None:
        """Why the path cannot be used, or None."""
        if isinstance(self._prior, LineEnd):
            token = self._book.pays
            line = None if token is None else self._prior.source.line_for(token)
            if line is None:
                return "terNO_LINE"
            if line.issuer_has(LINE_NO_RIPPLE):
                return "terNO_RIPPLE"
        return None

    def redeems(self, *, forward: bool) -> bool:
        """After a crossing the owner has paid the transfer fee; after a payment's book the next step charges it."""
        del forward
        return not self._context.crossing

    @property
    def crosses_alone(self) -> bool:
        """Whether it is all that an offer crosses, so that it never takes the taker's own offers."""
        return self._context.crossing and self.is_default

    # --- the price at the tip ---

    def rate(self, *, prior_redeems: bool) -> tuple[int | None, bool]:
        """(an upper bound of the step's quality, None if nothing stands; whether it redeems)."""
        tip = self._tip()
        if tip is None:
            return None, self.redeems(forward=True)
        best = tip.quality if isinstance(tip, PoolOffer) else tip
        return self._with_fees(best, prior_redeems, of_pool=isinstance(tip, PoolOffer)), self.redeems(forward=True)

    @property
    def has_line(self) -> bool:
        """Whether the average price depends on the size, as the pool's does where it is best.

        At a quality of zero there is none, and working it out fails. Source: the constructors of QualityFunction.
        """
        return self._book.best() == 0 or (self._pool is not None and isinstance(self._tip(), PoolOffer))

    def line(self, *, prior_redeems: bool) -> tuple[Number, Number] | int | None:
        """Average quality as a line in the output if the pool is best, else the tip's quality, or None."""
        tip = self._tip()
        if tip is None:
            return None
        if not isinstance(tip, PoolOffer):
            return self._with_fees(tip, prior_redeems, of_pool=False)
        slope, intercept = pool.average_line(tip.reserves)
        fees = self._with_fees(quality.QUALITY_ONE, prior_redeems, of_pool=True)
        return (
            combine_rate(fees, slope, intercept, tip.reserves.scale)
            if fees != quality.QUALITY_ONE
            else (slope, intercept)
        )

    def _tip(self) -> PoolOffer[In, Out] | int | None:
        """The pool's offer if it is better than the book's best quality, else that quality."""
        best = self._book.best()
        if self._pool is not None:
            offer = self._pool.offer(self._pool_target(best))
            if offer is not None and (best is None or offer.quality < best):
                return offer
        return best

    def _pool_target(self, book_quality: int | None) -> int | None:
        """What the pool's offer is measured against. A taker who refuses the book's price is not held to it."""
        context = self._context
        refuses = context.crossing and not context.multi_path
        if refuses and book_quality is not None and context.threshold < book_quality:
            return None
        return book_quality

    def _with_fees(self, best: int, prior_redeems: bool, *, of_pool: bool) -> int:
        """A quality with the transfer fees that its taker bears. Crossing ignores them where prices do not slope."""
        if self._context.crossing and (not of_pool or self._context.multi_path):
            return best
        if self._rate_in == RATE_ONE or not prior_redeems:
            return best
        return quality.composed(quality.quality_of(normalize(self._rate_in, 0), normalize(RATE_ONE, 0)), best)

    def _transfer_rate(self, issuer: Account | None) -> int:
        """What it costs to move an asset through its issuer; nothing if the issuer is the destination."""
        if issuer is None or issuer is self._context.destination:
            return RATE_ONE
        return issuer.transfer_rate or RATE_ONE

    # --- the two passes ---

    def reverse(self, needed: Amount) -> tuple[Amount, Amount]:
        """Get ``needed`` or as much as one quality gives; returns (in, out)."""
        wanted = self._out.of(needed)
        self._wanted = self._remaining_out = wanted
        self._start()
        self._each_offer(self._take_reverse, forward=False)
        if self._out.less(self._remaining_out, self._out.zero):
            self._start()
        elif not self._out.is_positive(self._remaining_out):
            self._sum_out = wanted  # normalizing may have lost a digit of the sum
        self.cached_in, self.cached_out = self._sum_in, self._sum_out
        return self.cached_in, self.cached_out

    @property
    def would_repeat(self) -> bool:
        """Whether asking for just what the last reverse pass gave would give it once more, digit for digit.

        One offer is then taken whole once more; several are, as long as their sum loses no digits, as XRP's never does.
        """
        return self._out.is_xrp or len(self._outs) == 1

    def forward(self, most: Amount) -> tuple[Amount, Amount]:
        """Spend ``most`` or as much as one quality takes; returns (in, out)."""
        given = self._in.of(most)
        self._given = self._remaining_in = given
        self._start()
        self._each_offer(self._take_forward, forward=True)
        if self._in.less(self._remaining_in, self._in.zero):
            self._start()
        elif not self._in.is_positive(self._remaining_in):
            self._sum_in = given
        self.cached_in, self.cached_out = self._sum_in, self._sum_out
        return self.cached_in, self.cached_out

    def _start(self) -> None:
        self._ins, self._outs = [], []
        self._sum_in, self._sum_out = self._in.zero, self._out.zero

    def _take_reverse(self, offer: Offer | PoolOffer[In, Out], portion: Portion[In, Out]) -> bool:
        """Take an offer towards the wanted output; False when no more offers are needed."""
        remaining = self._remaining_out
        if not self._out.is_positive(remaining):
            return False
        if not self._out.less(remaining, portion.taker_out):
            self._ins.append(portion.taker_in)
            self._outs.append(portion.taker_out)
            self._sum_in, self._sum_out = self._in.total(self._ins), self._out.total(self._outs)
            self._remaining_out = self._out.subtract(self._wanted, self._sum_out)
            self._consume(offer, portion)
            return True  # even if that was enough: the walk has to delete the offer
        self._limit_out(offer, portion, remaining)
        self._remaining_out = self._out.zero
        self._ins.append(portion.taker_in)
        self._outs.append(self._out.zero)
        self._sum_in, self._sum_out = self._in.total(self._ins), self._wanted
        return self._consume(offer, portion)

    def _take_forward(self, offer: Offer | PoolOffer[In, Out], portion: Portion[In, Out]) -> bool:
        """Take an offer with the given input; False when no more offers are needed."""
        remaining = self._remaining_in
        if not self._in.is_positive(remaining):
            return False
        whole = Portion(portion.pays, portion.gets, portion.rate_in, portion.rate_out)
        whole.taker_in, whole.taker_out, whole.owner_gives = portion.taker_in, portion.taker_out, portion.owner_gives
        more = not self._in.less(remaining, portion.taker_in)
        if more:
            self._ins.append(portion.taker_in)
            self._outs.append(portion.taker_out)
            self._sum_in, self._sum_out = self._in.total(self._ins), self._out.total(self._outs)
        else:
            self._limit_in(offer, portion, remaining)
            self._ins.append(remaining)
            self._outs.append(portion.taker_out)
            self._sum_in, self._sum_out = self._given, self._out.total(self._outs)
        if self._out.less(self.cached_out, self._sum_out) and not self._in.less(self.cached_in, self._sum_in):
            portion = self._hold_to_reverse(offer, portion, whole, remaining)
        self._remaining_in = self._in.subtract(self._given, self._sum_in)
        used_up = self._consume(offer, portion)
        return more or used_up

    def _hold_to_reverse(
        self, offer: Offer | PoolOffer[In, Out], portion: Portion[In, Out], whole: Portion[In, Out], remaining: In
    ) -> Portion[In, Out]:
        """The same input must not buy more than the reverse pass found: ask for that output, and prefer the answer."""
        last = self._outs.pop()
        wanted = self._out.subtract(self.cached_out, self._out.total(self._outs) if self._outs else self._out.zero)
        self._limit_out(offer, whole, wanted)
        if whole.taker_in != remaining:
            self._outs.append(last)
            return portion
        self._sum_in, self._sum_out = self._given, self.cached_out
        self._ins, self._outs = [self._sum_in], [self._sum_out]
        whole.taker_in, whole.taker_out = remaining, wanted
        return whole

    # --- walking the offers ---

    def _each_offer(
        self, take: Callable[[Offer | PoolOffer[In, Out], Portion[In, Out]], bool], *, forward: bool
    ) -> None:
        """Offer the pool and then the book's best quality to ``take``, until it has enough."""
        rate_in = self._rate_in
        if rate_in != RATE_ONE and (self._prior is None or not self._prior.redeems(forward=forward)):
            rate_in = RATE_ONE
        stream = OfferStream(self._state, self._book)
        _Walk(self, stream, take, rate_in, self._rate_out).run()
        self.seen = stream.seen
        if stream.swept:
            self._context.swept |= stream.swept
        if self.seen >= OFFERS_MAX:
            self.inactive = True

    def pool_offer(self, book_quality: int | None) -> PoolOffer[In, Out] | None:
        """What the pool offers against the book's best quality."""
        # A domain's taker gets nothing from the pool, though the pool's price has been counted with (``tryAMM``).
        return None if self._pool is None or self._book.domain else self._pool.offer(self._pool_target(book_quality))

    def quality_of(self, offer: Offer | PoolOffer[In, Out]) -> int:
        """The quality of an offer as this book has it."""
        if isinstance(offer, PoolOffer) or offer.open_home is None:
            return offer.quality
        return self._book.quality_of(offer)

    def portion_of(
        self, offer: Offer | PoolOffer[In, Out], funds: Out | None, rate_in: int, rate_out: int
    ) -> Portion[In, Out]:
        """All of an offer that its owner's funds cover (None: there is no end to them)."""
        portion = Portion(self._in.of(offer.pays), self._out.of(offer.gets), rate_in, rate_out)
        portion.taker_in = self._in.ratio(portion.pays, rate_in, RATE_ONE, up=True)
        portion.owner_gives = self._out.ratio(portion.gets, rate_out, RATE_ONE, up=False)
        if funds is not None and self._out.less(funds, portion.owner_gives):
            portion.owner_gives = funds
            portion.taker_out = self._out.ratio(funds, RATE_ONE, rate_out, up=False)
            rate = self.quality_of(offer)
            portion.pays, portion.gets = quality.limit_out(
                rate, portion.pays, portion.gets, portion.taker_out, self._in, self._out, up=False
            )
            portion.taker_in = self._in.ratio(portion.pays, rate_in, RATE_ONE, up=True)
        return portion

    def out_of(self, funds: Amount) -> Out:
        """Funds, as the kind of amount that the taker gets."""
        return self._out.of(funds)

    def may_receive(self, owner: Account) -> bool:
        """Whether an owner may hold what its taker pays: an issuer that requires authorization must have given it."""
        token, issuer = self._book.pays, self._issuer_in
        if token is None or issuer is None or not issuer.flags & REQUIRE_AUTH or owner is issuer:
            return True
        line = owner.line_for(token)
        return line is not None and line.issuer_has(LINE_AUTH)

    def owner_is_limited(self, owner: Account) -> bool:
        """Whether an owner can run out of what it offers; an issuer can't run out of its own tokens."""
        return owner is not self._issuer_out

    def rates_for(self, owner: Account, rate_in: int, rate_out: int) -> tuple[int, int]:
        """The transfer rates for one owner: a crossing taker that meets its own offer over XRP pays none."""
        context, prior = self._context, self._prior
        if context.crossing:
            if isinstance(prior, LineEnd) and prior.source is owner:
                rate_in = RATE_ONE
            if isinstance(prior, BookStep) and context.destination is owner:
                rate_out = RATE_ONE
        return rate_in, rate_out

    # --- cutting and consuming ---

    def _limit_out(self, offer: Offer | PoolOffer[In, Out], portion: Portion[In, Out], limit: Out) -> None:
        """Cut a portion down to an output (``limitStepOut``)."""
        if not self._out.less(limit, portion.taker_out):
            return
        portion.taker_out = limit
        portion.owner_gives = self._out.ratio(limit, portion.rate_out, RATE_ONE, up=False)
        if isinstance(offer, PoolOffer) and not self._context.multi_path:
            portion.pays, portion.gets = offer.reserves.swap_out(limit), limit
        else:
            rate = self.quality_of(offer)
            portion.pays, portion.gets = quality.limit_out(
                rate, portion.pays, portion.gets, limit, self._in, self._out, up=True
            )
        portion.taker_in = self._in.ratio(portion.pays, portion.rate_in, RATE_ONE, up=True)

    def _limit_in(self, offer: Offer | PoolOffer[In, Out], portion: Portion[In, Out], limit: In) -> None:
        """Cut a portion down to an input (``limitStepIn``)."""
        if not self._in.less(limit, portion.taker_in):
            return
        portion.taker_in = limit
        own = self._in.ratio(limit, RATE_ONE, portion.rate_in, up=False)
        if isinstance(offer, PoolOffer) and not self._context.multi_path:
            portion.pays, portion.gets = own, offer.reserves.swap_in(own)
        else:
            rate = self.quality_of(offer)
            portion.pays, portion.gets = quality.limit_in(rate, portion.pays, portion.gets, own, self._in, self._out)
        portion.taker_out = portion.gets
        portion.owner_gives = self._out.ratio(portion.gets, portion.rate_out, RATE_ONE, up=False)

    def _consume(self, offer: Offer | PoolOffer[In, Out], portion: Portion[In, Out]) -> bool:
        """Move the money of a portion and shrink the offer by it; whether that uses the offer up."""
        pays, gets = self._in.of(offer.pays), self._out.of(offer.gets)
        if self._in.less(pays, portion.pays) or self._out.less(gets, portion.gets):
            raise FlowError if isinstance(offer, PoolOffer) else ArithmeticError("more taken than offered")
        if isinstance(offer, PoolOffer) and not offer.reserves.product_holds(portion.pays, portion.gets):
            raise FlowError
        self._pay_owner(offer.owner, portion.pays)
        self._owner_pays(offer.owner, portion.owner_gives)
        if isinstance(offer, PoolOffer):
            self._context.pool_used = True
            return True
        self._state.journal.touch(offer)
        offer.pays = rest_pays = self._in.subtract(pays, portion.pays)
        offer.gets = rest_gets = self._out.subtract(gets, portion.gets)
        return not self._in.is_positive(rest_pays) or not self._out.is_positive(rest_gets)

    def _pay_owner(self, owner: Account, paid: Amount) -> None:
        if isinstance(paid, int):
            if paid < 0 or not self._state.send_drops(None, owner, paid):
                raise FlowError
        elif paid[0] < 0:
            raise FlowError
        elif owner is not self._issuer_in:
            self._state.issue(owner, paid, self._book.pays)

    def _owner_pays(self, owner: Account, given: Amount) -> None:
        if isinstance(given, int):
            if given < 0 or not self._state.send_drops(owner, None, given):
                raise FlowError
        elif given[0] < 0:
            raise FlowError
        elif self.owner_is_limited(owner):
            self._state.redeem(owner, given, self._book.gets)


class _Walk(Generic[In, Out]):
    """One walk over the offers: which of them the taker may take, and when to stop."""

    __slots__ = ("_attempted", "_context", "_one_quality", "_rate_in", "_rate_out", "_step", "_take", "stream")

    def __init__(
        self,
        step: BookStep[In, Out],
        stream: OfferStream,
        take: Callable[[Offer | PoolOffer[In, Out], Portion[In, Out]], bool],
        rate_in: int,
        rate_out: int,
    ) -> None:
        self._step: BookStep[In, Out] = step
        self._context = step._context  # noqa: SLF001 - the walk is the step's own
        self.stream = stream
        self._take: Callable[[Offer | PoolOffer[In, Out], Portion[In, Out]], bool] = take
        self._rate_in = rate_in
        self._rate_out = rate_out
        self._one_quality: int | None = None
        self._attempted = False

    def run(self) -> None:
        """The pool once, against the first live offer's quality; then offers, while they are taken."""
        stream = self.stream
        if not stream.step():
            alone = self._step.pool_offer(None)
            if alone is not None:
                self._meet(alone, alone.quality)
            return
        pool_offer = self._step.pool_offer(stream.quality)
        if pool_offer is not None and not self._meet(pool_offer, pool_offer.quality):
            return
        while stream.tip is not None and self._meet(stream.tip, stream.quality) and stream.step():
            pass

    def _meet(self, offer: Offer | PoolOffer[In, Out], rate: int) -> bool:
        """Take an offer if it may be taken; False ends the walk. After True the walk moves on, deleting the offer."""
        if self._one_quality is None:
            self._one_quality = rate
        elif self._one_quality != rate:
            return False
        context = self._context
        held_to_threshold = context.crossing and self._step.is_default
        is_worse = held_to_threshold and rate > context.threshold
        is_own = held_to_threshold and offer.owner is context.source and not is_worse
        if is_own or not self._step.may_receive(offer.owner):
            if isinstance(offer, Offer):
                self.stream.swept.add(offer)
            if not self._attempted:
                self._one_quality = None  # nothing of this quality has been taken: the next one will do
            return True
        if is_worse:
            return False
        rate_in, rate_out = self._rate_in, self._rate_out
        if not self._step.is_default:
            rate_in, rate_out = self._step.rates_for(offer.owner, rate_in, rate_out)
        funds: Out | None = None
        if isinstance(offer, PoolOffer):
            rate_out = RATE_ONE  # the pool pays no transfer fee
        elif self._step.owner_is_limited(offer.owner):
            funds = self._step.out_of(self.stream.funds)
        self._attempted = True
        return self._take(offer, self._step.portion_of(offer, funds, rate_in, rate_out))


def combine_rate(fees: int, slope: Number, intercept: Number, scale: Scale) -> tuple[Number, Number]:
    """Put a constant quality before a line: both are scaled by its inverse (QualityFunction.cpp ``combine``)."""
    inverse = scale.divide(scale.one, scale.widened(quality.rate_of(fees)))
    return scale.multiply(inverse, slope), scale.multiply(inverse, intercept)
