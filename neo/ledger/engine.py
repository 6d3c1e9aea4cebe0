"""Applying one transaction: check it, charge it, let it act, and write down what changed.

Source: Transactor.cpp (``operator()``, ``apply``, ``reset``), applySteps.cpp, ApplyStateTable.cpp and Protocol.h
(``oversizeMetaDataCap``) of the ledger server.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from neo.ledger import domains
from neo.ledger.applied import Applied, Trial
from neo.ledger.entries import Account, AccountImage, Entry, Image, OfferImage, Page, Touched, TrustLine, TrustLineImage
from neo.ledger.json_forms import TxJson
from neo.ledger.number import ZERO
from neo.ledger.other_entries import OtherEntry
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.transactions import common, escrow_finish, pool_common
from neo.ledger.transactions.common import SUCCESS, Effect, Transaction, UnsupportedTransactionError
from neo.ledger.transactions.kinds import HANDLERS, OWNER_RESERVE_FEE, WITHOUT_FLAGS, Handler, is_enabled
from neo.ledger.undo import Change

UNFUNDED_REMOVALS_MAX = 1000
ENTRIES_MAX = 5200  # how many entries one transaction may change
_UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError)  # by fields of a wrong form
SWEEPING = ("tecKILLED", "tecOVERSIZE")  # the failures that remove the dead offers they met
_OF_OTHERS = (TrustLine, OtherEntry)  # the kinds whose coming and going marks accounts
_UNMARKED = (Page, Amm)  # the kinds that did not remember who changed them before fixPreviousTxnID
_MARKING = ("OwnerNode", "DestinationNode")  # the places of an entry whose accounts its coming and going marks
FINAL_AT_ONCE = (
    *SWEEPING,
    "tecEXPIRED",
    "tecINCOMPLETE",
    "tecINVARIANT_FAILED",
)  # of the failures met while acting, those that no later try can mend


def apply(state: State, fields: TxJson, tx_hash: str, index: int, *, retrying: bool = False) -> Applied:
    """Apply one transaction to the open ledger; if its result is neither ``tes`` nor ``tec``, nothing changes.

    Args:
        fields: the transaction in the ledger's JSON form.
        tx_hash: its hash, which entries remember as their last change.
        index: its place among the ledger's transactions.
        retrying: failures are put off: a ``tec`` that could turn out otherwise claims no fee yet.

    Raises:
        UnsupportedTransactionError: it needs what a ledger of one pair does not have.
    """
    tx = _read(state, fields, tx_hash)
    if isinstance(tx, str):
        return Applied(tx, None, [], None, index, state.index)
    effect = _execute(state, tx, retrying=retrying)
    if isinstance(effect, str):
        return Applied(effect, tx, [], None, index, state.index)
    return Applied(effect.result, tx, _settle(state, tx), effect.delivered, index, state.index, alone=effect.alone)


def preview(state: State, fields: TxJson) -> Trial:
    """What would come of a transaction now, told from what it touched; the ledger is left as it is.

    Raises:
        UnsupportedTransactionError: it needs what a ledger of one pair does not have.
    """
    tx = _read(state, fields, "")
    if isinstance(tx, str):
        return Trial(tx, takes=False)
    tx.is_trial = True
    effect = _execute(state, tx, retrying=False)
    if isinstance(effect, str):
        return Trial(effect, takes=False)
    takes = not effect.alone and _takes(state, tx)
    state.journal.rollback(0)
    return Trial(effect.result, takes)


def _takes(state: State, tx: Transaction) -> bool:
    """Whether more of its sender's has moved than the fee and the offer that it replaces."""
    for before in state.journal.first:
        if isinstance(before, OfferImage):
            offer = before.entry
            is_replaced = not offer.alive and offer.sequence == tx.counts.get("OfferSequence")
            if before.alive and offer.owner.address == tx.account and not is_replaced and before.has_changed():
                return True
        elif isinstance(before, AccountImage):
            account = before.entry
            if account.address == tx.account and account.drops != max(0, tx.prior_drops - tx.fee_drops):
                return True
        elif isinstance(before, TrustLineImage):
            line = before.entry
            held, holds = before.balance if before.alive else ZERO, line.balance if line.alive else ZERO
            if line.holder.address == tx.account and holds != held:
                return True
    return False


def _read(state: State, fields: TxJson, tx_hash: str) -> Transaction | str:
    state.journal.clear()
    tx = common.read(fields, tx_hash)
    if isinstance(tx, str):
        return tx
    if tx.on_ticket and not state.rules.tickets:
        return common.MALFORMED
    if tx.kind not in HANDLERS:
        raise UnsupportedTransactionError(f"the embedded ledger does not know the transaction type {tx.kind}")
    if tx.kind in WITHOUT_FLAGS and not state.rules.strict_flags:
        tx.flags = 0
    return tx


def _execute(state: State, tx: Transaction, *, retrying: bool) -> Effect | str:
    """What it came to if it stands in the ledger, which has changed by it; else its result alone."""
    handler = HANDLERS[tx.kind]
    result = _preflight(tx, handler) if is_enabled(state.rules, tx) else "temDISABLED"
    if result == SUCCESS:
        result = _preclaim(state, tx, handler)
    if result == SUCCESS:
        common.charge(state, tx)
        try:
            effect = handler.apply(state, tx)
        except BaseException:
            state.give_up(0)
            raise
        if len(state.journal.changes) > ENTRIES_MAX and effect.result == SUCCESS:
            effect = _held_to_size(state, effect)
        if effect.result != SUCCESS:
            state.journal.rollback(0)
            if not effect.result.startswith("tec") or (retrying and effect.result not in FINAL_AT_ONCE):
                return effect.result
            _claim(state, tx, effect)
        return effect
    if result.startswith("tec") and not retrying:
        effect = Effect(result, alone=True)
        _claim(state, tx, effect)
        return effect
    return result


def _preflight(tx: Transaction, handler: Handler) -> str:
    try:
        return handler.preflight(tx)
    except UnsupportedTransactionError:
        raise
    except _UNREADABLE:
        return common.MALFORMED


def _preclaim(state: State, tx: Transaction, handler: Handler) -> str:
    least = state.fees.reserve_inc_drops if tx.kind in OWNER_RESERVE_FEE else state.fees.base_fee_drops
    if tx.kind == "EscrowFinish" and "Fulfillment" in tx.fields:
        least += escrow_finish.checking_drops(state, tx)
    result = common.check_common(state, tx, least)
    if result != SUCCESS:
        return result
    return handler.preclaim(state, tx)


def _held_to_size(state: State, effect: Effect) -> Effect:
    """Refuse what changed more entries than its metadata may name; the offers it found dead go all the same."""
    before = _written(state.journal.changes)
    if sum(entry.alive or image.alive for entry, image in before.items()) <= ENTRIES_MAX:
        return effect
    dead = [image.entry for image in before.values() if isinstance(image, OfferImage) and _was_found_dead(image)]
    return Effect("tecOVERSIZE", dead)


def _was_found_dead(image: OfferImage) -> bool:
    """Whether an offer has left the ledger without having been taken from."""
    offer = image.entry
    return image.alive and not offer.alive and image.pays == offer.pays


def _claim(state: State, tx: Transaction, effect: Effect) -> None:
    """A ``tec`` result: only the fee and the sequence number, and for some the dead that were met."""
    common.charge(state, tx)
    for held in effect.expired:
        domains.remove_credential(state, held)
    if effect.result in SWEEPING:
        dead = sorted((offer for offer in effect.removable if offer.alive), key=_by_key)
        for offer in dead[:UNFUNDED_REMOVALS_MAX]:
            state.delete_offer(offer)
    for line in sorted(effect.lines, key=_by_key):
        pool_common.delete_line(state, line)


def _by_key(entry: Entry) -> bytes:
    return entry.key


def _settle(state: State, tx: Transaction) -> list[Touched]:
    """Find what really changed, and mark it as changed by this transaction."""
    settled: list[Touched] = []
    marking: list[Image[Entry]] = []
    came: list[bytes] = []
    went: list[bytes] = []
    tx_hash, index, marks_pages = tx.hash, state.index, state.rules.directory_threading
    for before in state.journal.first:
        entry = before.entry
        if entry.alive is not before.alive:
            (came if entry.alive else went).append(entry.key)
            if isinstance(entry, _OF_OTHERS):
                marking.append(before)
        elif not entry.alive or not before.has_changed():
            continue  # it came and went within the transaction, or is as it was
        if state.tells_pages or not isinstance(entry, Page):
            settled.append(Touched(entry, before, entry.image_kind(entry), entry.previous_hash, entry.previous_ledger))
        if marks_pages or not isinstance(entry, _UNMARKED):
            entry.previous_hash = tx_hash
            entry.previous_ledger = index
    if marking:
        _mark_accounts(state, tx, settled, marking)
    if not came or not went:
        return settled
    both = set(came).intersection(went)
    return _as_one(settled, both) if both else settled


def _mark_accounts(state: State, tx: Transaction, settled: list[Touched], marking: Sequence[Image[Entry]]) -> None:
    """Mark the accounts of what came or went, unless they have changed and are marked already."""
    changed = {touched.entry for touched in settled}
    written = _written(state.journal.changes)
    for account, is_told in _threaded_accounts(written, marking).items():
        if account not in changed:
            before = written[account] if is_told else None
            settled.append(Touched(account, before, account.image(), account.previous_hash, account.previous_ledger))
            account.previous_hash = tx.hash
            account.previous_ledger = state.index


def _written(changes: Sequence[Change]) -> dict[Entry, Image[Entry]]:
    """Each entry that was written and not undone, as it was when the transaction began."""
    before: dict[Entry, Image[Entry]] = {}
    for change in changes:
        if isinstance(change, Image):
            before.setdefault(change.entry, change)
    return before


def _as_one(settled: list[Touched], both: set[bytes]) -> list[Touched]:
    """An entry that went and was made anew in the same transaction has changed (``ApplyStateTable::insert``).

    It is another object here: the last page of a directory, when its only entry is replaced.
    """
    gone = {item.entry.key: item for item in settled if item.entry.key in both and not item.after.alive}
    return [
        item._replace(before=gone[item.entry.key].before) if item.entry.key in both else item
        for item in settled
        if item.after.alive or item.entry.key not in both
    ]


def _threaded_accounts(written: Container[Entry], marking: Sequence[Image[Entry]]) -> dict[Account, bool]:
    """What comes or goes marks its accounts, even if nothing else of theirs changed (``threadOwners``).

    Returns:
        Each such account, and whether its fields are told though none changed: it was written, and the mark was set
        before its turn came, in the order of the keys (``ApplyStateTable::apply``).
    """
    threaded: dict[Account, bool] = {}
    for before in marking:
        entry = before.entry
        if isinstance(entry, TrustLine):
            marked = [entry.holder, entry.issuer]
        else:
            assert isinstance(entry, OtherEntry), "nothing else marks an account"
            marked = [account for account, name, _ in entry.pages if name in _MARKING]
        for account in marked:
            threaded[account] = threaded.get(account, False) or (account in written and entry.key < account.key)
    return threaded
