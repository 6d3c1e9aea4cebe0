"""``neo db``: check, back up, restore, list and vacuum the database."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from actors.store import backup, maintenance, require_database
from neo.text.printable import printable
from neo.text.redaction import hide_secrets
from tools.console.errors import EXIT_INTERRUPTED, OperatorError
from tools.console.forms import db_option, json_option, json_text, late_db_option
from tools.console.options import DatabaseName
from tools.console.paths import find_database, writable_database

# `neo db check` found damage: not a usage error, not our fault.
EXIT_UNSOUND = 3

_MB = 1_000_000


@click.group()
@db_option
@click.pass_context
def db(context: click.Context, db: Path | None) -> None:
    """Check, back up and restore the database."""
    context.obj = find_database(db)


@db.command()
@late_db_option
@click.option("--rebuild", is_flag=True, help="Work every table out of the journal anew, after a backup.")
@json_option
@click.pass_obj
def check(path: Path, *, rebuild: bool, as_json: bool) -> int:
    """Check every page, every reference, every session's journal, and that all tables follow from it."""
    rebuilt = maintenance.rebuild(_to_write(path)) if rebuild else None
    if rebuilt is not None and not as_json:
        _tell_rebuilt(path, rebuilt)
    report = maintenance.check(path)
    if as_json:
        told = {"file": path, "ok": not report.findings} | msgspec.structs.asdict(report)
        click.echo(
            json_text(told | ({} if rebuilt is None else {"mended": rebuilt.changed, "copy": rebuilt.copy.path}))
        )
        return EXIT_UNSOUND if report.findings else 0
    for finding in report.findings:
        click.echo(printable(finding))
    if report.findings:
        # Of a file that can't be read as one of ours, there is no journal to work anything out of.
        mend = "" if report.records == 0 else " `neo db check --rebuild` works the tables out of a sound journal anew;"
        raise OperatorError(
            f"{path}: {len(report.findings)} finding(s).{mend} `neo db restore` goes back to the last backup.",
            EXIT_UNSOUND,
        )
    click.echo(
        f"{path}: sound. Schema version {report.schema_version}, {report.sessions:,} session(s),"
        f" {report.records:,} journal records."
    )
    return 0


def _tell_rebuilt(path: Path, done: maintenance.Rebuilt) -> None:
    for line in done.changed:
        click.echo(f"mended: {printable(line)}")
    click.echo(f"{path}: every table is as the journal gives it; the database as it was is {done.copy.path}.")


@db.command(name="backup")
@late_db_option
@json_option
@click.pass_obj
def make_backup(path: Path, *, as_json: bool) -> None:
    """Make a verified copy; a session may go on meanwhile."""
    copy = maintenance.make_backup(_to_write(path))
    click.echo(json_text(copy) if as_json else f"{copy.path}: {_size(copy.size_bytes)}, checked.")


@db.command(name="list")
@late_db_option
@json_option
@click.pass_obj
def list_backups(path: Path, *, as_json: bool) -> None:
    """List the copies, the newest first."""
    copies = backup.listed(path)
    if not copies:
        require_database(path)
    if not copies and not as_json:
        click.echo(f"No backups of {path} yet; `neo db backup` makes one, and each run does.")
    for copy in copies:
        click.echo(json_text(copy) if as_json else f"{copy.made_at}  {_size(copy.size_bytes):>10}  {copy.path}")


@db.command()
@late_db_option
@click.argument("copy", required=False, type=DatabaseName())
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
@click.pass_obj
def restore(path: Path, copy: Path | None, *, yes: bool, as_json: bool) -> None:
    """Put COPY (the newest backup if left out) in the database's place, which is set aside, not deleted."""
    chosen = copy if copy is not None else _newest(path)
    if not yes:
        _ask(f"Replace {path} with {chosen}?")
    aside = maintenance.restore_backup(writable_database(path, damaged_allowed=True), chosen)
    if as_json:
        click.echo(json_text({"file": path, "restored_from": chosen, "set_aside": aside}))
        return
    click.echo(f"{path}: restored from {chosen}.")
    if aside is not None:
        click.echo(f"What stood there is now {aside}.")


@db.command()
@late_db_option
@json_option
@click.pass_obj
def vacuum(path: Path, *, as_json: bool) -> None:
    """Give the room of deleted and moved pages back to the disk."""
    before_bytes, after_bytes = maintenance.vacuum(_to_write(path))
    if as_json:
        click.echo(json_text({"file": path, "before_bytes": before_bytes, "after_bytes": after_bytes}))
        return
    click.echo(f"{path}: {_size(before_bytes)} before, {_size(after_bytes)} after.")


def _to_write(path: Path) -> Path:
    """A database that is there, fit to be written."""
    require_database(path)
    return writable_database(path)


def _ask(question: str) -> None:
    try:
        agreed = click.confirm(hide_secrets(question), err=True)
    except click.Abort:
        click.echo(err=True)
        raise OperatorError(
            "no answer, so nothing was changed; `--yes` does it without asking.", EXIT_INTERRUPTED
        ) from None
    if not agreed:
        # An operator who doesn't say yes is one who presses Ctrl+C.
        raise OperatorError("nothing was changed.", EXIT_INTERRUPTED)


def _newest(path: Path) -> Path:
    copies = backup.listed(path)
    if not copies:
        raise OperatorError(f"{path}: there are no backups in {backup.folder_of(path)}; name a copy to restore.")
    return copies[0].path


def _size(size_bytes: int) -> str:
    return f"{size_bytes / _MB:,.1f} MB"
