"""What waits between submission and ledger: what is held and for how long, and what a server says of each submission.

Method: the pending transactions alone, on a ledger of two accounts that is closed by hand. What a server does is
written down beside each case, with its source where it surprises.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sim_world import US
from support.small_network import OTHER, A, B, C, D, offer, small_ledger

from neo.ledger import Fees, Ledger
from neo.network.pending import HOLD_LEDGERS, Held, Pending, is_kept, new_held
from neo.sim.accounts import crowd_address

LOW_FEE = {"Fee": "9"}


@pytest.fixture
def ledger() -> Ledger:
    return small_ledger()


def sent(pending: Pending, ledger: Ledger, tx: dict[str, Any], tx_hash: str, *, fail_hard: bool = False) -> str:
    """The answer to a submission."""
    return pending.submit(ledger, tx, tx_hash, fail_hard=fail_hard)


def passed_over(pending: Pending, ledger: Ledger, result: str) -> None:
    """A ledger that took nothing of what waits, each for this reason, and closed."""
    for held in pending.take():
        pending.keep(held, result, ledger)
    ledger.close(ledger.close_time_s + 4)


# --- What is held ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "usually", "with_fail_hard"),
    [
        ("tesSUCCESS", True, True),
        ("tecUNFUNDED_OFFER", True, False),
        ("terPRE_SEQ", True, False),
        ("telINSUF_FEE_P", True, False),
        ("tefEXCEPTION", True, False),
        ("tefMAX_LEDGER", True, False),
        ("tefPAST_SEQ", False, False),
        ("tefALREADY", False, False),
        ("temBAD_OFFER", False, False),
    ],
)
def test_what_a_node_holds_is_what_a_server_holds(result: str, usually: bool, with_fail_hard: bool) -> None:
    """Everything that may apply later is held, unless its sender said ``fail_hard``."""
    assert (is_kept(result, fail_hard=False), is_kept(result, fail_hard=True)) == (usually, with_fail_hard)


@pytest.mark.parametrize(
    ("result", "in_open"),
    [
        ("tesSUCCESS", True),
        ("tecUNFUNDED_OFFER", True),
        ("terPRE_SEQ", True),
        ("terNO_ACCOUNT", False),
        ("telINSUF_FEE_P", False),
        ("tefMAX_LEDGER", False),
    ],
)
def test_only_what_the_open_ledger_has_takes_a_sequence(result: str, in_open: bool) -> None:
    """An early one counts: it goes in as soon as its turn has come, before whatever is sent after it."""
    assert Held(offer(1), A, result, 9).is_in_open_ledger is in_open


def test_nothing_waits_at_first_and_nothing_waits_twice_after_it_was_taken(ledger: Ledger) -> None:
    """An order that went into a ledger is not carried out again by the next one."""
    pending = Pending()
    assert pending.hashes == ()
    assert pending.take() == []
    sent(pending, ledger, offer(1), A)
    assert [held.tx_hash for held in pending.take()] == [A]
    assert pending.hashes == ()


def test_what_waits_is_told_in_the_order_of_submission_whoever_sent_it(ledger: Ledger) -> None:
    """First come is first told: the venue prefers no account."""
    pending = Pending()
    for tx, tx_hash in ((offer(2), C), (offer(1, OTHER), A), (offer(1), B)):
        sent(pending, ledger, tx, tx_hash)
    assert pending.hashes == (C, A, B)


def test_one_that_is_looked_at_anew_goes_to_the_end_with_its_new_answer(ledger: Ledger) -> None:
    """Its fee did not suffice; the network's has fallen since, and the same transaction is sent again."""
    pending = Pending()
    assert sent(pending, ledger, offer(1, changed=LOW_FEE), A) == "telINSUF_FEE_P"
    assert sent(pending, ledger, offer(1, OTHER), B) == "tesSUCCESS"
    ledger.state.fees = Fees(9, 1_000_000, 200_000)
    assert sent(pending, ledger, offer(1, changed=LOW_FEE), A) == "tesSUCCESS"
    assert pending.hashes == (B, A)
    assert sent(pending, ledger, offer(1, changed=LOW_FEE), A) == "tefALREADY"


def test_asking_again_with_fail_hard_takes_back_nothing_that_is_held(ledger: Ledger) -> None:
    """``fail_hard`` speaks for one submission; the server has the transaction from the one before."""
    pending = Pending()
    sent(pending, ledger, offer(1, changed=LOW_FEE), A)
    assert sent(pending, ledger, offer(1, changed=LOW_FEE), A, fail_hard=True) == "telINSUF_FEE_P"
    assert pending.hashes == (A,)


# --- What a server answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sequence", "answer"), [(0, "tefPAST_SEQ"), (1, "tesSUCCESS"), (2, "terPRE_SEQ"), (2**32 - 1, "terPRE_SEQ")]
)
def test_a_sequence_is_past_now_or_early(ledger: Ledger, sequence: int, answer: str) -> None:
    """The account's next one is 1."""
    assert sent(Pending(), ledger, offer(sequence), A) == answer


def test_the_sequence_of_one_that_waits_is_used_up(ledger: Ledger) -> None:
    """Two transactions for one sequence: the second can never apply, though no ledger has the first one yet.

    A server looks at its open ledger, which has it. Source: rippled, ``Transactor::checkSeqProxy``.
    """
    pending = Pending()
    assert [sent(pending, ledger, offer(n), tx_hash) for n, tx_hash in ((1, A), (2, B))] == ["tesSUCCESS"] * 2
    other = {"TakerPays": "900000"}
    assert sent(pending, ledger, offer(1, changed=other), C) == "tefPAST_SEQ"
    assert sent(pending, ledger, offer(2, changed=other), C) == "tefPAST_SEQ"
    assert sent(pending, ledger, offer(3, changed=other), C) == "tesSUCCESS"
    assert pending.hashes == (A, B, C)


def test_a_used_up_sequence_does_not_hide_that_a_transaction_is_malformed(ledger: Ledger) -> None:
    """Its form is looked at first, as a server does."""
    pending = Pending()
    sent(pending, ledger, offer(1), A)
    assert sent(pending, ledger, offer(1, changed={"TakerPays": "0"}), B) == "temBAD_OFFER"


def test_another_accounts_sequences_are_its_own(ledger: Ledger) -> None:
    """One trader's orders can't block or use up the numbers of another's."""
    pending = Pending()
    assert sent(pending, ledger, offer(1), A) == "tesSUCCESS"
    assert sent(pending, ledger, offer(1, OTHER), B) == "tesSUCCESS"
    assert sent(pending, ledger, offer(2, OTHER), C) == "tesSUCCESS"


def test_a_gap_between_what_waits_is_still_a_gap(ledger: Ledger) -> None:
    """1 and 3 wait; 4 is early however many are there, and 2 closes the gap for all of them."""
    pending = Pending()
    assert sent(pending, ledger, offer(1), A) == "tesSUCCESS"
    assert sent(pending, ledger, offer(3), B) == "terPRE_SEQ"
    assert sent(pending, ledger, offer(4), C) == "terPRE_SEQ"
    assert sent(pending, ledger, offer(2), D) == "tesSUCCESS"
    assert sent(pending, ledger, offer(5), "EE") == "tesSUCCESS"


def test_a_last_ledger_that_is_over_is_told_and_one_that_is_open_is_not(ledger: Ledger) -> None:
    """An order's lifetime counts its last ledger in, as on the real network."""
    ledger.open_at(index=10, close_time_s=1_000, parent_close_time_s=1_000)
    assert sent(Pending(), ledger, offer(1, changed={"LastLedgerSequence": 9}), A) == "tefMAX_LEDGER"
    assert sent(Pending(), ledger, offer(1, changed={"LastLedgerSequence": 10}), A) == "tesSUCCESS"


@pytest.mark.parametrize(
    "account", [None, 5, ["x"], "", "nonsense", US[:-1], US + "x", "r" * 100_000], ids=lambda account: str(account)[:9]
)
def test_an_account_that_nobody_can_read_is_malformed_and_not_held(ledger: Ledger, account: object) -> None:
    """A set of transactions is sorted by account, so one of these in it would keep the ledger from closing."""
    pending = Pending()
    assert sent(pending, ledger, offer(1, changed={"Account": account}), A) == "temMALFORMED"
    assert pending.hashes == ()


def test_a_transaction_without_an_account_or_a_number_where_one_belongs_is_malformed(ledger: Ledger) -> None:
    """A slip in our own orders is answered as a server would, and does not break the venue."""
    tx = offer(1)
    del tx["Account"]
    assert sent(Pending(), ledger, tx, A) == "temMALFORMED"
    for name in ("Sequence", "LastLedgerSequence", "Flags"):
        assert sent(Pending(), ledger, offer(1, changed={name: "1"}), A) == "temMALFORMED"


# --- For how long ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "kept_until"), [(None, 15), (9, 9), (10, 10), (12, 12), (15, 15), (16, 15), (2**32 - 1, 15)]
)
def test_its_last_ledger_or_the_fifth_after_the_open_one_ends_the_wait(last: int | None, kept_until: int) -> None:
    """Handed in while ledger 10 is open. Source: rippled, ``LocalTxs.cpp``, ``holdLedgers``."""
    changed = {} if last is None else {"LastLedgerSequence": last}
    assert new_held(offer(1, changed=changed), A, 10).last_index == kept_until


@pytest.mark.parametrize("last", ["12", None, [12]])
def test_a_last_ledger_that_is_no_number_is_held_for_the_open_one_alone(last: object) -> None:
    """A lifetime that can't be read never makes an order live on."""
    assert new_held(offer(1, changed={"LastLedgerSequence": last}), A, 10).last_index == 10


@pytest.mark.parametrize("result", ["terPRE_SEQ", "telINSUF_FEE_P", "tefEXCEPTION"])
def test_what_a_ledger_passes_over_waits_for_the_next_one_and_in_the_end_for_none(ledger: Ledger, result: str) -> None:
    """The open ledger and five more have had it before it is given up."""
    pending = Pending()
    sent(pending, ledger, offer(2), A)
    tries = 0
    while pending.hashes:
        passed_over(pending, ledger, result)
        tries += 1
    assert tries == HOLD_LEDGERS + 1


@pytest.mark.parametrize("result", ["temBAD_OFFER", "tefPAST_SEQ", "tefALREADY"])
def test_what_a_ledger_finds_hopeless_is_given_up_at_once(ledger: Ledger, result: str) -> None:
    """An order that can never succeed is not kept and tried again, ledger after ledger."""
    pending = Pending()
    sent(pending, ledger, offer(2), A)
    passed_over(pending, ledger, result)
    assert pending.hashes == ()


def test_what_is_held_on_remembers_its_last_answer_and_keeps_its_end(ledger: Ledger) -> None:
    """A refusal costs the place in the open ledger, and with it the sequence: another may use that now."""
    pending = Pending()
    sent(pending, ledger, offer(1), A)
    [held] = pending.take()
    pending.keep(held, "telINSUF_FEE_P", ledger)
    assert pending.to_state() == [[offer(1), A, "telINSUF_FEE_P", 1 + HOLD_LEDGERS]]
    assert sent(pending, ledger, offer(1, changed={"TakerPays": "900000"}), B) == "tesSUCCESS"


@pytest.mark.parametrize(("sequence", "kept"), [(1, False), (2, True), (3, True)])
def test_what_another_transaction_overtook_is_given_up(ledger: Ledger, sequence: int, kept: bool) -> None:
    """The ledger that is about to close has used sequence 1: one of that number can never apply."""
    pending = Pending([new_held(offer(sequence), A, ledger.index)])
    [held] = pending.take()
    assert ledger.apply(offer(1, changed={"TakerPays": "900000"}), B).applied
    pending.keep(held, "telINSUF_FEE_P", ledger)
    assert pending.hashes == ((A,) if kept else ())


def test_one_whose_account_is_not_there_yet_waits_for_it(ledger: Ledger) -> None:
    """An order that only came too early is not lost."""
    pending = Pending()
    assert sent(pending, ledger, offer(1, crowd_address("nobody")), A) == "terNO_ACCOUNT"
    passed_over(pending, ledger, "terNO_ACCOUNT")
    assert pending.hashes == (A,)


# --- Put down and taken up ---------------------------------------------------------------------------------------


def test_a_state_of_an_earlier_version_is_held_as_if_it_were_handed_in_now() -> None:
    """It had transaction and hash alone, and knew no answers."""
    of_today = [offer(2, changed={"LastLedgerSequence": 12}), B, "terPRE_SEQ", 12]
    pending = Pending.from_state([[offer(1), A], of_today], 10)
    assert pending.to_state() == [[offer(1), A, "tesSUCCESS", 15], of_today]


Submission = tuple[int, bool, bool]
submissions = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.booleans()), max_size=12)


def _play(pending: Pending, ledger: Ledger, played: list[Submission], first: int = 0) -> list[str]:
    answers = []
    for number, (sequence, is_cheap, fail_hard) in enumerate(played, first):
        tx = offer(sequence, changed=LOW_FEE if is_cheap else None)
        answers.append(sent(pending, ledger, tx, f"{number:02X}", fail_hard=fail_hard))
    return answers


@given(submissions, submissions)
def test_put_down_and_taken_up_it_answers_as_if_it_had_never_stopped(
    before: list[Submission], after: list[Submission]
) -> None:
    """Through JSON, whatever was sent before."""
    ledger, pending = small_ledger(), Pending()
    _play(pending, ledger, before)
    again = Pending.from_state(json.loads(json.dumps(pending.to_state())), ledger.index)
    assert _play(again, ledger, after, 50) == _play(pending, ledger, after, 50)
    assert again.to_state() == pending.to_state()


@given(submissions)
def test_whoever_is_told_that_it_went_well_has_its_sequence_for_itself(played: list[Submission]) -> None:
    """So a ledger that takes all of these has no loser."""
    ledger, pending = small_ledger(), Pending()
    answers = _play(pending, ledger, played)
    told_well = [sequence for (sequence, _, _), answer in zip(played, answers, strict=True) if answer == "tesSUCCESS"]
    assert len(set(told_well)) == len(told_well)
