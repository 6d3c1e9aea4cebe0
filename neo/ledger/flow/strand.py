"""Running a payment: try the path for one quality at a time until enough has flowed or nothing better is left.

Every path here is a single one (XRP and one token, by default path), so there is nothing to choose between paths; the
limits, the passes and their rounding are those of the general engine.

Source: StrandFlow.h, PaySteps.cpp, Flow.cpp and QualityFunction.cpp of the ledger server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeAlias

from neo.ledger import number, quality
from neo.ledger.amount import DROPS, TOKENS, Amount, Asset, In, Out, Token
from neo.ledger.entries import Account, Offer
from neo.ledger.flow.book_step import BookStep
from neo.ledger.flow.context import Context, FlowError
from neo.ledger.flow.ends import DropsEnd, LineEnd, PriorStep
from neo.ledger.number import UP, Number
from neo.ledger.pool import GETS_TOKENS, GETS_XRP
from neo.ledger.scale import SCALES
from neo.ledger.state import State

Step: TypeAlias = DropsEnd | LineEnd | BookStep[int, Token] | BookStep[Token, int]

TRIES_MAX = 1000
OFFERS_CONSIDERED_MAX = 1500


@dataclass(slots=True)
class FlowResult:
    """What became of a payment.

    Attributes:
        result: ``tesSUCCESS``, or why nothing was kept.
        taken_in, delivered: the actual amounts.
        removable: offers found dead on the way of a payment that failed, to be removed all the same. (One that
            succeeded has removed them itself; they stay if what it did is then given up: ``finishFlow`` in Flow.cpp.)
    """

    result: str
    taken_in: Amount = 0
    delivered: Amount = 0
    removable: set[Offer] = field(default_factory=set)


class FlowRequest(NamedTuple):
    """What is asked of the engine.

    Attributes:
        source, destination: the accounts.
        deliver: how much is to arrive.
        send_max: how much may be spent.
        partial: less is acceptable.
        crossing, sell: an offer crosses, and whether it sells (then it spends all it may).
        limit: the worst acceptable quality, or None.
        domain: the permissioned domain, in hex, whose books alone are used; empty for the open ones.
    """

    source: Account
    destination: Account
    deliver: Amount
    send_max: Amount
    partial: bool
    crossing: bool
    sell: bool
    limit: int | None
    domain: str = ""


def make_path(context: Context, request: FlowRequest) -> list[Step] | str:
    """The steps from source to destination, or why there is no path (``toStrand``)."""
    state = context.state
    issuer = state.issuer
    pays_xrp, gets_xrp = isinstance(request.send_max, int), isinstance(request.deliver, int)
    steps: list[Step] = []

    def prior() -> PriorStep | None:
        return steps[-1] if steps else None

    if pays_xrp:
        steps.append(DropsEnd(context, request.source, is_last=False))
    elif request.source is not issuer:
        to_issuer_last = not gets_xrp and request.destination is issuer
        steps.append(LineEnd(context, request.source, issuer, None, is_last=to_issuer_last))
    if pays_xrp and not gets_xrp:
        steps.append(BookStep(context, state.book(request.domain, gives_xrp=False), GETS_TOKENS, prior()))
    elif gets_xrp and not pays_xrp:
        steps.append(BookStep(context, state.book(request.domain, gives_xrp=True), GETS_XRP, prior()))
    if gets_xrp:
        steps.append(DropsEnd(context, request.destination, is_last=True))
    elif request.destination is not issuer:
        steps.append(LineEnd(context, issuer, request.destination, prior(), is_last=True))
    for step in steps:
        refusal = step.check()
        if refusal is not None:
            return refusal
    return steps


def run(state: State, request: FlowRequest) -> FlowResult:
    """Run a payment or crossing inside the journal; what it did stands if the result is ``tesSUCCESS``.

    The caller must have begun a stretch of work (``State.begin``).
    """
    context = Context(
        state,
        request.source,
        request.destination,
        crossing=request.crossing,
        threshold=request.limit or 0,
        swept=set(),
    )
    path = make_path(context, request)
    if isinstance(path, str):
        return FlowResult(path)
    mark = state.begin()
    outcome = _passes(context, request, path)
    if outcome.result == "tesSUCCESS":
        state.keep()
        outcome.removable = set()
    else:
        state.abandon(mark)
    return outcome


def _passes(context: Context, request: FlowRequest, path: list[Step]) -> FlowResult:
    """Run the passes, with the arithmetic of what is spent and of what arrives chosen once."""
    spends, arrives = request.send_max, request.deliver
    if isinstance(spends, int):
        if isinstance(arrives, int):
            return _Run(context, request, path, (DROPS, spends), (DROPS, arrives)).run()
        return _Run(context, request, path, (DROPS, spends), (TOKENS, arrives)).run()
    if isinstance(arrives, int):
        return _Run(context, request, path, (TOKENS, spends), (DROPS, arrives)).run()
    return _Run(context, request, path, (TOKENS, spends), (TOKENS, arrives)).run()


class _Run(Generic[In, Out]):
    """The passes of one payment."""

    def __init__(
        self,
        context: Context,
        request: FlowRequest,
        path: list[Step],
        spends: tuple[Asset[In], In],
        arrives: tuple[Asset[Out], Out],
    ) -> None:
        self._context = context
        self._state = context.state
        self._request = request
        self._path = path
        self._book = next((step for step in path if isinstance(step, BookStep)), None)
        self._in: Asset[In] = spends[0]
        self._send_max: In = spends[1]
        self._out: Asset[Out] = arrives[0]
        self._deliver: Out = arrives[1]
        self._removable: set[Offer] = set()

    def run(self) -> FlowResult:
        ins: list[In] = []
        outs: list[Out] = []
        remaining_in, remaining_out = self._send_max, self._deliver
        considered = tries = 0
        while self._out.is_positive(remaining_out) and self._in.is_positive(remaining_in):
            tries += 1
            if tries >= TRIES_MAX:
                return FlowResult("telFAILED_PROCESSING", removable=self._removable)
            self._context.swept = set()
            self._context.pool_used = False
            done = self._pass(remaining_in, remaining_out)
            considered += self._book.seen if self._book is not None else 0
            if done is not None:
                ins.append(done[0])
                outs.append(done[1])
                self._context.pool_passes += self._context.pool_used
                remaining_out = self._out.subtract(self._deliver, self._out.total(outs))
                remaining_in = self._in.subtract(self._send_max, self._in.total(ins))
            self._sweep()
            is_inactive = self._book is not None and self._book.inactive
            if done is None or considered >= OFFERS_CONSIDERED_MAX or is_inactive:
                break
        return self._judge(ins, outs, remaining_in)

    def _judge(self, ins: list[In], outs: list[Out], remaining_in: In) -> FlowResult:
        """Whether what flowed is enough."""
        request = self._request
        taken_in = self._in.total(ins) if ins else self._in.zero
        delivered = self._out.total(outs) if outs else self._out.zero
        result = "tesSUCCESS"
        by_output = not (request.crossing and (request.sell or not self._state.rules.fill_or_kill))
        if delivered != self._deliver:
            if self._out.less(self._deliver, delivered):
                result = "tefEXCEPTION"
            elif not request.partial:
                if by_output:
                    result = "tecPATH_PARTIAL"
            elif not self._out.is_positive(delivered):
                result = "tecPATH_DRY"
        if result == "tesSUCCESS" and not request.partial and not by_output and self._in.is_positive(remaining_in):
            result = "tecPATH_PARTIAL"
        return FlowResult(result, taken_in, delivered, self._removable)

    def _pass(self, remaining_in: In, remaining_out: Out) -> tuple[In, Out] | None:
        """One try at one quality; what it moved is kept, or None if it moved nothing acceptable."""
        limit = self._request.limit
        wanted = remaining_out
        if limit is not None and self._book is not None and self._book.has_line:
            wanted = self._limited(remaining_out, limit)
        if self._request.crossing and limit is not None:
            bound = self._upper_bound()
            if bound is None or bound > limit:
                if self._book is not None:
                    self._book.seen = 0
                return None
        mark = self._state.begin()
        done = self._try(remaining_in, wanted)
        if done is not None and self._is_acceptable(done, adjusted=wanted != remaining_out):
            self._state.keep()
            return done
        self._state.abandon(mark)
        return None

    def _is_acceptable(self, done: tuple[In, Out], *, adjusted: bool) -> bool:
        limit = self._request.limit
        if not self._out.is_positive(done[1]):
            return False
        if limit is None:
            return True
        achieved = quality.quality_of(done[0], done[1])
        return achieved <= limit or (adjusted and quality.is_near(achieved, limit))

    def _try(self, remaining_in: In, wanted: Out) -> tuple[In, Out] | None:
        try:
            return self._execute(remaining_in, wanted)
        except FlowError:
            return None

    def _execute(self, most_in: In, wanted: Out) -> tuple[In, Out] | None:
        """Reverse from the output to the input, starting over at whichever step limits; then forward from there."""
        path = self._path
        mark = self._state.journal.mark()
        limiting = len(path)
        limited: Amount = wanted
        needed: Amount = wanted
        for place in range(len(path) - 1, -1, -1):
            step = path[place]
            got_in, got_out = step.reverse(needed)
            if _is_zero(got_out):
                return None
            if place == 0 and self._in.less(most_in, self._in.of(got_in)):
                self._state.restart(mark)
                limiting = place
                got_in, got_out = step.forward(most_in)
                limited = got_out
                if _is_zero(got_out) or got_in != most_in:
                    return None
            elif got_out != needed:
                self._state.restart(mark)
                limiting = place
                needed = got_out
                got_in, got_out = step.reverse(needed)
                limited = got_out
                if _is_zero(got_out) or got_out != needed:
                    return None
            needed = got_in
        for place in range(limiting + 1, len(path)):
            step = path[place]
            got_in, got_out = step.forward(limited)
            if _is_zero(got_out) or got_in != limited:
                return None
            limited = got_out
        return self._in.of(path[0].cached_in), self._out.of(path[-1].cached_out)

    def _sweep(self) -> None:
        """Remove the dead offers that the pass met, kept or not."""
        self._removable |= self._context.swept
        for offer in sorted(self._context.swept, key=_by_key):
            if offer.alive:
                self._state.delete_offer(offer)

    # --- limits by quality ---

    def _upper_bound(self) -> int | None:
        """The best quality the path could have now (``qualityUpperBound``)."""
        bound, redeems = quality.QUALITY_ONE, False
        for step in self._path:
            best, redeems = step.rate(prior_redeems=redeems)
            if best is None:
                return None
            bound = best if bound == quality.QUALITY_ONE else quality.composed(bound, best)
        return bound

    def _limited(self, remaining_out: Out, limit: int) -> Out:
        """Less output, if the pool's slope says that the average price would be worse than the limit (``limitOut``)."""
        line = self._price_line()
        if line is None:
            return remaining_out
        scale = SCALES[self._state.rules.number_digits]
        slope, intercept = line
        rate = scale.widened(quality.rate_of(limit))
        if rate[0] == 0:
            return remaining_out
        inverse = scale.divide(scale.one, rate, UP)
        target = scale.divide(scale.subtract(inverse, intercept, UP), slope, UP)
        if target[0] <= 0:
            return remaining_out
        out = self._out.from_number(target)
        if out == remaining_out:
            return remaining_out
        low, high = (out, remaining_out) if self._out.less(out, remaining_out) else (remaining_out, out)
        gap = self._out.to_number(self._out.subtract(high, low), scale)
        if number.less(scale.divide(gap, self._out.to_number(high, scale)), scale.widened(_ABOUT_EQUAL)):
            return remaining_out
        return low

    def _price_line(self) -> tuple[Number, Number] | None:
        """The whole path's average quality as a line in its output; None if it is constant or nothing stands."""
        scale = SCALES[self._state.rules.number_digits]
        slope, intercept, redeems = number.ZERO, scale.one, False
        for step in self._path:
            if isinstance(step, BookStep):
                part = step.line(prior_redeems=redeems)
                redeems = step.redeems(forward=True)
            else:
                part, redeems = step.rate(prior_redeems=redeems)
            if part is None:
                return None
            if isinstance(part, int):
                part = number.ZERO, scale.divide(scale.one, scale.widened(quality.rate_of(part)))
            part_slope, part_intercept = part
            slope = scale.add(slope, scale.multiply(intercept, part_slope))
            intercept = scale.multiply(intercept, part_intercept)
        return None if slope[0] == 0 else (slope, intercept)


def _is_zero(amount: Amount) -> bool:
    return amount == 0 if isinstance(amount, int) else amount[0] == 0


def _by_key(offer: Offer) -> bytes:
    return offer.key


_ABOUT_EQUAL = number.normalize(1, -9)
