"""The ledger that a recorded market or scenario starts from, as the recorder told it.

A record tells what an observer sees of a pair's accounts. What it does not tell (an issuer's balance, the limits of
trust lines) is filled in as the recordings were made: large limits, no rippling for holders, default ripple for the
issuer. Newer ones tell every entry as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, Fees, Ledger, keys, quality, raw_entries, text
from neo.ledger.amendments import Rules
from neo.ledger.amount import Amount
from neo.ledger.entries import DEFAULT_RIPPLE, DEPOSIT_AUTH, DISABLE_MASTER, LINE_AMM, Offer
from neo.ledger.ledger import open_line
from neo.ledger.number import ZERO
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State

_AMM_ACCOUNT_FLAGS = DISABLE_MASTER | DEFAULT_RIPPLE | DEPOSIT_AUTH
_UNSEEN_DROPS = 10**12  # what an account starts with when the record does not say; only its differences are seen
_NO_SETTINGS: Final = {"transfer_rate": 0, "tick_size": 0}
_MAINNET: Final = {"base_fee_drops": 10, "reserve_base_drops": 1_000_000, "reserve_inc_drops": 200_000}


def as_scenario(setup: Mapping[str, Any], close_time_s: int) -> dict[str, Any]:
    """A market's setup in the form of a scenario's.

    Args:
        setup: the market's first line.
        close_time_s: of the ledger that it is told as of, in seconds of the ripple epoch.

    Raises:
        KeyError: something is missing from it, by the recorder's fault.
    """
    made = {
        "currency": setup["currency"],
        "issuer": {"address": setup["issuer"], **_NO_SETTINGS},
        "accounts": setup["accounts"],
        "before": setup["state"],
        "close_time": close_time_s,
        **_MAINNET,
    }
    if "issuer2" in setup:
        made["issuer2"] = {"address": setup["issuer2"], "currency": setup["currency2"]}
    return made | {name: setup[name] for name in ("amendments", "domain", "entries") if name in setup}


def read_setup(setup: Mapping[str, Any], issuer_sequence: int = 1) -> Ledger:
    """The ledger that a scenario's ``setup`` describes.

    Args:
        setup: the ``setup`` object of a scenario.
        issuer_sequence: the issuer's next sequence number, which a record tells only by the issuer's transactions.

    Raises:
        KeyError: something is missing from it, by the recorder's fault.
        ValueError: an amount cannot be read.
    """
    if "entries" in setup:
        return _read_entries(setup)
    issuer = setup["issuer"]
    fees = Fees(setup["base_fee_drops"], setup["reserve_base_drops"], setup["reserve_inc_drops"])
    before = setup["before"]
    state = State(currency=setup["currency"], issuer=issuer["address"], fees=fees, rules=Rules.of(EXCHANGE_2_3))
    state.index = int(before["ledger_index"]) + 1
    state.close_time_s = state.parent_close_time_s = int(setup["close_time"])
    root = state.create_account(issuer["address"], sequence=issuer_sequence, flags=DEFAULT_RIPPLE)
    root.drops = _UNSEEN_DROPS
    root.transfer_rate = issuer["transfer_rate"]
    root.tick_size = issuer["tick_size"]
    for name, address in setup["accounts"].items():
        _read_account(state, address, before["accounts"][name])
    if before["amm"] is not None:
        _read_amm(state, before["amm"], setup)
    _read_offers(state, before["books"])
    for name, address in setup["accounts"].items():
        state.accounts[address].owner_count = before["accounts"][name]["owner_count"]
    state.journal.clear()
    return Ledger(state, EXCHANGE_2_3)


def _read_entries(setup: Mapping[str, Any]) -> Ledger:
    """The ledger that a newer setup describes by its entries as they are."""
    amendments = frozenset(setup.get("amendments", EXCHANGE_3_0))
    fees = Fees(setup["base_fee_drops"], setup["reserve_base_drops"], setup["reserve_inc_drops"])
    issuer = setup["issuer"]["address"]
    state = State(currency=setup["currency"], issuer=issuer, fees=fees, rules=Rules.of(amendments))
    state.index = int(setup["before"]["ledger_index"]) + 1
    state.close_time_s = state.parent_close_time_s = int(setup["close_time"])
    if "issuer2" in setup:
        state.know(setup["issuer2"]["currency"], setup["issuer2"]["address"])
    raw_entries.put(state, setup["entries"])
    return Ledger(state, amendments)


def _read_account(state: State, address: str, seen: Mapping[str, Any]) -> None:
    account = state.create_account(address, sequence=seen["sequence"])
    account.drops = int(seen["xrp_drops"])
    if seen["token_balance"] is not None:
        open_line(state, account, text.parse_token(seen["token_balance"]))


def _read_offers(state: State, books: Mapping[str, Any]) -> None:
    """The offers that stand at the start, in the order of the books, each at the quality it was placed with."""
    for book, side in ((state.asks, "asks"), (state.bids, "bids")):
        for row in books[side]:
            owner, sequence = state.accounts[row["Account"]], row["Sequence"]
            rate = quality.of_rate(text.parse_token(row["quality"]))
            offer = Offer(
                keys.offer_key(owner.id, sequence),
                owner,
                sequence,
                _read_amount(row["TakerPays"]),
                _read_amount(row["TakerGets"]),
                rate,
                row["Flags"],
                row.get("Expiration"),
                book.home_of(state.journal, rate),
                alive=False,
            )
            state.place_offer(offer)


def _read_amount(value: Any) -> Amount:
    return int(value) if isinstance(value, str) else text.parse_token(value["value"])


def _read_amm(state: State, seen: Mapping[str, Any], setup: Mapping[str, Any]) -> None:
    """The pool: its account, its trust line to the issuer, its shares; its maker (``t0``) holds the auction slot."""
    account = state.create_account(seen["account"], sequence=state.index - 1, flags=_AMM_ACCOUNT_FLAGS, is_amm=True)
    key = keys.amm_key(state.issuer.id, state.currency_id)
    account.other = {"AMMID": key.hex().upper()}
    account.drops = int(seen["amount"])
    balance = text.parse_token(seen["amount2"]["value"])
    line = state.create_line(
        account, state.issuer, state.currency, payer=account, flags_for_payer=(), balance=balance, limit=ZERO
    )
    line.flags |= LINE_AMM
    shares = text.parse_token(seen["lp_token"]["value"])
    currency, fee = seen["lp_token"]["currency"], seen["trading_fee"]
    state.amm = Amm(key, account, shares, currency, fee, assets=(None, state.token))
    state.amm.slot_account = setup["accounts"].get("t0")
    state.amm.slot_expiration_s = state.close_time_s + 86_400
