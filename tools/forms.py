"""The forms in which commands tell their tables to programs, and the options that choose them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from neo.analysis import Value
from tools.errors import OperatorError
from tools.options import DatabaseName
from tools.profiles import find_database


def _take_database(context: click.Context, _parameter: click.Parameter, db: Path | None) -> None:
    if db is not None:
        context.obj = find_database(db)


_DB: dict[str, Any] = {
    "type": DatabaseName(),
    "help": "The session's database [default: in the user's data folder].",
}
db_option = click.option("--db", **_DB)
# For the commands of a group that takes it: whoever writes it last, as elsewhere, means the same.
late_db_option = click.option("--db", **_DB, expose_value=False, callback=_take_database)
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
