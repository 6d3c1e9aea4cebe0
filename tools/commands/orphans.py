"""``neo orphans``: orders whose fate is unclear, what the ledger says of them, and settling them with a reason."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from actors.session.settling_by_hand import FATES, settle_orphan
from actors.store import require_database
from actors.store.orphans import Orphan, orphans_of
from actors.venues.live.evidence import Suspect, evidence_of
from actors.venues.live.live_host import endpoints_of
from actors.venues.live.live_plan import live_settings
from actors.venues.table import is_venue_kept
from actors.venues.venue_errors import VenueError
from neo.messages import OrderStatus
from neo.text.redaction import hide_secrets
from neo.wire.live_config import LiveVenueConfig
from tools.console.async_part import run_async
from tools.console.errors import OperatorError
from tools.console.forms import db_option, json_option, json_text, late_db_option
from tools.console.options import NameOf
from tools.console.output import shown
from tools.console.paths import find_database, writable_database
from tools.console.words import count
from tools.settings.live_options import LiveOptions, live_options, with_live_options
from tools.settings.profiles import find_profile, read_profile

_REASON_CHARS_MAX = 500


@click.group()
@db_option
@click.pass_context
def orphans(context: click.Context, db: Path | None) -> None:
    """List orders whose fate is unclear, and settle them."""
    context.obj = find_database(db)


@orphans.command("list")
@late_db_option
@click.option("--config", help="A live profile through whose servers the ledger is asked.")
@live_options
@json_option
@click.pass_obj
def list_command(path: Path, /, config: str | None, *, as_json: bool, **live: Any) -> None:
    """Show each with what is known of it.

    Orders of a running session are not among them. With --config the ledger is asked about those that the account sent
    on a live venue; of another account's it could tell nothing.
    """
    require_database(path)
    found = orphans_of(path)
    told = {} if config is None else _asked(found, config, LiveOptions(**live))
    rows = [(one, _evidence(path, one, told)) for one in found]
    if as_json:
        lines = [{**msgspec.structs.asdict(one), "evidence": evidence} for one, evidence in rows]
        click.echo(msgspec.json.encode(lines).decode())
        return
    for one, evidence in rows:
        click.echo(f"{one.order_id} of session {one.session_id}: {one.side} at {one.price}, {one.status}")
        click.echo(f"    {shown(evidence)}")
    click.echo(f"{count(len(rows), 'order')} of unclear fate." if rows else "Every order's fate is known.")


@orphans.command()
@late_db_option
@click.argument("session_id", metavar="SESSION")
@click.argument("order_id", metavar="ORDER")
@click.option("--as", "fate", type=NameOf([str(one) for one in FATES]), required=True, help="What became of it.")
@click.option("--reason", required=True, help="How you know; it is kept with the order.")
@json_option
@click.pass_obj
def resolve(path: Path, session_id: str, order_id: str, fate: str, reason: str, *, as_json: bool) -> None:
    """Write down what became of an order.

    SESSION and ORDER as `neo orphans list` has them. It goes into the session's journal behind its end, with the
    reason.
    """
    require_database(path)
    words = hide_secrets(" ".join(reason.split()))
    if not words or len(words) > _REASON_CHARS_MAX:
        raise OperatorError(f"--reason: write 1 to {_REASON_CHARS_MAX} characters on how you know.", 2)
    found = [one for one in orphans_of(path) if (one.session_id, one.order_id) == (session_id, order_id)]
    if not found:
        raise OperatorError(
            f"{shown(order_id)} of session {shown(session_id)}: no order of unclear fate is called so;"
            " `neo orphans list` shows those there are.",
            2,
        )
    if not found[0].is_over:
        raise OperatorError(
            f"{shown(order_id)}: its session has no end yet. `neo run` on this database settles it by the ledger; what"
            " stays unclear then can be settled here."
        )
    settle_orphan(writable_database(path), session_id, order_id, OrderStatus(fate), words)
    if as_json:
        click.echo(json_text({"session_id": session_id, "order_id": order_id, "status": fate, "reason": words}))
        return
    click.echo(f"{shown(order_id)} of session {shown(session_id)} is {fate}: {shown(words)}")


def _asked(found: list[Orphan], profile: str, live: LiveOptions) -> Mapping[str, str]:
    config = with_live_options(read_profile(find_profile(profile)), live, os.environ)
    if not isinstance(config.venue, LiveVenueConfig) or not config.venue.account:
        raise OperatorError(
            "--config: give a profile with a live venue, and the account with --account or NEO_ACCOUNT.", 2
        )
    suspects = [
        Suspect(one.tx_hash, one.last_ledger or 0, one.offer_sequence or 0)
        for one in found
        if (one.venue, one.account) == (config.venue.kind, config.venue.account) and one.tx_hash is not None
    ]
    settings = live_settings(config)
    try:
        return run_async(evidence_of, endpoints_of(settings), settings, suspects)
    except VenueError as error:
        raise OperatorError(str(error)) from None


def _evidence(path: Path, one: Orphan, told: Mapping[str, str]) -> str:
    if one.tx_hash is not None and one.tx_hash in told:
        return told[one.tx_hash]
    parts = ["nothing of it was signed" if one.tx_hash is None else f"sent as {one.tx_hash} by {one.account}"]
    if one.last_ledger is not None:
        parts.append(f"no ledger after {one.last_ledger} could take it")
    if not one.is_over or (one.status is not OrderStatus.LOST and is_venue_kept(path)):
        parts.append("the next `neo run` asks its ledger")
    elif one.reason is not None:
        parts.append(one.reason)
    return "; ".join(parts)
