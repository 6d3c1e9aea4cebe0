"""What a session on a real ledger must be told by hand, so that none begins by mistake: ``--live``, and the account.

Account, token's issuer and endpoints come from the command line, else from the environment, else from the profile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
import msgspec

from neo.config import Config, replace_values
from neo.config.reading import WrongValueError, convert, show_value
from neo.config.schema import section_fields
from neo.text.redaction import excerpt, secrets_in
from neo.wire.live_config import LiveVenueConfig
from neo.wire.paper_config import PaperVenueConfig
from tools.console.options import quoted

ACCOUNT_VARIABLE: Final = "NEO_ACCOUNT"
ISSUER_VARIABLE: Final = "NEO_ISSUER"
ENDPOINTS_VARIABLE: Final = "NEO_ENDPOINTS"

_SEED_TYPED: Final = (
    "a seed is never given so: clear it from the shell's history, and name the account by its address (r...)"
)
_SHOWN_CHARS: Final = 60


class _LiveValue(click.ParamType[str]):
    """What a key of a live venue takes, or one of a list of such: refused before anything is read if it is none."""

    def __init__(self, name: str, key: str, mend: str) -> None:
        self.name = name
        self._key = key
        self._mend = mend

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is, or a usage error that says what to write; never a secret that was meant for elsewhere."""
        hint: Any = section_fields(LiveVenueConfig)[self._key]
        text = str(value).strip()
        try:
            convert(hint, [text] if self._key == "endpoints" else text)
        except WrongValueError as error:
            shown = f"'{excerpt(text.rpartition('@')[2], _SHOWN_CHARS)}'"
            mend = _SEED_TYPED if secrets_in(text) else self._mend
            self.fail(f"{shown} {error.fault}; {mend}.", param, ctx)
        return text or self.fail(f"is empty; {self._mend}.", param, ctx)


class LiveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says of a real ledger: the account, the token's issuer, each ``--endpoint``."""

    account: str | None = None
    issuer: str | None = None
    endpoints: tuple[str, ...] = ()


_account_option = click.option(
    "--account",
    type=_LiveValue("address", "account", "write an account's address (r...)"),
    help="The address (r...) that trades, on a real ledger.",
)
issuer_option = click.option(
    "--issuer",
    type=_LiveValue("address", "issuer", "write an account's address (r...)"),
    help="The address (r...) of the token's issuer, such as on a ledger of your own.",
)
endpoint_option = click.option(
    "--endpoint",
    "endpoints",
    type=_LiveValue("url", "endpoints", "write its address, such as wss://HOST:PORT"),
    multiple=True,
    help="A ledger server (wss://HOST:PORT), up to five of them.",
)


def live_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of :class:`LiveOptions`, each an argument of that name."""
    return _account_option(issuer_option(endpoint_option(command)))


def with_live_options(config: Config, options: LiveOptions, environment: Mapping[str, str]) -> Config:
    """A profile with account, issuer and endpoints of this session.

    Args:
        config: A good profile.
        options: What the command line says.
        environment: Of this process. What it says of all this matters to a venue that has servers alone.

    Raises:
        click.UsageError: One is not what it must be, or the profile's venue has no such key.
    """
    keys = section_fields(type(config.venue))
    given = {"account": options.account, "issuer": options.issuer, "endpoints": options.endpoints or None}
    for key, value in given.items():
        if value is not None and key not in keys:
            option = "--endpoint" if key == "endpoints" else f"--{key}"
            raise click.UsageError(
                f'{option}: a venue of kind "{config.venue.kind}" has none of its own to be told; leave it out.'
            )
    if not isinstance(config.venue, LiveVenueConfig | PaperVenueConfig):
        return config
    listed = re.split(r"[\s,]+", environment.get(ENDPOINTS_VARIABLE, "").strip(" \t\n,"))
    addresses = (("account", options.account, ACCOUNT_VARIABLE), ("issuer", options.issuer, ISSUER_VARIABLE))
    for key, typed, variable in addresses:
        named = environment.get(variable, "").strip() if key in keys else ""
        if typed is not None:
            config = _replaced(config, key, typed, f"--{key}")
        elif named:
            config = _replaced(config, key, named, variable)
    if options.endpoints:
        config = _replaced(config, "endpoints", list(options.endpoints), "--endpoint")
    elif listed != [""]:
        config = _replaced(config, "endpoints", listed, ENDPOINTS_VARIABLE)
    return config


def require_intent(config: Config, profile: str, *, is_live: bool, account: str | None) -> None:
    """Refuse a session on a real ledger that was not asked for in so many words, and one that only thinks it is live.

    Args:
        config: The effective values.
        profile: As the operator named it.
        is_live: Whether ``--live`` was given.
        account: What ``--account`` says; the environment's counts too.

    Raises:
        click.UsageError: It is not to be run so.
    """
    venue = config.venue
    if not isinstance(venue, LiveVenueConfig):
        if is_live:
            raise click.UsageError(
                f'--live: the venue of {quoted(profile)} is of kind "{venue.kind}", where nothing is real; leave it'
                " out, or give a profile with a live venue, such as --config live-stage1."
            )
        return
    whole = f"neo run --config {profile} --live --account {'r...' if account is None else account}"
    if not is_live:
        raise click.UsageError(f"{quoted(profile)} trades real money on a real ledger. If that is meant: `{whole}`.")
    if account is None:
        raise click.UsageError(
            f"--live needs the address of the account that trades, typed or in {ACCOUNT_VARIABLE}: `{whole}`."
        )


def named_account(account: str | None, environment: Mapping[str, str]) -> str | None:
    """The account that was named for this session by hand; None if only the profile does."""
    return account or environment.get(ACCOUNT_VARIABLE, "").strip() or None


def _replaced(config: Config, key: str, value: object, source: str) -> Config:
    hint: Any = section_fields(LiveVenueConfig)[key]
    if value == "":
        raise click.UsageError(f"{source}: is empty; write an account's address (r...).")
    try:
        good = convert(hint, value)
    except WrongValueError as error:
        # An endpoint may have a password in it.
        shown = "" if key == "endpoints" else f" {show_value(value)}"
        raise click.UsageError(
            f"{source}{shown}: {error.fault}; {_SEED_TYPED if secrets_in(str(value)) else error.mend}."
        ) from None
    return replace_values(config, source, {f"venue.{key}": good})
