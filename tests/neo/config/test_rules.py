"""The profile's keys of quoting and risk: which values contradict each other, and what the operator is told.

Method: the shipped profile is read as the command reads it, with one value changed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.profile_tables import refused, tables

from neo.config import parse_config
from neo.config.rules import broken_rules


def refusal(**changes: Any) -> str:
    """What is said of a profile with these changes."""
    return "\n".join(refused(tables(**changes)))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"risk__max_order_rlusd": 14},
            "order_size.base_size_rlusd = 15: is above risk.max_order_rlusd = 14; risk would refuse every quote",
        ),
        (
            {"order_size__min_remainder_rlusd": 16},
            "order_size.min_remainder_rlusd = 16: is above order_size.base_size_rlusd = 15;"
            " every quote would be too small: write at most that, or raise it",
        ),
        (
            {"strategy__clob_switch_threshold_bps": 41},
            "strategy.clob_switch_threshold_bps = 41: is above strategy.anchor_max_divergence_bps = 40;"
            " the order book would never be the anchor",
        ),
        (
            {"strategy__anchor_rejoin_bps": 41},
            "strategy.anchor_rejoin_bps = 41: is above strategy.anchor_max_divergence_bps = 40; quotes would flicker",
        ),
        (
            {"strategy__requote_delay_seconds": 3},
            "engine.tick_interval_seconds = 4: is above strategy.requote_delay_seconds = 3;"
            " a quote can't be replaced sooner than a tick",
        ),
        (
            {"strategy__levels": 3, "strategy__level_step_bps": 48},
            "strategy.bid_offset_bps = 8: puts the last of 3 levels 104 bps out, beyond risk.price_band_bps = 100",
        ),
        (
            {"risk__cancel_requests_minute": 59},
            "risk.cancel_requests_minute = 59: of risk.max_requests_minute = 60 can't serve 2 quotes",
        ),
        (
            {"risk__cancel_requests_minute": 1},
            "risk.cancel_requests_minute = 1: of risk.max_requests_minute = 60 can't serve 2 quotes",
        ),
        (
            {"strategy__ask_offset_bps": 101},
            "strategy.ask_offset_bps = 101: puts the last of 1 levels 101 bps out, beyond risk.price_band_bps = 100",
        ),
        (
            {"risk__max_rlusd_exposure": 14},
            "order_size.base_size_rlusd = 15: is above risk.max_rlusd_exposure = 14; one fill would end the session",
        ),
        (
            {"strategy__levels": 3, "risk__max_rlusd_exposure": 40},
            "strategy.levels = 3: of order_size.base_size_rlusd = 15 come to more than risk.max_rlusd_exposure = 40",
        ),
        ({"strategy__model": "fixed"}, 'strategy.model = "fixed": is not known here; write one of "fixed_offset"'),
        ({"strategy__model": 3}, 'strategy.model = 3: is the wrong type; write one of "fixed_offset"'),
    ],
)
def test_values_that_contradict_each_other_are_refused(changes: dict[str, Any], told: str) -> None:
    """The key, its value, the other key with its value, and what would come of it."""
    assert told in refusal(**changes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"operator__page": "0.0.0.0:8017"},
            'operator.page = "0.0.0.0:8017": can be reached from other machines, and operator.page_certificate is not'
            " given; the page's token would be sent in the open: give both, or write an address such as"
            ' "127.0.0.1:8017"',
        ),
        (
            {"operator__page_certificate": "page.pem"},
            'operator.page_key = "": and operator.page_certificate is given; one is nothing without the other: give'
            " both or none",
        ),
        (
            {"operator__page_key": "key.pem"},
            'operator.page_certificate = "": and operator.page_key is given; one is nothing without the other: give'
            " both or none",
        ),
    ],
)
def test_a_page_for_others_has_a_certificate(changes: dict[str, Any], told: str) -> None:
    """And a certificate has its key."""
    assert refused(tables(**changes)) == [f"my.toml: {told}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"operator__page": "[::1]:0"},
        {"operator__page": "[::]:443", "operator__page_certificate": "page.pem", "operator__page_key": "key.pem"},
        {"strategy__bid_offset_bps": 100},
        {"order_size__base_size_rlusd": 25},
        {"risk__cancel_requests_minute": 58},
        {"risk__cancel_requests_minute": 2},
        {"strategy__levels": 2, "risk__max_xrp_exposure": 30},
    ],
)
def test_at_another_keys_limit_a_value_is_good(changes: dict[str, Any]) -> None:
    """A limit may be used up to the full: only what goes beyond it is refused."""
    parse_config(tables(**changes), "my.toml")


# --- Each rule alone, at its edge --------------------------------------------------------------------------------

D = Decimal


def broken(**values: Any) -> list[str]:
    """The keys of the rules that these values alone, ``section__key``, break."""
    return [problem.key for problem in broken_rules({key.replace("__", "."): value for key, value in values.items()})]


# A key, its last good value and its first bad one, beside another key that has this value.
PAIRS: list[tuple[str, Any, Any, str, Any]] = [
    ("strategy.requote_interval_seconds", 4, 5, "engine.tick_interval_seconds", 4),
    ("session.duration_seconds", 60, 59, "engine.tick_interval_seconds", 60),
    ("order_size.base_size_rlusd", D(15), D("15.001"), "risk.max_xrp_exposure", D(15)),
    ("order_size.base_size_rlusd", D(15), D("15.001"), "risk.max_rlusd_exposure", D(15)),
    ("order_size.base_size_rlusd", D(15), D("15.001"), "risk.max_order_rlusd", D(15)),
    ("order_size.min_remainder_rlusd", D(15), D("15.001"), "order_size.base_size_rlusd", D(15)),
    ("strategy.clob_switch_threshold_bps", D(40), D("40.1"), "strategy.anchor_max_divergence_bps", D(40)),
    ("strategy.anchor_rejoin_bps", D(40), D("40.1"), "strategy.anchor_max_divergence_bps", D(40)),
    ("venue.opening_rlusd", D(200), D("200.000001"), "risk.max_rlusd_exposure", D(200)),
    ("venue.maker_offset_bps_min", 14, 15, "venue.maker_offset_bps_max", 14),
    ("engine.tick_interval_seconds", 8, 9, "strategy.requote_delay_seconds", 8),
    ("risk.stale_ledger_seconds", 5, 4, "venue.ledger_interval_seconds", 4),
    *(
        (f"supervision.{actor}_backoff_seconds", D(300), D("300.5"), f"supervision.{actor}_window_seconds", 300)
        for actor in ("gateway", "strategy", "risk", "persistence", "telemetry")
    ),
]


@pytest.mark.parametrize(("key", "good", "bad", "other", "value"), PAIRS)
def test_two_keys_at_each_others_limit_are_good_and_a_step_further_one_of_them_is_told(
    key: str, good: Any, bad: Any, other: str, value: Any
) -> None:
    """With both values. Nothing else is needed to judge them, and without the other one neither is judged."""
    assert list(broken_rules({key: good, other: value})) == []
    [problem] = broken_rules({key: bad, other: value})
    assert (problem.key, problem.value) == (key, str(bad))
    assert f"{other} = {value}" in problem.fault
    assert list(broken_rules({key: bad})) == list(broken_rules({other: value})) == []


@pytest.mark.parametrize(
    ("interval_s", "tick_s", "least"), [(4, 4, 2), (4, 5, 3), (4, 8, 3), (4, 9, 4), (1, 1, 2), (15, 1, 2), (3, 60, 21)]
)
def test_quotes_must_outlive_a_tick_and_the_ledger_that_it_may_be_late(
    interval_s: int, tick_s: int, least: int
) -> None:
    """A tick of 5 s is due on the first ledger at or after it: with one every 4 s that is up to 8 s later."""
    at = {"engine__tick_interval_seconds": tick_s, "venue__ledger_interval_seconds": interval_s}
    assert broken(**at, engine__quote_ttl_ledgers=least) == []
    values = {key.replace("__", "."): value for key, value in at.items()} | {"engine.quote_ttl_ledgers": least - 1}
    [problem] = broken_rules(values)
    assert problem.key == "engine.quote_ttl_ledgers"
    assert problem.mend == f"quotes would be pulled between two ticks: give at least {least}"


@pytest.mark.parametrize(
    ("retries", "backoff_s", "silence_s", "takes"),
    [
        (3, "0.5", 4, None),  # 0.5 + 1 + 2 = 3.5
        (3, "0.5", 3, "3.5"),
        (4, "0.5", 8, None),  # 7.5
        (2, "1", 3, "3"),  # as long as the silence is too long
        (0, "60", 1, None),  # without retries nothing is waited for
        (1, "0.1", 1, None),
        (100, "0.5", 45, "633825300114114700748351602687.5"),
        (10, "0.000000000000000000000000000001", 1, None),
    ],
)
def test_a_failing_request_gives_up_before_the_gateway_is_taken_for_dead(
    retries: int, backoff_s: str, silence_s: int, takes: str | None
) -> None:
    """Each wait is twice the one before; what they come to is told in plain digits."""
    values = {
        "risk.request_retries_max": retries,
        "risk.request_backoff_seconds": D(backoff_s),
        "risk.gateway_silence_seconds": silence_s,
    }
    told = [problem.fault for problem in broken_rules(values)]
    wait = f"with risk.request_backoff_seconds = {backoff_s} takes {takes} s"
    assert told == ([] if takes is None else [f"{wait}, and risk.gateway_silence_seconds = {silence_s}"])


@pytest.mark.parametrize(("side", "other"), [("bid", "ask"), ("ask", "bid")])
@pytest.mark.parametrize(
    ("offset", "levels", "step", "farthest"),
    [
        ("100", 1, "50", None),  # one level has no step
        ("100.1", 1, "50", "100.1"),
        ("5", 20, "5", None),  # 5 + 19 * 5 = 100
        ("5", 21, "5", "105"),
        ("90", 2, "10.00000000000000000000000000001", "100.00000000000000000000000000001"),
    ],
)
def test_the_last_level_of_each_side_must_lie_within_the_band(
    side: str, other: str, offset: str, levels: int, step: str, farthest: str | None
) -> None:
    """100 bps from the anchor, to the last digit."""
    values = {
        f"strategy.{side}_offset_bps": D(offset),
        f"strategy.{other}_offset_bps": D(0),
        "strategy.levels": levels,
        "strategy.level_step_bps": D(step),
        "risk.price_band_bps": D(100),
    }
    told = [(problem.key, problem.fault) for problem in broken_rules(values) if "offset" in problem.key]
    fault = f"puts the last of {levels} levels {farthest} bps out, beyond risk.price_band_bps = 100"
    assert told == ([] if farthest is None else [(f"strategy.{side}_offset_bps", fault)])


@pytest.mark.parametrize("limit", ["risk__max_xrp_exposure", "risk__max_rlusd_exposure"])
@pytest.mark.parametrize(
    ("levels", "limit_rlusd", "keys"), [(3, "45", []), (3, "44.9", ["strategy.levels"]), (1, "15", [])]
)
def test_all_levels_of_a_side_must_fit_under_a_limit(
    limit: str, levels: int, limit_rlusd: str, keys: list[str]
) -> None:
    """Three of 15 RLUSD are 45."""
    values = {"order_size__base_size_rlusd": D(15), "strategy__levels": levels, limit: D(limit_rlusd)}
    assert broken(**values) == keys


def test_one_level_that_is_too_large_is_told_once() -> None:
    """As an order, not as a ladder of one."""
    values = {"order_size__base_size_rlusd": D(15), "strategy__levels": 1, "risk__max_xrp_exposure": D(14)}
    assert broken(**values) == ["order_size.base_size_rlusd"]


@pytest.mark.parametrize(
    ("levels", "most", "for_cancels", "good"),
    [
        (1, 4, 2, True),
        (1, 4, 1, False),
        (1, 4, 3, False),
        (1, 3, 2, False),
        (5, 20, 10, True),
        (5, 19, 10, False),
        (1, 60, 0, False),
    ],
)
def test_quotes_and_cancels_of_a_tick_must_each_fit_into_a_minute(
    levels: int, most: int, for_cancels: int, good: bool
) -> None:
    """A tick has two sides: 2 quotes and 2 cancels for each level."""
    values = {
        "strategy__levels": levels,
        "risk__max_requests_minute": most,
        "risk__cancel_requests_minute": for_cancels,
    }
    assert broken(**values) == ([] if good else ["risk.cancel_requests_minute"])


def test_without_a_kind_of_venue_nobody_knows_how_far_ledgers_are_apart() -> None:
    """So what depends on it waits."""
    values = {"risk__stale_ledger_seconds": 1, "engine__quote_ttl_ledgers": 1, "engine__tick_interval_seconds": 100}
    assert broken(**values) == []


def test_nothing_to_judge_breaks_nothing() -> None:
    """A file whose values could not be read is not blamed for rules on top of that."""
    assert broken() == []
