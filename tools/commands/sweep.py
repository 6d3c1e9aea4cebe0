"""``neo sweep``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import msgspec

from actors.plumbing.files import make_private_folder
from tools.console.forms import csv_text, one_form
from tools.console.options import Duration, FolderName, Whole, allow_implausible_option
from tools.console.output import shown
from tools.console.steady_console import SteadyConsole
from tools.reporting.shell import write_page
from tools.sweep.crew import Crew, StopAsked
from tools.sweep.findings import PointSummary, as_objects, csv_rows, markdown_of, summaries_of, table_of
from tools.sweep.folders import PAGE, RUNNING, SESSIONS, clear_way
from tools.sweep.kept import Kept, results_in
from tools.sweep.points import AxisOption, SeedsOption
from tools.sweep.progress import Progress
from tools.sweep.runs import Run
from tools.sweep.sweep_page import sweep_page
from tools.sweep.sweep_plan import Plan, SweepOptions, make_plan

EXIT_SOME_FAILED = 1

# More than any machine has cores; each takes some 60 MB.
JOBS_MAX = 256

_WIDTH_PIPED = 200


@click.command()
@click.option("--config", default="paper", show_default=True, help="The profile whose other values are used.")
@click.option(
    "--set",
    "axes",
    type=AxisOption(),
    multiple=True,
    metavar="KEY=A,B,C",
    help="Values to try; KEY+KEY=A,B gives two keys the same one. May be repeated.",
)
@click.option(
    "--grid/--zip",
    "grid",
    default=True,
    help="Every combination of the values (the default), or the first of each, the second of each, ...",
)
@click.option("--points", type=click.Path(path_type=Path), help="A CSV of settings: keys as header, a row each.")
@click.option("--seeds", type=SeedsOption(), default="1-20", show_default=True, help="Seeds, such as 1-20 or 1,5,9.")
@click.option(
    "--market",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A CSV of one-minute prices; may be repeated [default: the profile's].",
)
@allow_implausible_option
@click.option(
    "--recording",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A recording of ledgers to play; may be repeated [default: the profile's].",
)
@click.option("--duration", type=Duration(), help="Market time of each session, such as 30m or 2h.")
@click.option("--jobs", type=Whole(1, JOBS_MAX), help="Processes at a time [default: one for each core].")
@click.option(
    "--out",
    type=FolderName(),
    help="The folder for results [default: one for this profile and these keys in the user's data folder].",
)
@click.option("--keep", is_flag=True, help="Keep every session's database and log, in the folder's sessions/.")
@click.option("--json", "as_json", is_flag=True, help="JSON with the spread of every figure.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a row for each point and figure.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The table in Markdown.")
def sweep(*, grid: bool, **options: Any) -> int:
    """Run many sessions over settings, seeds and recordings, and tell what they say together.

    Every session is an ordinary one, in a database of its own that goes with it unless --keep. Results are kept as
    sessions end; Ctrl+C stops, and the same command goes on where it stopped.
    """  # fmt: skip
    chosen = SweepOptions(zipped=not grid, **options)
    one_form(as_json=chosen.as_json, as_csv=chosen.as_csv)
    plan = make_plan(chosen)
    with results_in(plan.folder) as kept, StopAsked() as stop:
        failed = _carry_out(plan, chosen, kept, stop)
        wanted = [kept.results[run.id] for run in plan.runs if run.id in kept.results]
        summaries = summaries_of(plan.points, wanted)
        if summaries:
            _write_page(plan, summaries, len(wanted))
            _tell(plan, chosen, summaries, len(wanted))
    if stop.exit_code is not None:
        return stop.exit_code
    return EXIT_SOME_FAILED if failed else 0


def _carry_out(plan: Plan, options: SweepOptions, kept: Kept, stop: StopAsked) -> int:
    """Run what has no result yet; returns how many sessions gave none."""
    left = [run for run in plan.runs if run.id not in kept.results]
    if not left:
        return 0
    jobs = min(options.jobs or _cores(), len(left))
    failed = 0
    with (
        Progress(sys.stderr, len(plan.runs), len(plan.runs) - len(left), plan.facts()[0]) as progress,
        Crew(jobs, plan.markets, plan.folder / RUNNING, kept=options.keep) as crew,
    ):
        for outcome in crew.run(left, stop):
            if outcome.result is not None:
                if options.keep:
                    _keep(plan.folder / SESSIONS, outcome.task.folder)
                kept.add(outcome.result)
                progress.advance()
            elif outcome.fault is not None:
                failed += 1
                progress.warn(f"{_name(outcome.task.run)}: {outcome.fault}")
        if stop.exit_code is not None:
            progress.warn("stopping; what is done is kept, and the same command goes on from there")
    return failed


def _keep(sessions: Path, folder: Path) -> None:
    """Move a session's database and log to where they stay."""
    make_private_folder(sessions)
    kept = sessions / folder.name
    clear_way(kept)
    shutil.move(folder, kept)


def _write_page(plan: Plan, summaries: Sequence[PointSummary], done: int) -> None:
    facts = plan.facts()
    if done < len(plan.runs):
        facts.append(f"incomplete: {done:,} of {len(plan.runs):,} sessions")
    write_page(plan.folder / PAGE, sweep_page(summaries, facts), force=True)


def _tell(plan: Plan, options: SweepOptions, summaries: Sequence[PointSummary], done: int) -> None:
    page = plan.folder / PAGE
    if options.as_json:
        told = {"facts": plan.facts(), "sessions": len(plan.runs), "done": done, "folder": shown(str(plan.folder))}
        click.echo(msgspec.json.encode(told | {"points": as_objects(summaries)}).decode())
    elif options.as_csv:
        click.echo(csv_text(csv_rows(summaries)), nl=False)
    elif options.as_markdown:
        click.echo(markdown_of(summaries), nl=False)
    else:
        console = SteadyConsole(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else _WIDTH_PIPED)
        console.print(table_of(summaries, console.width))
        for line in (*plan.facts(), "mean \N{PLUS-MINUS SIGN} standard deviation over sessions; money in RLUSD, "
                     "mark-out in bps after 5 ledgers; se: standard error, pair by pair"):  # fmt: skip
            click.echo(line)
    click.echo(f"Results {plan.folder}, plot {page}", err=True)


def _name(run: Run) -> str:
    settings = " ".join(f"{key}={value}" for key, value in run.settings.items())
    return f"{settings} seed {run.seed} {run.market_name}".strip()


def _cores() -> int:
    """The cores that this process may use."""
    with suppress(AttributeError):  # not on Windows, nor on a Mac
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
