"""A simulated world as text: read back it is the same world, and a text that is not this one's is told so.

Method: the text is written line by line as a session writes it, and lived through once more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.sim_chance import BARS, streams
from support.sim_world import CONFIG, START_S, US, WORLD_ORIGIN

from neo.market.minutes import Bar
from neo.messages import LedgerClosed
from neo.network.kept_market import snapshot_of, told
from neo.network.network_text import Joined, SubmittedLine, WorldError, closed_line, line_of, read_text
from neo.network.unsigned import transaction_hash
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket
from neo.sim.outbox import Outbox
from neo.sim.world_text import WorldOrigin, new_market, retrace

D = Decimal
ORIGIN = msgspec.structs.replace(WORLD_ORIGIN, xrp_drops=100_000_000, rlusd=D(200))


@dataclasses.dataclass
class Written:
    """A world that is written down while it runs."""

    bars: Sequence[Bar] = BARS
    text: bytes = b""

    def __post_init__(self) -> None:
        self.market = new_market(ORIGIN, self.bars, streams(ORIGIN.seed))
        self.told: list[LedgerClosed] = []
        self.text = line_of(ORIGIN)

    def runs(self, ledgers: int, *, quoting: bool = True) -> Written:
        """So many ledgers, with a bid of ours in each that no one meets."""
        for _ in range(ledgers):
            if quoting:
                self.sends(self.market.ledger.sequence(US))
            closed = told(self.market, self.market.close_next(), ORIGIN.pair)
            self.text += line_of(closed_line(closed.ledger_index, closed.balances))
            self.told.append(closed)
        return self

    def sends(self, sequence: int, *, fail_hard: bool = False, price_nano: int = 1_500_000_000) -> str:
        """A bid of ours; what it is told."""
        outbox = Outbox(lambda _: sequence)
        outbox.offer(US, is_buy=True, size_drops=1_000_000, price_nano=price_nano)
        [tx] = outbox.transactions
        tx_hash = transaction_hash(tx)
        self.text += line_of(SubmittedLine(tx_hash=tx_hash, tx=tx, fail_hard=fail_hard))
        return self.market.submit(tx, tx_hash, fail_hard=fail_hard)

    def shortens(self) -> Written:
        """From here on the text begins with the world as it is now."""
        self.text = line_of(ORIGIN) + line_of(snapshot_of(self.market))
        return self

    def lived_again(self, after_index: int = 0, text: bytes | None = None) -> tuple[SimMarket, list[LedgerClosed]]:
        return retrace(read_text(text or self.text, WorldOrigin), self.bars, streams(ORIGIN.seed), after_index)


def test_a_new_world_is_what_its_first_line_says() -> None:
    market = new_market(ORIGIN, BARS, streams(7))
    assert (market.ledger.xrp_drops(US), market.ledger.token_balance(US)) == (100_000_000, D(200))
    assert (market.config, market.closed_index, market.ledger.close_time_s) == (CONFIG, 1, START_S)
    assert (ORIGIN.pair.account, ORIGIN.pair.currency, ORIGIN.pair.issuer) == (US, RLUSD_CURRENCY, RLUSD_ISSUER)


def test_a_world_lived_through_again_is_the_same_in_every_ledger_and_goes_on_the_same() -> None:
    """From its first ledger, with our own transactions in it."""
    written = Written().runs(12)
    again, ledgers = written.lived_again()
    assert ledgers == written.told
    assert [len(closed.transactions) for closed in ledgers] == [1] * 12
    assert again.to_state() == written.market.to_state()
    assert again.close_next().reference == written.market.close_next().reference
    assert again.to_state() == written.market.to_state()


@pytest.mark.parametrize("after", [0, 1, 3])
def test_from_a_snapshot_on_only_what_followed_is_lived_again(after: int) -> None:
    """None, one or three ledgers after it."""
    written = Written().runs(6).shortens().runs(after)
    again, ledgers = written.lived_again()
    assert ledgers == written.told[6:]
    assert again.to_state() == written.market.to_state()


def test_what_waited_when_the_snapshot_was_taken_waits_in_it() -> None:
    """An early one of ours, which goes in once the one before it has come."""
    written = Written().runs(2)
    sequence = written.market.ledger.sequence(US)
    assert written.sends(sequence + 1) == "terPRE_SEQ"
    written.shortens()
    assert written.sends(sequence) == "tesSUCCESS"
    written.runs(1, quoting=False)
    _, [ledger] = written.lived_again()
    assert [done.tx["Sequence"] for done in ledger.transactions] == [sequence, sequence + 1]


@pytest.mark.parametrize(("after_index", "indexes"), [(0, [2, 3, 4, 5]), (3, [4, 5]), (4, [5]), (5, []), (99, [])])
def test_ledgers_are_told_from_where_they_are_asked_for(after_index: int, indexes: list[int]) -> None:
    """The first ledger is there before anything happens: four more are 2 to 5. All of them are lived through."""
    written = Written().runs(4)
    again, ledgers = written.lived_again(after_index)
    assert [closed.ledger_index for closed in ledgers] == indexes
    assert again.closed_index == 5


def test_a_text_that_ends_between_submission_and_ledger_ends_there() -> None:
    """What was sent last waits, as it did when the process died."""
    written = Written().runs(2)
    written.sends(written.market.ledger.sequence(US))
    again, ledgers = written.lived_again()
    assert len(ledgers) == 2
    assert again.network.waiting_hashes == written.market.network.waiting_hashes
    assert len(again.network.waiting_hashes) == 1


@pytest.mark.parametrize(("fail_hard", "waiting"), [(True, 0), (False, 1)])
def test_a_submission_keeps_what_its_sender_said(fail_hard: bool, waiting: int) -> None:
    """An early one with ``fail_hard`` is not held, today as in the text."""
    written = Written().runs(1)
    written.sends(written.market.ledger.sequence(US) + 1, fail_hard=fail_hard)
    again, _ = written.lived_again()
    assert len(again.network.waiting_hashes) == waiting


def test_who_came_to_trade_later_changes_nothing_in_the_world() -> None:
    written = Written().runs(2)
    joined = written.text + line_of(Joined(session_id="second"))
    again, ledgers = written.lived_again(text=joined)
    assert ledgers == written.told
    assert again.to_state() == written.market.to_state()


def replaced(written: Written, **changes: Any) -> bytes:
    """The text with the last ledger's line saying something else."""
    lines = written.text.splitlines(keepends=True)
    last = msgspec.json.decode(lines[-1]) | changes
    return b"".join([*lines[:-1], msgspec.json.encode(last) + b"\n"])


@pytest.mark.parametrize(
    "changes", [{"ledger_index": 4}, {"xrp_drops": 99_999_979}, {"rlusd": "200.000001"}, {"sequence": 4}]
)
def test_a_ledger_that_does_not_come_out_as_it_says_is_told_by_its_number(changes: dict[str, Any]) -> None:
    """After two ledgers we stand at 99.99998 XRP, 200 RLUSD and sequence 3, and not elsewhere."""
    written = Written().runs(2)
    written.lived_again(text=replaced(written, xrp_drops=99_999_980, rlusd="200", sequence=3, ledger_index=3))
    number = changes.get("ledger_index", 3)
    with pytest.raises(WorldError, match=f"ledger {number} does not come out as it says: another NEO wrote it"):
        written.lived_again(text=replaced(written, **changes))


def test_another_recording_is_another_world() -> None:
    """Our bid is met sooner or later, or is not: the text finds it out, at the ledger where it shows."""
    written = Written()
    written.sends(1, price_nano=1_946_000_000)
    written.runs(60, quoting=False)
    assert written.market.ledger.xrp_drops(US) > 100_000_000, "somebody sold to us"
    other = retrace_with(written.text, BARS[400:])
    assert other.startswith("ledger ")


def retrace_with(text: bytes, bars: Sequence[Bar]) -> str:
    """What is said of a text over this recording."""
    with pytest.raises(WorldError) as caught:
        retrace(read_text(text, WorldOrigin), tuple(bars), streams(ORIGIN.seed), 0)
    return str(caught.value)


def test_the_end_of_the_recording_is_told_once_with_the_first_ledger_after_it() -> None:
    """One minute is fifteen ledgers of four seconds; after them the notice comes once, today as lived again."""
    written = Written(bars=BARS[:1]).runs(18, quoting=False)
    noticed = [closed.ledger_index for closed in written.told if closed.notice is not None]
    assert noticed == [1 + 16]
    assert written.told[15].notice == "the recording is used up: from here on its minutes come again in seeded blocks"
    _, ledgers = written.lived_again()
    assert ledgers == written.told
    _, later = written.shortens().runs(1, quoting=False).lived_again()
    assert [closed.notice for closed in later] == [None]


def test_the_first_line_is_read_with_every_number_as_it_was_written() -> None:
    """The crowd's among them, and RLUSD to its last digit."""
    origin = msgspec.structs.replace(ORIGIN, rlusd=D("200.000000000000001"))
    assert read_text(line_of(origin), WorldOrigin).origin == origin
