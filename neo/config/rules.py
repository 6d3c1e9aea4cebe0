"""The rules that take more than one key, as a table: a rule runs when all of its keys could be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.money import EXACT, plain
from neo.config.problems import Problem
from neo.config.schema import VENUE_KINDS, section_fields
from neo.text.listening import listen_address

# From ledger to ledger on the network, in seconds, where a venue has no setting of its own for it.
# Source: xrpl.org, "Consensus": a ledger closes every 3 to 5 seconds.
NETWORK_INTERVAL_LEAST_S: Final = 3
NETWORK_INTERVAL_MOST_S: Final = 5

# No key of a profile: the :class:`_Beat` of its venue, worked out from what it says.
_BEAT: Final = "(from ledger to ledger)"
_INTERVAL: Final = "venue.ledger_interval_seconds"


class _Beat(msgspec.Struct, frozen=True):
    """How far ledgers are apart, in seconds, and how that is told."""

    least_s: int
    most_s: int
    told: str


def broken_rules(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Check every rule.

    Args:
        values: What could be read of a profile, by dotted key.
    """
    beat = _beat(values)
    known = values if beat is None else {**values, _BEAT: beat}
    for keys, rule in _RULES:
        if all(key in known for key in keys):
            problem = rule(*(known[key] for key in keys))
            if problem is not None:
                yield problem


def _beat(values: Mapping[str, Any]) -> _Beat | None:
    """How far a profile's ledgers are apart; None if it is to say so and does not."""
    if _INTERVAL in values:
        interval_s = values[_INTERVAL]
        return _Beat(interval_s, interval_s, f"{_INTERVAL} = {interval_s}")
    if "venue.kind" not in values or _INTERVAL.partition(".")[2] in section_fields(VENUE_KINDS[values["venue.kind"]]):
        return None
    least_s, most_s = NETWORK_INTERVAL_LEAST_S, NETWORK_INTERVAL_MOST_S
    return _Beat(least_s, most_s, f"the network's {least_s} to {most_s} seconds from ledger to ledger")


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


def _quotes_outlive_a_tick(ttl_ledgers: int, beat: _Beat, tick_s: int) -> Problem | None:
    # A tick is due on the first ledger at or after its interval: up to one ledger late.
    if ttl_ledgers * beat.least_s >= tick_s + beat.least_s:
        return None
    least = -(-tick_s // beat.least_s) + 1
    return Problem(
        "engine.quote_ttl_ledgers",
        str(ttl_ledgers),
        f"is shorter than engine.tick_interval_seconds = {tick_s} with a ledger every {beat.least_s} s",
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
        farthest_bps = plain(EXACT.add(offset_bps, EXACT.multiply(Decimal(levels - 1), step_bps)))
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


def _stale_after_a_ledger(stale_s: int, beat: _Beat) -> Problem | None:
    if stale_s > beat.most_s:
        return None
    return Problem(
        "risk.stale_ledger_seconds",
        str(stale_s),
        f"is not above {beat.told}",
        "the session would end between two ledgers: write several times that",
    )


def _offers_outlive_their_age(expiry_s: int, age_ledgers: int, beat: _Beat) -> Problem | None:
    # An offer is renewed by the tick after it is too old, and the ledger compares with the close before.
    least_s = (age_ledgers + 2) * beat.most_s
    if expiry_s >= least_s:
        return None
    return Problem(
        "venue.offer_expiry_seconds",
        str(expiry_s),
        f"is shorter than strategy.quote_age_ledgers_max = {age_ledgers} with {beat.told}",
        f"quotes would expire before they are renewed: give at least {least_s}, or renew them sooner",
    )


def _retries_before_silence(retries: int, backoff_s: Decimal, silence_s: int) -> Problem | None:
    # Each wait is twice the one before.
    waits_s = plain(EXACT.multiply(backoff_s, Decimal(2**retries - 1)))
    if waits_s < silence_s:
        return None
    return Problem(
        "risk.request_retries_max",
        str(retries),
        f"with risk.request_backoff_seconds = {backoff_s} takes {waits_s:f} s, "
        f"and risk.gateway_silence_seconds = {silence_s}",
        "a failing request would be told as a silent gateway: write fewer retries, a shorter back-off or more silence",
    )


def _enters_before_it_is_void(delay_ledgers: int, lifetime_ledgers: int) -> Problem | None:
    if delay_ledgers <= lifetime_ledgers:
        return None
    return Problem(
        "venue.order_delay_ledgers",
        str(delay_ledgers),
        f"is above engine.order_lifetime_ledgers = {lifetime_ledgers}",
        "no order would be in time: write at most that",
    )


def _certificate_with_key(certificate: str, key: str) -> Problem | None:
    if bool(certificate) == bool(key):
        return None
    lacks, has = ("page_key", "page_certificate") if certificate else ("page_certificate", "page_key")
    return Problem(
        f"operator.{lacks}",
        '""',
        f"and operator.{has} is given",
        "one is nothing without the other: give both or none",
    )


def _page_for_others(page: str, certificate: str) -> Problem | None:
    address = listen_address(page)
    if address is None or address.is_loopback or certificate:
        return None
    return Problem(
        "operator.page",
        f'"{page}"',
        "can be reached from other machines, and operator.page_certificate is not given",
        'the page\'s token would be sent in the open: give both, or write an address such as "127.0.0.1:8017"',
    )


def _mail_has_both_ends(relay: str, sender: str, recipients: tuple[str, ...]) -> Problem | None:
    missing = "alert_email.sender" if not sender else "alert_email.recipients" if not recipients else None
    if not relay or missing is None:
        return None
    mend = 'write an e-mail address, or alert_email.relay = "" for no mail'
    return Problem(missing, None, f"is empty, and mail goes through alert_email.relay = {relay}", mend)


def _log_in_is_covered(relay: str, tls: str, login_variable: str) -> Problem | None:
    if not relay or tls != "none" or not login_variable:
        return None
    return Problem(
        "alert_email.tls",
        '"none"',
        "would send name and password of alert_email.login_variable where anyone can read them",
        'write "starttls" or "tls", or leave the log-in out',
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
        ("engine.quote_ttl_ledgers", _BEAT, "engine.tick_interval_seconds"),
        _quotes_outlive_a_tick,
    ),
    (("order_size.base_size_rlusd", "risk.max_xrp_exposure"), _order_within_limit("risk.max_xrp_exposure")),
    (("order_size.base_size_rlusd", "risk.max_rlusd_exposure"), _order_within_limit("risk.max_rlusd_exposure")),
    *(
        (("order_size.base_size_rlusd", "strategy.levels", limit_key), _ladder_within_limit(limit_key))
        for limit_key in ("risk.max_xrp_exposure", "risk.max_rlusd_exposure")
    ),
    (("risk.stale_ledger_seconds", _BEAT), _stale_after_a_ledger),
    (("venue.order_delay_ledgers", "engine.order_lifetime_ledgers"), _enters_before_it_is_void),
    (
        ("venue.offer_expiry_seconds", "strategy.quote_age_ledgers_max", _BEAT),
        _offers_outlive_their_age,
    ),
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
            ("venue.opening_rlusd", "risk.max_rlusd_exposure", "the session would end with its first ledger"),
            ("venue.maker_offset_bps_min", "venue.maker_offset_bps_max", "no maker would be between the two"),
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
    (("operator.page_certificate", "operator.page_key"), _certificate_with_key),
    (("operator.page", "operator.page_certificate"), _page_for_others),
    (("alert_email.relay", "alert_email.sender", "alert_email.recipients"), _mail_has_both_ends),
    (("alert_email.relay", "alert_email.tls", "alert_email.login_variable"), _log_in_is_covered),
)
