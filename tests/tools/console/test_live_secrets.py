"""A live session's seed is in nothing that NEO writes or shows, in no form, whatever happens to the session.

Method: real sessions and taps, as processes, on a ledger server of the tests' own over loopback, with a wallet of this
test's. What is written and what is printed is searched for the seed, its entropy and its key: as text, in hexadecimal,
in base 64, and as bytes, each by its halves, so that a piece of one is found too.
"""

from __future__ import annotations

import base64
import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.cli_process import NEO, PATIENCE_S, environment
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.ledger_thread import served
from support.live_sessions import LiveWorld
from support.sessions import Watcher
from xrpl.constants import CryptoAlgorithm
from xrpl.core import addresscodec, keypairs

from actors.store import list_sessions
from actors.venues.live.signer import AccountSigner, open_signer
from actors.venues.live.wallet_seed import WalletSeed
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.chain.shapes import SignedTransaction
from neo.messages import Message
from neo.messages.halts import HaltReason
from neo.text.redaction import HIDDEN
from tools.commands.table import run_command_line
from tools.console.logs import logging_to
from tools.settings.profiles import PROFILES_FOLDER

ENTROPY = bytes.fromhex("5eed0f7e57ba5e1eaf00d5ca1ab1e042")
SESSION = ("run", "--config", "stage.toml", "--live", "--db", "neo.sqlite3", "--duration", "1h")
TAP = ("tap", "--db", "neo.sqlite3")
CURVES = [CryptoAlgorithm.SECP256K1, CryptoAlgorithm.ED25519]


class Wallet:
    """A wallet of the test's: its seed, its address, and every form in which its secret could come out."""

    def __init__(self, curve: CryptoAlgorithm) -> None:
        self.seed = addresscodec.encode_seed(ENTROPY, curve)
        public_key, private_key = keypairs.derive_keypair(self.seed)
        self.address = keypairs.derive_classic_address(public_key)
        key = bytes.fromhex(private_key[2:])
        self.halves = [self.seed[3:15].encode(), self.seed[15:27].encode()]
        for secret in (ENTROPY, key[:16], key[16:]):
            # Not the last digits of base 64: what follows the bytes changes them.
            texts = (secret.hex(), secret.hex().upper(), base64.b64encode(secret).decode()[:20])
            self.halves += [secret, *(text[:16].encode() for text in texts), *(text[-16:].encode() for text in texts)]

    def found_in(self, content: bytes) -> list[bytes]:
        """The forms that are there."""
        return [half for half in self.halves if half in content]


def written(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the profiles, by its name."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix != ".toml"
    }


def leaks(everything: Mapping[str, bytes], wallet: Wallet) -> dict[str, list[bytes]]:
    """What has a form of the wallet's secret in it, or had one until the last line of defence hid it."""
    forms = {name: wallet.found_in(content) for name, content in everything.items()}
    hidden = {name: [HIDDEN.encode()] for name, content in everything.items() if HIDDEN.encode() in content}
    return {name: found for name, found in (forms | hidden).items() if found}


class Operator:
    """Somebody who runs NEO with a wallet, and keeps all that it shows.

    Args:
        home: Where everything is written, and where this process works.
        wallet: Whose seed it is.
        chain: The ledger, closed every few tenths of a second.
        url: Its server's.
        capsys: What this process shows.
    """

    def __init__(self, home: Path, wallet: Wallet, chain: Chain, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.shown: list[str] = []
        self._chain = chain
        self._capsys = capsys
        shipped = (PROFILES_FOLDER / "live-stage1.toml").read_text(encoding="utf-8")
        changed = shipped.replace('min = "3.0.0"', 'min = "3.0.0-b1"').replace('level = "INFO"', 'level = "DEBUG"')
        (home / "stage.toml").write_text(changed, encoding="utf-8")
        self._variables = environment(
            home,
            NEO_WALLET_SEED=wallet.seed,
            NEO_ACCOUNT=wallet.address,
            NEO_ISSUER=chain.ledger.issuer,
            NEO_ENDPOINTS=url,
        )

    def run(self, *arguments: str, **variables: str) -> int:
        """A command line to its end, in this process, which is quicker; its exit code."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (self._variables | variables).items():
                patch.setenv(name, value)
            code = run_command_line(list(arguments))
        self.shown += self._capsys.readouterr()
        return code

    @contextlib.contextmanager
    def begun(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on, heard to its end."""
        with subprocess.Popen(
            [NEO, *arguments],
            cwd=self.home,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
                self.shown += process.communicate(timeout=PATIENCE_S)
            finally:
                process.kill()

    @contextlib.contextmanager
    def trading(self) -> Iterator[subprocess.Popen[str]]:
        """A session that trades."""
        with self.begun(*SESSION) as process:
            # Its first line comes with its first ledger: by then it listens.
            self.watch(process, "")
            self.wait_for(2)
            yield process

    def watch(self, process: subprocess.Popen[str], word: str) -> None:
        """Until it shows a word."""
        assert process.stdout is not None
        for line in process.stdout:
            self.shown.append(line)
            if word in line:
                return
        pytest.fail(f"it ended before it told of {word}")

    def wait_for(self, transactions: int) -> None:
        """Until the server was handed so many more."""
        enough, wanted = threading.Event(), len(self._chain.handed) + transactions

        def look() -> None:
            if len(self._chain.handed) >= wanted:
                enough.set()

        self._chain.listen(look)
        assert enough.wait(PATIENCE_S), "the session does not trade"


@pytest.fixture(params=CURVES, ids=lambda curve: curve.value)
def wallet(request: pytest.FixtureRequest) -> Wallet:
    return Wallet(request.param)


@pytest.fixture
def operator(
    tmp_path: Path, wallet: Wallet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Operator]:
    monkeypatch.chdir(tmp_path)
    start_s = int(time.time()) - RIPPLE_EPOCH_UNIX_S - 600
    chain = Chain(account=wallet.address, xrp_drops=50_000_000, rlusd=Decimal(100), start_close_time_s=start_s)
    with served(chain, every_s=0.25) as url:
        yield Operator(tmp_path, wallet, chain, url, capsys)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.value)
def test_a_part_that_crashes_with_the_seed_in_its_hands_tells_nothing_of_it(
    curve: CryptoAlgorithm, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue begins anew, the screen is gone: what the log has of it, traces too, is without variables' values."""
    wallet = Wallet(curve)
    sign, crashes = AccountSigner.sign, [True]

    def crashing(signer: AccountSigner, tx: Mapping[str, Any]) -> SignedTransaction:
        seed, key = wallet.seed, keypairs.derive_keypair(wallet.seed)[1]
        if crashes and crashes.pop():
            raise ZeroDivisionError(f"on the way from {len(seed)} to {len(key)} characters")
        return sign(signer, tx)

    def drawing(_: Message) -> None:
        seed = wallet.seed
        raise ZeroDivisionError(f"as it drew {len(seed)} characters")

    monkeypatch.setattr(AccountSigner, "sign", crashing)
    live = LiveWorld(LedgerServer(Chain(account=wallet.address, xrp_drops=150_000_000, rlusd=Decimal(300))))
    plan = live.plan(
        tmp_path / "neo.db",
        duration_s=60,
        signer=lambda: open_signer(WalletSeed(wallet.seed, "a test"), wallet.address),
    )
    shown: list[str] = []
    finest = msgspec.structs.replace(plan.config.log, level="DEBUG")
    with logging_to(tmp_path / "neo.log", finest, shown.append):
        summary = live.run(plan, Watcher(drawing))
    assert (summary.halt_reason, summary.restarts) == (HaltReason.DURATION_ELAPSED, 1)
    log = (tmp_path / "neo.log").read_bytes()
    assert b"ZeroDivisionError: on the way from" in log
    assert b"in drawing" in log[log.index(b"traceback=") :]
    everything = written(tmp_path) | {"shown": "".join([*shown, *capsys.readouterr()]).encode()}
    assert leaks(everything, wallet) == {}


def killed(operator: Operator) -> None:
    """A session that is killed as it trades, with a tap on it."""
    with (
        operator.trading() as session,
        operator.begun("tap", "--db", "neo.sqlite3", "--since", "start", "--json") as tap,
    ):
        operator.watch(tap, "OrderSigned")
        session.kill()


def resumed_and_ended(operator: Operator) -> None:
    """The next one settles it, trades, and is ended by its operator."""
    with operator.trading(), operator.begun(*TAP) as tap:
        assert operator.run("status", "--db", "neo.sqlite3") == 0
        operator.watch(tap, "LedgerObserved")
        assert operator.run("kill", "--db", "neo.sqlite3") == 0


def test_no_form_of_the_seed_is_in_anything_written_or_shown(operator: Operator, wallet: Wallet) -> None:
    """Starts that fail, a session that is killed, the one that settles it, a tap on each, the log at its finest, all
    reports; and nothing had to be hidden at the last door.
    """
    other = Wallet(next(curve for curve in CURVES if not wallet.seed.startswith("sEd") ^ (curve is CURVES[0])))
    mistyped = wallet.seed[:-1] + ("p" if wallet.seed[-1] != "p" else "r")
    assert other.address != wallet.address
    assert operator.run(*SESSION, NEO_WALLET_SEED=other.seed) == 30
    assert operator.run(*SESSION, NEO_WALLET_SEED=mistyped) == 30
    assert operator.run("doctor", "--config", "stage.toml", "--json") in {0, 1}
    killed(operator)
    before = written(operator.home)
    resumed_and_ended(operator)
    for report in ("--json", "--csv", "--html=report.html"):
        assert operator.run("report", "--db", "neo.sqlite3", report) == 0
    assert operator.run("report", "--db", "neo.sqlite3") == 0
    assert operator.run("db", "backup", "--db", "neo.sqlite3") == 0
    after = written(operator.home)

    shown = "".join(operator.shown)
    reasons = [session.halt_reason for session in list_sessions(operator.home / "neo.sqlite3")]
    assert reasons == [HaltReason.KILL_SWITCH, HaltReason.PROCESS_LOST]
    assert "neo.sqlite3-wal" in before
    assert b" DEBUG " in after["neo.sqlite3.log"]
    for told in ("belongs to", "holds a mistyped seed", "OrderSigned"):
        assert told in shown
    everything = {f"before the end: {name}": content for name, content in before.items()} | after
    # A public key of Ed25519 looks just like a private one, and is hidden with them wherever a transaction is shown.
    everything["shown"] = shown.replace(f'"SigningPubKey":"{HIDDEN}"', "").encode()
    assert leaks(everything, wallet) == leaks(everything, other) == {}

    # The search finds what is there: every form, planted in the middle of what was just searched.
    for half in wallet.halves:
        log = after["neo.sqlite3.log"]
        assert wallet.found_in(log[: len(log) // 2] + half + log[len(log) // 2 :])
