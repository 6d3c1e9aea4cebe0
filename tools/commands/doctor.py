"""``neo doctor``: everything that a session with servers needs, looked at before, each with what mends it."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from loguru import logger

from actors.plumbing.files import FileRefusedError
from actors.store import StoreError
from actors.store.sent import sent_orders
from actors.venues.host import VenueOptions
from actors.venues.live.account_lock import holding_account
from actors.venues.live.checks import Check
from actors.venues.live.checkup import KnownOrders, check_up
from actors.venues.live.live_host import endpoints_of, place_of
from actors.venues.live.live_plan import live_settings, seed_of, signer_of
from actors.venues.live.live_settings import LiveSettings
from actors.venues.paper.paper_checkup import check_up_paper
from actors.venues.paper.paper_host import paper_plan
from actors.venues.venue_errors import VenueError
from neo.config import Config
from neo.config.key_wiring import quote_settings
from neo.wire.live_config import LiveVenueConfig
from neo.wire.paper_config import PaperVenueConfig
from tools.console.async_part import run_async
from tools.console.errors import OperatorError
from tools.console.forms import json_option
from tools.console.options import DatabaseName, NameOf
from tools.console.output import shown
from tools.console.paths import data_folder, find_database, place_database, prepare_default_database
from tools.console.words import count
from tools.settings.live_options import LiveOptions, live_options, with_live_options
from tools.settings.profiles import find_profile, read_profile
from tools.settings.shipped import profile_name, require_venue

EXIT_NOT_READY = 1

_MARKS = {True: "good  ", False: "FAILED", None: "  ?   "}
_NOTE = "note  "


@click.command()
@click.option("--config", help="A shipped profile's name, or a path [default: live-stage1, or the one of --venue].")
@click.option("--venue", type=NameOf(("live", "paper")), help="What to check for: the shipped profile of this kind.")
@live_options
@click.option("--db", type=DatabaseName(), help="The database of the session [default: in the user's data folder].")
@json_option
def doctor(config: str | None, venue: str | None, db: Path | None, *, as_json: bool, **live: Any) -> int:
    """Check all that a live or a paper session needs, and send nothing.

    Profile, seed, key, servers, network, account, trust line, reserve, freezes, terms, clock, database; for paper
    those of servers and market alone. Fails if one check does; each tells what mends it. The seed itself is never
    shown.
    """
    # What is found is told below, once.
    logger.disable("actors")
    try:
        checks = list(_checks(profile_name(config, venue or "live"), venue, LiveOptions(**live), db))
    finally:
        logger.enable("actors")
    failed = [check for check in checks if check.passed is False]
    if as_json:
        click.echo(msgspec.json.encode({"ok": not failed, "checks": checks}).decode())
    else:
        for check in checks:
            mark = _NOTE if check.passed and check.mend is not None else _MARKS[check.passed]
            click.echo(f"{mark}  {check.name}: {shown(check.told)}")
            if check.mend is not None:
                click.echo(f"        -> {shown(check.mend)}")
        click.echo(f"{count(len(checks), 'check')}, {len(failed)} failed.")
    return EXIT_NOT_READY if failed else 0


def _checks(profile: str, kind: str | None, live: LiveOptions, db: Path | None) -> Iterator[Check]:
    try:
        config = read_profile(find_profile(profile))
        require_venue(config, profile, kind)
        config = with_live_options(config, live, os.environ)
    except OperatorError as error:
        yield Check(name="profile", passed=False, told=error.message, mend="neo config check tells all of it")
        return
    venue = config.venue
    if isinstance(venue, PaperVenueConfig):
        yield Check(name="profile", passed=True, told=f"{profile}, on paper, with the token of {venue.issuer}")
        yield from _of_paper(config, db)
        return
    if not isinstance(venue, LiveVenueConfig):
        told = f'its venue is of kind "{venue.kind}", where nothing is needed'
        mend = "Give a profile with a venue that has servers: live-stage1, paper-network"
        yield Check(name="profile", passed=False, told=told, mend=mend)
        return
    if not venue.account:
        mend = "Name it: --account r..., NEO_ACCOUNT, or venue.account"
        yield Check(name="profile", passed=False, told="it names no account to trade with", mend=mend)
        return
    told = f"{profile}, with the account {venue.account} and the token of {venue.issuer}"
    yield Check(name="profile", passed=True, told=told)
    yield from _of_machine(config)
    database = yield from _of_database(db, venue.account)
    known = yield from _of_journals(database, live_settings(config))
    yield from run_async(_of_ledger, live_settings(config), known)


def _of_machine(config: Config) -> Iterator[Check]:
    try:
        from actors.venues.live.signer import require_xrpl_library  # noqa: PLC0415 - 0.9 s, for this check alone

        require_xrpl_library()
        yield Check(name="xrpl-py", passed=True, told="the version that NEO is made for")
    except VenueError as error:
        yield Check(name="xrpl-py", passed=False, told=error.what, mend=error.mend)
    try:
        seed = seed_of(config)
        yield Check(name="seed", passed=True, told=f"there is one in {seed.source}")
    except VenueError as error:
        yield Check(name="seed", passed=False, told=error.what, mend=error.mend)
        yield Check(name="key", passed=None, told="not looked at, as there is no seed")
        return
    try:
        signer_of(config, seed)
        yield Check(name="key", passed=True, told="the seed is the account's, and signs as xrpl-py does")
    except VenueError as error:
        yield Check(name="key", passed=False, told=error.what, mend=error.mend)


def _of_paper(config: Config, db: Path | None) -> Iterator[Check]:
    yield from _of_place(db)
    plan = paper_plan(config, VenueOptions())
    yield from run_async(check_up_paper, endpoints_of(plan.settings), plan, quote_settings(config), time.time)


def _of_database(db: Path | None, account: str) -> Generator[Check, None, Path | None]:
    database = yield from _of_place(db)
    try:
        with holding_account(data_folder(), account):
            yield Check(name="one session", passed=True, told="no other one of this user has the account")
    except VenueError as error:
        yield Check(name="one session", passed=False, told=error.what, mend=error.mend)
    except (StoreError, FileRefusedError) as error:
        mend = "See that you may write in your data folder"
        yield Check(name="one session", passed=False, told=str(error), mend=mend)
    return database


def _of_place(db: Path | None) -> Generator[Check, None, Path | None]:
    database = None
    try:
        database = prepare_default_database() if db is None else place_database(db)
        yield Check(name="database", passed=True, told=str(find_database(db)))
    except (OperatorError, FileRefusedError) as error:
        yield Check(name="database", passed=False, told=str(error), mend="Choose another place with --db")
    return database


def _of_journals(database: Path | None, settings: LiveSettings) -> Generator[Check, None, KnownOrders]:
    nothing = KnownOrders(frozenset(), frozenset())
    if database is None:
        yield Check(name="journals", passed=None, told="not looked at, as there is no place for the database")
        return nothing
    try:
        has_one = database.exists() and database.stat().st_size
        sent = sent_orders(database, place_of(settings)) if has_one else None
        known = nothing if sent is None else KnownOrders(sent.hashes, sent.sequences)
    except StoreError as error:
        mend = "neo db check tells more; or choose another --db"
        yield Check(name="journals", passed=False, told=str(error), mend=mend)
        return nothing
    told = f"{count(len(known.hashes), 'transaction')} of the account's are known"
    yield Check(name="journals", passed=True, told=told)
    return known


async def _of_ledger(settings: LiveSettings, known: KnownOrders) -> list[Check]:
    return await check_up(endpoints_of(settings), settings, known, time.time)
