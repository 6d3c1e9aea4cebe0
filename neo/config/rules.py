"""The rules that take more than one key, as a table: a rule runs when all of its keys could be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from neo.chain.money import EXACT
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


def _back_off_within_window(actor: str) -> Callable[[Decimal, int], Problem | None]:
    def rule(backoff_s: Decimal, window_s: int) -> Problem | None:
        if backoff_s <= window_s:
            return None
        return Problem(
            f"supervision.{actor}_backoff_seconds",
            str(backoff_s),
            f"is longer than supervision.{actor}_window_seconds = {window_s}",
            "restarts would never be counted together: write a shorter back-off or a longer window",
        )

    return rule


def _quotes_outlive_a_tick(ttl_ledgers: int, interval_s: int, tick_s: int) -> Problem | None:
    # A tick is due on the first ledger at or after its interval: up to one ledger late.
    if ttl_ledgers * interval_s >= tick_s + interval_s:
        return None
    least = -(-tick_s // interval_s) + 1
    return Problem(
        "engine.quote_ttl_ledgers",
        str(ttl_ledgers),
        f"is shorter than engine.tick_interval_seconds = {tick_s} with a ledger every {interval_s} s",
        f"quotes would be pulled between two ticks: give at least {least}",
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


def _at_most(key: str, limit_key: str, effect: str) -> Callable[[Decimal, Decimal], Problem | None]:
    """The first key's value must not be above the second's."""

    def rule(value: Decimal, limit: Decimal) -> Problem | None:
        if value <= limit:
            return None
        return Problem(key, str(value), f"is above {limit_key} = {limit}", f"{effect}: write at most that, or raise it")

    return rule


def _ladder_within_band(offset_key: str) -> Callable[[Decimal, int, Decimal, Decimal], Problem | None]:
    def rule(offset_bps: Decimal, levels: int, step_bps: Decimal, band_bps: Decimal) -> Problem | None:
        farthest_bps = offset_bps + (levels - 1) * step_bps
        if farthest_bps <= band_bps:
            return None
        return Problem(
            offset_key,
            str(offset_bps),
            f"puts the last of {levels} levels {farthest_bps} bps out, beyond risk.price_band_bps = {band_bps}",
            "risk would refuse it: write a smaller offset, fewer levels or a wider band",
        )

    return rule


def _requests_for_a_tick(levels: int, most: int, for_cancels: int) -> Problem | None:
    needed = 2 * levels
    if most - for_cancels >= needed and for_cancels >= needed:
        return None
    return Problem(
        "risk.cancel_requests_minute",
        str(for_cancels),
        f"of risk.max_requests_minute = {most} can't serve {needed} quotes",
        f"quotes and cancels must each have at least {needed} requests a minute",
    )


def _ladder_within_limit(limit_key: str) -> Callable[[Decimal, int, Decimal], Problem | None]:
    def rule(size_rlusd: Decimal, levels: int, limit_rlusd: Decimal) -> Problem | None:
        # One level alone has a rule of its own.
        if levels == 1 or EXACT.multiply(size_rlusd, Decimal(levels)) <= limit_rlusd:
            return None
        return Problem(
            "strategy.levels",
            str(levels),
            f"of order_size.base_size_rlusd = {size_rlusd} come to more than {limit_key} = {limit_rlusd}",
            "the last of them could never be placed: write fewer levels, a smaller size or a higher limit",
        )

    return rule


def _stale_after_a_ledger(stale_s: int, interval_s: int) -> Problem | None:
    if stale_s > interval_s:
        return None
    return Problem(
        "risk.stale_ledger_seconds",
        str(stale_s),
        f"is not above sim.ledger_interval_s = {interval_s}",
        "the session would end between two ledgers: write several times that",
    )


def _retries_before_silence(retries: int, backoff_s: Decimal, silence_s: int) -> Problem | None:
    # Each wait is twice the one before.
    waits_s = backoff_s * (2**retries - 1)
    if waits_s < silence_s:
        return None
    return Problem(
        "risk.request_retries_max",
        str(retries),
        f"with risk.request_backoff_seconds = {backoff_s} takes {waits_s} s, "
        f"and risk.gateway_silence_seconds = {silence_s}",
        "a failing request would be told as a silent gateway: write fewer retries, a shorter back-off or more silence",
    )


_RULES: tuple[tuple[tuple[str, ...], Callable[..., Problem | None]], ...] = (
    (("strategy.requote_interval_seconds", "engine.tick_interval_seconds"), _requote_once_a_tick),
    (("session.duration_seconds", "engine.tick_interval_seconds"), _at_least_one_tick),
    *(
        (
            (f"supervision.{actor}_backoff_seconds", f"supervision.{actor}_window_seconds"),
            _back_off_within_window(actor),
        )
        for actor in ("gateway", "strategy", "risk", "persistence", "telemetry")
    ),
    (
        ("engine.quote_ttl_ledgers", "sim.ledger_interval_s", "engine.tick_interval_seconds"),
        _quotes_outlive_a_tick,
    ),
    (("order_size.base_size_rlusd", "risk.max_xrp_exposure"), _order_within_limit("risk.max_xrp_exposure")),
    (("order_size.base_size_rlusd", "risk.max_rlusd_exposure"), _order_within_limit("risk.max_rlusd_exposure")),
    *(
        (("order_size.base_size_rlusd", "strategy.levels", limit_key), _ladder_within_limit(limit_key))
        for limit_key in ("risk.max_xrp_exposure", "risk.max_rlusd_exposure")
    ),
    (("risk.stale_ledger_seconds", "sim.ledger_interval_s"), _stale_after_a_ledger),
    (
        ("risk.request_retries_max", "risk.request_backoff_seconds", "risk.gateway_silence_seconds"),
        _retries_before_silence,
    ),
    *(
        ((key, limit_key), _at_most(key, limit_key, effect))
        for key, limit_key, effect in (
            ("order_size.base_size_rlusd", "risk.max_order_rlusd", "risk would refuse every quote"),
            ("order_size.min_remainder_rlusd", "order_size.base_size_rlusd", "every quote would be too small"),
            (
                "strategy.clob_switch_threshold_bps",
                "strategy.anchor_max_divergence_bps",
                "the order book would never be the anchor",
            ),
            ("strategy.anchor_rejoin_bps", "strategy.anchor_max_divergence_bps", "quotes would flicker"),
            ("account.opening_rlusd", "risk.max_rlusd_exposure", "the session would end with its first ledger"),
            (
                "engine.tick_interval_seconds",
                "strategy.requote_delay_seconds",
                "a quote can't be replaced sooner than a tick",
            ),
        )
    ),
    *(
        ((key, "strategy.levels", "strategy.level_step_bps", "risk.price_band_bps"), _ladder_within_band(key))
        for key in ("strategy.bid_offset_bps", "strategy.ask_offset_bps")
    ),
    (("strategy.levels", "risk.max_requests_minute", "risk.cancel_requests_minute"), _requests_for_a_tick),
)
