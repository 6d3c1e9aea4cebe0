"""``neo db``: check, back up, restore, list, vacuum and prune the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from actors.store import backup, maintenance, require_database
from actors.store.prune import Choice, Prunable, prunable, prune
from neo.text.printable import printable
from neo.text.redaction import hide_secrets
from tools.console.errors import EXIT_INTERRUPTED, OperatorError
from tools.console.forms import db_option, json_option, json_text, late_db_option
from tools.console.options import DatabaseName, Duration, Whole
from tools.console.paths import find_database, writable_database
from tools.console.words import count

# `neo db check` found damage: not a usage error, not our fault.
EXIT_UNSOUND = 3

_MB = 1_000_000


@click.group()
@db_option
@click.pass_context
def db(context: click.Context, db: Path | None) -> None:
    """Check, back up, restore and prune the database."""
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


@db.command(name="prune")
@late_db_option
@click.option("--keep", type=Whole(1, 1_000_000), help="The newest so many sessions stay.")
@click.option("--older-than", "older_than_s", type=Duration(), help="Only sessions that ended so long ago go: 30d.")
@click.option(
    "--backups", "copies", type=Whole(1, 1000), default=1, show_default=True, help="The newest so many copies stay."
)
@click.option("--dry-run", is_flag=True, help="Show what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
@click.pass_obj
def prune_command(
    path: Path, keep: int | None, older_than_s: int | None, copies: int, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Let old sessions go, with older copies of the database, and give their room back to the disk.

    With --keep and --older-than a session goes that is beyond both. What may still be needed stays, whatever its age:
    sessions without an end or with unsettled orders, an account's last day on a real network, and what has a note.
    """
    if keep is None and older_than_s is None:
        raise OperatorError("write which sessions may go: --keep 20, --older-than 30d, or both.", 2)
    older_than = None if older_than_s is None else timedelta(seconds=older_than_s)
    choice, now = Choice(keep=keep, older_than=older_than, copies=copies), datetime.now(UTC)
    require_database(path)
    plan = prunable(path, choice, now)
    if not as_json:
        for line in _prune_lines(path, plan):
            click.echo(line)
    if dry_run or not (plan.sessions or plan.copies):
        if as_json:
            click.echo(json_text({"file": path, "pruned": False} | msgspec.structs.asdict(plan)))
        return
    if not yes:
        _ask("Let them go? They can't be had back.")
    done = prune(_to_write(path), choice, now)
    sizes = {"before_bytes": done.before_bytes, "after_bytes": done.after_bytes}
    if as_json:
        click.echo(json_text({"file": path, "pruned": True} | msgspec.structs.asdict(done.plan) | sizes))
    else:
        click.echo(f"{path}: {_size(done.before_bytes)} before, {_size(done.after_bytes)} after.")


def _prune_lines(path: Path, plan: Prunable) -> Iterator[str]:
    """What would go, and what stays though it is old, with the reason."""
    went = f"{path}: {len(plan.sessions):,} of {count(plan.total, 'session')} would go"
    yield f"{went}, about {_size(plan.frees_bytes)} of {_size(plan.size_bytes)}."
    if plan.sessions:
        yield f"From {plan.sessions[0]} to {plan.sessions[-1]}."
    for session_id, why in plan.stays.items():
        yield f"{session_id} stays: it {why}."
    copies_bytes = sum(copy.size_bytes for copy in plan.copies)
    yield f"{count(len(plan.copies), 'copy of it', 'copies of it')} would go, {_size(copies_bytes)}."


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
