"""The wallet's seed comes from the first source that is set, and nothing that the process tells ever has it.

Method: seeds made by the ledger's own codec; real files with real modes, the real environment, the real ``keyring``
package with a backend of the test's own.
"""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import keyring
import msgspec
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError
from xrpl.constants import CryptoAlgorithm
from xrpl.core.addresscodec import encode_seed

from actors.venues.live.wallet_seed import WalletSeed, read_wallet_seed
from actors.venues.venue_errors import Fault, NotReadyError

ACCOUNT = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
SEED, ED_SEED, OTHER = (
    encode_seed(bytes([number]) * 16, algorithm)
    for number, algorithm in (
        (1, CryptoAlgorithm.SECP256K1),
        (2, CryptoAlgorithm.ED25519),
        (3, CryptoAlgorithm.ED25519),
    )
)
MISTYPED = SEED[:-1] + ("p" if SEED[-1] != "p" else "r")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")


class Keyring(KeyringBackend):
    """A keyring with one account's entry, or one that fails."""

    priority = 1

    def __init__(self, held: str | Exception | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held = held

    def get_password(self, service: str, username: str) -> str | None:
        if isinstance(self.held, Exception):
            raise self.held
        return self.held if (service, username) == ("neo", ACCOUNT) else None

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No source but those that a test sets."""
    monkeypatch.delenv("NEO_WALLET_SEED", raising=False)
    monkeypatch.delenv("NEO_WALLET_SEED_FILE", raising=False)
    keyring.set_keyring(Keyring(NoKeyringError("none")))
    yield
    os.environ.pop("NEO_WALLET_SEED", None)


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    """A file with a seed, as an editor writes it, closed to others."""
    file = tmp_path / "wallet.seed"
    file.write_text(f"{ED_SEED}\n", encoding="utf-8")
    file.chmod(0o600)
    return file


# --- Sources -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [SEED, ED_SEED, f"  {SEED}\n"])
def test_the_environments_seed_is_taken_and_gone_from_it(monkeypatch: pytest.MonkeyPatch, seed: str) -> None:
    """A child of this process doesn't have it either."""
    monkeypatch.setenv("NEO_WALLET_SEED", seed)
    found = read_wallet_seed(ACCOUNT, None)
    assert found.reveal() == seed.strip()
    assert found.source == "the environment variable NEO_WALLET_SEED"
    child = [sys.executable, "-c", "import os; print('NEO_WALLET_SEED' in os.environ)"]
    assert subprocess.run(child, capture_output=True, check=True).stdout.strip() == b"False"


def test_a_file_is_named_by_the_profile_or_the_environment(seed_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's is the one if both name one."""
    assert read_wallet_seed(ACCOUNT, seed_file).reveal() == ED_SEED
    monkeypatch.setenv("NEO_WALLET_SEED_FILE", str(seed_file))
    found = read_wallet_seed(ACCOUNT, seed_file.with_name("another"))
    assert found.reveal() == ED_SEED
    assert found.source == f"the file of NEO_WALLET_SEED_FILE, {seed_file},"


def test_the_keyrings_entry_of_the_account_is_taken() -> None:
    """Service ``neo``, the account as the user."""
    keyring.set_keyring(Keyring(SEED))
    found = read_wallet_seed(ACCOUNT, None)
    assert (found.reveal(), found.source) == (SEED, f"the keyring's entry neo {ACCOUNT}")
    with pytest.raises(NotReadyError, match="There is no seed"):
        read_wallet_seed("rrrrrrrrrrrrrrrrrrrrrhoLvTp", None)


def test_the_environment_goes_before_the_file_and_the_file_before_the_keyring(
    seed_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(Keyring(OTHER))
    monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    assert [read_wallet_seed(ACCOUNT, file).reveal() for file in (seed_file, seed_file, None)] == [SEED, ED_SEED, OTHER]


# --- Refusals ----------------------------------------------------------------------------------------------------


def refusal(account: str = ACCOUNT, seed_file: Path | None = None) -> str:
    """What is told when no seed can be had; never a seed, and for the operator to mend."""
    with pytest.raises(NotReadyError) as refused:
        read_wallet_seed(account, seed_file)
    assert (refused.value.fault, refused.value.retry) == (Fault.OPERATOR, False)
    told = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    assert refused.value.__context__ is None
    for seed in (SEED, ED_SEED, OTHER, MISTYPED):
        assert seed[4:12] not in told
    return str(refused.value)


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (NoKeyringError("none"), "this system has no keyring"),
        (None, f"the keyring has no entry neo {ACCOUNT}"),
        ("", f"the keyring has no entry neo {ACCOUNT}"),
    ],
)
def test_a_keyring_that_has_no_seed_is_told_as_what_it_lacks(held: str | Exception | None, why: str) -> None:
    keyring.set_keyring(Keyring(held))
    assert refusal().startswith(f"There is no seed to sign with: neither variable nor file is set, and {why}. Set NEO")


def test_without_the_keyrings_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is installed without it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    told = refusal()
    assert "NEO is installed without its extra for keyrings (uv sync --extra keyring)" in told
    assert "Set NEO_WALLET_SEED, or name a file" in told


def test_without_any_source_all_of_them_are_named() -> None:
    told = refusal()
    for source in ("NEO_WALLET_SEED,", "NEO_WALLET_SEED_FILE", "venue.seed_file", f"keyring set neo {ACCOUNT}"):
        assert source in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (ACCOUNT, "holds an address"),
        (MISTYPED, "holds a mistyped seed"),
        (f"{SEED} {ED_SEED}", "holds no family seed"),
        (f'"{SEED}"', "holds no family seed"),
        ("abandon " * 12, "holds no family seed"),
    ],
)
def test_what_is_no_seed_is_told_by_its_source_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    monkeypatch.setenv("NEO_WALLET_SEED", text)
    told = refusal()
    assert told.startswith(f"The environment variable NEO_WALLET_SEED {words}")
    assert "abandon" not in told
    file = tmp_path / "wallet.seed"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    assert refusal(seed_file=file).startswith(f"The file of venue.seed_file, {file}, {words}")


@posix_only
def test_a_file_that_others_may_read_is_refused_with_the_command_that_closes_it(seed_file: Path) -> None:
    """Though it holds a good seed: others may have it already."""
    seed_file.chmod(0o640)
    told = refusal(seed_file=seed_file)
    assert f"venue.seed_file, {seed_file}, can't be used: open to other users (mode 0640)" in told
    assert f"chmod 600 {seed_file}" in told


def test_a_file_that_is_not_there_or_too_large_is_refused(seed_file: Path) -> None:
    assert "No such file" in refusal(seed_file=seed_file.with_name("nowhere"))
    seed_file.write_text(f"{SEED}\n" * 20, encoding="utf-8")
    assert "more than the 256 bytes" in refusal(seed_file=seed_file)
    assert "no such home folder" in refusal(seed_file=Path("~nobody-of-that-name/wallet.seed"))


def test_a_seed_where_its_files_path_belongs_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_WALLET_SEED_FILE", SEED)
    with pytest.raises(NotReadyError, match=r"NEO_WALLET_SEED_FILE, \[hidden\], can't be used") as refused:
        read_wallet_seed(ACCOUNT, None)
    assert SEED not in str(refused.value)


def test_a_locked_keyring_is_told_and_its_own_words_are_not() -> None:
    """They are of any content."""
    keyring.set_keyring(Keyring(KeyringLocked(f"for {SEED}")))
    assert refusal().startswith("The keyring could not be read: KeyringLocked. Unlock it")


# --- Never shown -------------------------------------------------------------------------------------------------


def test_a_seed_in_hand_is_neither_shown_nor_copied_nor_written_down() -> None:
    seed = WalletSeed(SEED, "a test")
    assert {repr(seed), str(seed), f"{seed}", f"{[seed]}"[1:-1]} == {"<WalletSeed of a test>"}
    assert not hasattr(seed, "__dict__")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, msgspec.to_builtins):
        with pytest.raises(TypeError):
            attempt(seed)
