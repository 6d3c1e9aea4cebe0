"""The forms in which commands tell their tables to programs, and the options that choose them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from neo.analysis import Value
from tools.console.errors import OperatorError
from tools.console.options import DatabaseName
from tools.console.output import shown
from tools.console.paths import find_database
from tools.console.words import NOTHING


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


_encode_json = msgspec.json.Encoder(decimal_format="string", enc_hook=lambda value: shown(str(value))).encode


def json_text(value: object) -> str:
    """A value as JSON on one line; paths as they may be shown, and a Decimal as text, so that no digit is lost."""
    return _encode_json(value).decode()


def one_form(*, as_json: bool, as_csv: bool) -> None:
    """Refuse two forms at once.

    Raises:
        OperatorError: Both were asked for.
    """
    if as_json and as_csv:
        raise OperatorError("--json and --csv are two forms; choose one.", 2)


# What a spreadsheet takes for a formula's beginning, in its full width too; and what is a number all the same.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

# Markdown's own signs; an underscore within a word is none.
_MARKS = re.compile(r"[\\`*\[\]<>|~#!&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ADDRESS = re.compile(r"\b(https?|ftp|mailto)(?=:)|\bwww(?=\.)", re.IGNORECASE)


def markdown_cell(text: str) -> str:
    """Text as a cell of a Markdown table: it is shown as it is, and is no link, no markup and no second cell."""
    line = _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
    # An entity within it keeps an address from becoming a link.
    return _ADDRESS.sub(lambda match: f"{match[0][:-1]}&#{ord(match[0][-1])};", line)


def csv_value(value: Value) -> Value:
    """A value as it may stand in a CSV: a text that a spreadsheet would calculate is marked as text, by an apostrophe.

    Figures stay figures, written as text or not, and so does the mark for "none".
    """
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value) or value == NOTHING:
        return value
    return f"'{value}"


def csv_text(rows: Iterable[dict[str, Value]]) -> str:
    """Rows as CSV. Their columns are the first one's and whatever later ones add; an absent value is empty."""
    rows = [{str(csv_value(key)): csv_value(value) for key, value in row.items()} for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
