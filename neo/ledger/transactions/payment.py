"""Payment: XRP straight from account to account, or value through the payment engine.

Source: Payment.cpp and RippleCalc.cpp of the ledger server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neo.ledger import domains, keys, quality
from neo.ledger.amount import Amount
from neo.ledger.entries import REQUIRE_DEST_TAG, Account
from neo.ledger.flow import strand
from neo.ledger.flow.payment_paths import Path, PathElement, UnknownTokenError
from neo.ledger.flow.strand import FlowRequest
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind
from neo.ledger.transactions import deposits, pool_common, share_payment
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Issue,
    Transaction,
    UnsupportedTransactionError,
    exceeds,
    is_bad_currency,
    is_legal,
    is_positive,
    refuse_multi_purpose,
    token_of,
)

NO_DIRECT = 0x00010000
PARTIAL = 0x00020000
LIMIT_QUALITY = 0x00040000

_PATH_PARTS = {"account", "currency", "issuer"}
_FLAGS = UNIVERSAL_FLAGS | NO_DIRECT | PARTIAL | LIMIT_QUALITY


def preflight(tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused without looking at the ledger."""
    fields = tx.fields
    if tx.flags & ~_FLAGS:
        return "temINVALID_FLAG"
    tx.domain()  # fails if it is no key
    deliver, issue = tx.amount("Amount")
    has_max = "SendMax" in fields
    most, most_issue = tx.amount("SendMax") if has_max else (deliver, issue)
    if not is_legal(deliver) or not is_legal(most):
        return "temBAD_AMOUNT"
    if not fields.get("Destination"):
        return "temDST_NEEDED"
    keys.account_id(tx.destination())  # fails if it is no address
    if not is_positive(most) or not is_positive(deliver):
        return "temBAD_AMOUNT"
    if is_bad_currency(issue) or is_bad_currency(most_issue):
        return "temBAD_CURRENCY"
    has_paths = "Paths" in fields
    paths_of(tx)  # fails if they are no paths
    if tx.account == tx.destination() and issue[0] == most_issue[0] and not has_paths:
        return "temREDUNDANT"
    if issue == XRP == most_issue:
        refused = _preflight_xrp(tx, has_max=has_max)
        if refused != SUCCESS:
            return refused
    refused = _preflight_least(tx, deliver, issue)
    if refused == SUCCESS and deposits.SHOWN in tx.fields:
        return deposits.preflight_shown(tx)
    return refused


def _preflight_xrp(tx: Transaction, *, has_max: bool) -> str:
    """XRP to XRP takes none of the options of the payment engine."""
    if has_max:
        return "temBAD_SEND_XRP_MAX"
    if "Paths" in tx.fields:
        return "temBAD_SEND_XRP_PATHS"
    if tx.has(PARTIAL):
        return "temBAD_SEND_XRP_PARTIAL"
    if tx.has(LIMIT_QUALITY):
        return "temBAD_SEND_XRP_LIMIT"
    return "temBAD_SEND_XRP_NO_DIRECT" if tx.has(NO_DIRECT) else SUCCESS


def _preflight_least(tx: Transaction, deliver: Amount, issue: object) -> str:
    if "DeliverMin" not in tx.fields:
        return SUCCESS
    if not tx.has(PARTIAL):
        return "temBAD_AMOUNT"
    least, least_issue = tx.amount("DeliverMin")
    if not is_legal(least) or not is_positive(least) or least_issue != issue or exceeds(least, deliver):
        return "temBAD_AMOUNT"
    return SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    fields = tx.fields
    deliver, issue = tx.amount("Amount")
    target = state.accounts.get(tx.destination())
    if target is None or not target.alive:
        if issue != XRP:
            return "tecNO_DST"
        if isinstance(deliver, int) and deliver < state.fees.reserve_drops(0):
            return "tecNO_DST_INSUF_XRP"
    elif target.flags & REQUIRE_DEST_TAG and "DestinationTag" not in fields:
        return "tecDST_TAG_NEEDED"
    if deposits.SHOWN in tx.fields and (refused := deposits.preclaim_shown(state, tx)) != SUCCESS:
        return refused
    domain = tx.domain()
    if domain and not all(domains.has_member(state, domain, end) for end in (tx.account, tx.destination())):
        return "tecNO_PERMISSION"
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Pay."""
    fields = tx.fields
    deliver, issue = tx.amount("Amount")
    source = state.accounts[tx.account]
    address = tx.destination()
    target = state.accounts.get(address)
    if target is None or not target.alive:
        target = state.create_account(address, sequence=state.index)
    if "SendMax" in fields or "Paths" in fields or issue != XRP:
        return _flow(state, tx, source, target, deliver)
    assert isinstance(deliver, int)
    return _send_drops(state, tx, source, target, deliver)


def _send_drops(state: State, tx: Transaction, source: Account, target: Account, drops: int) -> Effect:
    """XRP straight across. The last of it may use the reserve for the fee."""
    keep_drops = max(state.fees.reserve_drops(source.owner_count), tx.fee_drops)
    if tx.prior_drops < drops + keep_drops:
        return Effect("tecUNFUNDED_PAYMENT")
    if target.is_amm:
        return Effect("tecNO_PERMISSION")
    small_drops = state.fees.reserve_drops(0)
    if drops > small_drops or target.drops > small_drops:
        refused = deposits.refusal(state, tx, source, target)
        if refused is not None:
            return refused
    state.send_drops(source, target, drops)
    return Effect(SUCCESS)


def _flow(state: State, tx: Transaction, source: Account, target: Account, deliver: Amount) -> Effect:
    """Value through the payment engine."""
    refused = deposits.refusal(state, tx, source, target)
    if refused is not None:
        return refused
    paths = paths_of(tx)
    if tx.has(NO_DIRECT) and not paths:
        return Effect("temRIPPLE_EMPTY")
    partial = tx.has(PARTIAL)
    amm = _shares_of(state, tx)
    if amm is not None:
        most, arrives, spends, sends = _most_shares(tx), None, None, XRP  # their way is no token's
    else:
        most, spends, sends = _most(state, tx, deliver)
        arrives = token_of(state, tx.amount("Amount")[1])
    request = FlowRequest(
        source=source,
        destination=target,
        deliver=deliver,
        arrives=arrives,
        send_max=most,
        spends=spends,
        partial=partial,
        crossing=False,
        sell=False,
        limit=quality.quality_of(most, deliver) if tx.has(LIMIT_QUALITY) else None,
        paths=paths,
        direct=not tx.has(NO_DIRECT),
        sends=sends,
        domain=tx.domain(),
    )
    mark = state.begin()
    try:
        outcome = strand.run(state, request) if amm is None else share_payment.run(state, amm, request)
    except UnknownTokenError as error:
        state.give_up(mark)
        raise UnsupportedTransactionError("a path leads through a token that the embedded ledger lacks") from error
    except ArithmeticError:
        state.give_up(mark)
        return Effect("tecINTERNAL")
    state.keep()
    result = outcome.result
    delivered = None
    if result == SUCCESS and outcome.delivered != deliver:
        least = tx.amount("DeliverMin")[0] if "DeliverMin" in tx.fields else None
        if least is not None and exceeds(least, outcome.delivered):
            result = "tecPATH_PARTIAL"
        else:
            delivered = outcome.delivered
    if result.startswith("ter"):
        result = "tecPATH_DRY"
    return Effect(result, delivered=delivered)


def _shares_of(state: State, tx: Transaction) -> Amm | None:
    """The pool whose shares are to arrive, if they are shares."""
    amm = state.amm
    return amm if amm is not None and tx.amount("Amount")[1] == pool_common.shares_issue(amm) else None


def _most_shares(tx: Transaction) -> Amount:
    """The most shares the source spends; without SendMax, the amount itself.

    Raises:
        UnsupportedTransactionError: they are bought, or come along a path.
    """
    most, issue = tx.amount("Amount")
    if "Paths" in tx.fields:
        raise UnsupportedTransactionError("the embedded ledger pays a pool's shares straight only, along no path")
    if "SendMax" not in tx.fields:
        return most
    most, sent = tx.amount("SendMax")
    if sent not in (issue, (issue[0], tx.account)):
        raise UnsupportedTransactionError("the embedded ledger pays a pool's shares out of shares only")
    return most


def _most(state: State, tx: Transaction, deliver: Amount) -> tuple[Amount, TokenKind | None, Issue]:
    """The most the source spends, of which token, and as the transaction names it; without SendMax, the amount itself.

    Raises:
        UnsupportedTransactionError: a token that this ledger does not know.
    """
    issue = tx.amount("Amount")[1]
    arrives = token_of(state, issue)
    if "DeliverMin" in tx.fields:
        token_of(state, tx.amount("DeliverMin")[1])
    if "SendMax" not in tx.fields:
        return deliver, arrives, XRP if arrives is None else (issue[0], tx.account)
    most, sent = tx.amount("SendMax")
    # Naming oneself as the issuer of what one sends means: of whatever issuer I hold.
    own = state.token if arrives is None else arrives
    if sent == (own.currency_id, tx.account):
        return most, own, sent
    return most, token_of(state, sent), sent


def paths_of(tx: Transaction) -> tuple[Path, ...]:
    """The paths that a payment gives.

    Raises:
        TypeError, ValueError: they are none.
    """
    if "Paths" not in tx.fields:
        return ()
    written = tx.fields["Paths"]
    if not isinstance(written, Sequence) or not written:
        raise TypeError("paths are a list, and not an empty one")
    return tuple(_path(path) for path in written)


def _path(written: object) -> Path:
    if not isinstance(written, Sequence) or not written:
        raise TypeError("a path is a list, and not an empty one")
    return tuple(_element(step) for step in written)


def _element(written: object) -> PathElement:
    if isinstance(written, Mapping):
        refuse_multi_purpose(written)
    if not isinstance(written, Mapping) or _PATH_PARTS.isdisjoint(written):
        raise TypeError("a path leads through accounts, currencies and issuers")
    account, currency, issuer = (written.get(name) for name in ("account", "currency", "issuer"))
    for address in (account, issuer):
        if address is not None:
            keys.account_id(address)  # fails if it is no address
    return PathElement(account, None if currency is None else keys.currency_bytes(currency), issuer)
