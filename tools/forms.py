"""The forms in which commands tell their tables to programs, and the options that choose them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import click

from neo.analysis import Value
from tools.errors import OperatorError

db_option = click.option(
    "--db", type=click.Path(path_type=Path), help="The database [default: in the user's data folder]."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
csv_option = click.option("--csv", "as_csv", is_flag=True, help="CSV with a header, for spreadsheets.")


def one_form(*, as_json: bool, as_csv: bool) -> None:
    """Refuse two forms at once.

    Raises:
        OperatorError: Both were asked for.
    """
    if as_json and as_csv:
        raise OperatorError("--json and --csv are two forms; choose one.", 2)


def csv_text(rows: Iterable[dict[str, Value]]) -> str:
    """Rows as CSV. Their columns are the first one's and whatever later ones add; an absent value is empty."""
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
