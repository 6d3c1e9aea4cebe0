"""A replay as text: read back it is the same replay, and another recording is found out.

Method: the text is written line by line as a session writes it, and lived through once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest
from support.recordings import ledgers_of, market_items, state_of

from neo.messages import LedgerClosed
from neo.network.kept_market import snapshot_of, told
from neo.network.network_text import FORMAT, WorldError, closed_line, line_of, read_text
from neo.network.unsigned import made_up_address
from neo.replay.recorded import RecordedLedger
from neo.replay.replay_text import ReplayOrigin, new_replay, replay_again
from neo.replay.replayed import ReplayMarket

ITEMS = market_items("plain", 6)
STATE, LEDGERS = state_of(ITEMS), ledgers_of(ITEMS)
ORIGIN = ReplayOrigin(
    format=FORMAT,
    session_id="one",
    recording_name="six.jsonl.gz",
    recording_sha256="0" * 64,
    recording_bytes=1,
    currency=STATE.state["currency"],
    issuer=STATE.state["issuer"],
    account=made_up_address("replay 7"),
    xrp_drops=100_000_000,
    rlusd=Decimal(200),
    delay_ledgers=2,
)


class Kept:
    """A replay that is written down while it runs."""

    def __init__(self) -> None:
        self.market = new_replay(ORIGIN, STATE, iter(LEDGERS))
        self.told: list[LedgerClosed] = []
        self.text = line_of(ORIGIN)

    def runs(self, ledgers: int) -> Kept:
        for _ in range(ledgers):
            closed = told(self.market, self.market.close_next(), ORIGIN.pair)
            self.text += line_of(closed_line(closed.ledger_index, closed.balances))
            self.told.append(closed)
        return self

    def shortens(self) -> Kept:
        """From here on the text begins with the market as it is now."""
        self.text = line_of(ORIGIN) + line_of(snapshot_of(self.market))
        return self

    def lived_again(self, ledgers: Sequence[RecordedLedger] = LEDGERS) -> tuple[ReplayMarket, list[LedgerClosed]]:
        return replay_again(read_text(self.text, ReplayOrigin), STATE, iter(ledgers), after_index=0)


@pytest.mark.parametrize("ledgers", [0, 4, 8])
def test_a_replay_lived_through_again_is_the_same_in_every_ledger(ledgers: int) -> None:
    """At once, in the recording, and behind its end."""
    kept = Kept().runs(ledgers)
    again, told_again = kept.lived_again()
    assert told_again == kept.told
    assert again.to_state() == kept.market.to_state()


def test_from_a_snapshot_on_only_what_followed_is_lived_again() -> None:
    """The recording is passed over up to there."""
    kept = Kept().runs(3).shortens().runs(2)
    again, told_again = kept.lived_again()
    assert told_again == kept.told[3:]
    assert again.to_state() == kept.market.to_state()


def test_a_recording_that_lacks_what_was_played_is_found_out_by_the_ledger() -> None:
    """Here its fourth ledger is gone, so that an empty one would take its place and the next ones' too."""
    kept = Kept().runs(4).shortens().runs(2)
    kept.text = kept.text.replace(b'"xrp_drops":100000000,"rlusd":"200"', b'"xrp_drops":99999990,"rlusd":"200"')
    with pytest.raises(WorldError, match=f"ledger {LEDGERS[4].ledger_index} does not come out as it says"):
        kept.lived_again()


def test_the_first_line_is_read_with_every_number_as_it_was_written() -> None:
    """RLUSD to its last digit."""
    origin = msgspec.structs.replace(ORIGIN, rlusd=Decimal("200.000000000000001"))
    assert read_text(line_of(origin), ReplayOrigin).origin == origin
    assert (origin.pair.account, origin.pair.issuer) == (ORIGIN.account, ORIGIN.issuer)
