"""Which freezes stop our RLUSD: the issuer's flags on the line and on its own account, and not ours."""

from __future__ import annotations

import pytest

from neo.chain.pair import Pair, freezes_of
from neo.messages import Freeze

PAIR = Pair("rUs", "USD", "rIssuer")
US_LOW = {"LowLimit": {"issuer": "rUs"}, "HighLimit": {"issuer": "rIssuer"}}
US_HIGH = {"LowLimit": {"issuer": "rIssuer"}, "HighLimit": {"issuer": "rUs"}}
# The flags by their names in the ledger's documentation.
LOW_FREEZE, HIGH_FREEZE, LOW_DEEP, HIGH_DEEP, GLOBAL = 0x400000, 0x800000, 0x2000000, 0x4000000, 0x400000


@pytest.mark.parametrize(
    ("line", "flags", "issuer_flags", "freezes"),
    [
        (US_LOW, 0, 0, ()),
        (US_LOW, HIGH_FREEZE, 0, (Freeze.LINE,)),
        (US_LOW, HIGH_FREEZE | HIGH_DEEP, 0, (Freeze.LINE, Freeze.DEEP)),
        (US_LOW, LOW_FREEZE | LOW_DEEP, 0, ()),  # our own freeze of the issuer stops nothing of ours
        (US_HIGH, LOW_FREEZE, 0, (Freeze.LINE,)),
        (US_HIGH, LOW_DEEP, GLOBAL, (Freeze.DEEP, Freeze.GLOBAL)),
        (US_HIGH, HIGH_FREEZE | HIGH_DEEP, 0, ()),
        (US_LOW, 0x00010000, 0x00800000, ()),  # a reserve's flag, and the issuer's DefaultRipple
    ],
)
def test_the_issuer_s_side_of_the_line_counts(
    line: dict[str, object], flags: int, issuer_flags: int, freezes: tuple[Freeze, ...]
) -> None:
    """Low or high by the line's limits; the global one by the issuer's account."""
    assert freezes_of({**line, "Flags": flags}, {"Flags": issuer_flags}, PAIR) == freezes


def test_without_a_line_only_the_global_freeze_is_told() -> None:
    """A missing line is another check's business."""
    assert freezes_of(None, {"Flags": GLOBAL}, PAIR) == (Freeze.GLOBAL,)
