"""The promises of the key wiring: every part gets its keys' values, in the unit that it works in.

Method: keys of the shipped profile are given values that are all different, so that a mix-up shows.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from support.profile_tables import tables

from neo.config import Config, parse_config, replace_values
from neo.config.key_wiring import (
    dealer_settings,
    quote_settings,
    restart_policies,
    risk_limits,
    session_settings,
    watch_limits,
)
from neo.risk import RiskLimits
from neo.watch.health import RetryPolicy
from neo.watch.supervision import RestartPolicy

D = Decimal
ACTORS = ("gateway", "strategy", "risk", "persistence", "telemetry")


def config_with(**changes: object) -> Config:
    """The shipped profile with ``section__key`` changed."""
    config = parse_config(tables(), "paper.toml")
    return replace_values(config, "test", {name.replace("__", "."): value for name, value in changes.items()})


def test_percent_become_shares() -> None:
    """A target of 40 in the profile means four tenths, and not forty times the account."""
    assert quote_settings(config_with(strategy__target_xrp_percent=D(40))).target_share == D("0.4")


def test_every_limit_of_risk_comes_from_its_key_in_its_unit() -> None:
    """XRP becomes drops and a percentage a share; no limit takes another one's key."""
    limits = risk_limits(
        config_with(
            risk__max_xrp_exposure=D(101),
            risk__max_rlusd_exposure=D(202),
            risk__reduce_only_percent=D("87.5"),
            risk__max_order_rlusd=D(103),
            risk__price_band_bps=D(104),
            risk__reserve_buffer_xrp=D("1.000001"),
            risk__max_fees_day_xrp=D("0.000107"),
            risk__max_requests_minute=108,
            risk__cancel_requests_minute=9,
        )
    )
    assert limits == RiskLimits(
        max_xrp_exposure=D(101),
        max_rlusd_exposure=D(202),
        reduce_only_share=D("0.875"),
        max_order_rlusd=D(103),
        price_band_bps=D(104),
        reserve_buffer_drops=1_000_001,
        max_fees_day_drops=107,
        max_requests_minute=108,
        cancel_requests_minute=9,
    )
    assert type(limits.reserve_buffer_drops) is type(limits.max_fees_day_drops) is int
    assert len(set(msgspec.structs.astuple(limits))) == len(limits.__struct_fields__)


def test_quotes_are_decided_by_keys_that_are_not_mixed_up() -> None:
    """The shipped profile writes one number for several keys, so each gets its own here."""
    settings = quote_settings(
        config_with(
            engine__tick_interval_seconds=7,
            strategy__requote_interval_seconds=7,
            strategy__bid_offset_bps=D(11),
            strategy__ask_offset_bps=D(12),
            strategy__inventory_skew_bps=D(13),
            avellaneda_stoikov__risk_aversion=D("0.14"),
            avellaneda_stoikov__fill_decay_per_bps=D("0.15"),
            avellaneda_stoikov__horizon_seconds=16,
            strategy__clob_switch_threshold_bps=D(17),
            strategy__anchor_max_divergence_bps=D(20),
            strategy__anchor_rejoin_bps=D(19),
            strategy__dust_rlusd=D(18),
            strategy__requote_tolerance_bps=D(21),
            strategy__quote_age_ledgers_max=22,
            order_size__min_remainder_rlusd=D(3),
            order_size__base_size_rlusd=D(9),
            strategy__levels=2,
            strategy__level_step_bps=D(24),
            strategy__price_digits=8,
            strategy__viability_sigmas=D("2.5"),
            strategy__requote_delay_seconds=26,
            strategy__volatility_halflife_seconds=27,
            strategy__volatility_initial_bps_minute=D(28),
        )
    )
    model, anchor, requote = settings.model_settings, settings.anchor, settings.requote
    assert msgspec.structs.astuple(model) == (D(11), D(12), D(13), D("0.14"), D("0.15"), 16)
    assert (anchor.clob_switch_threshold_bps, anchor.max_divergence_bps, anchor.rejoin_bps, anchor.dust_rlusd) == (
        D(17),
        D(20),
        D(19),
        D(18),
    )
    assert msgspec.structs.astuple(requote) == (D(21), 22, D(3))
    assert (settings.tick_interval_s, settings.model, settings.base_size_rlusd) == (7, "fixed_offset", D(9))
    assert (settings.levels, settings.level_step_bps, settings.price_digits) == (2, D(24), 8)
    assert (settings.viability_sigmas, settings.requote_delay_s) == (D("2.5"), 26)
    assert (settings.volatility_halflife_s, settings.volatility_initial_bps_minute) == (27, D(28))


def test_strategy_sizes_by_the_limits_that_risk_judges_by() -> None:
    """One key sets both, so the strategy does not ask for what risk is bound to refuse."""
    config = config_with(risk__max_order_rlusd=D(21))
    assert quote_settings(config).limits == risk_limits(config)
    assert risk_limits(config).max_order_rlusd == 21


def test_each_actor_restarts_by_its_own_three_keys() -> None:
    """A key that names an actor governs that actor, and no other."""
    changes: dict[str, object] = {}
    for number, actor in enumerate(ACTORS, start=1):
        changes[f"supervision__{actor}_restarts_max"] = number
        changes[f"supervision__{actor}_window_seconds"] = 100 + number
        changes[f"supervision__{actor}_backoff_seconds"] = D(number) / 4
    assert restart_policies(config_with(**changes)) == {
        actor: RestartPolicy(number, 100 + number, number / 4) for number, actor in enumerate(ACTORS, start=1)
    }


def test_the_gateway_watches_and_retries_by_the_profile() -> None:
    """Each limit that the operator set is the one that is watched, and no two are swapped."""
    config = config_with(
        risk__max_session_loss_rlusd=D(11),
        risk__max_drawdown_rlusd=D(12),
        risk__price_distance_max_bps=D(13),
        risk__stale_ledger_seconds=14,
        risk__adverse_move_bps=D(15),
        strategy__volatility_halflife_seconds=16,
        engine__quote_ttl_ledgers=17,
        engine__idle_ticks_max=18,
        engine__quiet_warning_seconds=19,
        engine__order_lifetime_ledgers=20,
        engine__reconcile_interval_ledgers=21,
        risk__request_retries_max=2,
        risk__request_backoff_seconds=D("0.25"),
    )
    watched = msgspec.to_builtins(watch_limits(config), builtin_types=(Decimal,))
    assert watched == {
        "quoting": {"quote_ttl_ledgers": 17, "idle_ticks_max": 18},
        "loss": {
            "max_session_loss_rlusd": D(11),
            "max_drawdown_rlusd": D(12),
            "price_distance_max_bps": D(13),
            "stale_after_s": 14,
            "move_halflife_s": 16,
            "move_least_bps": D(15),
        },
        "quiet_warning_s": 19,
    }
    gateway = dealer_settings(config)
    assert gateway.watch == watch_limits(config)
    assert gateway.retries == RetryPolicy(retries_max=2, backoff_s=0.25)
    assert (gateway.order_lifetime_ledgers, gateway.reconcile_interval_ledgers) == (20, 21)


def test_the_session_takes_care_and_waits_by_the_profile() -> None:
    """Backups, checkpoints and deadlines are those that the operator wrote down."""
    config = config_with(
        engine__backup_keep=1,
        engine__wal_checkpoint_interval_seconds=2,
        engine__shutdown_deadline_seconds=33,
        risk__stale_ledger_seconds=34,
        risk__gateway_silence_seconds=35,
    )
    settings = session_settings(config)
    assert (settings.backup_keep, settings.checkpoint_interval_s, settings.shutdown_deadline_s) == (1, 2, 33)
    assert (settings.stale_after_s, settings.silent_after_s) == (34, 35)
