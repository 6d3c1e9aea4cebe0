"""OfferCreate: cross what stands at the offer's price or better, then place what is left.

Source: CreateOffer.cpp of the ledger server.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic

from neo.ledger import amount, domains, keys, number, quality
from neo.ledger.amount import DROPS, RATE_ONE, TOKENS, Amount, Asset, In, Out, Token
from neo.ledger.book import Book
from neo.ledger.entries import (
    GLOBAL_FREEZE,
    LINE_AUTH,
    OFFER_HYBRID,
    OFFER_PASSIVE,
    OFFER_SELL,
    REQUIRE_AUTH,
    Account,
    Offer,
)
from neo.ledger.flow import strand
from neo.ledger.flow.offers import has_left, has_shrunk, may_not_receive
from neo.ledger.flow.payment_paths import Path, PathElement
from neo.ledger.flow.pool_offer import fee_for
from neo.ledger.flow.strand import FlowRequest
from neo.ledger.number import AmountRangeError
from neo.ledger.pool import FEE_UNIT
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_bad_currency,
    is_legal,
    is_positive,
)

PASSIVE = 0x00010000
IMMEDIATE_OR_CANCEL = 0x00020000
FILL_OR_KILL = 0x00040000
SELL = 0x00080000
HYBRID = 0x00100000

_FLAGS = UNIVERSAL_FLAGS | PASSIVE | IMMEDIATE_OR_CANCEL | FILL_OR_KILL | SELL | HYBRID
_OVER_XRP: Path = (PathElement(currency=XRP[0]),)
_QUALITIES = 1 << 64
_SPOT_SLACK = 10**7  # last digits of a quality within which the pool's price might still matter


def preflight(tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused without looking at the ledger."""
    flags = tx.flags
    if flags & ~_FLAGS or (flags & IMMEDIATE_OR_CANCEL and flags & FILL_OR_KILL):
        return "temINVALID_FLAG"
    if not tx.domain() and flags & HYBRID:
        return "temINVALID_FLAG"
    if tx.counts.get("Expiration") == 0:
        return "temBAD_EXPIRATION"
    if tx.counts.get("OfferSequence") == 0:
        return "temBAD_SEQUENCE"
    pays, pays_issue = tx.amount("TakerPays")
    gets, gets_issue = tx.amount("TakerGets")
    if not is_legal(pays) or not is_legal(gets):
        return "temBAD_AMOUNT"
    if pays_issue == XRP == gets_issue or not is_positive(pays) or not is_positive(gets):
        return "temBAD_OFFER"
    if pays_issue == gets_issue:
        return "temREDUNDANT"
    if is_bad_currency(pays_issue) or is_bad_currency(gets_issue):
        return "temBAD_CURRENCY"
    if keys.NOBODY_ADDRESS in (pays_issue[1], gets_issue[1]):
        return "temBAD_ISSUER"
    return SUCCESS


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is."""
    account = state.accounts[tx.account]
    gets, gets_issue = tx.amounts["TakerGets"]
    _, pays_issue = tx.amounts["TakerPays"]
    accounts = state.accounts
    for issue in (pays_issue, gets_issue):
        if (issuer := accounts.get(issue[1])) is not None and issuer.flags & GLOBAL_FREEZE:
            return "tecFROZEN"
    token_gets, token_pays = state.tokens.get(gets_issue), state.tokens.get(pays_issue)
    knows_gets = token_gets is not None or gets_issue == XRP
    if not knows_gets and gets_issue[1] != tx.account:
        return "tecUNFUNDED_OFFER"  # nobody here holds any other token
    if knows_gets and not is_positive(state.funds(account, gets, token_gets)):
        return "tecUNFUNDED_OFFER"
    cancel = tx.counts.get("OfferSequence")
    if cancel is not None and account.sequence <= cancel:
        return "temBAD_SEQUENCE"
    expiration = tx.counts.get("Expiration")
    if expiration is not None and state.has_expired(expiration):
        return "tecEXPIRED"
    knows_pays = token_pays is not None or pays_issue == XRP
    if not knows_pays and pays_issue[1] not in state.accounts:
        return "tecNO_ISSUER"
    if not knows_pays or not knows_gets:
        raise UnsupportedTransactionError("this offer is for a token that the embedded ledger does not know")
    result = SUCCESS if token_pays is None else _check_may_hold(state, account, token_pays)
    if result == SUCCESS and (domain := tx.domain()) and not domains.has_member(state, domain, tx.account):
        return "tecNO_PERMISSION"
    return result


def _check_may_hold(state: State, account: Account, token: TokenKind) -> str:
    """Whether the account may receive the token (``checkAcceptAsset``)."""
    issuer, line = state.accounts[token.issuer], account.line_for(token)
    if account is issuer:
        return SUCCESS
    if issuer.flags & REQUIRE_AUTH:
        if line is None:
            return "tecNO_LINE"
        if not line.issuer_has(LINE_AUTH):
            return "tecNO_AUTH"
    return "tecFROZEN" if line is not None and line.is_deep_frozen else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Cancel what it replaces, cross, and place the rest.

    In a domain it must not have replaced an offer of another book: what held good for each part fails as a whole.
    Source: ``ValidPermissionedDEX`` in InvariantCheck.cpp of the ledger server.
    """
    account, domain = state.accounts[tx.account], tx.domain()
    replaced = account.offers.get(tx.counts.get("OfferSequence", 0))
    if replaced is not None:
        state.delete_offer(replaced)
    effect = _cross_and_place(state, tx, account, domain)
    if domain and effect.result == SUCCESS and replaced is not None and domain != replaced.home.domain:
        return Effect("tecINVARIANT_FAILED")
    return effect


def _cross_and_place(  # noqa: PLR0911 - one ending a line, in the ledger's order
    state: State, tx: Transaction, account: Account, domain: str
) -> Effect:
    pays, pays_issue = tx.amounts["TakerPays"]
    gets, gets_issue = tx.amounts["TakerGets"]
    tokens = state.tokens.get(pays_issue), state.tokens.get(gets_issue)  # known both, or XRP
    rate = quality.quality_of(pays, gets)
    tick_size = _tick_size(state, tokens)
    flags = tx.flags
    if tick_size < quality.TICK_SIZE_MAX:
        pays, gets = _rounded_to_tick(pays, gets, rate, tick_size, sell=flags & SELL != 0)
        if not is_positive(pays) or not is_positive(gets):
            return Effect(SUCCESS)
        rate = quality.quality_of(pays, gets)
    crossing = _crossing_of(state, tx, tokens, domain, spend=gets, want=pays)
    result = crossing.run()
    if result != SUCCESS:
        return Effect(result)
    crossed = crossing.spend != gets or crossing.want != pays
    if crossed and not (is_positive(crossing.spend) and is_positive(crossing.want)):
        return Effect(SUCCESS)
    if flags & FILL_OR_KILL:
        return Effect("tecKILLED", crossing.removable)
    if flags & IMMEDIATE_OR_CANCEL:
        killed = not crossed and state.rules.immediate_killed
        return Effect("tecKILLED", crossing.removable) if killed else Effect(SUCCESS)
    if tx.prior_drops < state.fees.reserve_drops(account.owner_count + 1):
        return Effect(SUCCESS if crossed else "tecINSUF_RESERVE_OFFER")
    if not tx.is_trial or crossing.met:  # whatever crossed may be too large with what is placed (``ENTRIES_MAX``)
        _place(state, tx, state.book(*tokens, domain), pays=crossing.want, gets=crossing.spend, rate=rate)
    return Effect(SUCCESS, alone=not crossing.met)


def _tick_size(state: State, tokens: Iterable[TokenKind | None]) -> int:
    """How many digits of its price an offer keeps: as few as the issuer of either side asks for."""
    least = quality.TICK_SIZE_MAX
    for token in tokens:
        if token is not None and (size := state.accounts[token.issuer].tick_size):
            least = min(least, size)
    return least


def _rounded_to_tick(pays: Amount, gets: Amount, rate: int, tick_size: int, *, sell: bool) -> tuple[Amount, Amount]:
    """Round the side that is not exact: as if the offer came to execute at a slightly better rate for its placer."""
    ticked = quality.rate_of(quality.round_to_tick(rate, tick_size))
    if sell:
        rounded = (
            amount.multiply(gets, ticked, DROPS) if isinstance(pays, int) else amount.multiply(gets, ticked, TOKENS)
        )
        return rounded, gets
    return pays, amount.divide(pays, ticked, DROPS) if isinstance(gets, int) else amount.divide(pays, ticked, TOKENS)


def _place(
    state: State,
    tx: Transaction,
    book: Book,
    *,
    pays: Amount,
    gets: Amount,
    rate: int,
) -> None:
    account = state.accounts[tx.account]
    flags = 0
    if tx.flags:
        flags = (OFFER_PASSIVE if tx.has(PASSIVE) else 0) | (OFFER_SELL if tx.has(SELL) else 0)
        flags |= OFFER_HYBRID if tx.has(HYBRID) else 0
    home = book.home_of(state.journal, rate)
    open_home = None
    if flags & OFFER_HYBRID:
        # In the open book it stands at the rate of what is left of it; in its domain's, at that of the whole offer.
        rest = quality.quality_of(pays, gets)
        open_home = state.book(book.pays, book.gets).home_of(state.journal, rest, told=rate)
    state.place_offer(
        Offer(
            keys.offer_key(account.id, tx.sequence),
            account,
            tx.sequence,
            pays,
            gets,
            rate,
            flags,
            tx.counts.get("Expiration"),
            home,
            open_home=open_home,
            alive=False,
        )
    )


def _crossing_of(
    state: State,
    tx: Transaction,
    tokens: tuple[TokenKind | None, TokenKind | None],
    domain: str,
    *,
    spend: Amount,
    want: Amount,
) -> _Crossing[int, Token] | _Crossing[Token, int] | _Crossing[Token, Token]:
    """The crossing of an offer, with the arithmetic of its two sides chosen once."""
    if isinstance(spend, int):
        assert not isinstance(want, int), "XRP is not given for XRP"
        return _Crossing(state, tx, tokens, domain, (DROPS, spend), (TOKENS, want))
    if isinstance(want, int):
        return _Crossing(state, tx, tokens, domain, (TOKENS, spend), (DROPS, want))
    return _Crossing(state, tx, tokens, domain, (TOKENS, spend), (TOKENS, want))


class _Crossing(Generic[In, Out]):
    """An offer taking what stands against it (``flowCross``).

    Attributes:
        spend, want: the offer's two sides; after ``run``, what is left of them to place.
        met: the engine looked for what it could take.
        removable: dead offers met on the way.
    """

    def __init__(
        self,
        state: State,
        tx: Transaction,
        tokens: tuple[TokenKind | None, TokenKind | None],
        domain: str,
        spend: tuple[Asset[In], In],
        want: tuple[Asset[Out], Out],
    ) -> None:
        self._state = state
        self._tx = tx
        self._account = account = state.accounts[tx.account]
        self._wants, self._spends = tokens
        self._domain = domain
        self._asset_spend: Asset[In] = spend[0]
        self._asset_want: Asset[Out] = want[0]
        self.spend: In = spend[1]
        self.want: Out = want[1]
        self.met = False
        self.removable: set[Offer] = set()
        pays_fee = self._spends is not None and account.address != self._spends.issuer
        self._transfer_rate = state.transfer_rate(self._spends) if pays_fee else RATE_ONE

    def run(self) -> str:
        """Cross; ``tesSUCCESS`` whether or not anything traded, or why the offer may not stand."""
        state = self._state
        funds = state.funds(self._account, self.spend, self._spends)
        if not self._asset_spend.is_positive(funds):
            return "tecUNFUNDED_OFFER"
        try:
            send_max, threshold = self._terms(funds)
            if not self._may_meet(threshold):
                return SUCCESS
        except ArithmeticError:
            return "tecINTERNAL"
        self.met = True
        mark = state.begin()
        try:
            self._cross(send_max, threshold)
        except ArithmeticError:
            state.give_up(mark)
            return "tecINTERNAL"
        state.keep()
        return SUCCESS

    def _terms(self, funds: In) -> tuple[In, int]:
        """(the most that may be spent, fee of transfer included; the worst quality that is taken)."""
        send_max = self.spend
        if self._transfer_rate != RATE_ONE:
            send_max = amount.multiply_round(
                send_max, _rate(self._transfer_rate), self._asset_spend, up=True, strict=False
            )
        threshold = quality.quality_of(send_max, self.want)
        if self._tx.has(PASSIVE):
            threshold = (threshold - 1) % _QUALITIES  # below the best there is comes the worst, as for the server
        return (funds if self._asset_spend.less(funds, send_max) else send_max), threshold

    def _cross(self, send_max: In, threshold: int) -> None:
        state, account, sell = self._state, self._account, self._tx.has(SELL)
        is_bridged = self._wants is not None and self._spends is not None
        outcome = strand.run(
            state,
            FlowRequest(
                source=account,
                destination=account,
                deliver=self._asset_want.unlimited if sell else self.want,
                arrives=self._wants,
                send_max=send_max,
                spends=self._spends,
                partial=not self._tx.has(FILL_OR_KILL),
                crossing=True,
                sell=sell,
                limit=threshold,
                paths=(_OVER_XRP,) if is_bridged else (),
                sends=XRP if self._spends is None else (self._spends.currency_id, self._spends.issuer),
                domain=self._domain,
            ),
        )
        self.removable = outcome.removable
        if outcome.removable:
            for offer in sorted(outcome.removable, key=_by_key):
                if offer.alive:
                    state.delete_offer(offer)
        if outcome.result == SUCCESS:
            self._reduce(outcome)

    def _may_meet(self, threshold: int) -> bool:
        """Whether anything could stand at the threshold or better: a quick look that spares a maker the engine.

        The engine looks at the pool's spot price before it counts the fee, and on its way sweeps dead offers from the
        book. So where the spot price alone would do, it is spared only if the fee puts the pool out of reach and the
        best offer of the book would stay. The slack covers the digits that rounding could move.
        """
        state, sides = self._state, (self._spends, self._wants)
        if state.token not in sides or None not in sides:
            return True
        book = state.book(*sides, self._domain)
        if book.qualities and book.qualities[0] <= threshold:
            return True
        pool = state.amm
        if pool is None:
            return False
        line = pool.account.line
        if line is None or line.balance[0] == 0 or pool.account.drops == 0:
            return False
        limit = threshold + _SPOT_SLACK
        if self._pool_quality(pool, line.balance, 0) > limit:
            return False
        fee = fee_for(state, pool, self._account)
        return self._pool_quality(pool, line.balance, fee) <= limit or not self._stays(book)

    def _pool_quality(self, pool: Amm, tokens: amount.Token, fee: int) -> int:
        """The best quality that the pool can give with this fee (in 1/100000): that of its first drop."""
        mantissa, exponent = tokens
        if self._asset_spend.is_xrp:
            return quality.quality_of(pool.account.drops * FEE_UNIT, (mantissa * (FEE_UNIT - fee), exponent))
        return quality.quality_of((mantissa * FEE_UNIT, exponent), pool.account.drops * (FEE_UNIT - fee))

    def _stays(self, book: Book) -> bool:
        """Whether the engine would leave the best offer, beyond the threshold: not expired, funded in full, no dust.

        One of the taker's own is as any other: only those that it would cross are removed (``limitSelfCrossQuality``).
        """
        offer = book.best_offer()
        if offer is None:
            return True
        state = self._state
        if offer.expiration is not None and offer.expiration <= state.parent_close_time_s:
            return False
        if self._spends is not None and may_not_receive(offer.owner, self._spends):
            return False
        if offer.home.domain and has_left(state, offer):
            return False
        asset = self._asset_want
        funds = state.funds(offer.owner, offer.gets)
        return not asset.less(asset.of(funds), asset.of(offer.gets)) and not has_shrunk(book, offer, funds)

    def _reduce(self, outcome: strand.FlowResult) -> None:
        """What is left to place keeps the offer's rate: scaled by what was sold, or by what was bought."""
        state = self._state
        if not is_positive(state.funds(self._account, self.spend, self._spends)):
            self.spend, self.want = self._asset_spend.zero, self._asset_want.zero
            return
        rate = quality.rate_of(quality.quality_of(self.spend, self.want))
        if self._tx.has(SELL):
            sold = self._asset_spend.of(outcome.taken_in)
            if self._transfer_rate != RATE_ONE:
                sold = amount.divide_round(sold, _rate(self._transfer_rate), self._asset_spend, up=True, strict=False)
            left = self._asset_spend.subtract(self.spend, sold)
            self.spend = self._asset_spend.zero if self._asset_spend.less(left, self._asset_spend.zero) else left
            self.want = amount.divide_round(self.spend, rate, self._asset_want, up=False, strict=True)
        else:
            rest = self._asset_want.subtract(self.want, self._asset_want.of(outcome.delivered))
            self.want = self._asset_want.zero if self._asset_want.less(rest, self._asset_want.zero) else rest
            self.spend = amount.multiply_round(self.want, rate, self._asset_spend, up=True, strict=False)


def _rate(billionths: int) -> amount.Token:
    """A transfer rate as a number."""
    return number.normalize(billionths, -9)


def _by_key(offer: Offer) -> bytes:
    return offer.key


__all__ = ["AmountRangeError", "apply", "preclaim", "preflight"]
