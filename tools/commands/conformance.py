"""``neo conformance FILE...``: run records of a real ledger against the embedded one, and say where they differ."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from tools.console.errors import OperatorError
from tools.console.forms import json_option, json_text
from tools.proofs.record_files import Tally, run_file

EXIT_FAILED = 1
EXIT_UNREADABLE = 2


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...", type=click.Path(path_type=Path))
@json_option
def conformance(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Compare the embedded ledger with records of a real one, digit for digit.

    FILE is a file of scenarios or of a market, one JSON object a line, .jsonl or .jsonl.gz. Each transaction's result
    and the state after each ledger must be the record's. Ends with 1 if anything differs, and with 2 if some of it
    can't be read (the rest is run all the same).
    """
    if not files:
        raise click.UsageError("name at least one file of records, such as day.jsonl.gz")
    tally = Tally()
    # What differs is told as it is found; with JSON that goes to standard error.
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        for path in files:
            try:
                run_file(path, tally)
            except OperatorError as error:
                tally.miss(error)
    if as_json:
        click.echo(json_text({"whole": tally.is_whole, "passed": tally.passed, "failed": tally.failed}))
    else:
        tally.report()
    if not tally.is_whole:
        sys.exit(EXIT_UNREADABLE)
    sys.exit(EXIT_FAILED if tally.failures else 0)
