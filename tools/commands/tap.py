"""``neo tap``: a running session's messages as they flow, and how full its channels are."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from actors.operator.filters import (
    JOURNAL,
    MESSAGE_TYPES,
    PARTS,
    Condition,
    FilterError,
    line_of,
    matches,
    parse_condition,
    parts_of,
    unknown_fields,
    unknown_parts,
    unknown_types,
)
from actors.operator.protocol import ChannelsReply, GetChannels, OpenTap, Reply, TapOpened
from actors.plumbing.tap import Lost, Tapped, without_blobs
from actors.store.follow import records_since
from actors.store.lock import holder_of
from neo.messages import ChannelDepth, Record
from neo.messages.routes import ROUTES, Topic
from neo.text.redaction import excerpt
from tools.console.forms import db_option
from tools.console.interrupts import interrupted_by
from tools.console.link import Link, answered, linked
from tools.console.options import Duration
from tools.console.output import is_heard
from tools.console.paths import session_database
from tools.console.steady_console import SteadyConsole
from tools.console.streams import Lines

# How long to wait for records that a session has in hand to reach the database, in real seconds.
_CATCH_UP_S = 30.0
_CATCH_UP_STEP_S = 0.05

# A style for what a message is about; what isn't here is plain.
_STYLES = {
    Topic.TRADE: "bold green",
    Topic.ORDER: "cyan",
    Topic.OUTCOME: "blue",
    Topic.DECISION: "magenta",
    Topic.MARKET: "dim",
    Topic.JOURNAL: "dim",
    Topic.TROUBLE: "bold red",
    Topic.PAUSE: "bold yellow",
}

# Books and views fill a screen; for people each field gets this many characters, unless they ask for JSON.
_FIELD_CHARS = 60

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Since(click.ParamType[int | None]):
    """``start``, or a duration before the newest ledger."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Seconds of market time, 0 for the start."""
        if str(value).strip().lower() == "start":
            return 0
        try:
            return Duration().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{error.message.rstrip('.')}; or start, for all of the journal.", param, ctx)


class TapOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The command line of ``neo tap``."""

    db: Path | None
    types: tuple[str, ...]
    conditions: tuple[Condition, ...]
    actors: frozenset[str]
    since_s: int | None
    as_json: bool


@click.command()
@db_option
@click.option("--type", "types", multiple=True, metavar="NAME", help="Only messages of this type, such as Fill.")
@click.option("--where", "where", multiple=True, metavar="FIELD=VALUE", help="Only where a field is so: side=buy.")
@click.option("--actor", "actors", multiple=True, metavar="NAME", help="Only from or to this actor, such as risk.")
@click.option("--since", type=Since(), help="First the journal: start, or from so long ago on, such as 10m.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each message.")
@click.option("--stats", is_flag=True, help="Show how full each channel is instead, once a second.")
def tap(
    db: Path | None, types: tuple[str, ...], where: tuple[str, ...], actors: tuple[str, ...], since: int | None,
    *, as_json: bool, stats: bool,
) -> None:  # fmt: skip
    """Show a running session's messages as they flow. Ctrl+C leaves; the session never waits for it."""
    conditions = _checked(types, where, actors)
    options = TapOptions(
        db=db, types=types, conditions=conditions, actors=frozenset(actors), since_s=since, as_json=as_json
    )
    try:
        if stats:
            _show_stats(options)
        else:
            _show_messages(options)
    except KeyboardInterrupt:
        # Ctrl+C is how one leaves; whatever else interrupts is told by the exit code.
        if interrupted_by() != signal.SIGINT:
            raise


def _checked(types: tuple[str, ...], where: tuple[str, ...], actors: tuple[str, ...]) -> tuple[Condition, ...]:
    """The conditions, if there can be a message that passes: a tap that shows nothing must not be a mistyped one."""
    if unknown := unknown_types(types):
        raise click.UsageError(f"--type: no message is called {_named(unknown)}; there are {', '.join(MESSAGE_TYPES)}.")
    if unknown := unknown_parts(actors):
        raise click.UsageError(f"--actor: no actor is called {_named(unknown)}; there are {', '.join(PARTS)}.")
    try:
        conditions = tuple(parse_condition(text) for text in where)
    except FilterError as error:
        raise click.UsageError(f"--where: {error}.") from None
    if unknown := unknown_fields(conditions, types):
        which = ", ".join(types) if types else "any message"
        told = f"--where: {_named(unknown)} is no field of {which}; `neo tap --json` shows the fields."
        raise click.UsageError(told)
    return conditions


def _named(names: Sequence[str]) -> str:
    """The first of some names, as the operator wrote it."""
    return excerpt(names[0], _FIELD_CHARS)


# --- Messages ----------------------------------------------------------------------------------------------------


def _show_messages(options: TapOptions) -> None:
    show = _printer(as_json=options.as_json)
    for item in _messages(session_database(options.db), options):
        if not is_heard(sys.stdout):
            return
        if isinstance(item, Lost) or wanted(item, options):
            show(item)


def _messages(database: Path, options: TapOptions) -> Iterator[Tapped | Lost]:
    """The journal, if that is asked for, and then what flows, to the session's last record.

    A session that ends on a busy machine may be gone before all is told: its last records are in the journal.
    """
    with linked(database, OpenTap(options.types)) as link:
        opened = answered(link.first())
        assert isinstance(opened, TapOpened), "a session opens the tap that it is asked for"
        if options.since_s is not None:
            yield from replayed(database, opened, options.since_s)
        last_seq = opened.journal_seq
        for reply in link.replies():
            if isinstance(reply, (Lost, Tapped)):
                yield reply
            if isinstance(reply, Tapped):
                last_seq = max(last_seq, reply.seq or 0)
    for number, record in records_since(database, opened.session_id, None, last_seq):
        yield _of_journal(number, record)


def _of_journal(number: int, record: Record) -> Tapped:
    return Tapped(number, JOURNAL, "", msgspec.to_builtins(without_blobs(record)))


def replayed(database: Path, opened: TapOpened, since_s: int) -> Iterator[Tapped | Lost]:
    """The journal up to the record before the tap's first: together they have no gap, and nothing comes twice.

    If the database does not come so far in time, or nobody is left who could write it, what lies between is lost.
    """
    seq, last_s = 0, time.monotonic() + _CATCH_UP_S
    while True:
        # Asked before the last look, in which there is all that a session wrote before it was gone.
        is_gone = holder_of(database) is None
        for number, record in records_since(database, opened.session_id, since_s or None, seq):
            if number > opened.journal_seq:
                return
            seq = number
            yield _of_journal(number, record)
        # What the session had in hand when the tap was opened is a moment away from the database.
        if seq >= opened.journal_seq:
            return
        if is_gone or time.monotonic() > last_s:
            yield Lost(opened.journal_seq - seq)
            return
        time.sleep(_CATCH_UP_STEP_S)


def wanted(item: Tapped, options: TapOptions) -> bool:
    """True if a message passes every filter."""
    if options.types and item.message["type"] not in options.types:
        return False
    if options.actors and not options.actors & parts_of(item):
        return False
    return matches(item.message, options.conditions)


def _printer(*, as_json: bool) -> Callable[[Tapped | Lost], None]:
    if as_json:
        lines = Lines(sys.stdout)
        return lambda item: lines.print(line_of(item).decode())
    console = SteadyConsole(highlight=False, markup=False, emoji=False, soft_wrap=True)
    return lambda item: console.print(told(item))


def told(item: Tapped | Lost) -> Text:
    """A message as a line for people."""
    if isinstance(item, Lost):
        return Text(f"-- {item.count:,} messages lost: this reader was too slow for them --", style="bold yellow")
    fields = dict(item.message)
    kind = fields.pop("type")
    number = "" if item.seq is None else f"#{item.seq}"
    way = f"{item.source}>{item.target}" if item.target else item.source
    line = Text.assemble((f"{number:>8} ", "dim"), (f"{way:<24} ", "dim"), (kind, _style(kind)))
    for name, value in fields.items():
        text = value if isinstance(value, str) else _encode(value).decode()
        if len(text) > _FIELD_CHARS:
            text = f"{text[: _FIELD_CHARS - 3]}..."
        line.append(f" {name}=", style="dim")
        line.append(text)
    return line


def _style(kind: str) -> str:
    return _STYLES.get(ROUTES.by_type[ROUTES.by_name[kind]].topic, "")


# --- Channels ----------------------------------------------------------------------------------------------------


def _show_stats(options: TapOptions) -> None:
    database = session_database(options.db)
    lines = Lines(sys.stdout)
    last: ChannelsReply | None = None
    with linked(database, GetChannels(1.0)) as link:
        for reply in _answers(link):
            if not is_heard(sys.stdout):
                return
            if not isinstance(reply, ChannelsReply):
                continue
            if options.as_json:
                lines.print(_encode(reply).decode())
            else:
                for line in stats_lines(reply, last):
                    lines.print(line)
            last = reply


def _answers(link: Link) -> Iterator[Reply]:
    yield answered(link.first())
    yield from link.replies()


def stats_lines(now: ChannelsReply, last: ChannelsReply | None) -> list[str]:
    """The channels as a table; rates are a session second's, over the time since the last one."""
    lines = [f"{'channel':<18}{'waiting':>8}{'peak':>8}{'bound':>8}{'delivered':>12}{'a second':>10}{'dropped':>9}"]
    before = {} if last is None else {depth.name: depth for depth in last.channels}
    elapsed_s = 0.0 if last is None else now.at_s - last.at_s
    lines += [_stats_line(depth, before.get(depth.name), elapsed_s) for depth in now.channels]
    return [*lines, ""]


def _stats_line(depth: ChannelDepth, before: ChannelDepth | None, elapsed_s: float) -> str:
    rate = "-"
    if before is not None and elapsed_s > 0:
        rate = f"{(depth.delivered - before.delivered) / elapsed_s:,.1f}"
    counts = f"{depth.waiting:>8,}{depth.peak:>8,}{depth.bound:>8,}{depth.delivered:>12,}"
    return f"{depth.name:<18}{counts}{rate:>10}{depth.dropped:>9,}"
