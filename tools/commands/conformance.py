"""``neo conformance FILE...``: run records of a real ledger against the embedded one, and say where they differ."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tools.console.errors import OperatorError
from tools.proofs.record_files import Tally, run_file

EXIT_FAILED = 1
EXIT_UNREADABLE = 2


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...", type=click.Path(path_type=Path))
def conformance(files: tuple[Path, ...]) -> None:
    """Compare the embedded ledger with records of a real one, digit for digit.

    FILE is a file of scenarios or of a market, one JSON object a line, .jsonl or .jsonl.gz. Each transaction's result
    and the state after each ledger must be the record's. Ends with 1 if anything differs, and with 2 if some of it
    can't be read (the rest is run all the same).
    """
    if not files:
        raise click.UsageError("name at least one file of records, such as day.jsonl.gz")
    tally = Tally()
    for path in files:
        try:
            run_file(path, tally)
        except OperatorError as error:
            tally.miss(error)
    tally.report()
    if not tally.is_whole:
        sys.exit(EXIT_UNREADABLE)
    sys.exit(EXIT_FAILED if tally.failures else 0)
