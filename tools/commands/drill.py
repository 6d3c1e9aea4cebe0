"""``neo drill``: rehearse an ending, and see that it is explained."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from loguru import logger

from neo.messages import ActorRestarted, HaltRaised, Message, PoisonSetAside, SessionStarted
from neo.messages.halts import HALT_FACTS, INTERRUPTED
from tools.console.forms import json_option, json_text
from tools.console.options import quoted
from tools.proofs.drills import DRILLS, Drill, DrillOutcome, exit_code_of, find_drill, rehearse
from tools.reporting.lines import ending_lines

EXIT_NOT_AS_PROMISED = 6

# What of a session's messages a drill shows as it happens.
_SHOWN = (SessionStarted, ActorRestarted, PoisonSetAside, HaltRaised)


@click.command()
@click.argument("name", required=False)
@json_option
def drill(name: str | None, *, as_json: bool) -> int:
    """Rehearse the ending NAME in a database of its own, or list what can be rehearsed. Touches nothing of yours."""
    if name is None:
        for each in DRILLS:
            told = {"name": each.name, "exit_code": exit_code_of(each), "what": each.what}
            click.echo(json_text(told) if as_json else f"{each.name:<24}{exit_code_of(each):>4}  {each.what}")
        return 0
    chosen = find_drill(name)
    if chosen is None:
        raise click.UsageError(f"no drill is called {quoted(name)}; `neo drill` lists them.")
    with tempfile.TemporaryDirectory(prefix="neo-drill-") as folder:
        return _rehearse(chosen, Path(folder), as_json=as_json)


def _rehearse(chosen: Drill, folder: Path, *, as_json: bool) -> int:
    # A drill's warnings and errors are part of the show; its log is not kept.
    logger.remove()
    if as_json:
        return _rehearsed(chosen, rehearse(chosen, folder, lambda _: None))
    click.echo(f"Drill {chosen.name}: {chosen.what}")
    outcome = rehearse(chosen, folder, _show)
    summary = outcome.summary
    for line in ending_lines(summary, None):
        click.echo(line)
    rows = [
        ("Detail", summary.halt_detail),
        *(("Also", f"{halt.reason} from {halt.source}: {halt.detail}") for halt in summary.secondary_halts),
        ("Ran", f"{summary.ticks} ticks, {summary.fills} fills, {summary.restarts} actor restarts"),
        *(("Not done", rung) for rung in summary.rungs_failed),
        ("Left", f"{len(outcome.offers_on_ledger)} of our offers on the ledger"),
        ("Row", f"{outcome.row.status}, {outcome.row.halt_reason}"),
        ("Exit code", str(HALT_FACTS[summary.halt_reason].exit_code)),
    ]
    for label, text in rows:
        click.echo(f"{label:<12}{text}")
    if summary.halt_reason in INTERRUPTED and summary.halt_reason is not chosen.reason:
        click.echo("Interrupted before it was rehearsed.")
        return HALT_FACTS[summary.halt_reason].exit_code
    faults = outcome.faults(chosen)
    click.echo("As promised." if not faults else "NOT as promised: " + "; ".join(faults) + ".")
    return EXIT_NOT_AS_PROMISED if faults else 0


def _rehearsed(chosen: Drill, outcome: DrillOutcome) -> int:
    """What came of a drill, as one JSON object."""
    summary = outcome.summary
    faults = outcome.faults(chosen)
    told = {"name": chosen.name, "what": chosen.what, "as_promised": not faults, "faults": faults}
    click.echo(json_text(told | {"offers_on_ledger": len(outcome.offers_on_ledger), "summary": summary}))
    if summary.halt_reason in INTERRUPTED and summary.halt_reason is not chosen.reason:
        return HALT_FACTS[summary.halt_reason].exit_code
    return EXIT_NOT_AS_PROMISED if faults else 0


def _show(message: Message) -> None:
    if isinstance(message, _SHOWN):
        if isinstance(message, SessionStarted):
            click.echo(f"  begins at ledger {message.ledger_index}")
        elif isinstance(message, ActorRestarted):
            click.echo(f"  {message.actor} restarts after {message.error}")
        elif isinstance(message, PoisonSetAside):
            click.echo(f"  a {message.kind} is set aside: it broke {message.actor} twice")
        else:
            click.echo(f"  {'ending' if message.first else 'also'}: {message.reason} ({message.detail})")
