"""Entries of every kind that the main network has, and of kinds that it may have one day, in a ledger that is forked.

Method: hand-made metadata in the forms of the ledger server (fields of a default value are left out of new entries,
``ApplyStateTable::apply``), of a transaction of ONE, who had 1,000 XRP and pays a fee of 10 drops; an order of ours
waits for the same ledger.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.recorded_small import OTHERS, OURS_DROPS, OURS_RLUSD, market_without_us, recorded_of, signed, state_of
from support.sim_world import US
from support.small_network import bid, offer, rlusd

from neo.chain.pair import Pair
from neo.ledger import Fees, keys
from neo.messages import LedgerTransaction
from neo.network.network import Network
from neo.replay import prime
from neo.replay.fork import Fork
from neo.replay.pair_part import PairPart
from neo.replay.recorded import RecordedLedger
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

ONE, TWO, THREE = OTHERS
NOBODY = "rrrrrrrrrrrrrrrrrrrrrhoLvTp"  # in whose name the validators' own transactions are
PSEUDO = "rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY"
MPT = {"mpt_issuance_id": "00000001A407AF5856CCF3C42619DAA925813FC955C72983"}
EUR = {"currency": "EUR", "issuer": TWO}
SHARES = {"currency": f"03{'0' * 38}", "issuer": PSEUDO, "value": "5"}
KEY = "D1" * 32
VOTED = {"BaseFeeDrops": "20", "ReserveBaseDrops": "5", "ReserveIncrementDrops": "2"}
SELLS_FOUR = {"TakerGets": "4000000", "TakerPays": rlusd("8")}
ESCROW = keys.escrow_key(keys.account_id(ONE), 1).hex().upper()


def some(asset: dict[str, str]) -> dict[str, str]:
    """Five of a token."""
    return {**asset, "value": "5"}


def root_key(address: str) -> str:
    """Where an account's root is."""
    return keys.account_key(keys.account_id(address)).hex().upper()


def created(kind: str, key: str = KEY, **fields: Any) -> dict[str, Any]:
    """A new entry."""
    return {"CreatedNode": {"LedgerEntryType": kind, "LedgerIndex": key, "NewFields": fields}}


def modified(kind: str, before: dict[str, Any], key: str = KEY, **fields: Any) -> dict[str, Any]:
    """A changed one."""
    node = {"LedgerEntryType": kind, "LedgerIndex": key, "FinalFields": {"Flags": 0, **fields}}
    return {"ModifiedNode": {**node, "PreviousFields": before, "PreviousTxnID": "08" * 32, "PreviousTxnLgrSeq": 1}}


def deleted(kind: str, key: str = KEY, **fields: Any) -> dict[str, Any]:
    """One that is gone."""
    return {"DeletedNode": {"LedgerEntryType": kind, "LedgerIndex": key, "FinalFields": {"Flags": 0, **fields}}}


def threaded(kind: str, key: str = KEY) -> dict[str, Any]:
    """One that another entry of its owner's was changed with."""
    node = {"LedgerEntryType": kind, "LedgerIndex": key, "PreviousTxnID": "08" * 32, "PreviousTxnLgrSeq": 1}
    return {"ModifiedNode": node}


PAYER = modified(
    "AccountRoot",
    {"Balance": "1000000000", "Sequence": 1},
    root_key(ONE),
    Account=ONE,
    Balance="999999990",
    OwnerCount=1,
    Sequence=2,
)
LOCKED: dict[str, Any] = {
    "Account": ONE,
    "Destination": TWO,
    "FinishAfter": 1,
    "OwnerNode": "0",
    "DestinationNode": "0",
}
CHANNEL: dict[str, Any] = {
    "Account": ONE,
    "Destination": TWO,
    "Balance": "1",
    "SettleDelay": 1,
    "PublicKey": "ED",
    "OwnerNode": "0",
}
POOL: dict[str, Any] = {"Account": PSEUDO, "LPTokenBalance": SHARES, "TradingFee": 1}
MPT_OFFER: dict[str, Any] = {
    "Account": TWO,
    "Sequence": 1,
    "TakerGets": some(MPT),
    "TakerPays": rlusd("5"),
    "BookDirectory": KEY,
}
BROKER: dict[str, Any] = {
    "Owner": TWO,
    "Account": THREE,
    "VaultID": KEY,
    "OwnerCount": 2,
    "OwnerNode": "0",
    "VaultNode": "0",
}
PAGE: dict[str, Any] = {"NFTokens": [{"NFToken": {"NFTokenID": KEY}}]}
RLUSD = {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER}

ODD: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "an escrow of a multi-purpose token": (
        {"TransactionType": "EscrowCreate", "Destination": TWO, "Amount": some(MPT), "FinishAfter": 5},
        [created("Escrow", ESCROW, Account=ONE, Destination=TWO, Amount=some(MPT), Sequence=1, FinishAfter=5)],
    ),
    "its end": (
        {"TransactionType": "EscrowFinish", "Owner": ONE, "OfferSequence": 1},
        [deleted("Escrow", ESCROW, Amount=some(MPT), **LOCKED)],
    ),
    "an escrow of another token": (
        {"TransactionType": "EscrowCancel", "Owner": ONE, "OfferSequence": 1},
        [deleted("Escrow", ESCROW, Amount=some(EUR), IssuerNode="0", CancelAfter=1, **LOCKED)],
    ),
    "a check of another token": (
        {"TransactionType": "CheckCash", "CheckID": KEY, "Amount": some(EUR)},
        [deleted("Check", SendMax=some(EUR), OwnerNode="0", DestinationNode="0", Account=TWO, Destination=ONE)],
    ),
    "a payment of a multi-purpose token": (
        {"TransactionType": "Payment", "Destination": TWO, "Amount": some(MPT)},
        [modified("MPToken", {"MPTAmount": "9"}, Account=ONE, MPTAmount="4", OwnerNode="0")],
    ),
    "a payment along a multi-purpose token": (
        {"TransactionType": "Payment", "Destination": TWO, "Amount": rlusd("1"), "SendMax": "9", "Paths": [[MPT]]},
        [],
    ),
    "a multi-purpose token that is taken back": (
        {"TransactionType": "Clawback", "Amount": some(MPT), "Holder": TWO},
        [modified("MPToken", {"MPTAmount": "9"}, Account=TWO, MPTAmount="4", OwnerNode="0")],
    ),
    "an offer of a multi-purpose token": (
        {"TransactionType": "OfferCreate", "TakerGets": some(MPT), "TakerPays": "5"},
        [created("Offer", Account=ONE, Sequence=1, TakerGets=some(MPT), TakerPays="5", BookDirectory=KEY)],
    ),
    "one that was met": (
        {"TransactionType": "OfferCreate", "TakerGets": rlusd("1"), "TakerPays": some(MPT)},
        [modified("Offer", {"TakerGets": {**MPT, "value": "6"}, "TakerPays": rlusd("6")}, **MPT_OFFER)],
    ),
    "a pool of XRP and another token, whose XRP a new entry does not name": (
        {"TransactionType": "AMMCreate", "Amount": "5", "Amount2": some(EUR), "TradingFee": 1},
        [
            created("AccountRoot", root_key(PSEUDO), Account=PSEUDO, Balance="5", AMMID=KEY, Sequence=1),
            created("AMM", Asset2=EUR, **POOL),
        ],
    ),
    "a pool of two tokens, whose account has no XRP": (
        {"TransactionType": "AMMCreate", "Amount": some(EUR), "Amount2": rlusd("5"), "TradingFee": 1},
        [
            created("AccountRoot", root_key(PSEUDO), Account=PSEUDO, AMMID=KEY, Sequence=1),
            created("AMM", Asset=EUR, Asset2=RLUSD, **POOL),
        ],
    ),
    "a pool of the token and a multi-purpose one": (
        {"TransactionType": "AMMCreate", "Amount": rlusd("5"), "Amount2": some(MPT), "TradingFee": 1},
        [
            created("AccountRoot", root_key(PSEUDO), Account=PSEUDO, AMMID=KEY, Sequence=1),
            created("AMM", Asset=RLUSD, Asset2=MPT, **POOL),
        ],
    ),
    "a pool of the pair whose account nobody told of": (
        {"TransactionType": "AMMVote", "TradingFee": 1},
        [modified("AMM", {"TradingFee": 2}, Asset={"currency": "XRP"}, Asset2=RLUSD, **POOL)],
    ),
    "a vault and its account without XRP": (
        {"TransactionType": "VaultCreate"},
        [
            created("AccountRoot", root_key(PSEUDO), Account=PSEUDO, Flags=1, VaultID=KEY),
            created("Vault", Owner=ONE, Account=PSEUDO, Asset=MPT, ShareMPTID=MPT["mpt_issuance_id"]),
        ],
    ),
    "a loan": (
        {"TransactionType": "LoanSet"},
        [
            created("Loan", Borrower=ONE, LoanBrokerID=KEY),
            modified("LoanBroker", {"OwnerCount": 1}, "D2" * 32, **BROKER),
        ],
    ),
    "a channel of a form that nobody knows yet": (
        {"TransactionType": "PaymentChannelFund", "Channel": KEY, "Amount": "5"},
        [modified("PayChannel", {"Amount": some(MPT)}, Amount=some(EUR), **CHANNEL)],
    ),
    "a kind that nobody knows yet, with names of another form": (
        {"TransactionType": "FutureSet"},
        [created("Future", Owner={"x": 1}, Account=[1]), modified("Past", {"Account": 5}, Account=7)],
    ),
    "pages and offers of non-fungible tokens": (
        {"TransactionType": "NFTokenAcceptOffer"},
        [
            modified("NFTokenPage", {"NFTokens": []}, **PAGE),
            deleted("NFTokenOffer", "D2" * 32, Owner=TWO, NFTokenID=KEY, Amount="1", OwnerNode="0"),
        ],
    ),
    "a bridge": (
        {"TransactionType": "XChainCommit"},
        [
            modified("Bridge", {}, Account=TWO, SignatureReward="1", OwnerNode="0"),
            created("XChainOwnedClaimID", "D2" * 32, Account=ONE),
        ],
    ),
    "entries of which only the thread is told": (
        {"TransactionType": "DIDSet"},
        [threaded("AccountRoot", root_key(TWO)), *(threaded(kind) for kind in ("RippleState", "Offer", "AMM", "DID"))],
    ),
    "a batch": ({"TransactionType": "Batch", "RawTransactions": []}, []),
    "a transaction within a batch": ({"TransactionType": "DIDSet", "Flags": 0x40000000, "Fee": "0"}, []),
    "a transaction without a number": ({"TransactionType": "LedgerStateFix", "Sequence": None}, []),
    "a vote on fees": (
        {"TransactionType": "SetFee", "Account": NOBODY, "Sequence": 0, "Fee": "0"},
        [modified("FeeSettings", {"BaseFeeDrops": "10"}, **VOTED)],
    ),
    "a vote on validators": (
        {"TransactionType": "UNLModify", "Account": NOBODY, "Sequence": 0, "Fee": "0"},
        [created("NegativeUNL", ValidatorToDisable="ED")],
    ),
    "a vote on rules": (
        {"TransactionType": "EnableAmendment", "Account": NOBODY, "Sequence": 0, "Fee": "0"},
        [modified("Amendments", {}, Amendments=[KEY])],
    ),
}


def told(name: str) -> LedgerTransaction:
    """The transaction, with what it did."""
    tx, nodes = ODD[name]
    fields = {"Account": ONE, "Fee": "10", "Sequence": 1, **tx}
    meta = json.loads(json.dumps({"AffectedNodes": [PAYER, *nodes], "TransactionIndex": 0}))
    kept = {name: value for name, value in fields.items() if value is not None}
    return LedgerTransaction("0A" * 32, kept, meta, "tesSUCCESS")


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "part"])
@pytest.mark.parametrize("name", ODD)
def test_whatever_a_ledger_has_it_is_lived_through_and_what_it_tells_of_xrp_is_so(name: str, *, is_whole: bool) -> None:
    """It is applied as recorded, is no pool of the pair, and the fork is kept and read back with it."""
    state = msgspec.structs.replace(state_of(market_without_us()), is_whole=is_whole)
    fork = Fork.begin(state)
    fork.join(US, OURS_DROPS, OURS_RLUSD)
    order, order_hash = signed(bid(fork.ledger.state.accounts[US].sequence, US, 1, "2"))
    fork.submit(order, order_hash)
    transaction, index = told(name), state.ledger_index + 1
    closed = fork.close(
        RecordedLedger(
            ledger_index=index,
            ledger_hash="00" * 32,
            parent_hash="00" * 32,
            close_time_s=1_004,
            parent_close_time_s=1_000,
            transactions=(transaction,),
            is_whole=is_whole,
        )
    )
    assert sorted(each.tx_hash for each in closed.transactions) == sorted([transaction.tx_hash, order_hash])
    assert fork.ledger.state.accounts[ONE].drops == 999_999_990
    assert fork.counts.recorded == {transaction.tx["TransactionType"]: 1}
    assert fork.ledger.amm() is None
    kept = json.loads(json.dumps(fork.to_state()))
    assert json.loads(json.dumps(Fork.from_state(kept).to_state())) == kept


@pytest.mark.parametrize("name", ODD)
def test_whatever_a_ledger_has_it_can_be_told_whether_it_is_the_pairs(name: str) -> None:
    """All of these are: ONE, who is followed, paid for each."""
    transaction = told(name)
    assert PairPart(Pair(RLUSD_ISSUER, RLUSD_CURRENCY, RLUSD_ISSUER), OTHERS).of((transaction,)) == (transaction,)


@pytest.mark.parametrize(
    "name", [name for name, (tx, _) in ODD.items() if "token" in name and tx["TransactionType"] != "AMMCreate"]
)
def test_what_is_of_another_token_is_applied_as_recorded_where_ours_traded_with_its_sender_too(name: str) -> None:
    """It is never tried as if it were of the pair's token, nor left out as malformed: the fee is gone, and no RLUSD."""
    network = Network(market_without_us())
    state = msgspec.structs.replace(state_of(market_without_us()), is_whole=False)
    state.state["amendments"] += ["Checks"]
    fork = Fork.begin(state)
    fork.join(US, OURS_DROPS, OURS_RLUSD)
    rests = recorded_of(network.close([signed(offer(1, ONE, SELLS_FOUR))], 1_004), 1_000)
    fork.close(msgspec.structs.replace(rests, is_whole=False))
    fork.submit(*signed(bid(fork.ledger.state.accounts[US].sequence, US, 4, "8")))
    fork.close_empty(1_008)
    assert (fork.ledger.xrp_drops(ONE), fork.ledger.token_balance(ONE)) == (995_999_990, Decimal(2_008))
    transaction = told(name)
    transaction.tx["Sequence"] = 2
    root = {"Account": ONE, "Balance": "999999980", "OwnerCount": 1, "Sequence": 3}
    paid = modified("AccountRoot", {"Balance": "999999990", "Sequence": 2}, root_key(ONE), **root)
    paid["ModifiedNode"]["PreviousTxnID"] = rests.transactions[0].tx_hash
    transaction.meta["AffectedNodes"][0] = paid
    header = {"ledger_index": fork.closed_index + 1, "close_time_s": 1_012, "parent_close_time_s": 1_008}
    fork.close(msgspec.structs.replace(rests, transactions=(transaction,), is_whole=False, **header))
    assert fork.counts.recorded == {transaction.tx["TransactionType"]: 1}
    assert (fork.ledger.xrp_drops(ONE), fork.ledger.token_balance(ONE)) == (995_999_980, Decimal(2_008))


def lived_through(*ledgers: list[dict[str, Any]]) -> Fork:
    """A fork that is known in part, after ledgers with one transaction of ONE each."""
    state = msgspec.structs.replace(state_of(market_without_us()), is_whole=False)
    fork = Fork.begin(state)
    for number, nodes in enumerate(ledgers):
        meta = {"AffectedNodes": [PAYER, *nodes], "TransactionIndex": 0}
        tx = {"TransactionType": "FutureSet", "Account": ONE, "Fee": "10", "Sequence": 1}
        fork.close(
            RecordedLedger(
                ledger_index=state.ledger_index + 1 + number,
                ledger_hash="00" * 32,
                parent_hash="00" * 32,
                close_time_s=1_004 + 4 * number,
                parent_close_time_s=1_000 + 4 * number,
                transactions=(LedgerTransaction(f"{number:064X}", tx, meta, "tesSUCCESS"),),
                is_whole=False,
            )
        )
    return fork


def test_who_is_forgotten_is_so_with_what_stands_in_its_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what is kept of the fork could not be read back: a check would name an account that is not there."""
    monkeypatch.setattr(prime, "ACCOUNTS_MAX", 1)
    monkeypatch.setattr("neo.replay.fork._TIDY_LEDGERS", 2)
    check = {"Account": ONE, "Destination": TWO, "SendMax": "5"}
    ends = deleted("Check", OwnerNode="0", DestinationNode="0", **check)
    for nodes in ([], [ends]):
        fork = lived_through([created("Check", Sequence=1, **check)], [], nodes)
        kept = json.loads(json.dumps(fork.to_state()))
        assert json.loads(json.dumps(Fork.from_state(kept).to_state())) == kept
        assert fork.ledger.state.others == {}


def test_what_a_ledger_votes_holds_from_the_next_one_on() -> None:
    """Where nobody tells the amounts of each ledger, as in others' files of ledgers: else reserves stay too large."""
    assert lived_through([]).ledger.fees == Fees()
    transaction = told("a vote on fees")
    fork = Fork.begin(state_of(market_without_us()))
    first = Network(market_without_us()).close([], 1_004)
    fork.close(msgspec.structs.replace(recorded_of(first, 1_000), transactions=(transaction,)))
    assert fork.ledger.fees == Fees(20, 5, 2)


def test_an_account_that_is_deleted_leaves_nothing_whose_end_was_not_told() -> None:
    """A check that a stranger cashed meanwhile: what is kept would name an account that is not there."""
    check = created("Check", Account=TWO, Destination=ONE, SendMax="5", Sequence=1)
    ends = deleted("AccountRoot", root_key(TWO), Account=TWO, Balance="0", OwnerCount=0, Sequence=9)
    ends["DeletedNode"]["PreviousFields"] = {"Balance": "1000000000"}
    line = {"LowLimit": {**RLUSD, "value": "0"}, "HighLimit": {**RLUSD, "issuer": TWO, "value": "9"}}
    if keys.account_id(TWO) < keys.account_id(RLUSD_ISSUER):
        line = {"LowLimit": line["HighLimit"], "HighLimit": line["LowLimit"]}
    key = keys.line_key(keys.account_id(TWO), keys.account_id(RLUSD_ISSUER), keys.currency_bytes(RLUSD_CURRENCY))
    none = {**RLUSD, "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji", "value": "0"}
    closed = deleted("RippleState", key.hex().upper(), Balance=none, **line)
    closed["DeletedNode"]["PreviousFields"] = {"Balance": {**none, "value": "0"}}
    fork = lived_through([check], [closed], [ends])
    assert TWO not in fork.ledger.state.accounts
    kept = json.loads(json.dumps(fork.to_state()))
    assert json.loads(json.dumps(Fork.from_state(kept).to_state())) == kept


def test_entries_of_other_kinds_that_come_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's directory has a page of non-fungible tokens, and a market has few accounts: both limits hold alone."""
    monkeypatch.setattr(prime, "ACCOUNTS_MAX", 8)
    monkeypatch.setattr("neo.replay.fork._TIDY_LEDGERS", 2)
    fork = lived_through(*([created("NFTokenPage", f"{number:064X}", **PAGE)] for number in range(1, 31)))
    assert len(fork.ledger.state.others) <= 8 + 2


def test_lines_and_offers_of_other_tokens_leave_nothing_behind() -> None:
    """A day of takers who go on to other tokens does not grow."""
    ends = {"LowLimit": {**EUR, "issuer": ONE, "value": "9"}, "HighLimit": {**some(EUR), "value": "0"}}
    balance = {**EUR, "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji", "value": "5"}
    foreign = {"Account": TWO, "Sequence": 9, "TakerGets": some(EUR), "TakerPays": "5", "BookDirectory": KEY}
    met = ([created("RippleState", f"{n:064X}", Balance=balance, **ends)] for n in range(1, 4))
    offered = ([created("Offer", f"{n:064X}", **foreign)] for n in range(4, 7))
    primer = lived_through(*met, *offered).to_state()["primer"]
    assert list(primer["told"]) == [root_key(ONE)]
    assert primer["offers_met"] == []
