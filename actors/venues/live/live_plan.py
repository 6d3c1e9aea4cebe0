"""From a profile's live ``[venue]`` and its ``[gateway]`` to what the live venue takes; the one reader of both."""

from __future__ import annotations

from pathlib import Path

from actors.venues.host import VenueOptions
from actors.venues.live.live_host import LivePlan
from actors.venues.live.live_settings import LiveSettings
from actors.venues.live.wallet_seed import WalletSeed, read_wallet_seed
from actors.venues.port import Signer
from neo.config import Config
from neo.config.key_wiring import dealer_settings, quote_settings
from neo.mirror.assembly import Completeness
from neo.wire.live_config import GatewayConfig, LiveVenueConfig


def live_plan(config: Config, options: VenueOptions) -> LivePlan:
    """A real ledger as a profile describes it.

    Args:
        config: The profile's effective values: account and endpoints of this session.
        options: A real ledger takes none of them, which is told where they are given.
    """
    del options
    return LivePlan(settings=live_settings(config), signer=lambda: account_signer(config))


def live_settings(config: Config) -> LiveSettings:
    """Which ledger and pair, through which servers, and what is done about what is found there."""
    venue, gateway = _venue(config), _gateway(config)
    return LiveSettings(
        account=venue.account,
        currency=venue.currency,
        issuer=venue.issuer,
        endpoints=venue.endpoints,
        network_id=venue.network_id,
        server_version_min=venue.server_version_min,
        completeness=Completeness(venue.completeness),
        validated_age_s_max=venue.validated_age_seconds_max,
        request_timeout_s=float(venue.request_timeout_seconds),
        audit_interval_ledgers=gateway.audit_interval_ledgers,
        unknown_offers=gateway.unknown_offers,
        unknown_age_s=gateway.unknown_age_seconds,
        paper_twin=gateway.paper_twin,
        order_lifetime_ledgers=dealer_settings(config).order_lifetime_ledgers,
        quotes=quote_settings(config),
    )


def account_signer(config: Config) -> Signer:
    """Signs for the profile's account, with the seed that this machine has for it.

    Raises:
        VenueError: There is no seed, or it is another account's.
    """
    return signer_of(config, seed_of(config))


def seed_of(config: Config) -> WalletSeed:
    """The seed that this machine has for the profile's account.

    Raises:
        VenueError: There is none.
    """
    venue = _venue(config)
    return read_wallet_seed(venue.account, Path(venue.seed_file) if venue.seed_file else None)


def signer_of(config: Config, seed: WalletSeed) -> Signer:
    """Signs with a seed for the profile's account.

    Raises:
        VenueError: It is another account's.
    """
    venue = _venue(config)
    from actors.venues.live.signer import open_signer  # noqa: PLC0415 - 0.9 s, for those who sign

    return open_signer(seed, venue.account)


def _venue(config: Config) -> LiveVenueConfig:
    assert isinstance(config.venue, LiveVenueConfig), "the table of venues leads here by the kind"
    return config.venue


def _gateway(config: Config) -> GatewayConfig:
    assert config.gateway is not None, "a live venue's profile has the section"
    return config.gateway
