"""TrustSet: open, change or close a trust line, and freeze one.

Only lines of the ledger's own tokens are known here, and those over which shares of the pair's pool are held.

Source: https://xrpl.org/docs/references/protocol/transactions/types/trustset and SetTrust.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys
from neo.ledger.amount import RATE_ONE, Token
from neo.ledger.entries import (
    DEFAULT_RIPPLE,
    DISALLOW_INCOMING_TRUSTLINE,
    LINE_AUTH,
    LINE_DEEP_FREEZE,
    LINE_FREEZE,
    LINE_NO_RIPPLE,
    LINE_RESERVE,
    NO_FREEZE,
    REQUIRE_AUTH,
    Account,
    TrustLine,
)
from neo.ledger.number import ZERO
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind
from neo.ledger.transactions.common import (
    FREE_ENTRIES,
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_bad_currency,
    is_legal,
)

SET_AUTH = 0x00010000
SET_NO_RIPPLE = 0x00020000
CLEAR_NO_RIPPLE = 0x00040000
SET_FREEZE = 0x00100000
CLEAR_FREEZE = 0x00200000
SET_DEEP_FREEZE = 0x00400000
CLEAR_DEEP_FREEZE = 0x00800000

_DEEP = SET_DEEP_FREEZE | CLEAR_DEEP_FREEZE
_FLAGS = UNIVERSAL_FLAGS | SET_AUTH | SET_NO_RIPPLE | CLEAR_NO_RIPPLE | SET_FREEZE | CLEAR_FREEZE | _DEEP


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~_FLAGS:
        return "temINVALID_FLAG"
    limit, issue = tx.amount("LimitAmount")
    if not is_legal(limit):
        return "temBAD_AMOUNT"
    if issue == XRP:
        return "temBAD_LIMIT"
    if is_bad_currency(issue):
        return "temBAD_CURRENCY"
    if not isinstance(limit, int) and limit[0] < 0:
        return "temBAD_LIMIT"
    no_peer = issue[1] in ("", keys.NOBODY_ADDRESS, keys.ISSUERLESS_ADDRESS)
    return "temDST_NEEDED" if no_peer else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is."""
    account = state.accounts[tx.account]
    if tx.has(SET_AUTH) and not account.flags & REQUIRE_AUTH:
        return "tefNO_AUTH_REQUIRED"
    if tx.flags & _DEEP and not state.rules.deep_freeze:
        return "temINVALID_FLAG"
    _, (currency, peer_address) = tx.amount("LimitAmount")
    if peer_address == tx.account:
        return "temDST_IS_SRC"
    peer = state.accounts.get(peer_address)
    if peer is None or not peer.alive:
        return "tecNO_DST"
    amm = state.amm
    of_pool = amm is not None and peer is amm.account and state.issuer_address != tx.account
    if not of_pool and _token_between(state, tx.account, peer_address, currency) is None:
        raise UnsupportedTransactionError("the embedded ledger knows trust lines of its own tokens only")
    line = _line_between(account, peer, currency)
    if line is None:
        if peer.flags & DISALLOW_INCOMING_TRUSTLINE:
            return "tecNO_PERMISSION"
        if amm is not None and peer is amm.account:
            refused = _check_pool(amm, currency)
            if refused != SUCCESS:
                return refused
    return _check_freezes(tx, line, account, peer) if state.rules.deep_freeze else SUCCESS


def _token_between(state: State, address: str, peer_address: str, currency: bytes) -> TokenKind | None:
    """The token that a line between two accounts is of: the peer's, or one that the account itself issues."""
    return state.tokens.get((currency, peer_address)) or state.tokens.get((currency, address))


def _line_between(account: Account, peer: Account, currency: bytes) -> TrustLine | None:
    """The line that two accounts have for a currency, whoever of them holds something over it."""
    key = keys.line_key(account.id, peer.id, currency)
    return account.lines.get(key) or peer.lines.get(key)


def _check_pool(amm: Amm, currency: bytes) -> str:
    """Whether a new line to a pool may be: only for its shares, while there are any."""
    if amm.lp_balance == ZERO:
        return "tecAMM_EMPTY"
    return SUCCESS if currency == keys.currency_bytes(amm.lp_currency) else "tecNO_PERMISSION"


def _check_freezes(tx: Transaction, line: TrustLine | None, account: Account, peer: Account) -> str:
    """Whether the freezes that are asked for may be: who gave freezing up may not, and no deep one stands alone."""
    sets = tx.has(SET_FREEZE) or tx.has(SET_DEEP_FREEZE)
    if sets and (account.flags & NO_FREEZE or tx.has(CLEAR_FREEZE) or tx.has(CLEAR_DEEP_FREEZE)):
        return "tecNO_PERMISSION"
    side = int(account.id > peer.id)
    flags = _with_freezes(tx, 0 if line is None else line.flags, account, side)
    alone = flags & LINE_DEEP_FREEZE[side] and not flags & LINE_FREEZE[side]
    return "tecNO_PERMISSION" if alone else SUCCESS


def _with_freezes(tx: Transaction, flags: int, account: Account, side: int) -> int:
    """A line's flags with one side's freezes set or cleared (``computeFreezeFlags``)."""
    for sets, clears, bits in (
        (SET_FREEZE, CLEAR_FREEZE, LINE_FREEZE),
        (SET_DEEP_FREEZE, CLEAR_DEEP_FREEZE, LINE_DEEP_FREEZE),
    ):
        if tx.has(sets) and not tx.has(clears) and not account.flags & NO_FREEZE:
            flags |= bits[side]
        elif tx.has(clears) and not tx.has(sets):
            flags &= ~bits[side]
    return flags


def apply(state: State, tx: Transaction) -> Effect:
    """Change the line, or make it."""
    limit, (currency, peer_address) = tx.amount("LimitAmount")
    assert not isinstance(limit, int)
    account = state.accounts[tx.account]
    peer = state.accounts[peer_address]
    line = _line_between(account, peer, currency)
    reserve_drops = 0
    if account.owner_count >= FREE_ENTRIES:
        reserve_drops = state.fees.reserve_drops(account.owner_count + 1)
    if line is not None:
        return Effect(_change(state, tx, line, limit, reserve_drops))
    quality_in, quality_out = _qualities(tx)
    if limit == ZERO and not quality_in and not quality_out and not tx.has(SET_AUTH):
        return Effect("tecNO_LINE_REDUNDANT")
    if tx.prior_drops < reserve_drops:
        return Effect("tecNO_LINE_INSUF_RESERVE")
    _open(state, tx, account, peer, limit, _token_between(state, account.address, peer_address, currency))
    return Effect(SUCCESS)


def _qualities(tx: Transaction) -> tuple[int, int]:
    """(quality in, quality out) as they are to be kept: 0 means none."""
    quality_out = tx.counts.get("QualityOut", 0)
    return tx.counts.get("QualityIn", 0), 0 if quality_out == RATE_ONE else quality_out


def _open(state: State, tx: Transaction, payer: Account, peer: Account, limit: Token, token: TokenKind | None) -> None:
    """Make a line, of the pool's shares if it is of no token."""
    holder, issuer = (peer, payer) if token is not None and token.issuer == payer.address else (payer, peer)
    if token is not None:
        currency = token.currency
    else:
        assert state.amm is not None, "there is a pool, or the line would have been refused"
        currency = state.amm.lp_currency
    flags = []
    if tx.has(SET_AUTH):
        flags.append(LINE_AUTH)
    if tx.has(SET_NO_RIPPLE) and not tx.has(CLEAR_NO_RIPPLE):
        flags.append(LINE_NO_RIPPLE)
    if tx.has(SET_FREEZE) and not tx.has(CLEAR_FREEZE):
        flags.append(LINE_FREEZE)
    if tx.has(SET_DEEP_FREEZE):
        flags.append(LINE_DEEP_FREEZE)
    line = state.create_line(holder, issuer, currency, payer=payer, flags_for_payer=tuple(flags), limit=limit)
    quality_in, quality_out = _qualities(tx)
    if payer is holder:
        line.quality_in, line.quality_out = quality_in, quality_out
    else:
        line.issuer_quality_in, line.issuer_quality_out = quality_in, quality_out


def _change(state: State, tx: Transaction, line: TrustLine, limit: Token, reserve_drops: int) -> str:
    """Change a line that stands; one that is back to its defaults on both sides is removed."""
    account = state.accounts[tx.account]
    by_holder = account is line.holder
    state.journal.touch(line)
    _set_terms(tx, line, limit, by_holder=by_holder)
    side = line.holder_is_high if by_holder else 1 - line.holder_is_high
    flags = _changed_flags(tx, line, account, side, by_holder=by_holder)
    if flags is None:
        return "tecNO_PERMISSION"
    if tx.has(SET_AUTH):
        flags |= LINE_AUTH[side]
    was_reserved = bool(line.flags & LINE_RESERVE[side])
    flags, in_use = _count_reserves(state, line, flags)
    line.flags = flags
    if not in_use:
        state.delete_line(line)
    elif flags & LINE_RESERVE[side] and not was_reserved and tx.prior_drops < reserve_drops:
        return "tecINSUF_RESERVE_LINE"
    return SUCCESS


def _set_terms(tx: Transaction, line: TrustLine, limit: Token, *, by_holder: bool) -> None:
    """One side's limit, and its qualities if the transaction names them."""
    quality_in, quality_out = _qualities(tx)
    if by_holder:
        line.limit = limit
        line.quality_in = quality_in if "QualityIn" in tx.counts else line.quality_in
        line.quality_out = quality_out if "QualityOut" in tx.counts else line.quality_out
    else:
        line.issuer_limit = limit
        line.issuer_quality_in = quality_in if "QualityIn" in tx.counts else line.issuer_quality_in
        line.issuer_quality_out = quality_out if "QualityOut" in tx.counts else line.issuer_quality_out


def _changed_flags(tx: Transaction, line: TrustLine, account: Account, side: int, *, by_holder: bool) -> int | None:
    """The line's flags with no-ripple and freeze set or cleared; None if no-ripple may not be set on a debt."""
    flags = line.flags
    if tx.has(SET_NO_RIPPLE) and not tx.has(CLEAR_NO_RIPPLE):
        owes = line.balance[0] < 0 if by_holder else line.balance[0] > 0
        if owes:
            return None
        flags |= LINE_NO_RIPPLE[side]
    elif tx.has(CLEAR_NO_RIPPLE) and not tx.has(SET_NO_RIPPLE):
        flags &= ~LINE_NO_RIPPLE[side]
    return _with_freezes(tx, flags, account, side)


def _count_reserves(state: State, line: TrustLine, flags: int) -> tuple[int, bool]:
    """Give each side the reserve it now needs or take it back; returns (flags, whether either side uses the line)."""
    in_use = False
    for account, by_holder in ((line.holder, True), (line.issuer, False)):
        side = line.holder_is_high if by_holder else 1 - line.holder_is_high
        needs = _needs_line(line, flags, account, side, by_holder=by_holder)
        in_use = in_use or needs
        has = bool(flags & LINE_RESERVE[side])
        if needs and not has:
            state.adjust_owner_count(account, 1)
            flags |= LINE_RESERVE[side]
        elif has and not needs:
            state.adjust_owner_count(account, -1)
            flags &= ~LINE_RESERVE[side]
    return flags, in_use


def _needs_line(line: TrustLine, flags: int, account: Account, side: int, *, by_holder: bool) -> bool:
    """Whether one side of a line is anything but default."""
    quality_in = line.quality_in if by_holder else line.issuer_quality_in
    quality_out = line.quality_out if by_holder else line.issuer_quality_out
    limit = line.limit if by_holder else line.issuer_limit
    holds = line.balance[0] > 0 if by_holder else line.balance[0] < 0
    ripples = not flags & LINE_NO_RIPPLE[side]
    return (
        quality_in not in (0, RATE_ONE)
        or quality_out not in (0, RATE_ONE)
        or ripples != bool(account.flags & DEFAULT_RIPPLE)
        or bool(flags & LINE_FREEZE[side])
        or limit != ZERO
        or holds
    )
