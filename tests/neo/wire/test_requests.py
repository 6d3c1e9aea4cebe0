"""Requests: each is what a server takes, names its version, and pins what it reads to the ledger that was said.

That the server answers to them is held in ``test_answers.py``, whose answers are found by these very requests.
"""

from __future__ import annotations

import pytest

from neo.chain.pair import Pair
from neo.wire import requests
from neo.wire.requests import WireRequest

PAIR = Pair("rUs", "524C", "rIssuer")
XRP, TOKEN = {"currency": "XRP"}, {"currency": "524C", "issuer": "rIssuer"}
HASH = "AB" * 32


def test_every_request_names_its_number_and_version_two() -> None:
    """An answer finds its question by the number, and has the fields of the one version that our readers know."""
    assert requests.fee().to_json(7) == {"id": 7, "command": "fee", "api_version": 2}


@pytest.mark.parametrize(
    ("at", "place"),
    [
        (14, {"ledger_index": 14}),
        (HASH, {"ledger_hash": HASH}),
        ("validated", {"ledger_index": "validated"}),
    ],
)
def test_what_is_read_is_pinned_to_one_ledger(at: int | str, place: dict[str, object]) -> None:
    """All parts of a picture can be read of the same ledger, so that they fit each other."""
    pinned: list[WireRequest[object]] = [
        requests.account_info("rUs", at),
        requests.account_lines("rUs", "rIssuer", at),
        requests.account_objects("rUs", "offer", at),
        requests.book_offers(PAIR, at, asks=True, limit=5),
        requests.amm_info(PAIR, at),
        requests.ledger_entry(HASH, at),
        requests.ledger(at, with_transactions=True),
    ]
    for request in pinned:
        named = {name: value for name, value in request.fields.items() if name in {"ledger_index", "ledger_hash"}}
        assert named == place


def test_a_ledger_is_asked_for_with_all_that_its_transactions_did_or_as_a_header_alone() -> None:
    """One that is to close a gap without its transactions would pass for an empty one."""
    whole = requests.ledger(14, with_transactions=True).fields
    assert whole.items() >= {"ledger_index": 14, "transactions": True, "expand": True}.items()
    assert requests.ledger(14, with_transactions=False).fields == {"ledger_index": 14}


def test_all_transactions_are_a_stream_and_ours_are_books_and_accounts() -> None:
    """Servers that only relay refuse a subscription that names their load, so it can be left out."""
    every = requests.subscribe(PAIR, with_all=True, with_server=False)
    assert every.fields == {"streams": ["ledger", "transactions"]}
    ours = requests.subscribe(PAIR, with_all=False, with_server=True, accounts=["rPool"])
    assert ours.fields == {
        "streams": ["ledger", "server"],
        "accounts": ["rUs", "rPool"],
        "books": [{"taker_gets": XRP, "taker_pays": TOKEN, "both": True}],
    }


def test_a_book_is_asked_for_by_what_its_offers_give() -> None:
    """Asks and bids are never swapped: who asks gives XRP and wants the token; a domain's book is asked for by name."""
    asks = requests.book_offers(PAIR, 5, asks=True, limit=9).fields
    bids = requests.book_offers(PAIR, 5, asks=False, limit=9, domain="D0").fields
    assert asks == {"taker_gets": XRP, "taker_pays": TOKEN, "limit": 9, "ledger_index": 5}
    assert bids == {"taker_gets": TOKEN, "taker_pays": XRP, "limit": 9, "ledger_index": 5, "domain": "D0"}


def test_a_further_page_is_asked_for_with_its_marker_and_the_same_ledger() -> None:
    """Pages fit together because each names the ledger, or the range, of the first."""
    page = requests.account_objects("rUs", "offer", HASH, limit=10, marker="m").fields
    assert page == {"account": "rUs", "type": "offer", "limit": 10, "marker": "m", "ledger_hash": HASH}
    history = requests.account_tx("rUs", 5, 9, forward=True, marker={"ledger": 7, "seq": 0}).fields
    assert history == {
        "account": "rUs",
        "ledger_index_min": 5,
        "ledger_index_max": 9,
        "forward": True,
        "marker": {"ledger": 7, "seq": 0},
    }


def test_a_transaction_is_looked_for_in_a_range_so_that_its_absence_tells_something() -> None:
    """Without the range, "not found" could not say that an order is gone for good."""
    assert requests.tx(HASH, 5, 9).fields == {"transaction": HASH, "min_ledger": 5, "max_ledger": 9}


def test_a_blob_is_sent_to_be_kept_unless_it_must_apply_at_once() -> None:
    """An order may wait in the server's queue, unless the caller says that now or never is meant."""
    assert requests.submit("12", fail_hard=False).fields == {"tx_blob": "12"}
    assert requests.submit("12", fail_hard=True).fields == {"tx_blob": "12", "fail_hard": True}
