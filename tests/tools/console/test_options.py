"""What ``--duration`` and ``--speed`` take, and what their refusals say."""

from __future__ import annotations

import math

import click
import pytest

from tools.console.options import Duration, SpeedType


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1h0m5s", 3605),
        ("2d", 172_800),
        (" 2H ", 7200),
        ("366d", 366 * 86_400),
    ],
)
def test_a_duration_is_whole_seconds(text: str, duration_s: int) -> None:
    """Units may be joined, in capitals, with blanks around them."""
    assert Duration().convert(text, None, None) == duration_s


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("90", "'90' has no unit; write 90s, 90m or 90h."),
        ("0", "'0' is no time at all; write 90s, 30m or 2h."),
        ("0s", "'0s' is no time at all; write 90s, 30m or 2h."),
        ("0h0m", "'0h0m' is no time at all; write 90s, 30m or 2h."),
        ("-5m", "'-5m' is not a duration; write 90s, 30m, 2h or 1h30m."),
        ("1.5h", "'1.5h' is not a duration; write 90s, 30m, 2h or 1h30m."),
        ("\u0663m", "'\u0663m' is not a duration; write 90s, 30m, 2h or 1h30m."),
        ("30m2h", "'30m2h' is not a duration; write 90s, 30m, 2h or 1h30m."),
        ("", "'' is not a duration; write 90s, 30m, 2h or 1h30m."),
        ("367d", "'367d' is longer than 366 days; write a shorter one."),
        ("999999999h", "'999999999h' is longer than 366 days; write a shorter one."),
    ],
)
def test_a_wrong_duration_is_refused_with_the_mend(text: str, told: str) -> None:
    """What was written stands in the message, and a form that is right."""
    with pytest.raises(click.BadParameter) as caught:
        Duration().convert(text, None, None)
    assert caught.value.message == told


@pytest.mark.parametrize(("text", "speed"), [("max", math.inf), ("MAX", math.inf), ("1", 1.0), ("0.5", 0.5)])
def test_a_speed_is_max_or_a_factor(text: str, speed: float) -> None:
    """``max`` is as fast as the machine allows."""
    assert SpeedType().convert(text, None, None) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "", "1e999", "1e-300", "0.0009"])
def test_a_wrong_speed_is_refused_with_the_mend(text: str) -> None:
    """What never ends, goes backwards or is no number."""
    with pytest.raises(
        click.BadParameter, match=r"write max, or market seconds in a real second, 0\.001 or more, such as 1 or 10\."
    ):
        SpeedType().convert(text, None, None)
