"""What NEO signs is to the byte what xrpl-py would have signed, by whichever library; and the key stays inside."""

from __future__ import annotations

import copy
import functools
import io
import pickle
import random
import sys
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loguru import logger
from xrpl.constants import CryptoAlgorithm
from xrpl.core import binarycodec, keypairs
from xrpl.core.addresscodec import encode_seed
from xrpl.models.transactions.transaction import Transaction

from actors.venues.live import signer as signing
from actors.venues.live.signer import XRPL_PY_VERSION, AccountSigner, open_signer, require_xrpl_library
from actors.venues.live.wallet_seed import WalletSeed
from actors.venues.venue_errors import NotReadyError
from neo.chain.encoding import UnencodableError
from neo.text.redaction import hide_seeds

CHANCE = random.Random(20260121)
RLUSD = {"currency": "524C555344000000000000000000000000000000", "issuer": "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"}
CURVES = {"secp256k1": CryptoAlgorithm.SECP256K1, "ed25519": CryptoAlgorithm.ED25519}


def wallet(curve: str) -> tuple[str, str]:
    """A seed and its account."""
    seed = encode_seed(CHANCE.randbytes(16), CURVES[curve])
    return seed, keypairs.derive_classic_address(keypairs.derive_keypair(seed)[0])


def offer(account: str, sequence: int = 7) -> dict[str, Any]:
    return {
        "TransactionType": "OfferCreate",
        "Account": account,
        "Fee": "12",
        "Flags": 65536,
        "Sequence": sequence,
        "LastLedgerSequence": 105,
        "OfferSequence": 5,
        "TakerGets": str(CHANCE.randrange(1, 10**12)),
        "TakerPays": {**RLUSD, "value": f"{CHANCE.randrange(1, 10**9)}.{CHANCE.randrange(1, 10**6):06}"},
    }


def opened(curve: str) -> tuple[AccountSigner, str]:
    seed, account = wallet(curve)
    return open_signer(WalletSeed(seed, "a test"), account), seed


def by_xrpl_py(form: dict[str, Any], seed: str) -> tuple[str, str]:
    """Blob and hash as xrpl-py alone makes them."""
    public_key, private_key = keypairs.derive_keypair(seed)
    form = {**form, "SigningPubKey": public_key}
    form["TxnSignature"] = keypairs.sign(bytes.fromhex(binarycodec.encode_for_signing(form)), private_key)
    return binarycodec.encode(form), Transaction.from_xrpl(form).get_hash()


# --- Signatures --------------------------------------------------------------------------------------------------


def without(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    """Make an import of these fail, as it does where they are not installed."""
    for name in libraries:
        monkeypatch.setitem(sys.modules, name, None)


CRYPTOGRAPHY = ("cryptography.hazmat.primitives.asymmetric", "cryptography.hazmat.primitives.asymmetric.ed25519")


@pytest.mark.parametrize(
    ("curve", "absent", "library"),
    [
        ("secp256k1", (), "coincurve"),
        ("secp256k1", ("coincurve",), "cryptography"),
        ("secp256k1", ("coincurve", *CRYPTOGRAPHY), "xrpl-py"),
        ("ed25519", (), "cryptography"),
        ("ed25519", CRYPTOGRAPHY, "xrpl-py"),
    ],
)
def test_a_signed_transaction_is_to_the_byte_what_xrpl_py_would_have_sent(
    monkeypatch: pytest.MonkeyPatch, curve: str, absent: tuple[str, ...], library: str
) -> None:
    """By every library; those that are not there are told."""
    if sys.version_info >= (3, 14) and library == "coincurve":
        library = "cryptography"
    without(monkeypatch, *absent)
    for _ in range(6):
        signer, seed = opened(curve)
        assert signer.library == library
        assert [note.split()[0] for note in signer.notes] == [
            name for name in ("coincurve", "cryptography") if name in {each.split(".")[0] for each in absent}
        ]
        form = offer(signer.address)
        signed = signer.sign(form)
        assert (signed.blob, signed.tx_hash) == by_xrpl_py(form, seed)


def test_a_library_that_signs_otherwise_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is, and it is told."""
    right = signing._ED25519_LIBRARIES

    def crooked(key: signing.PrivateKey) -> Callable[[bytes], bytes]:
        return lambda _: bytes(64)

    monkeypatch.setattr(signing, "_ED25519_LIBRARIES", (("crooked", crooked), *right))
    signer, seed = opened("ed25519")
    assert signer.library == "cryptography"
    assert signer.notes == ("crooked signs otherwise than xrpl-py, and is not used",)
    monkeypatch.setattr(signing, "_ED25519_LIBRARIES", (("crooked", crooked),))
    signer, seed = opened("ed25519")
    form = offer(signer.address)
    assert (signer.library, signer.sign(form).blob) == ("xrpl-py", by_xrpl_py(form, seed)[0])


def test_the_form_that_was_given_is_not_changed() -> None:
    """The journal has it as it was tried."""
    signer, _ = opened("ed25519")
    form = offer(signer.address)
    before = copy.deepcopy(form)
    signer.sign(form)
    assert form == before


# --- Refusals ----------------------------------------------------------------------------------------------------


def test_a_seed_of_another_account_is_refused_with_both_addresses() -> None:
    seed, account = wallet("secp256k1")
    _, other = wallet("secp256k1")
    with pytest.raises(NotReadyError, match=f"seed of a test belongs to {account}, not to {other}"):
        open_signer(WalletSeed(seed, "a test"), other)


def test_another_accounts_transaction_is_not_signed() -> None:
    signer, _ = opened("ed25519")
    with pytest.raises(UnencodableError, match="another account's"):
        signer.sign(offer(RLUSD["issuer"]))


def test_an_encoder_that_differs_is_found_before_anything_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binarycodec, "encode_for_signing", lambda _: "53545800")
    with pytest.raises(NotReadyError, match="encodes a transaction otherwise"):
        opened("ed25519")


def test_another_version_of_xrpl_py_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the one that is needed."""
    require_xrpl_library()
    monkeypatch.setattr(signing, "XRPL_PY_VERSION", "4.0.0")
    with pytest.raises(NotReadyError, match=r"xrpl-py is version 5\.2\.0.*Install NEO .*xrpl-py==4\.0\.0"):
        opened("ed25519")


def test_the_version_that_is_asked_for_is_the_pinned_one() -> None:
    with (Path(__file__).parents[4] / "pyproject.toml").open("rb") as file:
        assert f"xrpl-py=={XRPL_PY_VERSION}" in tomllib.load(file)["project"]["dependencies"]


def test_a_function_that_would_have_to_be_awaited_is_refused() -> None:
    """The memo's item 4: its result would be no signature but the promise of one."""

    async def sign(message: bytes, key: str) -> str:
        return ""

    with pytest.raises(NotReadyError, match=r"sign would have to be awaited"):
        require_xrpl_library((keypairs.derive_keypair, sign))


# --- Never shown -------------------------------------------------------------------------------------------------


def parts_of(curve: str, seed: str) -> list[str]:
    """What of a wallet must be nowhere: its seed, entropy and key, in any case, whole or by halves."""
    private_key = keypairs.derive_keypair(seed)[1]
    return [text.lower() for text in (seed[4:16], seed[16:28], private_key[2:34], private_key[34:66])]


def failure_of(attempt: Callable[[], Any]) -> str:
    """A failure as it can be told at worst: every frame with every local variable, and a log that shows values."""
    log = io.StringIO()
    sink = logger.add(log, diagnose=True, backtrace=False)
    try:
        attempt()
    except (ZeroDivisionError, NotReadyError, UnencodableError, TypeError) as error:
        logger.exception("it failed")
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(frames.format()) + log.getvalue()
    finally:
        logger.remove(sink)
    pytest.fail("it was let through")


@pytest.mark.parametrize("curve", CURVES)
def test_nothing_that_is_told_of_a_signer_has_the_seed_or_the_key(monkeypatch: pytest.MonkeyPatch, curve: str) -> None:
    """Texts, signed blobs, dumps, errors, logs."""
    signer, seed = opened(curve)
    held = WalletSeed(seed, "a test")
    key = signing._derived(held)[1]
    told = [f"{each} {each!r}" for each in (signer, held, key, signer.sign, [signer, held, key])]
    told.append(str(signer.sign(offer(signer.address))))

    def failing(_: signing.PrivateKey) -> Callable[[bytes], bytes]:
        raise ZeroDivisionError

    monkeypatch.setattr(signing, f"_{curve.upper()}_LIBRARIES", (("failing", failing),))
    told += [
        failure_of(lambda: open_signer(held, signer.address)),
        failure_of(lambda: open_signer(held, RLUSD["issuer"])),
        failure_of(lambda: signer.sign({**offer(signer.address), "Fee": "x"})),
    ]
    dumps: tuple[Callable[[Any], Any], ...] = (pickle.dumps, copy.copy, copy.deepcopy, msgspec.to_builtins)
    for dump in (*dumps, msgspec.json.encode, msgspec.msgpack.encode):
        told += [failure_of(functools.partial(dump, {"x": each})) for each in (signer, held, key) if dump != copy.copy]
        told += [failure_of(functools.partial(dump, each)) for each in (signer, held, key)]
    everything = " ".join(told).lower()
    assert "zerodivisionerror" in everything
    assert "<signer for" in everything
    assert not [part for part in parts_of(curve, seed) if part in everything]


@pytest.mark.parametrize("curve", CURVES)
def test_the_last_line_of_defence_knows_both_forms_of_the_wallets_secret(curve: str) -> None:
    """If one came out all the same: the log, the tap and the screen hide it."""
    _, seed = opened(curve)
    private_key = keypairs.derive_keypair(seed)[1]
    shown = hide_seeds(f"with {seed} and {private_key}, {private_key.lower()}").lower()
    assert not [part for part in parts_of(curve, seed) if part in shown]
