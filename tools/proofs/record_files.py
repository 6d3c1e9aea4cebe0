"""Files of records, run line by line against the embedded ledger: what passed, what differs, what can't be read."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from actors.plumbing.files import FileRefusedError, open_plain
from actors.plumbing.unpacking import Unpacked
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.proofs import ledger_conformance as records
from tools.proofs.ledger_conformance import Mismatch
from tools.proofs.market_records import MarketRecord
from tools.proofs.record_shape import RecordError, need

MARKET = "market"
_SHOWN_MAX = 300  # characters of a differing value

# The largest record there is of a real ledger, a scenario with a large pool, takes 2.5 MB on its line, the largest
# file 12 MB unpacked; twenty times its size holds a market of some 10,000 ledgers.
LINE_BYTES_MAX = 6 * 1024 * 1024
FILE_BYTES_MAX = 256 * 1024 * 1024
LINES_MAX = 1_000_000
MISSED_MAX = 20  # scenarios that can't be read; after so many the file is something else
_SPLIT = "Split the file, or fetch it again if it should not be as large."


class Tally:
    """Passed and failed scenarios by family, in order of appearance.

    Attributes:
        is_whole: everything that was to be run could be read.
    """

    def __init__(self) -> None:
        self.passed: dict[str, int] = {}
        self.failed: dict[str, int] = {}
        self.is_whole = True

    def count(self, family: str, *, passed: bool) -> None:
        """Count one scenario."""
        for table in (self.passed, self.failed):
            table.setdefault(family, 0)
        (self.passed if passed else self.failed)[family] += 1

    def miss(self, error: OperatorError) -> None:
        """Say what cannot be read; the rest is run all the same."""
        self.is_whole = False
        click.echo(f"Error: {error.message}", err=True)

    @property
    def failures(self) -> int:
        """How many scenarios differed."""
        return sum(self.failed.values())

    def report(self) -> None:
        """Print a line a family and the totals."""
        for family, passed in self.passed.items():
            click.echo(f"{printable(family)}: {passed} of {passed + self.failed[family]} passed")
        click.echo(f"{sum(self.passed.values())} passed, {self.failures} failed")


def run_file(path: Path, tally: Tally) -> None:
    """Run all of a file. A scenario that can't be read is left out, a few of them.

    Raises:
        OperatorError: the rest of it can't be read as records.
    """
    market: MarketRecord | None = None
    number = missed = 0
    for number, record in read_lines(path):
        try:
            market = take(path, number, record, market, tally)
        except RecordError as error:
            refusal = OperatorError(
                f"{printable(str(path))}, line {number}: {told(str(error))}. "
                "Records are one scenario a line (id, family, setup, steps), or a market's lines of kind setup, ledger "
                "and end; fetch the file again or mend that line."
            )
            missed += 1
            if market is not None or is_of_market(record) or missed >= MISSED_MAX:
                raise refusal from error
            tally.miss(refusal)
    if number == 0:
        raise OperatorError(f"{printable(str(path))} holds no records: it is empty. Fetch it again.")
    if market is not None:
        finish_market(path, number, market, tally)


def is_of_market(record: Any) -> bool:
    """Whether a line is one of a market's; otherwise it should be a scenario."""
    return isinstance(record, dict) and "kind" in record


def take(path: Path, number: int, record: Any, market: MarketRecord | None, tally: Tally) -> MarketRecord | None:
    """Run one line; returns the market that is being fed, if any.

    Raises:
        RecordError: the line is not a record.
    """
    if not isinstance(record, dict):
        raise RecordError("the line is not an object")
    if not is_of_market(record):
        run_scenario(path, number, record, tally)
    elif record["kind"] == "setup":
        if market is not None:
            finish_market(path, number - 1, market, tally)
        return MarketRecord(record)
    elif market is None:
        raise RecordError("a market starts with a line of kind setup")
    else:
        feed(market, record)
    return market


def run_scenario(path: Path, number: int, record: dict[str, Any], tally: Tally) -> None:
    """Run one scenario and count it."""
    name, family = str(need(record, "id")), str(need(record, "family"))
    try:
        mismatch = records.run_scenario(record)
    except RecordError:
        raise
    except Exception as error:  # noqa: BLE001 - a crash of the engine fails its scenario; the others still run
        mismatch = Mismatch(f"{path}, line {number}", "the engine", "no exception", f"{type(error).__name__}: {error}")
    settle(name, family, mismatch, tally)


def feed(market: MarketRecord, record: dict[str, Any]) -> None:
    """Play one line of a market."""
    try:
        market.feed(record)
    except RecordError:
        raise
    except Exception as error:  # noqa: BLE001 - as for a scenario
        got = f"{type(error).__name__}: {error}"
        market.mismatch = market.mismatch or Mismatch("a ledger", "the engine", "no exception", got)


def finish_market(path: Path, number: int, market: MarketRecord, tally: Tally) -> None:
    """Count a market that has been fed.

    Raises:
        OperatorError: its end is missing.
    """
    if not market.is_over:
        raise OperatorError(
            f"{printable(str(path))}, line {number}: the market has no line of kind end, so there is nothing to "
            "compare with. The file was cut short: fetch it again."
        )
    name = path.name.split(".")[0]
    click.echo(printable(f"{name}: {market.share()}"))
    settle(name, MARKET, market.mismatch, tally)


def settle(name: str, family: str, mismatch: Mismatch | None, tally: Tally) -> None:
    """Count a scenario, and say where it failed."""
    tally.count(family, passed=mismatch is None)
    if mismatch is not None:
        click.echo(f"FAILED {printable(name)}, {mismatch.step}: {printable(mismatch.field)}")
        click.echo(f"  expected {told(mismatch.expected)}")
        click.echo(f"  got      {told(mismatch.got)}")


def told(value: object) -> str:
    """A value on one line, cut if it is long."""
    text = printable(value if isinstance(value, str) else json.dumps(value))
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "..."


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Every line of a file of JSON with its number, empty ones left out.

    One line is in memory at a time, and none without end: a small file may unpack to any size.

    Raises:
        OperatorError: the file is missing, damaged or too large, or a line is not JSON.
    """
    name = printable(str(path))
    number = 0
    try:
        with open_plain(path, "Name plain files of records.") as file:
            for number, line in whole_lines(file, name, is_packed=path.suffix == ".gz"):
                text = line.decode("utf-8").removeprefix("\ufeff" if number == 1 else "")
                if text.strip():
                    yield number, parse(name, number, text)
    except FileRefusedError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        raise OperatorError(f"{name} is not there. Check the name." if missing else str(error)) from error
    except UnicodeDecodeError as error:
        raise OperatorError(
            f"{name}, line {number}: not text ({error.reason}). If it is compressed, name it .jsonl.gz."
        ) from error
    except (EOFError, zlib.error) as error:
        raise OperatorError(
            f"{name}, after line {number}: damaged or not gzip ({error}). "
            "If it is plain text, name it .jsonl; otherwise fetch it again."
        ) from error
    except OSError as error:
        raise OperatorError(f"{name} cannot be read: {error.strerror or error}. Check its disk.") from error


def whole_lines(file: IO[bytes], name: str, *, is_packed: bool) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, unpacked if need be, with their numbers.

    Raises:
        OperatorError: a line is longer, or the file has more, than records are.
    """
    stream = io.BufferedReader(Unpacked(file)) if is_packed else file
    size = 0
    for number in range(1, LINES_MAX + 1):
        line = stream.readline(LINE_BYTES_MAX + 1)
        if not line:
            return
        size += len(line)
        if len(line) > LINE_BYTES_MAX:
            raise OperatorError(
                f"{name}, line {number}: longer than the {LINE_BYTES_MAX:,} bytes that are read of one record. {_SPLIT}"
            )
        if size > FILE_BYTES_MAX:
            raise OperatorError(
                f"{name}, line {number}: more than the {FILE_BYTES_MAX:,} bytes that are read of one file. {_SPLIT}"
            )
        yield number, line
    if stream.read(1):
        raise OperatorError(f"{name}: more than the {LINES_MAX:,} lines that are read of one file. {_SPLIT}")


def parse(name: str, number: int, line: str) -> Any:
    """What a line of JSON says.

    Raises:
        OperatorError: it is not JSON, or nothing that could be a record.
    """
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise OperatorError(
            f"{name}, line {number}: not JSON ({error.msg} at column {error.colno}). "
            "Each line must be one whole JSON object; fetch the file again or mend that line."
        ) from error
    except RecursionError as error:
        raise OperatorError(f"{name}, line {number}: nested too deep to be a record. Fetch the file again.") from error
    except ValueError as error:  # the interpreter's own bound, whose message tells programmers how to lift it
        raise OperatorError(
            f"{name}, line {number}: a number of thousands of digits. Fetch the file again or mend that line."
        ) from error
