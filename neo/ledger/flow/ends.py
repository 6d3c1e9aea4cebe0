"""The ends of a payment's path: where XRP leaves or reaches an account, and where tokens move over a trust line.

Source: XRPEndpointStep.cpp, DirectStep.cpp and StepChecks.h of the ledger server.
"""

from __future__ import annotations

from typing import Protocol

from neo.ledger import credits as usable
from neo.ledger import quality
from neo.ledger.amount import DROPS, RATE_ONE, TOKENS, Amount, Token
from neo.ledger.entries import GLOBAL_FREEZE, LINE_AUTH, LINE_FREEZE, LINE_NO_RIPPLE, REQUIRE_AUTH, Account, TrustLine
from neo.ledger.flow.context import Context, FlowError
from neo.ledger.number import ZERO, Number, less, negate, normalize
from neo.ledger.token_kind import TokenKind


class PriorStep(Protocol):
    """What a step asks of the one before it."""

    def redeems(self, *, forward: bool) -> bool:
        """Whether the step before pays with tokens it holds (True) or with new ones (False)."""
        ...


class DropsEnd:
    """The first or last step when it is XRP that leaves or arrives."""

    def __init__(self, context: Context, account: Account, *, is_last: bool) -> None:
        self._state = context.state
        self._account = account
        self._is_last = is_last
        # A crossing taker without a trust line may dig one entry's reserve deeper: the line is made after the XRP left.
        # (The issuer never has one to itself, so it always may.)
        token = context.arrives
        deeper = context.crossing and not is_last and (token is None or account.line_for(token) is None)
        self._reserve_change = -1 if deeper else 0
        self.moved = 0

    def check(self) -> str | None:
        """Why the path cannot be used, or None. An account that has frozen all it issues takes no XRP from a path."""
        if not self._account.alive:
            return "terNO_ACCOUNT"
        return "terNO_LINE" if self._is_last and self._account.flags & GLOBAL_FREEZE else None

    def redeems(self, *, forward: bool) -> bool:
        """Never: XRP has no issuer."""
        del forward
        return False

    def reverse(self, wanted: Amount) -> tuple[int, int]:
        """Deliver ``wanted`` drops, or as many as there are; returns (in, out)."""
        return self._move(DROPS.of(wanted))

    @property
    def may_wait(self) -> bool:
        """Whether what arrives may be moved after all else has."""
        return True

    def receive(self, arrived: Amount) -> None:
        """Move what arrives at the end of a crossing."""
        self._move(DROPS.of(arrived))

    def forward(self, given: Amount) -> tuple[int, int]:
        """Pass on ``given`` drops; returns (in, out)."""
        return self._move(DROPS.of(given))

    def _move(self, drops: int) -> tuple[int, int]:
        state = self._state
        if self._is_last:
            moved = drops
            sent = state.send_drops(None, self._account, moved)
        else:
            moved = min(state.liquid_drops(self._account, self._reserve_change), drops)
            sent = state.send_drops(self._account, None, moved)
        if not sent:
            return 0, 0
        self.moved = moved
        return moved, moved

    @property
    def cached_in(self) -> int:
        """The drops that the last pass took in."""
        return self.moved

    @property
    def cached_out(self) -> int:
        """The drops that the last pass gave out: the same ones."""
        return self.moved

    def rate(self, *, prior_redeems: bool) -> tuple[int, bool]:
        """(quality of the step, whether it redeems)."""
        del prior_redeems
        return quality.QUALITY_ONE, False


class LineEnd:
    """Tokens over one trust line: from the source to the issuer, or from the issuer to the destination."""

    def __init__(
        self,
        context: Context,
        ends: tuple[Account, Account],
        token: TokenKind,
        prior: PriorStep | None,
        *,
        is_last: bool,
    ) -> None:
        source, target = ends
        self._context = context
        self._state = context.state
        self._token = token
        self._source = source
        self._target = target
        self._prior = prior
        self._is_last = is_last
        self._to_issuer = target.address == token.issuer
        self._holder = source if self._to_issuer else target
        self._held_as = usable.holding(self._holder, token)
        self._redeemed: bool | None = None
        self.cached_in: Token = ZERO
        self.cached_out: Token = ZERO
        self._moved: Token = ZERO

    @property
    def _line(self) -> TrustLine | None:
        """The holder's trust line; a pass may make it, or remove it."""
        holder = self._holder
        return holder.line if self._token.is_of_pair else holder.line_for(self._token)

    @property
    def source(self) -> Account:
        """Where the tokens come from."""
        return self._source

    # --- checks before the path is used ---

    def check(self) -> str | None:
        """Why the path cannot be used, or None. A crossing offer needs fewer things than a payment."""
        return self.check_freezes() or self.check_line()

    def check_freezes(self) -> str | None:
        """Whether a freeze or a refusal to ripple is in the way."""
        line = self._line
        frozen = self._target.flags & GLOBAL_FREEZE
        if line is not None:
            target_froze = line.issuer_has(LINE_FREEZE) if self._to_issuer else line.holder_has(LINE_FREEZE)
            frozen = frozen or target_froze or line.is_deep_frozen
        if frozen and not (self._prior is None and self._is_last):
            return "terNO_LINE"
        if isinstance(self._prior, LineEnd) and self._both_refuse_rippling():
            return "terNO_RIPPLE"
        return None

    def _both_refuse_rippling(self) -> bool:
        assert isinstance(self._prior, LineEnd)
        return self._prior.is_refused_by(self._source) and self.is_refused_by(self._source)

    def is_refused_by(self, account: Account) -> bool:
        """Whether one side of the line says that tokens may not ripple through it."""
        line = self._line
        if line is None:
            return False
        by_issuer = account.address == self._token.issuer
        return line.issuer_has(LINE_NO_RIPPLE) if by_issuer else line.holder_has(LINE_NO_RIPPLE)

    def check_line(self) -> str | None:
        """Whether a payment finds a line that takes it; a crossing offer makes one."""
        if self._context.crossing:
            return None
        line = self._line
        if line is None:
            return "terNO_LINE"
        if self._to_issuer:
            dry = line.balance[0] <= 0 and not less(TOKENS.subtract(ZERO, line.balance), line.issuer_limit)
            return "tecPATH_DRY" if dry else None
        needs_auth = self._source.flags & REQUIRE_AUTH and not line.issuer_has(LINE_AUTH)
        if needs_auth and line.balance == ZERO:
            return "terNO_AUTH"
        after_book = self._prior is not None and not isinstance(self._prior, LineEnd)
        if after_book and line.issuer_has(LINE_NO_RIPPLE):
            return "terNO_RIPPLE"
        return "tecPATH_DRY" if line.balance[0] >= 0 and not less(line.balance, line.limit) else None

    # --- how much can move, and at what rate ---

    def _largest(self, wanted: Token) -> tuple[Token, bool]:
        """(the most that can move, whether the source redeems). A crossing may exceed the taker's own limit."""
        if self._context.crossing and self._is_last:
            return wanted, False
        line = self._line
        owed = self._owed(line)
        if owed[0] > 0:
            return owed, True
        limit = ZERO if line is None else (line.issuer_limit if self._to_issuer else line.limit)
        return TOKENS.add(limit, owed), False

    def _owed(self, line: TrustLine | None) -> Token:
        """What the source holds of the target's tokens, freezes aside."""
        balance = ZERO if line is None else line.balance
        if self._to_issuer:
            return usable.usable_tokens(self._state.stack, self._held_as, balance)
        return usable.usable_issue(self._state.stack, self._held_as, ZERO if line is None else negate(balance))

    def redeems(self, *, forward: bool) -> bool:
        """Whether the source pays with tokens it holds; in the forward pass, as the reverse pass found."""
        if forward and self._redeemed is not None:
            return self._redeemed
        return self._owed(self._line)[0] > 0

    def quality_in(self) -> int:
        """The rate at which the target values what arrives."""
        return self._line_quality("in")

    def _line_quality(self, direction: str) -> int:
        """A trust line's own quality, which offer crossing ignores; in billionths."""
        line = None if self._context.crossing else self._line
        if line is None:
            return RATE_ONE
        of_holder = self._to_issuer == (direction == "out")
        if direction == "in":
            value = line.quality_in if of_holder else line.issuer_quality_in
        else:
            value = line.quality_out if of_holder else line.issuer_quality_out
        return value or RATE_ONE

    def _rates(self, redeems: bool, *, forward: bool) -> tuple[int, int]:
        """(what the source is charged, what the target values it at), in billionths."""
        if redeems:
            return self._rates_redeeming()
        if self._prior is None or not self._source.transfer_rate:
            return self._rates_issuing(prior_redeems=False)
        return self._rates_issuing(prior_redeems=self._prior.redeems(forward=forward))

    def _rates_redeeming(self) -> tuple[int, int]:
        if self._prior is None:
            return RATE_ONE, RATE_ONE
        valued_before = self._prior.quality_in() if isinstance(self._prior, LineEnd) else RATE_ONE
        return max(self._line_quality("out"), valued_before), RATE_ONE

    def _rates_issuing(self, *, prior_redeems: bool) -> tuple[int, int]:
        charged = (self._source.transfer_rate or RATE_ONE) if prior_redeems else RATE_ONE
        valued = self._line_quality("in")
        if self._is_last and valued > RATE_ONE:
            valued = RATE_ONE
        return charged, valued

    def rate(self, *, prior_redeems: bool) -> tuple[int, bool]:
        """(quality of the step, whether it redeems)."""
        if self._context.crossing:  # in which no side of a line values what moves over it; who comes last is not asked
            return quality.QUALITY_ONE, not self._is_last and self.redeems(forward=True)
        redeems = self.redeems(forward=True)
        charged, valued = self._rates_redeeming() if redeems else self._rates_issuing(prior_redeems=prior_redeems)
        if charged == valued:
            return quality.QUALITY_ONE, redeems
        return quality.quality_of(normalize(charged, 0), normalize(valued, 0)), redeems

    # --- moving ---

    def reverse(self, needed: Amount) -> tuple[Token, Token]:
        """Deliver ``needed`` or as much as can be; returns (in, out)."""
        wanted = TOKENS.of(needed)
        most, redeems = self._largest(wanted)
        charged, valued = self._rates(redeems, forward=False)
        self._redeemed = redeems
        if most[0] <= 0:
            self.cached_in = self.cached_out = self._moved = ZERO
            return ZERO, ZERO
        moved = TOKENS.ratio(wanted, RATE_ONE, valued, up=True)
        delivered = wanted
        if less(most, moved):
            moved = most
            delivered = TOKENS.ratio(moved, valued, RATE_ONE, up=False)
        self.cached_in = TOKENS.ratio(moved, charged, RATE_ONE, up=True)
        self.cached_out = delivered
        self._moved = moved
        self._credit(moved)
        return self.cached_in, delivered

    @property
    def may_wait(self) -> bool:
        """Whether what arrives may be moved after all else has: not if a line is made for it, which costs a reserve."""
        return self._line is not None

    def receive(self, arrived: Amount) -> None:
        """Move what arrives at the end of a crossing, which no limit of the line's holds up."""
        self.cached_in = self.cached_out = self._moved = TOKENS.of(arrived)
        self._redeemed = False
        self._credit(self._moved)

    def forward(self, received: Amount) -> tuple[Token, Token]:
        """Pass on ``received`` or as much as can be; returns (in, out), never more out than the reverse pass found."""
        given = TOKENS.of(received)
        most, redeems = self._largest(self._moved)
        charged, valued = self._rates(redeems, forward=True)
        if most[0] <= 0:
            self.cached_in = self.cached_out = self._moved = ZERO
            self._redeemed = redeems
            return ZERO, ZERO
        moved = TOKENS.ratio(given, RATE_ONE, charged, up=False)
        taken = given
        if less(most, moved):
            moved = most
            taken = TOKENS.ratio(moved, charged, RATE_ONE, up=True)
        delivered = TOKENS.ratio(moved, valued, RATE_ONE, up=False)
        self._limit_cache(taken, moved, delivered)
        self._redeemed = redeems
        self._credit(self._moved)
        return self.cached_in, self.cached_out

    def _limit_cache(self, taken: Token, moved: Token, delivered: Token) -> None:
        """Keep to what the reverse pass found, unless the forward pass is far off (``setCacheLimiting``)."""
        before = self.cached_in
        if less(before, taken) and less(_SMALL, TOKENS.subtract(taken, before)):
            far = taken[1] != before[1] or before[0] == 0 or taken[0] * 100 > before[0] * 101
            if far:
                self.cached_in, self._moved, self.cached_out = taken, moved, delivered
                return
        self.cached_in = taken
        if less(moved, self._moved):
            self._moved = moved
        if less(delivered, self.cached_out):
            self.cached_out = delivered

    def _credit(self, moved: Token) -> None:
        if moved[0] < 0:
            raise FlowError
        if self._to_issuer:
            self._state.redeem(self._holder, moved, self._token)
        else:
            self._state.issue(self._holder, moved, self._token)


_SMALL: Number = normalize(1, -9)
