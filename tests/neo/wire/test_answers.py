"""Answers of a real server, read by the readers of the requests that asked for them, down to their figures.

Method: each is the answer that was recorded to the very request that our builder makes.
"""

from __future__ import annotations

import copy
import functools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import conversations

from neo.chain.pair import Pair
from neo.wire import answers, books, requests
from neo.wire.fields import FrameError, LedgerRanges

MAKER = conversations.parties("maker-session")
PAIR = Pair(MAKER["our_account"], MAKER["currency"], MAKER["issuer"])
LEDGER_8 = "A7921F22A9831820C6DDFAF0A3C236C04645E54CB8CEE610E07D8D198B6A6A49"
FEE_SETTINGS = "4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651"


def answer(request: requests.WireRequest[Any], *, nth: int = 0) -> Any:
    return conversations.answer_to("maker-session", request, nth=nth)


# --- The server --------------------------------------------------------------------------------------------------


def test_a_stand_alone_server_tells_how_it_is_without_a_network() -> None:
    """A test server of one's own is read like a public one, and no network is made up for it."""
    info = answer(requests.server_info())
    assert (info.build_version, info.server_state, info.network_id) == ("3.0.0-b1", "full", None)
    assert (info.is_relay, info.is_amendment_blocked, info.load_factor) == (False, False, Decimal(1))
    assert info.validated == answers.ValidatedLedger(8, LEDGER_8, 0)
    assert info.complete_ledgers == LedgerRanges(((2, 8),))


def test_a_server_that_starts_again_has_its_history_from_there_on() -> None:
    """A restarted server does not claim the ledgers from before, so nobody asks it for history that it has lost."""
    assert answer(requests.server_info(), nth=-1).complete_ledgers.stretches[0][0] > 100


def test_a_server_that_only_relays_tells_the_version_behind_it_and_no_state() -> None:
    """As such a server answers. Source: xrpl.org, "server_info", the response of a Clio server."""
    told = {"clio_version": "2.6.0", "rippled_version": "3.4.1", "complete_ledgers": "32570-32599"}
    info = answers.read_server_info({"info": told})
    assert (info.is_relay, info.build_version, info.server_state, info.validated) == (True, "3.4.1", None, None)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"build_version": None},
        {"complete_ledgers": "some"},
        {"validated_ledger": {"seq": 8}},
        {"amendment_blocked": "perhaps"},
        {"load_factor": "NaN"},
    ],
)
def test_a_server_that_can_not_be_judged_is_refused(spoilt: dict[str, Any]) -> None:
    """Whether to trust a server is never guessed from a spoilt answer: it is refused, and the command is named."""
    with pytest.raises(FrameError, match=r"^server_info: "):
        answers.read_server_info({"info": {"build_version": "3.0.0", "server_state": "full", **spoilt}})


def test_the_fee_follows_a_full_open_ledger() -> None:
    """With eight transactions where seven are expected and five in the queue."""
    fee = conversations.answer_to("busy-server", requests.fee(), nth=3)
    assert (fee.base_fee_drops, fee.minimum_fee_drops, fee.median_fee_drops) == (10, 10, 5000)
    assert fee.open_ledger_fee_drops == 6531
    assert (fee.current_ledger_size, fee.expected_ledger_size) == (8, 7)
    assert (fee.queue_size, fee.queue_size_max, fee.ledger_current_index) == (5, 21, 10)


def test_a_subscription_begins_with_the_last_ledger_and_the_servers_load() -> None:
    """The mirror knows at once where the stream starts; what the server leaves out is None, not a made-up figure."""
    exchange = next(each for each in conversations.exchanges("maker-session", "subscribe"))
    begun = answers.read_subscribed(exchange.answer["result"])
    assert begun.ledger is not None
    assert (begun.ledger.ledger_index, begun.ledger.txn_count, begun.ledger.base_fee_drops) == (9, None, 10)
    assert begun.server is not None
    assert begun.server.base_fee_drops is None, "the answer tells the load without the fee"
    assert begun.server.fee_drops(10) == 10
    assert answers.read_subscribed({}) == answers.Subscribed(None, None)


# --- Accounts ----------------------------------------------------------------------------------------------------


def test_an_accounts_root_is_told_with_its_ledger() -> None:
    """Balance, sequence, flags and tickets are known as of one validated ledger, which is what orders are built on."""
    info = answer(requests.account_info(PAIR.account))
    assert (info.ledger_index, info.validated, info.account) == (64, True, PAIR.account)
    assert (info.balance_drops, info.sequence, info.owner_count, info.flags) == (100_237_629_442, 79, 7, 0)
    assert info.entry["TicketCount"] == 5
    assert info.queued_count is None


def test_the_queue_is_told_of_the_open_ledger() -> None:
    """What waits in the queue is known only of the open ledger, and never passes for something final."""
    info = answer(requests.account_info(PAIR.account, with_queue=True))
    assert (info.ledger_index, info.ledger_hash, info.validated, info.queued_count) == (9, None, False, 0)


def test_a_line_tells_what_we_hold_and_that_the_issuer_froze_it() -> None:
    """A user's holding is exact to the last digit, and the issuer's freeze is not mistaken for one of our own."""
    free, frozen = (answer(requests.account_lines(PAIR.account, PAIR.issuer), nth=nth).lines[0] for nth in (0, 3))
    assert (free.peer, free.balance, free.limit) == (PAIR.issuer, Decimal(100_000), Decimal(1_000_000_000))
    assert (free.no_ripple, free.freeze, free.freeze_peer, free.deep_freeze_peer) == (True, False, False, False)
    assert frozen.balance == Decimal("59980.47331188264")
    assert (frozen.freeze, frozen.freeze_peer) == (False, True)


def test_what_is_not_told_of_a_line_is_not_set() -> None:
    """Servers leave out what is false: nobody is taken for frozen, and nobody for authorized, by a silence."""
    row = {"account": "rB", "currency": "USD", "balance": "1", "limit": "2", "limit_peer": "0"}
    (line,) = answers.read_account_lines({"account": "rA", "ledger_index": 8, "lines": [row]}).lines
    flags = {name for name in line.__struct_fields__ if type(getattr(line, name)) is bool}
    assert flags > {"freeze", "freeze_peer", "deep_freeze", "deep_freeze_peer", "authorized", "peer_authorized"}
    assert not [name for name in flags if getattr(line, name)]


def test_pages_of_one_ledger_make_up_all_offers() -> None:
    """Twenty-eight were placed. The marker goes with the ledger, which the request names again."""
    pages: list[answers.AccountObjects] = []
    marker = None
    while not pages or marker is not None:
        page = answer(requests.account_objects(PAIR.account, "offer", 14, limit=10, marker=marker))
        pages.append(page)
        marker = page.marker
    assert {page.ledger_hash for page in pages} == {pages[0].ledger_hash}
    assert len({entry["index"] for page in pages for entry in page.objects}) == 28
    assert all(page.ledger_index == 14 and page.account == PAIR.account for page in pages)


# --- Entries, ledgers, transactions ------------------------------------------------------------------------------


def test_an_entry_is_told_by_its_key() -> None:
    """Whoever reads one entry gets that entry, with the ledger in which it looked so."""
    entry = answer(requests.ledger_entry(FEE_SETTINGS))
    assert (entry.index, entry.ledger_index, entry.ledger_hash) == (FEE_SETTINGS, 8, LEDGER_8)
    assert entry.node["ReserveIncrementDrops"] == "200000"


def ledger_with_all(index: int) -> requests.WireRequest[answers.LedgerHeader]:
    """As it was recorded: without what the owners of new offers can give."""
    fields = {"transactions": True, "expand": True, "ledger_index": index}
    return requests.WireRequest("ledger", fields, answers.read_ledger)


def test_what_the_owner_of_a_new_offer_can_give_is_read_as_from_a_stream() -> None:
    """The server writes it beside the transaction (LedgerToJson.cpp), a stream within: either way it is known."""
    exchange = next(
        each
        for each in conversations.exchanges("maker-session", "ledger")
        if each.request.get("ledger_index") == 14 and each.request.get("expand")
    )
    result = copy.deepcopy(exchange.answer["result"])
    row = result["ledger"]["transactions"][0]
    row["owner_funds"] = "12.5"
    told = {each.tx_hash: each.tx.get("owner_funds") for each in answers.read_ledger(result).transactions}
    assert told.pop(row["hash"]) == "12.5"
    assert set(told.values()) == {None}
    assert requests.ledger(14, with_transactions=True).fields["owner_funds"] is True


def test_a_ledger_is_told_with_every_transaction_and_what_it_did() -> None:
    """Each of the eight is final, in that ledger, with a place of its own."""
    ledger = answer(ledger_with_all(14))
    assert ledger.has_transactions
    assert (ledger.ledger_index, ledger.validated) == (14, True)
    assert (ledger.close_time_s, ledger.parent_close_time_s) == (848_967_932, 848_967_931)
    assert ledger.parent_hash == "1DF4DC14534C0E97A14976FACD43AC9232712497AD13FC7C17FD8BBB15CB220F"
    assert sorted(each.meta["TransactionIndex"] for each in ledger.transactions) == list(range(8))
    assert {(each.ledger_index, each.validated, each.close_time_s) for each in ledger.transactions} == {
        (14, True, 848_967_932)
    }
    assert answer(requests.ledger(14, with_transactions=False)).transactions == ()


def test_a_ledger_whose_transactions_are_only_hashes_is_refused() -> None:
    """Hashes do not say what happened, so such a ledger is refused rather than taken for one without effects."""
    told = {
        "ledger_hash": "AB",
        "parent_hash": "CD",
        "close_time": 2,
        "parent_close_time": 1,
        "transaction_hash": "EE",
        "transactions": ["EF"],
    }
    with pytest.raises(FrameError, match="has no list of objects in transactions"):
        answers.read_ledger({"ledger": told, "ledger_index": 14, "validated": True})


def test_a_history_tells_the_range_that_was_searched_and_its_next_page() -> None:
    """Of an account with 126 transactions in ledgers 2 to 101; asked for from 1 to 1101."""
    told = conversations.exchanges("maker-session", "account_tx")
    pages = [each.answer["result"] for each in told if "result" in each.answer and not each.request.get("binary")]
    first, whole = answers.read_account_tx(pages[0]), answers.read_account_tx(pages[9])
    assert (first.ledger_index_min, first.ledger_index_max) == (2, 101)
    assert len(first.transactions) == 20
    assert first.marker == {"ledger": 13, "seq": 5}
    assert first.transactions[0].ledger_index == 3
    assert (len(whole.transactions), whole.marker) == (3, {"ledger": 14, "seq": 4})


def test_a_transaction_is_final_only_once_a_validated_ledger_has_it() -> None:
    """The same one, asked about while it was in the open ledger and after the close."""
    waiting_hash = "00E04BFB91547996BE9ED7C4D6D075E517CEF5BAB3449EF86876DF26149CEB2B"
    told = conversations.exchanges("maker-session", "tx")
    about = [each.answer["result"] for each in told if each.request.get("transaction") == waiting_hash]
    waiting, final = map(answers.read_tx, about)
    assert waiting == answers.TxAnswer(waiting_hash, None)
    assert final.tx_hash == waiting_hash
    assert final.transaction is not None
    assert final.transaction.meta is not None


def test_a_submission_is_answered_with_a_preliminary_result() -> None:
    """Queued by the busy server: neither applied nor refused."""
    told = [answers.read_submit(each.answer["result"]) for each in conversations.exchanges("busy-server", "submit")]
    queued = next(each for each in told if each.queued)
    assert (queued.result, queued.applied, queued.kept, queued.broadcast) == ("terQUEUED", False, True, True)
    assert queued.open_ledger_fee_drops is not None
    assert queued.open_ledger_fee_drops > 10
    assert sum(each.result == "tesSUCCESS" and each.applied for each in told) == 2


def test_an_older_server_tells_less_of_a_submission() -> None:
    """A submission through an older server is still understood; what that server does not tell is None."""
    older = answers.read_submit({"engine_result": "tesSUCCESS"})
    assert (older.open_ledger_fee_drops, older.account_sequence_next, older.validated_ledger_index) == (None,) * 3


LINE = {"account": "rB", "currency": "USD", "balance": "NaN", "limit": "0", "limit_peer": "0"}
RANGE = {"account": "rA", "ledger_index_min": 1, "ledger_index_max": 2}


@pytest.mark.parametrize(
    ("read", "result"),
    [
        (answers.read_fee, {"drops": {"base_fee": "x"}}),
        (answers.read_account_info, {"account_data": {"Account": "rA"}, "ledger_index": 8}),
        (answers.read_account_lines, {"account": "rA", "lines": [5], "ledger_index": 8}),
        (answers.read_account_lines, {"account": "rA", "ledger_index": 8, "lines": [LINE]}),
        (answers.read_account_objects, {"account": "rA", "account_objects": {}, "ledger_index": 8}),
        (answers.read_ledger_entry, {"node": {}, "ledger_index": 8}),
        (answers.read_ledger, {"ledger": {"ledger_hash": "AB"}, "ledger_index": 8}),
        (answers.read_account_tx, {"account": "rA", "transactions": []}),
        (answers.read_account_tx, {**RANGE, "transactions": [{}]}),
        (answers.read_tx, {"validated": False}),
        (answers.read_tx, {"validated": True, "hash": "AB"}),
        (answers.read_submit, {"applied": True}),
    ],
)
def test_an_answer_without_what_it_must_have_is_refused(read: Any, result: dict[str, Any]) -> None:
    """No reader fills a hole with a default: a lacking or senseless field is an error before it is money."""
    with pytest.raises(FrameError):
        read(result)


READERS = {
    "account_info": answers.read_account_info,
    "account_lines": answers.read_account_lines,
    "account_objects": answers.read_account_objects,
    "account_tx": answers.read_account_tx,
    "amm_info": books.read_amm_info,
    "book_offers": books.read_book_offers,
    "fee": answers.read_fee,
    "ledger": answers.read_ledger,
    "ledger_entry": answers.read_ledger_entry,
    "server_info": answers.read_server_info,
    "submit": answers.read_submit,
    "subscribe": answers.read_subscribed,
    "tx": answers.read_tx,
}


def is_ours(request: dict[str, Any]) -> bool:
    """Whether it asks in a way that ours may: nothing in binary, no open ledger's header, no mere hashes."""
    of_open = request["command"] == "ledger" and request.get("ledger_index") == "current"
    return not request.get("binary") and not of_open and request.get("expand") is not False


@pytest.mark.parametrize("name", ["maker-session", "public-client", "busy-server"])
def test_every_recorded_answer_to_what_we_may_ask_is_read(name: str) -> None:
    """Nothing that real servers answered to requests like ours is refused; the counts show that none was skipped."""
    read = 0
    for command, reader in READERS.items():
        for exchange in conversations.exchanges(name, command):
            if "result" in exchange.answer and is_ours(exchange.request):
                assert reader(exchange.answer["result"]) is not None
                read += 1
    assert read == {"maker-session": 238, "public-client": 12, "busy-server": 47}[name]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("9" * 5_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@functools.cache
def samples() -> list[tuple[str, dict[str, Any]]]:
    """One recorded result of each kind that is read, the one with the most in it."""
    found = []
    for command in READERS:
        told = [each for each in conversations.exchanges("maker-session", command) if "result" in each.answer]
        results = [each.answer["result"] for each in told if is_ours(each.request)]
        found.append((command, max(results, key=lambda result: min(len(str(result)), 20_000))))
    return found


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a value: the dict or list, and the key or number in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in ((value, key), *places(value[key]))]


@given(st.data())
def test_no_answer_breaks_its_reader(data: st.DataObject) -> None:
    """A real one with something else in three places of it, or missing there, is read, or is a ``FrameError``."""
    command, result = data.draw(st.sampled_from(samples()))
    result = copy.deepcopy(result)
    for _ in range(3):
        there = places(result) or [(result, "new")]
        holder, key = there[data.draw(st.integers(0, len(there) - 1))]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            holder.pop(key, None)
        else:
            holder[key] = data.draw(ANY_JSON)
    try:
        READERS[command](result)
    except FrameError:
        return
