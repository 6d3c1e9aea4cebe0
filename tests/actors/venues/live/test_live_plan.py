"""From a live profile to what the venue takes: each setting by its own key, and the key of the profile's account.

Method: the shipped profile with its values changed; a seed made by the ledger's own codec, where the machine keeps it.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli
from support.profile_tables import PAPER
from xrpl.constants import CryptoAlgorithm
from xrpl.core import binarycodec, keypairs
from xrpl.core.addresscodec import encode_seed

from actors.venues.host import VenueOptions
from actors.venues.live.live_plan import live_plan
from actors.venues.live.live_settings import LiveSettings
from actors.venues.venue_errors import NotReadyError
from neo.config import Config, parse_config
from neo.config.key_wiring import quote_settings
from neo.mirror.assembly import Completeness

LIVE = PAPER.parent / "live-stage1.toml"
SEED = encode_seed(bytes([7]) * 16, CryptoAlgorithm.ED25519)
PUBLIC_KEY, _ = keypairs.derive_keypair(SEED)
ACCOUNT = keypairs.derive_classic_address(PUBLIC_KEY)
CANCEL = {
    "TransactionType": "OfferCancel",
    "Account": ACCOUNT,
    "Fee": "12",
    "Flags": 0,
    "Sequence": 7,
    "LastLedgerSequence": 105,
    "OfferSequence": 5,
}


def profile(**changes: Any) -> Config:
    """The shipped live profile with keys of its venue and its gateway changed."""
    data: dict[str, Any] = tomli.loads(LIVE.read_text(encoding="utf-8"), parse_float=Decimal)
    for key, value in changes.items():
        data["gateway" if key in data["gateway"] else "venue"][key] = value
    return parse_config(data, "my.toml")


def test_every_setting_of_the_live_venue_comes_from_its_own_key() -> None:
    """The shipped profile writes some numbers for several keys, so each gets its own here."""
    config = profile(
        account=ACCOUNT,
        issuer="rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        currency="USD",
        endpoints=["ws://one:1", "ws://two:2"],
        network_id=21338,
        server_version_min="3.0.0-b1",
        completeness="filtered",
        validated_age_seconds_max=21,
        request_timeout_seconds=22,
        audit_interval_ledgers=23,
        unknown_offers="adopt",
        unknown_age_seconds=24,
        paper_twin=True,
    )
    assert live_plan(config, VenueOptions()).settings == LiveSettings(
        account=ACCOUNT,
        currency="USD",
        issuer="rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        endpoints=("ws://one:1", "ws://two:2"),
        network_id=21338,
        server_version_min="3.0.0-b1",
        completeness=Completeness.FILTERED,
        validated_age_s_max=21,
        request_timeout_s=22.0,
        audit_interval_ledgers=23,
        unknown_offers="adopt",
        unknown_age_s=24,
        paper_twin=True,
        quotes=quote_settings(config),
        order_lifetime_ledgers=5,
    )


@pytest.mark.parametrize("source", ["environment", "file"])
def test_a_live_plan_signs_with_the_seed_that_this_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """The signature is the account's, as the ledger's own library checks it."""
    file = tmp_path / "seed"
    if source == "environment":
        monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    else:
        monkeypatch.delenv("NEO_WALLET_SEED", raising=False)
        file.touch(mode=0o600)
        file.write_text(SEED, encoding="utf-8")
    config = profile(account=ACCOUNT, seed_file=str(file) if source == "file" else "")
    signed = binarycodec.decode(live_plan(config, VenueOptions()).signer().sign(CANCEL).blob)
    assert (signed["Account"], signed["SigningPubKey"]) == (ACCOUNT, PUBLIC_KEY)
    message = bytes.fromhex(binarycodec.encode_for_signing(signed))
    assert keypairs.is_valid_message(message, bytes.fromhex(signed["TxnSignature"]), PUBLIC_KEY)


def test_the_seed_of_another_account_signs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transactions would be another account's, or none at all: the start ends before anything is sent."""
    monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    plan = live_plan(profile(account="rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"), VenueOptions())
    with pytest.raises(NotReadyError, match=f"belongs to {ACCOUNT}"):
        plan.signer()
