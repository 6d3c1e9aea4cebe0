"""``neo experiments``: the log of what was tried and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from actors.store import reports as stored
from actors.store.table_rows import Experiment
from neo.analysis import Value
from neo.config.retired import names_now
from neo.text.redaction import hide_secrets
from tools.console.forms import (
    csv_option,
    csv_text,
    db_option,
    json_option,
    json_text,
    late_db_option,
    markdown_cell,
    one_form,
)
from tools.console.paths import find_database, writable_database
from tools.console.words import NOTHING, count, show_change
from tools.reporting.fitting import Column, Fitting
from tools.reporting.labels import LABELS, show
from tools.reporting.picking import picked, wanted_from
from tools.reporting.sources import choose
from tools.reporting.terminal import console

_RESULTS = (
    ("spread_captured_rlusd", "spread"),
    ("inventory_revaluation_rlusd", "revaluation"),
    ("bid_within_2bps_share", "bid 2 bps"),
    ("ask_within_2bps_share", "ask 2 bps"),
    ("mark_out_5_bps", "mark-out 5"),
    ("flow_won_share", "won"),
)


# Changes and notes may be broken, but not into columns of a letter.
_WRAPPED = 16


@click.group(invoke_without_command=True)
@db_option
@json_option
@csv_option
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only where it is so: fills>10, profile=paper.")
@click.option("--sort", metavar="FIELD", help="By this field, the smallest first [default: the newest first].")
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option("--markdown", is_flag=True, help="A Markdown table, for notes and issues.")
@click.pass_context
def experiments(
    context: click.Context,
    db: Path | None,
    where: Sequence[str],
    sort: str | None,
    *,
    reverse: bool,
    as_json: bool,
    as_csv: bool,
    markdown: bool,
) -> None:
    """Show the experiment log: every session that ended, with what it was tried with and what came of it.

    The fields of --where and --sort are the columns of --csv, the result, and the settings that differ from the shipped
    profile: --where strategy.bid_offset_bps=8 --sort result --reverse. Several --where have to hold at once.
    """
    context.obj = find_database(db)
    if context.invoked_subcommand is not None:
        return
    one_form(as_json=as_json, as_csv=as_csv)
    wanted = [wanted_from(text) for text in where]
    every = stored.experiments(context.obj)
    rows = picked(every, _fields, wanted, sort)
    rows = rows[::-1] if reverse else rows
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(_as_object(row)).decode())
    elif as_csv:
        click.echo(csv_text([_flat(row) for row in rows]), nl=False)
    elif markdown:
        click.echo(markdown_table(rows), nl=False)
    elif not rows and every:
        click.echo(f"None of {count(len(every), 'experiment')} is so.")
    elif not rows:
        click.echo(f"No experiments yet in {context.obj}; every session that ends is one.")
    else:
        console().print(experiments_table(rows))


@experiments.command()
@late_db_option
@click.argument("session")
@click.argument("text")
@json_option
@click.pass_obj
def note(path: Path, session: str, text: str, *, as_json: bool) -> None:
    """Put the note TEXT beside SESSION, in place of the one before; an empty one takes it away."""
    row = choose(path, session)
    kept = hide_secrets(text)
    words = " ".join(kept.split())
    stored.write_note(writable_database(path), row.id, words)
    if as_json:
        click.echo(json_text({"session_id": row.id, "note": words}))
        return
    click.echo(f"{row.id}: noted." + ("" if kept == text else " What looked like a wallet's secret was left out."))


def markdown_table(rows: Sequence[Experiment]) -> str:
    """The log as a Markdown table."""
    head = ["session", "started", "venue", "config", "changes", "seed", "market", "ending", "fills", "result"]
    head += [words for _, words in _RESULTS] + ["note"]
    lines = [head, ["---"] * len(head)]
    lines += [[markdown_cell(cell) for cell in _cells(row)] for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Experiment) -> list[str]:
    figures = results_of_row(row)
    cells = [row.session_id, row.started_at[:16].replace("T", " "), row.venue, row.config_sha256[:8], changes_text(row)]
    cells += [str(row.seed), row.market, row.halt_reason, f"{row.fills:,}", show_change(row.equity_change_rlusd)]
    cells += [show(LABELS[key].kind, figures.get(key)) for key, _ in _RESULTS]
    return [*cells, row.note]


def results_of_row(row: Experiment) -> dict[str, Value]:
    """The figures that were kept; none if the process was lost."""
    try:
        return {} if row.results is None else msgspec.json.decode(row.results, type=dict[str, Value])
    except msgspec.DecodeError:
        return {}


def changes_text(row: Experiment) -> str:
    """The keys that differ from the shipped profile, in one line."""
    changes = (f"{key}={new}" for key, (_, new) in names_now(row.config_changes).items())
    return ", ".join(changes) or NOTHING


def experiments_table(rows: Sequence[Experiment]) -> Fitting:
    """The log for the terminal; a narrow table leaves out what the other forms have."""
    columns = [
        Column("session", right=False),
        Column("changes", right=False, wrap=_WRAPPED),
        Column("ending", right=False, spare=2),
        Column("fills", spare=3),
        Column("result"),
        Column("won", spare=1),
        Column("note", right=False, wrap=_WRAPPED),
    ]
    return Fitting(columns, [_shown(row) for row in rows])


def _shown(row: Experiment) -> list[str]:
    result = NOTHING if row.equity_change_rlusd is None else f"{row.equity_change_rlusd:+.4f}"
    won = show("share", results_of_row(row).get("flow_won_share"))
    return [row.session_id, changes_text(row), row.halt_reason, f"{row.fills:,}", result, won, row.note]


def _as_object(row: Experiment) -> dict[str, object]:
    return msgspec.structs.asdict(row) | {"results": results_of_row(row)}


def _fields(row: Experiment) -> dict[str, Value]:
    """What a row can be picked by: its columns, and each setting of its own."""
    changes = {key: new for key, (_, new) in names_now(row.config_changes).items()}
    result = None if row.equity_change_rlusd is None else str(row.equity_change_rlusd)
    return {**changes, **_flat(row), "result": result}


def _flat(row: Experiment) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "session": row.session_id,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "venue": row.venue,
        "profile": row.profile,
        "config_sha256": row.config_sha256,
        "config_changes": changes_text(row),
        "seed": row.seed,
        "market": row.market,
        "halt_reason": row.halt_reason,
        "halt_detail": row.halt_detail,
        "note": row.note,
    }
    return fields | results_of_row(row)
