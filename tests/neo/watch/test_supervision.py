"""The restart policy, by its numbers."""

from __future__ import annotations

import random

from neo.watch.supervision import GiveUp, Restart, RestartHistory, RestartPolicy

POLICY = RestartPolicy(restarts_max=2, window_s=100, backoff_s=0.5)


def test_restarts_are_allowed_up_to_the_limit_within_the_window() -> None:
    """Two restarts are allowed; the third failure within the window gives up and names the setting."""
    history = RestartHistory(POLICY)
    chance = random.Random(3)
    assert isinstance(history.next_step(0, 1, chance.random), Restart)
    assert isinstance(history.next_step(50, 1, chance.random), Restart)
    step = history.next_step(99, 1, chance.random)
    assert isinstance(step, GiveUp)
    assert "restarts_max" in step.cause
    assert history.restarts == 2


def test_old_failures_are_forgiven() -> None:
    """A failure that left the window counts no more, and the back-off starts low again."""
    history = RestartHistory(POLICY)
    chance = random.Random(3)
    history.next_step(0, 1, chance.random)
    history.next_step(50, 1, chance.random)
    step = history.next_step(150, 1, chance.random)
    assert isinstance(step, Restart)
    assert 0.5 <= step.after_s <= 0.625


def test_the_back_off_doubles_within_the_window_with_up_to_a_quarter_more() -> None:
    """Each wait is twice the one before it, and never less, so that a part that keeps failing is not hammered."""
    history = RestartHistory(RestartPolicy(restarts_max=4, window_s=100, backoff_s=0.5))
    steps = [history.next_step(at_s, 1, random.Random(3).random) for at_s in range(4)]
    waits = [step.after_s for step in steps if isinstance(step, Restart)]
    jitter = waits[0] / 0.5
    assert 1 <= jitter <= 1.25
    assert waits == [0.5 * jitter, 1 * jitter, 2 * jitter, 4 * jitter]


def test_the_same_message_twice_is_poison() -> None:
    """Whatever is left of the restarts, a message is not tried a third time."""
    step = RestartHistory(POLICY).next_step(0, 2, random.Random(3).random)
    assert isinstance(step, GiveUp)
    assert "poison" in step.cause


def test_back_off_comes_from_the_seed() -> None:
    """The same seed waits as long."""
    waits = [RestartHistory(POLICY).next_step(0, 1, random.Random(8).random) for _ in range(2)]
    assert waits[0] == waits[1]
