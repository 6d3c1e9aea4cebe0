"""The rules that take more than one key, as a table: a rule runs when all of its keys could be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from neo.config.problems import Problem


def broken_rules(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Check every rule.

    Args:
        values: What could be read of a profile, by dotted key.
    """
    for keys, rule in _RULES:
        if all(key in values for key in keys):
            problem = rule(*(values[key] for key in keys))
            if problem is not None:
                yield problem


def _requote_once_a_tick(requote_s: int, tick_s: int) -> Problem | None:
    if requote_s == tick_s:
        return None
    return Problem(
        "strategy.requote_interval_seconds",
        str(requote_s),
        f"must equal engine.tick_interval_seconds = {tick_s}",
        "the engine re-quotes once a tick: write the same number in both",
    )


def _at_least_one_tick(duration_s: int, tick_s: int) -> Problem | None:
    if duration_s >= tick_s:
        return None
    return Problem(
        "session.duration_seconds",
        str(duration_s),
        f"is shorter than one tick, engine.tick_interval_seconds = {tick_s}",
        f"give at least {tick_s} seconds",
    )


def _back_off_within_window(backoff_s: Decimal, window_s: int) -> Problem | None:
    if backoff_s <= window_s:
        return None
    return Problem(
        "engine.restart_backoff_seconds",
        str(backoff_s),
        f"is longer than engine.restart_window_seconds = {window_s}",
        "restarts would never be counted together: write a shorter back-off or a longer window",
    )


def _order_within_limit(limit_key: str) -> Callable[[Decimal, Decimal], Problem | None]:
    def rule(size_rlusd: Decimal, limit_rlusd: Decimal) -> Problem | None:
        if size_rlusd <= limit_rlusd:
            return None
        return Problem(
            "order_size.base_size_rlusd",
            str(size_rlusd),
            f"is above {limit_key} = {limit_rlusd}",
            "one fill would end the session: write a smaller size or a higher limit",
        )

    return rule


_RULES: tuple[tuple[tuple[str, ...], Callable[..., Problem | None]], ...] = (
    (("strategy.requote_interval_seconds", "engine.tick_interval_seconds"), _requote_once_a_tick),
    (("session.duration_seconds", "engine.tick_interval_seconds"), _at_least_one_tick),
    (("engine.restart_backoff_seconds", "engine.restart_window_seconds"), _back_off_within_window),
    (("order_size.base_size_rlusd", "risk.max_xrp_exposure"), _order_within_limit("risk.max_xrp_exposure")),
    (("order_size.base_size_rlusd", "risk.max_rlusd_exposure"), _order_within_limit("risk.max_rlusd_exposure")),
)
