"""``neo run``: one session from its options to its summary."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
import msgspec
from loguru import logger

from actors.lookout.lookout import Lookout, ServiceRefusedError
from actors.session.plan import lasting_s
from actors.session.session import SessionPlan, StartupError, start_session
from actors.session.watches import holding_signals
from actors.store.place import beside
from actors.venues.host import VenueOptions
from actors.venues.live.account_lock import holding_account
from actors.venues.table import venue_plan
from actors.venues.venue_errors import VenueError
from neo.analysis.summary import SessionSummary
from neo.config import Config
from neo.config.key_wiring import page_settings
from neo.messages.halts import HALT_FACTS, HaltReason
from neo.text.bounds import SEED_MAX
from neo.text.redaction import hide_secrets
from neo.wire.live_config import LiveVenueConfig
from tools.console.errors import OperatorError
from tools.console.logs import before_logging, logging_to
from tools.console.options import DatabaseName, Duration, SpeedType, Whole, allow_implausible_option
from tools.console.output import shown
from tools.console.page_options import page_option
from tools.console.paths import data_folder, place_database, prepare_default_database
from tools.console.streams import Lines
from tools.reporting.lines import ending_lines, report_lines
from tools.screen.known import Outset, outset_of
from tools.screen.pulse import beating
from tools.screen.screen import PlainLines, Silent, WarningScreen
from tools.settings.changes import changes_from_shipped
from tools.settings.live_options import (
    LiveOptions,
    live_options,
    named_account,
    require_intent,
    with_live_options,
)
from tools.settings.lookout_services import services_of
from tools.settings.markets import given_markets, session_market
from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_profile, with_options
from tools.settings.shipped import config_option, profile_name, require_venue, venue_option

if TYPE_CHECKING:
    from tools.page.page_service import PageService


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The command line of ``neo run``; None where the profile decides."""

    config: str
    venue: str | None
    duration: int | None
    speed: float | None
    seed: int | None
    db: Path | None
    market: Path | None
    allow_implausible_prices: bool
    recording: Path | None
    live: bool
    account: str | None
    issuer: str | None
    endpoints: tuple[str, ...]
    page: str | None
    quiet: bool
    as_json: bool


@click.command()
@config_option
@venue_option
@click.option("--duration", type=Duration(), help="Market time to run, such as 90s, 30m, 2h or 1h30m.")
@click.option("--speed", type=SpeedType(), help="max, or market seconds in a real second, such as 1 or 10.")
@click.option("--seed", type=Whole(0, SEED_MAX), help="Start of the session's random numbers.")
@click.option("--db", type=DatabaseName(), help="The database to write [default: in the user's data folder].")
@click.option("--market", type=click.Path(path_type=Path), help="A CSV of one-minute prices.")
@allow_implausible_option
@click.option("--recording", type=click.Path(path_type=Path), help="A recording of ledgers to play (venue: replay).")
@click.option("--live", is_flag=True, help="Say that a profile with a live venue is to trade real money.")
@live_options
@page_option
@click.option("--quiet", is_flag=True, help="Show the summary only.")
@click.option("--json", "as_json", is_flag=True, help="End standard output with the summary as one JSON line.")
def run(config: str | None, venue: str | None, **options: Any) -> int:
    """Run a session and show it as it happens.

    Without options: a paper session of the default profile, as fast as the machine allows. Ctrl+C ends it properly.
    A profile with a live venue trades real money, and runs with --live and --account only.
    The exit code tells the class of the ending; 0 is a session that ran its whole duration.
    """
    chosen = RunOptions(config=profile_name(config, venue), venue=venue, **options)
    try:
        return _run(chosen)
    except OperatorError as error:
        if chosen.as_json:
            click.echo(_startup_failure(error).decode())
        raise


def _run(options: RunOptions) -> int:
    profile = find_profile(options.config)
    config = effective_config(options, profile)
    page = _page_of(config, options)
    services = services_of(config, _profile_told(profile), os.environ)
    lookout = Lookout(services if page is None else [page, *services])
    try:
        # Before all else that may keep the session from beginning: whoever is to be woken hears of that too.
        with before_logging(lambda line: click.echo(line, err=True)), lookout.open():
            plan = make_plan(options, profile, config)
            screen = make_screen(options, outset_of(plan))
            if page is not None:
                page.tell = screen.tell_page
            return _session(plan, screen, lookout, as_json=options.as_json)
    except ServiceRefusedError as error:
        raise OperatorError(str(error), 2) from None
    except (StartupError, VenueError) as error:
        raise OperatorError(str(error)) from None


def _page_of(config: Config, options: RunOptions) -> PageService | None:
    """The session's page; None, and nothing of it loaded, where none is asked for.

    Raises:
        OperatorError: It can't be opened as it is set up.
    """
    settings = page_settings(config)
    if options.page is not None:
        settings = msgspec.structs.replace(settings, address=options.page)
    if not settings.address:
        return None
    from tools.page.page_service import PageService, plan_page  # noqa: PLC0415 - most sessions have no page

    return PageService(plan_page(settings))


def _session(plan: SessionPlan, screen: WarningScreen, lookout: Lookout, *, as_json: bool) -> int:
    log_file = beside(plan.database, ".log")

    def warn(text: str) -> None:
        screen.warn(text)
        lookout.warn(text)

    # To the summary's last line: what a session came to must not be lost to one interrupt too many.
    with holding_signals(screen.close):
        try:
            with _account_held(plan.config), logging_to(log_file, plan.config.log, warn), beating(screen.beat):
                try:
                    summary = start_session(plan, screen, lookout=lookout)
                    logger.bind(**_logged(summary)).info("session_summary")
                    screen.close()
                    # A path may hold bytes that are no text, and no JSON either.
                    told = msgspec.structs.replace(summary, database=shown(summary.database))
                    _tell(told, log_file, as_json=as_json)
                finally:
                    # The operator has the summary before the last alerts are waited for, and the log hears of those.
                    lookout.close()
        finally:
            screen.close()
    return HALT_FACTS[summary.halt_reason].exit_code


def effective_config(options: RunOptions, profile: Path) -> Config:
    """The profile with the command line's values in their place.

    Raises:
        OperatorError: Something in them can't be used.
        click.UsageError: It is not to be run so.
    """
    config = with_options(
        read_profile(profile),
        {
            "--duration": ("session.duration_seconds", options.duration),
            "--speed": ("venue.speed", options.speed),
            "--seed": ("venue.seed", options.seed),
        },
    )
    require_venue(config, options.config, options.venue)
    live = LiveOptions(account=options.account, issuer=options.issuer, endpoints=options.endpoints)
    config = with_live_options(config, live, os.environ)
    account = named_account(options.account, os.environ)
    require_intent(config, options.config, is_live=options.live, account=account)
    return config


def make_plan(options: RunOptions, profile: Path, config: Config) -> SessionPlan:
    """The session that options and profile describe together.

    Args:
        options: The command line's.
        profile: The file.
        config: See :func:`effective_config`.

    Raises:
        OperatorError: Something in them can't be used.
    """
    given = given_markets(options.market, options.recording)
    recording = session_market(config, profile, given, implausible_allowed=options.allow_implausible_prices)
    venue = venue_plan(config, VenueOptions(recording=recording, duration_s=options.duration))
    return SessionPlan(
        config=config,
        venue=venue,
        duration_s=lasting_s(venue, config.session.duration_seconds),
        database=place_database(options.db) if options.db is not None else prepare_default_database(),
        profile=_profile_told(profile),
        config_changes=changes_from_shipped(config, profile),
    )


def _profile_told(profile: Path) -> str:
    """A profile as the operator knows it."""
    return profile.stem if profile.parent == PROFILES_FOLDER else shown(hide_secrets(str(profile)))


@contextlib.contextmanager
def _account_held(config: Config) -> Iterator[None]:
    """Keep other sessions of this user off the account that a live one trades with.

    Raises:
        AccountInUseError: Another one has it.
    """
    if not isinstance(config.venue, LiveVenueConfig):
        yield
        return
    folder = data_folder()
    with holding_account(folder, config.venue.account):
        yield


def make_screen(options: RunOptions, outset: Outset) -> WarningScreen:
    """What the operator sees while the session runs. With ``--json`` standard output belongs to the JSON line."""
    stream: TextIO = sys.stderr if options.as_json else sys.stdout
    if options.quiet:
        return Silent(sys.stderr)
    if stream.isatty():
        from tools.console.steady_console import SteadyConsole  # noqa: PLC0415 - Rich, where it draws and nowhere else
        from tools.screen.live_panel import LivePanel  # noqa: PLC0415 - the same

        console = SteadyConsole(file=stream)
        if not console.is_dumb_terminal:
            return LivePanel(console, outset)
    return PlainLines(stream, sys.stderr, outset)


def _tell(summary: SessionSummary, log_file: Path, *, as_json: bool) -> None:
    out = Lines(sys.stdout)
    if as_json:
        out.print(msgspec.json.encode(summary).decode())
        return
    width = None
    if not sys.stdout.isatty():
        for line in ending_lines(summary, width):
            out.print(line)
    else:
        from tools.console.steady_console import SteadyConsole  # noqa: PLC0415 - as above

        console = SteadyConsole(highlight=False, markup=False, soft_wrap=True)
        width = console.width
        failed = HALT_FACTS[summary.halt_reason].exit_code != 0
        for line in ending_lines(summary, width):
            console.print(line, style="bold yellow" if failed else "bold green")
    for line in report_lines(summary, log_file, width):
        out.print(line)


def _logged(summary: SessionSummary) -> dict[str, object]:
    fields = msgspec.structs.asdict(summary)
    kept = ("session_id", "halt_reason", "halt_detail", "ticks", "ledgers", "fills", "journal_sha256", "wall_s")
    return {name: fields[name] for name in kept}


def _startup_failure(error: OperatorError) -> bytes:
    """A session that never began, in the summary's own form: its fields are there, and null."""
    fields: dict[str, object] = dict.fromkeys(SessionSummary.__struct_fields__)
    return msgspec.json.encode(
        fields | {"halt_reason": HaltReason.STARTUP_FAILURE, "halt_detail": shown(hide_secrets(error.message))}
    )
