"""The dealer's mode, every step from every one of them: what may follow what, written out."""

from __future__ import annotations

import pytest

from neo.desk.modes import DealerModeError, Mode, Step, mode_after

# Every step from every mode, by the modes' and steps' own order; a dot is a step that can't happen. Once a session
# stops, no arrow leads back to quoting.
#            connect  connect_paused  connect_ending  pause   resume   stop      clear     be_clear
STEPS = """
recovering   quoting  paused          clearing        .       .        .         .         .
quoting      .        .               .               paused  .        stopped   clearing  .
paused       .        .               .               .       quoting  stopped   clearing  .
stopped      .        .               .               .       .        stopped   clearing  .
clearing     .        .               .               .       .        clearing  clearing  cleared
cleared      .        .               .               .       .        cleared   clearing  .
"""


def test_every_step_from_every_mode_is_as_written_here_or_is_refused() -> None:
    """A step that can't happen raises, and names mode and step."""
    rows = [line.split() for line in STEPS.strip().splitlines()]
    assert [row[0] for row in rows] == list(Mode)
    for mode_name, *cells in rows:
        mode = Mode(mode_name)
        for step, cell in zip(Step, cells, strict=True):
            if cell == ".":
                with pytest.raises(DealerModeError, match=f"is {mode} can't {step}$"):
                    mode_after(mode, step)
            else:
                assert mode_after(mode, step) is Mode(cell)
