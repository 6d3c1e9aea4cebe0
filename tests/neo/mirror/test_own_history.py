"""Our account's own history, read late: told as it was, or refused because something of it is missing."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from neo.chain.pair import Pair
from neo.ledger import keys
from neo.messages import Balances, LedgerClosed, Terms
from neo.mirror.own_history import HistoryError, OwnState, told_late, unknown_of_ours
from neo.wire.frames import TransactionFrame

US = "rH2PSS7ZTZNLfSEkosaE13beVrQocEFFPF"
ISSUER = "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"
CURRENCY = "524C555344000000000000000000000000000000"
PAIR = Pair(US, CURRENCY, ISSUER)
ROOT = keys.account_key(keys.account_id(US)).hex().upper()
LINE = keys.line_key(keys.account_id(US), keys.account_id(ISSUER), keys.currency_bytes(CURRENCY)).hex().upper()
IS_LOW = keys.account_id(US) < keys.account_id(ISSUER)


def tx_hash(number: int) -> str:
    return f"{number:064X}"


def root(before: tuple[int, int], drops: tuple[int, int], sequence: tuple[int, int]) -> dict[str, Any]:
    """Our root as a transaction left it; ``before`` is the transaction and the ledger that had changed it last."""
    names = ("Balance", "Sequence")
    was, now = (str(drops[0]), sequence[0]), (str(drops[1]), sequence[1])
    previous = {name: old for name, old, new in zip(names, was, now, strict=True) if old != new}
    final = {"Account": US, "Balance": now[0], "Sequence": now[1], "OwnerCount": 1, "Flags": 0}
    place = {"PreviousTxnID": tx_hash(before[0]), "PreviousTxnLgrSeq": before[1]}
    return {
        "ModifiedNode": {
            "LedgerEntryType": "AccountRoot",
            "LedgerIndex": ROOT,
            "FinalFields": final,
            "PreviousFields": previous,
            **place,
        }
    }


def line(was: str, now: str) -> dict[str, Any]:
    """Our line as a transaction left it, in tokens that we hold."""

    def balance(held: str) -> dict[str, str]:
        value = held if IS_LOW else f"-{held}"
        return {"currency": CURRENCY, "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji", "value": value}

    ends = [
        {"currency": CURRENCY, "issuer": US, "value": "1000"},
        {"currency": CURRENCY, "issuer": ISSUER, "value": "0"},
    ]
    low, high = ends if IS_LOW else ends[::-1]
    final = {"Balance": balance(now), "LowLimit": low, "HighLimit": high, "Flags": 0}
    return {
        "ModifiedNode": {
            "LedgerEntryType": "RippleState",
            "LedgerIndex": LINE,
            "FinalFields": final,
            "PreviousFields": {"Balance": balance(was)},
        }
    }


def row(
    number: int, ledger_index: int, *nodes: dict[str, Any], sender: str = US, kind: str = "OfferCreate"
) -> TransactionFrame:
    meta = {"AffectedNodes": list(nodes), "TransactionIndex": number, "TransactionResult": "tesSUCCESS"}
    return TransactionFrame(
        tx={"Account": sender, "TransactionType": kind, "Fee": "10"},
        meta=meta,
        tx_hash=tx_hash(number),
        ledger_index=ledger_index,
        close_time_s=1000 + 4 * ledger_index,
        validated=True,
        result="tesSUCCESS",
    )


# Three transactions after ledger 10: ours in 12, a payment of tokens to us in 12 (which leaves our root alone), ours in
# 15. Before them transaction 1 of ledger 9 had changed our root last.
FIRST = row(2, 12, root((1, 9), (1000, 990), (5, 6)))
PAID = row(3, 12, line("100", "130"), sender=ISSUER, kind="Payment")
LAST = row(4, 15, root((2, 12), (990, 980), (6, 7)), line("130", "120"))
ROWS = (FIRST, PAID, LAST)


def state(
    ledger_index: int = 20, *, drops: int = 980, tokens: str = "120", sequence: int = 7, last: tuple[int, int] = (4, 15)
) -> OwnState:
    terms = Terms(
        base_fee_drops=10, open_ledger_fee_drops=10, base_reserve_drops=1_000_000, owner_reserve_drops=200_000
    )
    closed = LedgerClosed(
        ledger_index=ledger_index,
        close_time_s=1000 + 4 * ledger_index,
        market=None,
        terms=terms,
        balances=Balances(drops, Decimal(tokens), 1_200_000, 1, sequence),
        transactions=(),
        notice=None,
    )
    return OwnState(closed=closed, root_hash=tx_hash(last[0]), root_ledger=last[1])


def test_ledgers_are_told_late_with_what_we_had_on_each() -> None:
    """Each with the empty ones before it; the last message is that of the newest ledger."""
    told = told_late([*reversed(ROWS), FIRST], state(), PAIR, 10)
    assert [(each.first_index, each.ledger_index) for each in told] == [(11, 12), (13, 15), (16, 20)]
    assert [(each.balances.xrp_drops, each.balances.rlusd, each.balances.sequence) for each in told] == [
        (990, Decimal(130), 6),
        (980, Decimal(120), 7),
        (980, Decimal(120), 7),
    ]
    assert [[each.tx_hash for each in closed.transactions] for closed in told] == [
        [tx_hash(2), tx_hash(3)],
        [tx_hash(4)],
        [],
    ]
    assert [each.close_time_s for each in told] == [1048, 1060, 1080]
    assert all(each.market is None for each in told)


def test_a_late_ledger_tells_what_of_our_xrp_is_locked_up() -> None:
    """The base reserve of 1 XRP, and 0.2 for each entry that we owned then: three after 12, two after 15."""
    first, last = (with_owned(each, count) for each, count in ((FIRST, 3), (LAST, 2)))
    last.meta["AffectedNodes"][0]["ModifiedNode"]["PreviousFields"]["OwnerCount"] = 3  # type: ignore[index]
    newest = state()
    balances = msgspec.structs.replace(newest.closed.balances, owner_count=2, reserve_drops=1_400_000)
    newest = msgspec.structs.replace(newest, closed=msgspec.structs.replace(newest.closed, balances=balances))
    told = told_late([first, PAID, last], newest, PAIR, 10)
    assert [(each.balances.owner_count, each.balances.reserve_drops) for each in told] == [
        (3, 1_600_000),
        (2, 1_400_000),
        (2, 1_400_000),
    ]


def with_owned(row: TransactionFrame, count: int) -> TransactionFrame:
    """The same transaction, after which we own so many entries."""
    copied = copy.deepcopy(row)
    assert copied.meta is not None
    copied.meta["AffectedNodes"][0]["ModifiedNode"]["FinalFields"]["OwnerCount"] = count
    return copied


def test_before_our_line_was_made_we_had_no_tokens() -> None:
    """Transaction 2 leaves our XRP alone but for its fee; transaction 3 makes the line, and 4 brings 130 less 10."""
    node = line("0", "130")["ModifiedNode"]
    new = {name: node[name] for name in ("LedgerEntryType", "LedgerIndex")} | {"NewFields": node["FinalFields"]}
    made = row(3, 13, {"CreatedNode": new}, sender=ISSUER, kind="Payment")
    told = told_late([FIRST, made, LAST], state(), PAIR, 10)
    assert [(each.ledger_index, each.balances.rlusd) for each in told] == [
        (12, Decimal(0)),
        (13, Decimal(130)),
        (15, Decimal(120)),
        (20, Decimal(120)),
    ]


def test_hours_in_which_nothing_happened_are_one_message() -> None:
    """Of all ledgers from the one after the last known."""
    (told,) = told_late([], state(5000, drops=990, tokens="100", sequence=6, last=(2, 9)), PAIR, 10)
    assert (told.first_index, told.ledger_index) == (11, 5000)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ((PAID, LAST), "a transaction of ledger 12 is missing"),
        ((FIRST, PAID), f"transaction {tx_hash(4)} of ledger 15 is missing"),
        ((FIRST, LAST), None),
        ((), "a transaction of ledger 15 is missing"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(rows: tuple[TransactionFrame, ...], what: str | None) -> None:
    """By the transaction that each change of our root names as the one before, wherever one was left out.

    A payment of tokens alone leaves no trace in our root; without it the balances are the ledger's all the same, and
    that they are not the books' then, the reconciler finds.
    """
    if what is None:
        assert told_late(rows, state(), PAIR, 10)[0].balances.rlusd == Decimal(130)
        return
    with pytest.raises(HistoryError, match=what):
        told_late(rows, state(tokens="120" if LAST in rows else "130"), PAIR, 10)


def test_a_balance_that_does_not_fit_is_refused() -> None:
    """Tokens that came after the last transaction that is listed."""
    with pytest.raises(HistoryError, match="something is missing"):
        told_late(ROWS, state(tokens="125"), PAIR, 10)


@pytest.mark.parametrize("broken", [{}, {"AffectedNodes": [{"ModifiedNode": {}}]}])
def test_metadata_of_another_shape_is_refused(broken: dict[str, Any]) -> None:
    """It says nothing, so nothing is concluded."""
    bad = msgspec.structs.replace(FIRST, meta=broken)
    with pytest.raises(HistoryError, match="lacks the ledger's shape"):
        told_late([bad, PAID, LAST], state(), PAIR, 10)


def test_a_stranger_with_our_key_is_found_by_what_it_sent() -> None:
    """Neither what a journal knows, nor what others sent, nor old ones, nor what sets up or clears is a stranger's."""
    kinds = ("OfferCancel", "TrustSet", "Payment", "AccountSet")
    harmless = [row(9 + number, 15, kind=kind) for number, kind in enumerate(kinds)]
    known = {tx_hash(2)}
    assert unknown_of_ours([*ROWS, *harmless], US, known, 0) == (LAST,)
    batch = row(20, 15, kind="Batch")
    assert unknown_of_ours([batch], US, known, 0) == (batch,)
    assert unknown_of_ours(ROWS, US, known | {tx_hash(4)}, 0) == ()
    assert unknown_of_ours(ROWS, US, set(), 1061) == ()
