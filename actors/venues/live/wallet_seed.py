"""Where the wallet's seed comes from, and what holds it so that nothing shows it.

The first source that is set is the one, in this order:

1. the environment's ``NEO_WALLET_SEED``;
2. a file that only its owner may read: the environment's ``NEO_WALLET_SEED_FILE``, or else the profile's
   ``venue.seed_file`` (a path is no secret, a seed in a profile would be one);
3. the system's keyring, if the package ``keyring`` is installed: service ``neo``, the account's address as the user.

Two of them at once can't trade with the wrong wallet: the key must be the account's (:mod:`actors.venues.live.signer`).
The variable is taken out of this process's environment as it is read, so that no child and no dump of it has it.

A seed goes into a :class:`WalletSeed` at once and is taken out of it only in calls. No error, no traceback with local
variables, no copy, no pickle and no encoder shows it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from actors.plumbing.files import FileRefusedError, read_private
from actors.venues.venue_errors import NotReadyError
from neo.text.printable import printable
from neo.text.redaction import hide_secrets, is_family_seed

SEED_VARIABLE: Final = "NEO_WALLET_SEED"
SEED_FILE_VARIABLE: Final = "NEO_WALLET_SEED_FILE"
KEYRING_SERVICE: Final = "neo"

# A seed has 31 characters at most; the rest is room for blanks and line ends.
_FILE_BYTES_MAX: Final = 256

_SEED_CHARS: Final = (29, 31)

_FORM: Final = "It is the ledger's family seed, s... (29 characters) or sEd... (31 characters), and nothing besides."


class Unshown:
    """A value that is used and never shown: its text says what it is, and it can be neither copied nor written down."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is neither copied nor pickled")


class WalletSeed(Unshown):
    """A seed and where it came from.

    Args:
        text: The seed.
        source: Its source, as a message names it.
    """

    __slots__ = ("__text", "source")

    def __init__(self, text: str, source: str) -> None:
        self.__text = text.strip()
        self.source = source

    def __repr__(self) -> str:
        return f"<WalletSeed of {self.source}>"

    def reveal(self) -> str:
        """The seed itself, for the derivation of its key and for nothing else."""
        return self.__text

    def trouble(self) -> str | None:
        """What keeps it from being a family seed, without a character of it; None if nothing does."""
        if is_family_seed(self.__text):
            return None
        if not self.__text:
            return "is empty"
        if self.__text.startswith("r"):
            return "holds an address, which is public, and not the seed behind it"
        if self.__text.startswith("s") and len(self.__text) in _SEED_CHARS:
            return "holds a mistyped seed: its checksum does not hold"
        return "holds no family seed"


def read_wallet_seed(account: str, seed_file: Path | None) -> WalletSeed:
    """The seed, from the first source that is set. It may wait: a keyring asks its user to unlock it.

    Args:
        account: The address that is to trade, by which the keyring is asked.
        seed_file: The profile's ``venue.seed_file``, or None.

    Raises:
        NotReadyError: There is none, it can't be read, its file is open to others, or it is no family seed. The
            operator's fault; the error names the source and the mend.
    """
    seed = _of_environment() or _of_file(seed_file) or _of_keyring(account)
    if isinstance(seed, str):
        raise NotReadyError(
            f"There is no seed to sign with: neither variable nor file is set, and {seed}",
            f"Set {SEED_VARIABLE}, or name a file that only you may read by {SEED_FILE_VARIABLE} or venue.seed_file,"
            f" or put the seed into the keyring: keyring set {KEYRING_SERVICE} {account}. {_FORM}",
        )
    if trouble := seed.trouble():
        raise NotReadyError(f"{_capital(seed.source)} {trouble}", _FORM)
    return seed


def _of_environment() -> WalletSeed | None:
    if SEED_VARIABLE not in os.environ:
        return None
    return WalletSeed(os.environ.pop(SEED_VARIABLE), f"the environment variable {SEED_VARIABLE}")


def _of_file(named: Path | None) -> WalletSeed | None:
    of_environment = os.environ.get(SEED_FILE_VARIABLE)
    if of_environment is None and named is None:
        return None
    path, name = (named, "venue.seed_file") if of_environment is None else (Path(of_environment), SEED_FILE_VARIABLE)
    assert path is not None
    # Whoever sets the seed where its file belongs should not read it in the message.
    shown = printable(hide_secrets(str(path)))
    source = f"the file of {name}, {shown},"
    mend = (
        f"{name} needs a plain file of your own that nobody else may read: {_close_to_others(shown)}."
        f" Or use {SEED_VARIABLE} or the keyring."
    )
    try:
        return WalletSeed(read_private(path.expanduser(), _FILE_BYTES_MAX, mend).decode("utf-8-sig", "replace"), source)
    except FileRefusedError as error:
        trouble = error.what
    except RuntimeError:  # "~" of a user who has no home
        trouble = "there is no such home folder"
    raise NotReadyError(f"{_capital(source)} can't be used: {trouble}", mend)


def _close_to_others(shown: str) -> str:
    if sys.platform == "win32":
        return "one below %USERPROFILE%, where Windows lets no other user in"
    return f"chmod 600 {shown}"


def _of_keyring(account: str) -> WalletSeed | str:
    """The system's keyring's, or why it has none, in words."""
    try:
        import keyring  # noqa: PLC0415 - an extra of its own
        from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415
    except ImportError:
        return "NEO is installed without its extra for keyrings (uv sync --extra keyring)"
    try:
        seed = WalletSeed(
            keyring.get_password(KEYRING_SERVICE, account) or "", f"the keyring's entry {KEYRING_SERVICE} {account}"
        )
    except NoKeyringError:
        return "this system has no keyring"
    except KeyringError as error:
        trouble = type(error).__name__  # its words are a keyring's own, of any content
    else:
        return seed if seed.reveal() else f"the keyring has no entry {KEYRING_SERVICE} {account}"
    raise NotReadyError(
        f"The keyring could not be read: {trouble}", f"Unlock it, or set {SEED_VARIABLE} or {SEED_FILE_VARIABLE}."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
