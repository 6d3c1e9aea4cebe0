"""``neo kill``, ``neo pause``, ``neo resume`` and ``neo status``: a word to the session that runs on a database."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from neo.control import Done, GetStatus, Kill, Pause, Resume, Status
from tools.forms import db_option
from tools.link import asked
from tools.profiles import session_database
from tools.words import NOTHING, count, show_duration, show_price, show_rlusd, show_xrp

_reason_option = click.option("--reason", default="", help="Why, in your words; kept in the journal.")

_LABEL = 11


@click.command()
@db_option
@_reason_option
def kill(db: Path | None, reason: str) -> None:
    """End the running session as kill_switch: quotes are pulled, the inventory is reconciled, the end is written."""
    _say(db, Kill(reason))


@click.command()
@db_option
@_reason_option
def pause(db: Path | None, reason: str) -> None:
    """Pull every quote and place none; the session goes on watching."""
    _say(db, Pause(reason))


@click.command()
@db_option
@_reason_option
def resume(db: Path | None, reason: str) -> None:
    """Quote again after a pause."""
    _say(db, Resume(reason))


@click.command()
@db_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(db: Path | None, *, as_json: bool) -> None:
    """Tell where the running session stands."""
    reply = asked(session_database(db), GetStatus())
    assert isinstance(reply, Status), "a session answers what it was asked"
    if as_json:
        click.echo(msgspec.json.Encoder(decimal_format="string").encode(reply))
        return
    for label, text in status_rows(reply):
        click.echo(f"{label:<{_LABEL}}{text}")


def status_rows(told: Status) -> list[tuple[str, str]]:
    """A status as labelled lines."""
    rows = [("Session", f"{told.session_id} on {told.venue}, seed {told.seed}"), ("State", _state(told))]
    elapsed = f"{show_duration(int(told.elapsed_s))} of {show_duration(told.duration_s)}"
    rows.append(("Elapsed", f"{elapsed}; ledger {told.ledger_index or NOTHING}, tick {told.tick}"))
    rows.append(("Market", f"mid {show_price(told.mid_price)}, AMM {show_price(told.pool_price)}"))
    quotes = f"bid {show_price(told.own_bid)}, ask {show_price(told.own_ask)}"
    rows.append(("Quotes", f"{quotes}; {count(told.offers, 'offer')} on the ledger or on the way"))
    xrp = NOTHING if told.xrp_drops is None else show_xrp(told.xrp_drops, 6)
    rows.append(("Inventory", f"{xrp}, {show_rlusd(told.rlusd, 6)}; {count(told.fills, 'fill')}"))
    rows.append(("Watch", f"{count(told.restarts, 'actor restart')}; {count(told.taps, 'tap')}"))
    full = [f"{depth.name} {depth.waiting}/{depth.bound}" for depth in told.channels]
    rows.append(("Channels", ", ".join(full)))
    return rows


def _state(told: Status) -> str:
    if told.halting is not None:
        return f"ENDING: {told.halting}" + (f" ({told.halt_detail})" if told.halt_detail else "")
    return f"PAUSED ({told.pause_cause})" if told.paused else "quoting"


def _say(db: Path | None, command: Kill | Pause | Resume) -> None:
    reply = asked(session_database(db), command)
    assert isinstance(reply, Done), "a session says what it does about a word"
    click.echo(f"Session {reply.session_id}: {reply.detail}.")
