"""Every section and key of a profile, with its type and its bounds.

A key is here because something consumes it. Its unit is in its name; its effect is told where the operator reads
it, beside the value in the profile. Who takes which keys is told by ``neo.config.key_wiring``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

import msgspec

from neo.alerts.alert_config import (
    AlertCommandConfig,
    AlertDiscordConfig,
    AlertEmailConfig,
    AlertNtfyConfig,
    AlertsConfig,
    AlertSlackConfig,
    AlertWebhookConfig,
    HeartbeatConfig,
)
from neo.replay.replay_config import ReplayVenueConfig
from neo.sim.venue_config import SimVenueConfig
from neo.strategy.models import MODELS
from neo.strategy.settings import PRICE_DIGITS_MIN
from neo.text.bounds import DURATION_MAX_S, RLUSD_MAX, Bounds, Form, OneOf
from neo.text.listening import listen_address
from neo.wire.live_config import GatewayConfig, LiveVenueConfig
from neo.wire.paper_config import PaperVenueConfig

# Below a mismatch of units shows: 1,000 bps is a tenth of the price.
OffsetBps = Annotated[Decimal, Bounds(ge=0, lt=1000)]
ValueRlusd = Annotated[Decimal, Bounds(gt=0, lt=RLUSD_MAX, digits=15)]
Seconds = Annotated[int, Bounds(ge=1, le=86_400)]


def section_fields(section: type[msgspec.Struct]) -> dict[str, Any]:
    """A section's keys with their types, bounds included, in the order of a profile."""
    return get_type_hints(section, include_extras=True)


class SessionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[session]``: what every session has, whatever its venue."""

    duration_seconds: Annotated[int, Bounds(ge=1, le=DURATION_MAX_S)]


# ``[venue]``: a section of its own for each kind, declared beside that kind's code; more kinds join by ``|``.
VenueConfig = SimVenueConfig | ReplayVenueConfig | PaperVenueConfig | LiveVenueConfig


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[engine]``: the beat, the database's care, restarts and the way down."""

    tick_interval_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    wal_checkpoint_interval_seconds: Annotated[int, Bounds(ge=0, le=86_400)]
    backup_keep: Annotated[int, Bounds(ge=0, le=1000)]
    shutdown_deadline_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    order_lifetime_ledgers: Annotated[int, Bounds(ge=1, le=1000)]
    reconcile_interval_ledgers: Annotated[int, Bounds(ge=1, le=100_000)]
    quote_ttl_ledgers: Annotated[int, Bounds(ge=1, le=10_000)]
    idle_ticks_max: Annotated[int, Bounds(ge=1, le=1_000_000)]
    quiet_warning_seconds: Annotated[int, Bounds(ge=1, le=86_400)]


RestartsMax = Annotated[int, Bounds(ge=0, le=100)]
RestartWindow = Annotated[int, Bounds(ge=1, le=86_400)]
RestartBackoff = Annotated[Decimal, Bounds(gt=0, le=600)]


class SupervisionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[supervision]``: how often each actor may restart, in which window, after which wait."""

    gateway_restarts_max: RestartsMax
    gateway_window_seconds: RestartWindow
    gateway_backoff_seconds: RestartBackoff
    strategy_restarts_max: RestartsMax
    strategy_window_seconds: RestartWindow
    strategy_backoff_seconds: RestartBackoff
    risk_restarts_max: RestartsMax
    risk_window_seconds: RestartWindow
    risk_backoff_seconds: RestartBackoff
    persistence_restarts_max: RestartsMax
    persistence_window_seconds: RestartWindow
    persistence_backoff_seconds: RestartBackoff
    telemetry_restarts_max: RestartsMax
    telemetry_window_seconds: RestartWindow
    telemetry_backoff_seconds: RestartBackoff


class StrategyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[strategy]``: which price to trust, where to quote around it, and when to quote anew."""

    model: Annotated[str, OneOf(tuple(MODELS))]
    bid_offset_bps: OffsetBps
    ask_offset_bps: OffsetBps
    inventory_skew_bps: OffsetBps
    target_xrp_percent: Annotated[Decimal, Bounds(ge=0, le=100)]
    levels: Annotated[int, Bounds(ge=1, le=10)]
    level_step_bps: Annotated[Decimal, Bounds(gt=0, lt=1000)]
    requote_interval_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    requote_tolerance_bps: OffsetBps
    quote_age_ledgers_max: Annotated[int, Bounds(ge=0, le=100_000)]
    price_digits: Annotated[int, Bounds(ge=PRICE_DIGITS_MIN, le=15)]
    clob_switch_threshold_bps: OffsetBps
    anchor_max_divergence_bps: OffsetBps
    anchor_rejoin_bps: OffsetBps
    dust_rlusd: Annotated[Decimal, Bounds(ge=0, lt=RLUSD_MAX, digits=15)]
    viability_sigmas: Annotated[Decimal, Bounds(ge=0, le=10)]
    requote_delay_seconds: Seconds
    volatility_halflife_seconds: Seconds
    volatility_initial_bps_minute: OffsetBps


class AvellanedaStoikovConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[avellaneda_stoikov]``: the numbers of the model of that name."""

    risk_aversion: Annotated[Decimal, Bounds(gt=0, le=10)]
    fill_decay_per_bps: Annotated[Decimal, Bounds(gt=0, le=10)]
    horizon_seconds: Seconds


class OrderSizeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[order_size]``: how much to quote."""

    base_size_rlusd: ValueRlusd
    min_remainder_rlusd: ValueRlusd


class RiskConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[risk]``: what a quote must not do, and what ends the session."""

    max_xrp_exposure: ValueRlusd
    max_rlusd_exposure: ValueRlusd
    reduce_only_percent: Annotated[Decimal, Bounds(gt=0, le=100)]
    max_order_rlusd: ValueRlusd
    price_band_bps: Annotated[Decimal, Bounds(gt=0, lt=1000)]
    reserve_buffer_xrp: Annotated[Decimal, Bounds(ge=0, lt=1_000_000, decimals=6)]
    max_fees_day_xrp: Annotated[Decimal, Bounds(gt=0, lt=1_000_000, decimals=6)]
    max_requests_minute: Annotated[int, Bounds(ge=1, le=100_000)]
    cancel_requests_minute: Annotated[int, Bounds(ge=0, le=100_000)]
    max_session_loss_rlusd: ValueRlusd
    max_drawdown_rlusd: ValueRlusd
    adverse_move_bps: Annotated[Decimal, Bounds(ge=0, lt=10_000)]
    price_distance_max_bps: Annotated[Decimal, Bounds(gt=0, lt=10_000)]
    stale_ledger_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    gateway_silence_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    request_retries_max: Annotated[int, Bounds(ge=0, le=100)]
    request_backoff_seconds: Annotated[Decimal, Bounds(gt=0, le=60)]


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[log]``: what the log file keeps."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    rotation_mb: Annotated[int, Bounds(ge=1, le=1000)]
    keep_files: Annotated[int, Bounds(ge=1, le=1000)]


def _page_fault(text: str) -> str | None:
    return "is no address to listen at" if listen_address(text) is None else None


_PAGE = Form(
    'an address and a port in quotes, such as "127.0.0.1:8017", or "" for no page', _page_fault, may_be_empty=True
)
_PEM = Form('the path of a PEM file in quotes, or "" for none', lambda _: None, may_be_empty=True)


class OperatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[operator]``: what a session shows of itself while it runs."""

    page: Annotated[str, _PAGE]
    page_certificate: Annotated[str, _PEM]
    page_key: Annotated[str, _PEM]


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A whole profile. A section that its kind of venue has not, or that was left out, is None."""

    session: SessionConfig
    venue: VenueConfig
    gateway: GatewayConfig | None
    engine: EngineConfig
    supervision: SupervisionConfig
    strategy: StrategyConfig
    avellaneda_stoikov: AvellanedaStoikovConfig
    order_size: OrderSizeConfig
    risk: RiskConfig
    log: LogConfig
    operator: OperatorConfig | None
    alerts: AlertsConfig | None
    alert_webhook: AlertWebhookConfig | None
    alert_slack: AlertSlackConfig | None
    alert_discord: AlertDiscordConfig | None
    alert_ntfy: AlertNtfyConfig | None
    alert_email: AlertEmailConfig | None
    alert_command: AlertCommandConfig | None
    heartbeat: HeartbeatConfig | None


# By the ``kind`` that a profile writes.
VENUE_KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    get_args(section_fields(one)["kind"])[0]: one for one in get_args(VenueConfig)
}

# Sections that not every kind of venue has, with those kinds.
SECTION_KINDS: Final[Mapping[str, tuple[str, ...]]] = {"gateway": ("live",)}

# Sections that a profile may be without, as those are that were written before there were any. They say to whom a
# session is shown and told, and nothing of its course: no hash counts them.
TELLING_SECTIONS: Final = frozenset(
    {
        "operator",
        "alerts",
        "alert_webhook",
        "alert_slack",
        "alert_discord",
        "alert_ntfy",
        "alert_email",
        "alert_command",
        "heartbeat",
    }
)


def sections_of(kind: str | None) -> dict[str, type[msgspec.Struct]]:
    """The sections of a profile whose venue is of this kind; all there are if it is not known.

    Of ``[venue]``, which is another one for each kind, that kind's: see :data:`VENUE_KINDS` where it is not known.
    """
    found: dict[str, type[msgspec.Struct]] = {}
    for name, hint in section_fields(Config).items():
        if name == "venue":
            found[name] = VENUE_KINDS.get(kind or "", msgspec.Struct)
        elif kind not in VENUE_KINDS or kind in SECTION_KINDS.get(name, VENUE_KINDS):
            found[name] = next((one for one in get_args(hint) if one is not type(None)), hint)
    return found
