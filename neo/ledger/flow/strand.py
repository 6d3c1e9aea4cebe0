"""Running a payment: try its paths for one quality at a time until enough has flowed or nothing better is left.

Most payments have a single path. Of several the best is taken from first, at one quality, and then they are compared
again.

Source: StrandFlow.h, PaySteps.cpp, Flow.cpp and QualityFunction.cpp of the ledger server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic

from neo.ledger import number, quality
from neo.ledger.amount import DROPS, TOKENS, Amount, Asset, In, Out
from neo.ledger.entries import Account, Offer
from neo.ledger.flow.book_step import BookStep
from neo.ledger.flow.context import Context, FlowError
from neo.ledger.flow.ends import DropsEnd, LineEnd
from neo.ledger.flow.payment_paths import XRP, Path, PathBuilder, PaymentEnds, Step, book_step
from neo.ledger.number import UP, Number
from neo.ledger.scale import SCALES
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind

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


@dataclass(slots=True)
class FlowRequest:
    """What is asked of the engine.

    Attributes:
        source, destination: the accounts.
        deliver, arrives: how much is to arrive, and of which token (None: XRP).
        send_max, spends: how much may be spent, and of which token.
        partial: less is acceptable.
        crossing, sell: an offer crosses, and whether it sells (then it spends all it may).
        limit: the worst acceptable quality, or None.
        paths: ways beside the direct one.
        direct: the direct way may be taken.
        sends: what is spent, as ``PaymentEnds`` has it; it matters where there are paths.
        domain: the permissioned domain, in hex, whose books alone are used; empty for the open ones.
    """

    source: Account
    destination: Account
    deliver: Amount
    arrives: TokenKind | None
    send_max: Amount
    spends: TokenKind | None
    partial: bool
    crossing: bool
    sell: bool
    limit: int | None
    paths: tuple[Path, ...] = ()
    direct: bool = True
    sends: tuple[bytes, str] = XRP
    domain: str = ""


class Strand:
    """One path with its steps.

    Attributes:
        steps: from the source to the destination.
        books: those of them that are books.
    """

    __slots__ = ("books", "steps")

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.books = [step for step in steps if isinstance(step, BookStep)]

    def waiting_end(self) -> DropsEnd | LineEnd | None:
        """The last step, if what arrives there may be moved after all else has; that changes no result.

        So it is where an offer crosses one book: nothing that the taker gets can be spent in it, the taker's own offers
        are not taken, and so no balance is written by two steps. Where the book gives less than was asked for, which it
        nearly always does of an offer that sells, its step then need not be undone for the end's sake and done again.
        """
        end = self.steps[-1]
        if len(self.books) != 1 or not self.books[0].crosses_alone or isinstance(end, BookStep) or not end.may_wait:
            return None
        return end

    def is_inactive(self) -> bool:
        """Whether a book of it looked at so many offers that it is not to be tried again."""
        for book in self.books:  # noqa: SIM110 - the hottest path there is
            if book.inactive:
                return True
        return False

    def has_line(self) -> bool:
        """Whether its average price depends on the size."""
        for book in self.books:  # noqa: SIM110
            if book.has_line:
                return True
        return False


def make_path(context: Context, request: FlowRequest) -> list[Step] | str:
    """The steps of the direct path from source to destination, or why there is none (``toStrand``)."""
    accounts = context.state.accounts
    spends, arrives = request.spends, request.arrives
    source, destination = request.source, request.destination
    steps: list[Step] = []
    if spends is None:
        steps.append(DropsEnd(context, source, is_last=False))
    elif source.address != spends.issuer:
        is_last = spends is arrives and destination.address == spends.issuer
        steps.append(LineEnd(context, (source, accounts[spends.issuer]), spends, None, is_last=is_last))
    if spends is not arrives:
        steps.append(book_step(context, spends, arrives, steps[-1] if steps else None))
    if arrives is None:
        steps.append(DropsEnd(context, destination, is_last=True))
    elif destination.address != arrives.issuer:
        ends = (accounts[arrives.issuer], destination)
        steps.append(LineEnd(context, ends, arrives, steps[-1] if steps else None, is_last=True))
    for step in steps:
        refusal = step.check()
        if refusal is not None:
            return refusal
    return steps


def _strands(context: Context, request: FlowRequest) -> list[Strand] | str:
    """Every path that can be used, or why there is none (``toStrands``)."""
    if not request.paths:
        if not request.direct:
            return "temRIPPLE_EMPTY"
        steps = make_path(context, request)
        return steps if isinstance(steps, str) else [Strand(steps)]
    route = PaymentEnds(request.source, request.destination, request.sends, _asset_of(request.arrives))
    strands: list[Strand] = []
    seen: list[list[tuple[object, ...]]] = []
    last_refusal = "tesSUCCESS"
    for path in ((), *request.paths) if request.direct else request.paths:
        builder = PathBuilder(context, route, path)
        refusal = builder.build()
        if refusal is None:
            if builder.signature not in seen:
                seen.append(builder.signature)
                strands.append(Strand(builder.steps))
        elif refusal.startswith("tem"):
            return refusal
        elif path:
            last_refusal = refusal
    return strands or last_refusal


def _asset_of(token: TokenKind | None) -> tuple[bytes, str]:
    return XRP if token is None else (token.currency_id, token.issuer)


def run(state: State, request: FlowRequest) -> FlowResult:
    """Run a payment or crossing inside the journal; what it did stands if the result is ``tesSUCCESS``.

    The caller must have begun a stretch of work (``State.begin``) in which nothing has moved yet.

    Raises:
        UnknownTokenError: a path leads through a token that the ledger does not know.
    """
    context = Context(
        state,
        request.source,
        request.destination,
        crossing=request.crossing,
        arrives=request.arrives,
        threshold=request.limit or 0,
        swept=set(),
        domain=request.domain,
    )
    strands = _strands(context, request)
    if isinstance(strands, str):
        return FlowResult(strands)
    context.multi_path = len(strands) > 1
    mark = state.journal.mark()
    outcome = _passes(context, request, strands)
    if outcome.result == "tesSUCCESS":
        outcome.removable = set()
    else:
        state.restart(mark)
    return outcome


def _passes(context: Context, request: FlowRequest, strands: list[Strand]) -> FlowResult:
    """Run the passes, with the arithmetic of what is spent and of what arrives chosen once."""
    spends, arrives = request.send_max, request.deliver
    if isinstance(spends, int):
        if isinstance(arrives, int):
            return _Run(context, request, strands, (DROPS, spends), (DROPS, arrives)).run()
        return _Run(context, request, strands, (DROPS, spends), (TOKENS, arrives)).run()
    if isinstance(arrives, int):
        return _Run(context, request, strands, (TOKENS, spends), (DROPS, arrives)).run()
    return _Run(context, request, strands, (TOKENS, spends), (TOKENS, arrives)).run()


class _Run(Generic[In, Out]):
    """The passes of one payment."""

    def __init__(
        self,
        context: Context,
        request: FlowRequest,
        strands: list[Strand],
        spends: tuple[Asset[In], In],
        arrives: tuple[Asset[Out], Out],
    ) -> None:
        self._context = context
        self._state = context.state
        self._request = request
        self._active: list[Strand] = []
        self._next = strands  # those that are not dry, for the pass to come
        self._in: Asset[In] = spends[0]
        self._send_max: In = spends[1]
        self._out: Asset[Out] = arrives[0]
        self._deliver: Out = arrives[1]
        self._removable: set[Offer] = set()
        self._considered = 0

    def run(self) -> FlowResult:
        ins: list[In] = []
        outs: list[Out] = []
        remaining_in, remaining_out = self._send_max, self._deliver
        tries = 0
        while self._out.is_positive(remaining_out) and self._in.is_positive(remaining_in):
            tries += 1
            if tries >= TRIES_MAX:
                return FlowResult("telFAILED_PROCESSING", removable=self._removable)
            self._context.swept = set()
            self._activate()
            done = self._pass(remaining_in, remaining_out)
            if done is not None:
                ins.append(done[0])
                outs.append(done[1])
                self._context.pool_passes += self._context.pool_used
                remaining_out = self._out.subtract(self._deliver, self._out.total(outs))
                remaining_in = self._in.subtract(self._send_max, self._in.total(ins))
            self._sweep()
            if done is None or self._considered >= OFFERS_CONSIDERED_MAX:
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

    def _activate(self) -> None:
        """Put the strands in order, the best first; of several, those that are dry or too dear drop out for good."""
        strands = self._next
        if len(strands) > 1:
            limit = self._request.limit
            rated = [(bound, strand) for strand in strands if (bound := self._upper_bound(strand)) is not None]
            rated.sort(key=_by_bound)
            strands = [strand for bound, strand in rated if limit is None or bound <= limit]
        self._active, self._next = strands, []
        self._context.multi_path = len(strands) > 1

    def _pass(self, remaining_in: In, remaining_out: Out) -> tuple[In, Out] | None:
        """One try at one quality of the best strand that gives anything; what it moved is kept. None if none does."""
        request, state, limit = self._request, self._state, self._request.limit
        wanted = remaining_out
        if limit is not None and len(self._active) == 1 and self._active[0].has_line():
            wanted = self._limited(self._active[0], remaining_out, limit)
        for place, strand in enumerate(self._active):
            self._context.pool_used = False
            if request.crossing and limit is not None:
                bound = self._upper_bound(strand)
                if bound is None or bound > limit:
                    continue
            mark = state.begin()
            done = self._try(strand, remaining_in, wanted)
            for book in strand.books:
                self._considered += book.seen
            if done is not None and self._is_acceptable(done, adjusted=wanted != remaining_out):
                state.keep()
                self._next = self._active[place + 1 :]
                if not strand.is_inactive():
                    self._next.insert(0, strand)
                return done
            state.abandon(mark)
        return None

    def _is_acceptable(self, done: tuple[In, Out], *, adjusted: bool) -> bool:
        limit = self._request.limit
        if not self._out.is_positive(done[1]):
            return False
        if limit is None:
            return True
        achieved = quality.quality_of(done[0], done[1])
        return achieved <= limit or (adjusted and quality.is_near(achieved, limit))

    def _try(self, strand: Strand, remaining_in: In, wanted: Out) -> tuple[In, Out] | None:
        try:
            return self._execute(strand, remaining_in, wanted)
        except FlowError:
            return None

    def _execute(self, strand: Strand, most_in: In, wanted: Out) -> tuple[In, Out] | None:
        """Reverse from the output to the input, starting over at whichever step limits; then forward from there."""
        path, end = strand.steps, strand.waiting_end()
        moving = path if end is None else path[:-1]
        found = self._reverse(moving, most_in, wanted, undoes=end is None)
        if found is None:
            return None
        limiting, limited = found
        for step in moving[limiting + 1 :]:
            got_in, got_out = step.forward(limited)
            if _is_zero(got_out) or got_in != limited:
                return None
            limited = got_out
        if end is not None:
            end.receive(limited)
        return self._in.of(path[0].cached_in), self._out.of(path[-1].cached_out)

    def _reverse(self, path: list[Step], most_in: In, wanted: Out, *, undoes: bool) -> tuple[int, Amount] | None:
        """(the place of the step that limits, what it gives), from the output to the input.

        Args:
            path: the steps that move anything now.
            undoes: what a step limits is undone and done again, even if that would come to the same.
        """
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
                got_in, limited = step.forward(most_in)
                return None if _is_zero(limited) or got_in != most_in else (place, limited)
            if got_out != needed:
                limiting = place
                needed = limited = got_out
                if undoes or not isinstance(step, BookStep) or not step.would_repeat:
                    self._state.restart(mark)
                    got_in, got_out = step.reverse(needed)
                    if _is_zero(got_out) or got_out != needed:
                        return None
            needed = got_in
        return limiting, limited

    def _sweep(self) -> None:
        """Remove the dead offers that the pass met, kept or not."""
        swept = self._context.swept
        if not swept:
            return
        self._removable |= swept
        for offer in sorted(swept, key=_by_key):
            if offer.alive:
                self._state.delete_offer(offer)

    # --- limits by quality ---

    def _upper_bound(self, strand: Strand) -> int | None:
        """The best quality a path could have now (``qualityUpperBound``)."""
        bound, redeems = quality.QUALITY_ONE, False
        for step in strand.steps:
            best, redeems = step.rate(prior_redeems=redeems)
            if best is None:
                return None
            if bound == quality.QUALITY_ONE:
                bound = best
            elif best != quality.QUALITY_ONE:
                bound = quality.composed(bound, best)
        return bound

    def _limited(self, strand: Strand, remaining_out: Out, limit: int) -> Out:
        """Less output, if the pool's slope says that the average price would be worse than the limit (``limitOut``)."""
        line = self._price_line(strand)
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

    def _price_line(self, strand: Strand) -> tuple[Number, Number] | None:
        """The whole path's average quality as a line in its output; None if it is constant or nothing stands."""
        scale = SCALES[self._state.rules.number_digits]
        slope, intercept, redeems = number.ZERO, scale.one, False
        for step in strand.steps:
            if isinstance(step, BookStep):
                part = step.line(prior_redeems=redeems)
                redeems = step.redeems(forward=True)
            else:
                part, redeems = step.rate(prior_redeems=redeems)
            if part is None:
                return None
            if part == quality.QUALITY_ONE:
                continue  # one for one: neither slope nor intercept changes by it
            if isinstance(part, int):
                part = number.ZERO, scale.divide(scale.one, scale.widened(quality.rate_of(part)))
            part_slope, part_intercept = part
            slope = scale.add(slope, scale.multiply(intercept, part_slope))
            intercept = scale.multiply(intercept, part_intercept)
        return None if slope[0] == 0 else (slope, intercept)


def _is_zero(amount: Amount) -> bool:
    return amount == 0 if isinstance(amount, int) else amount[0] == 0


def _by_bound(rated: tuple[int, Strand]) -> int:
    return rated[0]


def _by_key(offer: Offer) -> bytes:
    return offer.key


_ABOUT_EQUAL = number.normalize(1, -9)
