"""``neo market``: recorded prices, made of what exchanges give."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from neo.market.importer import ImportAccount, ImportOptions
from neo.market.plausible import Doubt
from neo.text.printable import printable
from tools.console.forms import json_option
from tools.console.options import allow_implausible_option, quoted
from tools.console.paths import from_home, whole_path
from tools.console.words import count

_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
_WRITTEN: Final = {".": "point", ",": "comma"}


class _Moment(click.ParamType[int]):
    """A day or a time, UTC, as seconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds, or a usage error that says what to write."""
        try:
            moment = datetime.fromisoformat(str(value).strip())
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return int(moment.timestamp())
        except (ValueError, OverflowError):
            self.fail(f"{quoted(value)} is no time; write 2026-01-21 or '2026-01-21 15:03', UTC.", param, ctx)


class _Zone(click.ParamType[int]):
    """How far a zone is ahead of UTC, in seconds."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds, or a usage error that says what to write."""
        text = str(value).strip()
        found = _OFFSET.fullmatch("+00:00" if text.upper() in {"UTC", "Z", "0"} else text)
        if found is None or int(found[2]) > 14 or int(found[3]) > 59:
            self.fail(f"{quoted(value)} is no distance from UTC; write UTC, +01:00 or -05:30.", param, ctx)
        return (1 if found[1] == "+" else -1) * 60 * (60 * int(found[2]) + int(found[3]))


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``neo market import``."""

    fill_gaps: bool
    from_s: int | None
    to_s: int | None
    zone_s: int
    member: str | None
    force: bool
    allow_implausible_prices: bool
    as_json: bool


@click.group()
def market() -> None:
    """Make recorded prices of an exchange's files."""


@market.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--fill-gaps", is_flag=True, help="Fill minutes that the file leaves out: no trade, the close before.")
@click.option("--from", "from_s", type=_Moment(), help="Take minutes from this day or time on (UTC).")
@click.option("--to", "to_s", type=_Moment(), help="Take minutes before this day or time (UTC).")
@click.option(
    "--zone", "zone_s", type=_Zone(), default="UTC", help="Zone of times that say none, such as +01:00 [default: UTC]."
)
@click.option("--member", help="The file that is meant in a ZIP archive of several.")
@click.option("--force", is_flag=True, help="Write it over a recording that is there; never over any other file.")
@allow_implausible_option
@json_option
def import_(file: Path, out: Path, **given: Any) -> None:
    """Make OUT, a recording for `neo run --market`, of FILE.

    FILE has one-minute prices of XRP as Binance, Kraken, Bitstamp, CryptoDataDownload or Yahoo give them, or in any
    columns that a header names, plain or packed (.gz, .zip).
    """
    # What reads and writes is needed by this command only.
    from tools.settings.importing import import_prices, require_free, write_recording  # noqa: PLC0415

    asked = _Asked(**given)
    if asked.from_s is not None and asked.to_s is not None and asked.from_s >= asked.to_s:
        raise click.UsageError("--from is not before --to; swap them.")
    target = whole_path(out)
    require_free(target, force=asked.force)
    options = ImportOptions(fill_gaps=asked.fill_gaps, from_s=asked.from_s, to_s=asked.to_s, zone_s=asked.zone_s)
    name, imported, doubts = import_prices(
        from_home(file), asked.member, options, implausible_allowed=asked.allow_implausible_prices
    )
    write_recording(target, imported.minutes)
    if asked.as_json:
        told = msgspec.to_builtins(imported.account) | {"file": name, "out": str(target), "implausible": len(doubts)}
        click.echo(msgspec.json.encode(told).decode())
    else:
        click.echo("\n".join(account_lines(imported.account, name, printable(str(out)), doubts)))


def account_lines(account: ImportAccount, name: str, out: str, doubts: tuple[Doubt, ...]) -> list[str]:
    """What an import did, in words."""
    gaps = ""
    if account.gaps:
        gaps = (
            f"{count(account.gaps, 'gap')} of {count(account.filled_minutes, 'minute')}, the longest of"
            f" {account.longest_gap_minutes:,} after {account.longest_gap_after}; filled: the close before, no volume"
        )
    dropped = ", ".join(f"{number:,} x {why}" for why, number in account.dropped.items())
    volume = "in XRP" if account.volume_in == "XRP" else "in dollars, turned into XRP at each minute's close"
    rounded = [
        f"{count(number, noun)} to {decimals}"
        for number, noun, decimals in (
            (account.rounded_prices, "price", "nine decimals"),
            (account.rounded_volumes, "volume", "six (drops)"),
        )
        if number
    ]
    rows = [
        ("Form", f"{account.form}; times: {', '.join(account.times)}; decimal {_WRITTEN[account.decimal_mark]}"),
        ("Volume", volume),
        ("Read", f"{count(account.rows, 'row')}{', newest first: turned around' if account.newest_first else ''}"),
        ("Gaps", gaps),
        ("Dropped", dropped),
        ("Rounded", ", ".join(rounded)),
        ("Allowed", f"{count(len(doubts), 'implausible price')}; first {doubts[0].told('there')}" if doubts else ""),
    ]
    first = f"{out}: {count(account.minutes, 'minute')} of {name}, {account.first} to {account.last} UTC."
    return [first, *(f"{label:<8} {text or 'none'}" for label, text in rows)]
