"""From a profile's keys to what each actor and each part of the engine's mind takes: every mapping, in one place.

Nothing below knows a profile. What a part takes is a struct of its own, in its own units; here percent become shares,
XRP become drops, and ``_seconds`` become ``_s``. A venue's own section is mapped beside the venue.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from neo.alerts.alert import Severity, events_of
from neo.alerts.alert_settings import (
    AlertRules,
    ChannelChoice,
    CommandSettings,
    EmailSettings,
    HeartbeatSettings,
    WebhookForm,
    WebhookSettings,
)
from neo.chain.money import DROPS_PER_XRP
from neo.config.schema import Config
from neo.desk.dealer_settings import DealerSettings
from neo.risk.limits import RiskLimits
from neo.strategy.anchor import AnchorSettings
from neo.strategy.models import ModelSettings
from neo.strategy.settings import QuoteSettings, RequoteSettings
from neo.watch.health import RetryPolicy
from neo.watch.loss_limits import LossLimits
from neo.watch.quoting import QuotingLimits
from neo.watch.session_watch import WatchLimits
from neo.watch.supervision import RestartPolicy
from neo.wire.live_config import LiveVenueConfig


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the session takes for itself, beside its actors' parts.

    Args:
        backup_keep: Copies of the database that are kept.
        checkpoint_interval_s: Seconds between persistence's checkpoints; 0 for none but the last.
        shutdown_deadline_s: Seconds that the ladder down may take.
        stale_after_s: Seconds without a ledger that end the session.
        silent_after_s: Seconds of the gateway at one message that end it.
    """

    backup_keep: int
    checkpoint_interval_s: int
    shutdown_deadline_s: int
    stale_after_s: int
    silent_after_s: int


def quote_settings(config: Config) -> QuoteSettings:
    """What strategy's quoter takes."""
    strategy, model = config.strategy, config.avellaneda_stoikov
    return QuoteSettings(
        tick_interval_s=config.engine.tick_interval_seconds,
        model=strategy.model,
        model_settings=ModelSettings(
            bid_offset_bps=strategy.bid_offset_bps,
            ask_offset_bps=strategy.ask_offset_bps,
            inventory_skew_bps=strategy.inventory_skew_bps,
            risk_aversion=model.risk_aversion,
            fill_decay_per_bps=model.fill_decay_per_bps,
            horizon_s=model.horizon_seconds,
        ),
        anchor=AnchorSettings(
            clob_switch_threshold_bps=strategy.clob_switch_threshold_bps,
            max_divergence_bps=strategy.anchor_max_divergence_bps,
            rejoin_bps=strategy.anchor_rejoin_bps,
            dust_rlusd=strategy.dust_rlusd,
        ),
        requote=RequoteSettings(
            tolerance_bps=strategy.requote_tolerance_bps,
            quote_age_ledgers_max=strategy.quote_age_ledgers_max,
            min_remainder_rlusd=config.order_size.min_remainder_rlusd,
        ),
        target_share=strategy.target_xrp_percent.scaleb(-2),
        base_size_rlusd=config.order_size.base_size_rlusd,
        levels=strategy.levels,
        level_step_bps=strategy.level_step_bps,
        price_digits=strategy.price_digits,
        viability_sigmas=strategy.viability_sigmas,
        requote_delay_s=strategy.requote_delay_seconds,
        volatility_halflife_s=strategy.volatility_halflife_seconds,
        volatility_initial_bps_minute=strategy.volatility_initial_bps_minute,
        limits=risk_limits(config),
    )


def risk_limits(config: Config) -> RiskLimits:
    """What risk's gates take; strategy sizes its quotes by the same, and screens show them."""
    risk = config.risk
    return RiskLimits(
        max_xrp_exposure=risk.max_xrp_exposure,
        max_rlusd_exposure=risk.max_rlusd_exposure,
        reduce_only_share=risk.reduce_only_percent.scaleb(-2),
        max_order_rlusd=risk.max_order_rlusd,
        price_band_bps=risk.price_band_bps,
        reserve_buffer_drops=int(risk.reserve_buffer_xrp * DROPS_PER_XRP),
        max_fees_day_drops=int(risk.max_fees_day_xrp * DROPS_PER_XRP),
        max_requests_minute=risk.max_requests_minute,
        cancel_requests_minute=risk.cancel_requests_minute,
    )


def watch_limits(config: Config) -> WatchLimits:
    """What the gateway's watch over the session's course takes."""
    risk, engine = config.risk, config.engine
    loss = LossLimits(
        max_session_loss_rlusd=risk.max_session_loss_rlusd,
        max_drawdown_rlusd=risk.max_drawdown_rlusd,
        price_distance_max_bps=risk.price_distance_max_bps,
        stale_after_s=risk.stale_ledger_seconds,
        move_halflife_s=config.strategy.volatility_halflife_seconds,
        move_least_bps=risk.adverse_move_bps,
    )
    quoting = QuotingLimits(quote_ttl_ledgers=engine.quote_ttl_ledgers, idle_ticks_max=engine.idle_ticks_max)
    return WatchLimits(quoting=quoting, loss=loss, quiet_warning_s=engine.quiet_warning_seconds)


def retry_policy(config: Config) -> RetryPolicy:
    """How often the gateway makes a failed request to the venue again."""
    risk = config.risk
    return RetryPolicy(retries_max=risk.request_retries_max, backoff_s=float(risk.request_backoff_seconds))


def restart_policies(config: Config) -> Mapping[str, RestartPolicy]:
    """How often each actor may restart, by its name."""
    keys = config.supervision
    return {
        "gateway": RestartPolicy(
            restarts_max=keys.gateway_restarts_max,
            window_s=keys.gateway_window_seconds,
            backoff_s=float(keys.gateway_backoff_seconds),
        ),
        "strategy": RestartPolicy(
            restarts_max=keys.strategy_restarts_max,
            window_s=keys.strategy_window_seconds,
            backoff_s=float(keys.strategy_backoff_seconds),
        ),
        "risk": RestartPolicy(
            restarts_max=keys.risk_restarts_max,
            window_s=keys.risk_window_seconds,
            backoff_s=float(keys.risk_backoff_seconds),
        ),
        "persistence": RestartPolicy(
            restarts_max=keys.persistence_restarts_max,
            window_s=keys.persistence_window_seconds,
            backoff_s=float(keys.persistence_backoff_seconds),
        ),
        "telemetry": RestartPolicy(
            restarts_max=keys.telemetry_restarts_max,
            window_s=keys.telemetry_window_seconds,
            backoff_s=float(keys.telemetry_backoff_seconds),
        ),
    }


def dealer_settings(config: Config) -> DealerSettings:
    """What the dealer takes; only on a real ledger do offers run out, and does a fee follow the load."""
    engine = config.engine
    live = config.venue if isinstance(config.venue, LiveVenueConfig) else None
    return DealerSettings(
        order_lifetime_ledgers=engine.order_lifetime_ledgers,
        retries=retry_policy(config),
        watch=watch_limits(config),
        reconcile_interval_ledgers=engine.reconcile_interval_ledgers,
        offer_expiry_s=None if live is None else live.offer_expiry_seconds,
        fee_max_drops=None if live is None else live.fee_max_drops,
    )


def session_settings(config: Config) -> SessionSettings:
    """What the session itself takes."""
    engine, risk = config.engine, config.risk
    return SessionSettings(
        backup_keep=engine.backup_keep,
        checkpoint_interval_s=engine.wal_checkpoint_interval_seconds,
        shutdown_deadline_s=engine.shutdown_deadline_seconds,
        stale_after_s=risk.stale_ledger_seconds,
        silent_after_s=risk.gateway_silence_seconds,
    )


class PageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the page takes.

    Args:
        address: Where it listens; "" for no page.
        certificate: Path of a PEM file with the certificate and what leads to its root; "" for no TLS.
        key: Path of a PEM file with its key.
    """

    address: str
    certificate: str
    key: str


def page_settings(config: Config) -> PageSettings:
    """What the page takes."""
    keys = config.operator
    if keys is None:
        return PageSettings(address="", certificate="", key="")
    return PageSettings(address=keys.page, certificate=keys.page_certificate, key=keys.page_key)


def alert_rules(config: Config) -> AlertRules | None:
    """What holds for every channel of alerts; None in a profile without that section."""
    alerts, loss = config.alerts, watch_limits(config).loss
    if alerts is None:
        return None
    return AlertRules(
        messages_minute_max=alerts.messages_minute_max,
        repeat_s=alerts.repeat_seconds,
        retry_s=alerts.retry_seconds,
        end_deadline_s=alerts.end_deadline_seconds,
        refusals_minute=alerts.refusals_minute,
        limit_used_share=alerts.limit_used_percent.scaleb(-2),
        max_session_loss_rlusd=loss.max_session_loss_rlusd,
        max_drawdown_rlusd=loss.max_drawdown_rlusd,
    )


def webhook_settings(config: Config) -> list[WebhookSettings]:
    """The webhooks that are on."""
    json, slack, discord, ntfy = config.alert_webhook, config.alert_slack, config.alert_discord, config.alert_ntfy
    found = []
    if json is not None:
        choice = ChannelChoice(Severity(json.severity_min), events_of(json.events))
        found.append(WebhookSettings(WebhookForm.WEBHOOK, json.url_variable, "", choice))
    if slack is not None:
        choice = ChannelChoice(Severity(slack.severity_min), events_of(slack.events))
        found.append(WebhookSettings(WebhookForm.SLACK, slack.url_variable, "", choice))
    if discord is not None:
        choice = ChannelChoice(Severity(discord.severity_min), events_of(discord.events))
        found.append(WebhookSettings(WebhookForm.DISCORD, discord.url_variable, "", choice))
    if ntfy is not None:
        choice = ChannelChoice(Severity(ntfy.severity_min), events_of(ntfy.events))
        found.append(WebhookSettings(WebhookForm.NTFY, ntfy.url_variable, ntfy.token_variable, choice))
    return [each for each in found if each.url_variable]


def email_settings(config: Config) -> EmailSettings | None:
    """The mail; None if it is off."""
    email = config.alert_email
    if email is None or not email.relay:
        return None
    return EmailSettings(
        relay=email.relay,
        tls=email.tls,
        login_variable=email.login_variable,
        sender=email.sender,
        recipients=email.recipients,
        choice=ChannelChoice(Severity(email.severity_min), events_of(email.events)),
    )


def command_settings(config: Config) -> CommandSettings | None:
    """The operator's own program; None if there is none."""
    command = config.alert_command
    if command is None or not command.command:
        return None
    return CommandSettings(
        argv=command.command,
        deadline_s=command.deadline_seconds,
        choice=ChannelChoice(Severity(command.severity_min), events_of(command.events)),
    )


def heartbeat_settings(config: Config) -> HeartbeatSettings | None:
    """The sign of life; None if it goes nowhere."""
    heartbeat = config.heartbeat
    if heartbeat is None or (heartbeat.url_variable, heartbeat.file) == ("", ""):
        return None
    return HeartbeatSettings(
        url_variable=heartbeat.url_variable,
        file=heartbeat.file,
        interval_s=heartbeat.interval_seconds,
    )
