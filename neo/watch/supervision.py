"""When a failed actor is started again, and when its failure ends the session: pure policy, executed by the supervisor.

One-for-one: an actor that fails is restarted alone, after a back-off that doubles within the window. It is given up
when it used up its restarts, or when the same message was in its hand at two failures (a poison message).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class RestartPolicy(msgspec.Struct, frozen=True):
    """How often an actor may restart.

    Args:
        restarts_max: Restarts allowed within the window.
        window_s: Length of the window in session seconds.
        backoff_s: Wait before the first restart of a window, in session seconds; it doubles with each further one.
    """

    restarts_max: int
    window_s: float
    backoff_s: float


class Restart(msgspec.Struct, frozen=True):
    """Start the actor again after so many session seconds."""

    after_s: float


class GiveUp(msgspec.Struct, frozen=True):
    """End the session as ``actor_failure``, for this cause; with ``poison``, the message in hand is set aside."""

    cause: str
    poison: bool


class RestartHistory:
    """The failures of one actor, and the policy's answer to the next."""

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._restarted_at_s: list[float] = []
        self.restarts = 0

    def next_step(self, now_s: float, deliveries: int, draw: Callable[[], float]) -> Restart | GiveUp:
        """Decide on a failure.

        Args:
            now_s: Session time of the failure.
            deliveries: How often the message in the actor's hand has been delivered; 0 if its hand was empty.
            draw: A number of the session's generator in [0, 1), for the jitter (up to a quarter more) that keeps
                restarts apart.
        """
        if deliveries >= 2:
            return GiveUp("poison message: it failed twice on the same message", poison=True)
        policy = self._policy
        self._restarted_at_s = [at_s for at_s in self._restarted_at_s if now_s - at_s < policy.window_s]
        recent = len(self._restarted_at_s)
        if recent >= policy.restarts_max:
            used_up = f"{recent} restarts within {policy.window_s:g} s used up (supervision.*_restarts_max)"
            return GiveUp(used_up, poison=False)
        self._restarted_at_s.append(now_s)
        self.restarts += 1
        return Restart(policy.backoff_s * 2**recent * (1 + draw() / 4))
