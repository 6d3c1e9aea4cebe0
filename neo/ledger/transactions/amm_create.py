"""AMMCreate: make the pool between XRP and the token, and give its maker the shares and the auction slot.

Source: AMMCreate.cpp and AMMUtils.cpp (``initializeFeeAuctionVote``) of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys, pool
from neo.ledger.amount import Token
from neo.ledger.entries import (
    ALLOW_CLAWBACK,
    DEFAULT_RIPPLE,
    DEPOSIT_AUTH,
    DISABLE_MASTER,
    LINE_AMM,
)
from neo.ledger.number import DOWN, NEAREST, less
from neo.ledger.pool_entry import Amm
from neo.ledger.scale import SCALES, SMALL_DIGITS
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_bad_currency,
    is_positive,
    issue_of,
)

ACCOUNT_FLAGS = DISABLE_MASTER | DEFAULT_RIPPLE | DEPOSIT_AUTH


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    (one, issue_one), (two, issue_two) = _sides(tx)
    if issue_one == issue_two:
        return "temBAD_AMM_TOKENS"
    for value, issue in ((one, issue_one), (two, issue_two)):
        if is_bad_currency(issue):
            return "temBAD_CURRENCY"
        if not is_positive(value):
            return "temBAD_AMOUNT"
    return "temBAD_FEE" if tx.counts.get("TradingFee", 0) > pool.TRADING_FEE_MAX else SUCCESS


def _sides(tx: Transaction) -> tuple[tuple[int | Token, tuple[bytes, str]], tuple[int | Token, tuple[bytes, str]]]:
    return tx.amount("Amount"), tx.amount("Amount2")


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is."""
    drops, tokens = _amounts(state, tx)
    account, issuer = state.accounts[tx.account], state.issuer
    if state.amm is not None:
        return "tecDUPLICATE"
    refused = pool_common.check_may_hold(state, account)
    if refused != SUCCESS:
        return refused
    if state.is_frozen(account):
        return "tecFROZEN"
    if not issuer.flags & DEFAULT_RIPPLE:
        return "terNO_RIPPLE"
    liquid_drops = state.liquid_drops(account, 1)
    if liquid_drops <= 0:
        return "tecINSUF_RESERVE_LINE"
    if liquid_drops < drops or (account is not issuer and less(state.liquid_tokens(account), tokens)):
        return "tecUNFUNDED_AMM"
    barred = issuer.flags & ALLOW_CLAWBACK and not state.rules.amm_clawback
    return "tecNO_PERMISSION" if barred else SUCCESS


def _amounts(state: State, tx: Transaction) -> tuple[int, Token]:
    """(drops, tokens), whichever way round they were given."""
    drops = tokens = None
    for value, issue in _sides(tx):
        if issue == XRP and isinstance(value, int):
            drops = value
        elif issue == issue_of(state) and not isinstance(value, int):
            tokens = value
    if drops is None or tokens is None:
        raise UnsupportedTransactionError("the embedded ledger has one pool, between XRP and its own token")
    return drops, tokens


def apply(state: State, tx: Transaction) -> Effect:
    """Make the pool's account and the pool, and move both sides into it."""
    drops, tokens = _amounts(state, tx)
    maker, issuer = state.accounts[tx.account], state.issuer
    key = keys.amm_key(issuer.id, state.currency_id)
    address = _free_address(state, key)
    digits = state.rules.number_digits
    sequence = state.index if digits == SMALL_DIGITS else 0  # since there are vaults, no account without a key has one
    account = state.create_account(address, sequence=sequence, flags=ACCOUNT_FLAGS, is_amm=True)
    account.other = {"AMMID": key.hex().upper()}
    newer = state.rules.pool_rounds_for_itself
    shares = pool.shares_for(drops, tokens, SCALES[digits], DOWN if newer else NEAREST)
    currency = keys.lp_currency(state.currency_id).hex().upper()
    fee, assets = tx.counts.get("TradingFee", 0), (None, state.token)
    amm = Amm(key, account, shares, currency, fee, assets=assets, alive=False)
    state.open_pool(amm)
    pool_common.give_slot(state, amm, maker, amm.trading_fee)
    if not newer:  # nobody votes there: the pool is kept as ledgers of those rules always were
        amm.votes, amm.slot_fee = (), None
    pool_common.give_shares(state, amm, maker, shares)
    state.send_drops(maker, account, drops)
    if maker is not issuer:
        state.redeem(maker, tokens)
    line = state.create_line(account, issuer, state.currency, payer=account, flags_for_payer=(), balance=tokens)
    line.flags |= LINE_AMM
    return Effect(SUCCESS)


def _free_address(state: State, key: bytes) -> str:
    """The first candidate address that no account has. Where no hash is known, the ledger's index stands in for it."""
    attempt = 0
    while True:
        if state.parent_hash is None:
            address = keys.address_of(keys.made_up_account_id(attempt, state.index, key))
        else:
            address = keys.address_of(keys.pseudo_account_id(attempt, state.parent_hash, key))
        if address not in state.accounts:
            return address
        attempt += 1
