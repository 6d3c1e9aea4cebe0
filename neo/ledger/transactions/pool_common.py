"""What the transactions about a pool's shares have in common: which pool, what it holds, and moving what it holds.

Source: AMMUtils.cpp, AMMCore.cpp, ``redeemIOU`` and ``deleteAMMTrustLine`` in View.cpp of the ledger server.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from neo.ledger import directory, keys
from neo.ledger.amount import TOKENS, Amount, Token
from neo.ledger.entries import (
    DEFAULT_RIPPLE,
    LINE_AUTH,
    LINE_FREEZE,
    LINE_NO_RIPPLE,
    LINE_RESERVE,
    REQUIRE_AUTH,
    Account,
    TrustLine,
)
from neo.ledger.number import ZERO, divide, less, normalize
from neo.ledger.pool_entry import DISCOUNT, Amm, Vote
from neo.ledger.scale import SMALL_DIGITS
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    SUCCESS,
    XRP,
    Issue,
    Transaction,
    UnsupportedTransactionError,
    is_bad_currency,
    is_positive,
    issue_of,
    refuse_multi_purpose,
)

ENTRIES_DELETED_MAX = 512  # entries of a pool, itself among them, that one transaction deletes or passes
SLOT_S = 86_400  # how long the auction slot lasts
VOTE_WEIGHT_WHOLE = 100_000  # the weight of a vote that stands for all shares
_SHARES_SLACK = normalize(1, -3)  # how far the last holder's shares may be from the total


def asset_field(tx: Transaction, name: str) -> Issue:
    """A field that names an asset.

    Raises:
        TypeError: it is none.
        ValueError: it names none.
        UnsupportedTransactionError: it names a multi-purpose token.
    """
    value = tx.fields[name]
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is no asset: write its currency, and its issuer if it is a token")
    refuse_multi_purpose(value)
    currency = keys.currency_bytes(value["currency"])
    issuer = value.get("issuer", "")
    if currency == keys.XRP_CURRENCY and not issuer:
        return XRP
    keys.account_id(issuer)  # fails if it is no address
    return currency, issuer


def check_pair(tx: Transaction) -> str:
    """Whether the two assets that a transaction names can make a pool (``invalidAMMAssetPair``)."""
    one, other = asset_field(tx, "Asset"), asset_field(tx, "Asset2")
    if one == other:
        return "temBAD_AMM_TOKENS"
    for issue in (one, other):
        if is_bad_currency(issue):
            return "temBAD_CURRENCY"
        if issue[0] == keys.XRP_CURRENCY and issue != XRP:
            return "temBAD_ISSUER"
    return SUCCESS


def check_amounts(tx: Transaction, shares: str, zero_allowed: bool) -> str:
    """Whether a deposit's or withdrawal's assets, amounts and shares could be.

    Args:
        shares: the field that names shares of the pool.
        zero_allowed: the first amount may be nothing.
    """
    if (refused := check_pair(tx)) != SUCCESS:
        return refused
    if "Amount2" in tx.fields and tx.amount("Amount")[1] == tx.amount("Amount2")[1]:
        return "temBAD_AMM_TOKENS"
    if shares in tx.fields and not is_positive(tx.amount(shares)[0]):
        return "temBAD_AMM_TOKENS"
    for name in ("Amount", "Amount2"):
        if name in tx.fields:
            assets = asset_field(tx, "Asset"), asset_field(tx, "Asset2")
            refused = check_amount(tx, name, assets, zero_allowed=zero_allowed and name == "Amount")
            if refused != SUCCESS:
                return refused
    return SUCCESS


def check_amount(tx: Transaction, name: str, allowed: tuple[Issue, ...], *, zero_allowed: bool = False) -> str:
    """Whether an amount is of one of these assets, and positive (``invalidAMMAmount``)."""
    value, issue = tx.amount(name)
    if is_bad_currency(issue):
        return "temBAD_CURRENCY"
    if allowed and issue not in allowed:
        return "temBAD_AMM_TOKENS"
    return SUCCESS if is_positive(value) or (zero_allowed and value in (0, ZERO)) else "temBAD_AMOUNT"


def pool_of(state: State, tx: Transaction, *, reckons: bool = True) -> Amm | None:
    """The pool that a transaction names by its two assets, None if there is none.

    Args:
        reckons: the transaction works out what shares are worth.

    Raises:
        UnsupportedTransactionError: it is of another pair, which this ledger does not know; or shares are worked out
            by rules that it does not know: those before fixAMMv1_3, and those of numbers of nineteen digits.
    """
    if {asset_field(tx, "Asset"), asset_field(tx, "Asset2")} != {XRP, issue_of(state)}:
        raise UnsupportedTransactionError("the embedded ledger has one pool, between XRP and its own token")
    if reckons and not state.rules.pool_rounds_for_itself:
        raise UnsupportedTransactionError("the embedded ledger knows what is done with shares since fixAMMv1_3")
    if reckons and state.rules.number_digits != SMALL_DIGITS:
        raise UnsupportedTransactionError(
            "the embedded ledger reckons shares in sixteen digits; with SingleAssetVault or LendingProtocol it takes 19"
        )
    return state.amm


def shares_issue(amm: Amm) -> Issue:
    """The pool's shares as a token."""
    return keys.currency_bytes(amm.lp_currency), amm.account.address


def shares_line(amm: Amm, holder: Account) -> TrustLine | None:
    """The line over which an account holds shares."""
    return holder.lines.get(keys.line_key(holder.id, amm.account.id, keys.currency_bytes(amm.lp_currency)))


def shares_held(amm: Amm, holder: Account) -> Token:
    """The shares that an account holds (``ammLPHolds``)."""
    line = shares_line(amm, holder)
    return ZERO if line is None else line.balance


def balances(state: State, amm: Amm, first: Amount | None = None, *, if_frozen: bool = True) -> tuple[Amount, Amount]:
    """What a pool holds, the side of the kind of ``first`` before the other: XRP first without (``ammHolds``).

    Args:
        if_frozen: tokens that are frozen count all the same.
    """
    line = amm.account.line
    usable = line is not None and (if_frozen or not state.is_locked(amm.account))
    tokens = line.balance if line is not None and usable else ZERO
    drops = amm.account.drops
    return (drops, tokens) if first is None or isinstance(first, int) else (tokens, drops)


def check_may_hold(state: State, account: Account) -> str:
    """Whether an issuer that requires it has given an account leave to hold the token (``requireAuth``)."""
    issuer = state.issuer
    if account is issuer or not issuer.flags & REQUIRE_AUTH:
        return SUCCESS
    if account.line is None:
        return "tecNO_LINE"
    return SUCCESS if account.line.issuer_has(LINE_AUTH) else "tecNO_AUTH"


def check_tokens(state: State, amm: Amm, account: Account) -> str:
    """Whether tokens may move between a pool and an account: it may hold them, and neither line is frozen."""
    refused = check_may_hold(state, account)
    if refused != SUCCESS:
        return refused
    held_back = account.line is not None and account.line.issuer_has(LINE_FREEZE)
    return "tecFROZEN" if state.is_frozen(amm.account) or held_back else SUCCESS


def send(state: State, sender: Account, receiver: Account, value: Amount) -> None:
    """Move drops or tokens without a transfer fee."""
    if isinstance(value, int):
        if not state.send_drops(sender, receiver, value):
            raise ArithmeticError("more XRP was to be moved than there is")
        return
    if receiver is not state.issuer:
        state.issue(receiver, value)
    if sender is not state.issuer:
        state.redeem(sender, value)


def give_shares(state: State, amm: Amm, holder: Account, shares: Token) -> None:
    """A pool gives shares; a line that is not there is made, with no limit of the holder's own."""
    line = shares_line(amm, holder)
    if line is None:
        flags = () if holder.flags & DEFAULT_RIPPLE else (LINE_NO_RIPPLE,)
        state.create_line(
            holder, amm.account, amm.lp_currency, payer=holder, flags_for_payer=flags, balance=shares, limit=ZERO
        )
        return
    state.journal.touch(line)
    line.balance = TOKENS.add(line.balance, shares)


def give_slot(state: State, amm: Amm, account: Account, trading_fee: int) -> None:
    """Who fills a pool sets its fee, has the first vote and the auction slot for a day.

    Source: ``initializeFeeAuctionVote`` in AMMUtils.cpp.
    """
    state.journal.touch(amm)
    amm.trading_fee = trading_fee
    amm.votes = (Vote(account.address, trading_fee, VOTE_WEIGHT_WHOLE),)
    amm.slot_account, amm.slot_expiration_s = account.address, state.parent_close_time_s + SLOT_S
    amm.slot_fee, amm.slot_price = trading_fee // DISCOUNT, ZERO


def settle_last_holder(state: State, amm: Amm, holder: Account) -> str:
    """Set a pool's total to the shares of its only holder, which roundings may have moved apart.

    Source: ``verifyAndAdjustLPTokenBalance`` and ``isOnlyLiquidityProvider`` in AMMUtils.cpp.
    """
    for entry in directory.contents(amm.account.owned):
        if isinstance(entry, TrustLine) and entry.currency == amm.lp_currency and entry.holder is not holder:
            return SUCCESS
    shares = shares_held(amm, holder)
    low, high = (shares, amm.lp_balance) if less(shares, amm.lp_balance) else (amm.lp_balance, shares)
    if low != high and not less(divide(TOKENS.subtract(high, low), high), _SHARES_SLACK):
        return "tecAMM_INVALID_TOKENS"
    state.journal.touch(amm)
    amm.lp_balance = shares
    return SUCCESS


def set_total(state: State, amm: Amm, shares: Token) -> None:
    """Set a pool's total of shares; one that has none left is deleted, as far as one transaction can."""
    if shares == ZERO and delete_pool(state, amm) == SUCCESS:
        return
    state.journal.touch(amm)
    amm.lp_balance = shares


def lines_to_delete(amm: Amm) -> list[TrustLine]:
    """The lines of a pool that one transaction deletes: those among its first entries, of which it may pass so many."""
    first = islice(directory.contents(amm.account.owned), ENTRIES_DELETED_MAX)
    return [entry for entry in first if isinstance(entry, TrustLine)]


def delete_line(state: State, line: TrustLine) -> None:
    """Delete a line of a pool; if the other end kept a reserve for it, it has it back (``deleteAMMTrustLine``).

    That is who held shares, or the token's issuer if it had frozen the pool's line.
    """
    state.delete_line(line)
    of_token = line.holder.is_amm
    other, side = (line.issuer, 1 - line.holder_is_high) if of_token else (line.holder, line.holder_is_high)
    if line.flags & LINE_RESERVE[side]:
        state.adjust_owner_count(other, -1)


def delete_pool(state: State, amm: Amm) -> str:
    """Delete an empty pool with lines and account; ``tecINCOMPLETE`` if there are too many (``deleteAMMAccount``)."""
    owned = amm.account.owned
    for line in lines_to_delete(amm):
        delete_line(state, line)
    if list(islice(directory.contents(owned), 2)) != [amm]:
        return "tecINCOMPLETE"
    directory.remove(state.journal, owned, 0, amm)
    state.close_pool(amm)
    return SUCCESS
