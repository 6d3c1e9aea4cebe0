"""Retries, stale ledgers, a silent gateway and books that don't agree, by their numbers."""

from __future__ import annotations

from decimal import Decimal

from neo.messages.halts import HaltReason
from neo.watch.health import RetryPolicy, books_apart, gateway_silent, ledger_stale, request_failed, retry_after_s

POLICY = RetryPolicy(retries_max=3, backoff_s=0.5)


def test_waits_double_until_the_retries_are_used_up() -> None:
    """0.5, 1 and 2 seconds, and then no further try."""
    assert [retry_after_s(POLICY, failures) for failures in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, None]


def test_no_retries_means_none() -> None:
    """The first failure is the last one then."""
    assert retry_after_s(RetryPolicy(0, 0.5), 1) is None


def test_a_failed_request_is_told_with_its_count() -> None:
    """The detail has what was asked, how often, and the last cause."""
    halt = request_failed("submit", 4, "503")
    assert (halt.reason, halt.detail) == (HaltReason.RISK_RPC_FAILURE, "submit failed 4 times: 503")


def test_a_ledger_is_stale_from_its_limit_on() -> None:
    """A tenth of a second before it is not; the detail names the settings key."""
    assert ledger_stale(59.9, 60) is None
    halt = ledger_stale(60.0, 60)
    assert halt is not None
    assert (halt.reason, halt.detail) == (
        HaltReason.RISK_STALE_LEDGER,
        "no ledger for 60.0 s >= 60 s (risk.stale_ledger_seconds)",
    )


def test_a_gateway_is_silent_from_its_limit_on() -> None:
    """At 45 s of 45 the gateway counts as unhealthy, and just before it does not."""
    assert gateway_silent(44.9, 45) is None
    halt = gateway_silent(45.0, 45)
    assert halt is not None
    assert halt.reason is HaltReason.RISK_GATEWAY_UNHEALTHY


def test_books_agree_to_the_drop_and_to_the_last_digit() -> None:
    """1.50 is 1.5; one drop, or one unit of the fifteenth decimal, ends the session."""
    assert books_apart(1, 1, Decimal("1.50"), Decimal("1.5")) is None
    for halt in (
        books_apart(1, 2, Decimal(1), Decimal(1)),
        books_apart(1, 1, Decimal(1), Decimal("1.000000000000001")),
    ):
        assert halt is not None
        assert halt.reason is HaltReason.RECONCILER_HALT
