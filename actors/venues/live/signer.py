"""Signs what the account sends: a native library where there is one, xrpl-py's slow way behind it, the same bytes.

The key is derived by xrpl-py. The libraries for its curve are tried in order; the first that is installed and signs a
fixed transaction exactly as xrpl-py does is used, else xrpl-py itself. The encoder is held against xrpl-py's in the
same moment, and the key must be the account's: nothing of this is found out by the first order.

Source of signatures: xrpl.org, "Cryptographic Keys": ECDSA on secp256k1 over the first half of SHA-512, its nonce by
RFC 6979, the lower of both S, in DER; Ed25519 over the message itself.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from xrpl.core import addresscodec, binarycodec, keypairs

from actors.venues.live.wallet_seed import Unshown, WalletSeed
from actors.venues.venue_errors import NotReadyError
from neo.chain.encoding import UnencodableError, blob_hash, encode, encode_for_signing
from neo.chain.shapes import SignedTransaction

XRPL_PY_VERSION: Final = "5.2.0"

# What the venue calls of xrpl-py: one that became a coroutine would give it no value but a promise of one.
_CALLED: Final[tuple[Callable[..., Any], ...]] = (
    addresscodec.decode_classic_address,
    addresscodec.encode_classic_address,
    binarycodec.encode_for_signing,
    keypairs.derive_classic_address,
    keypairs.derive_keypair,
    keypairs.sign,
)

# The order of secp256k1's group. Source: SEC 2, "Recommended Elliptic Curve Domain Parameters", 2.4.1.
_GROUP_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141

# Of a private key in xrpl-py's form, which stands before its 32 bytes in hex.
_ED25519_PREFIX: Final = "ED"
_PREFIX_CHARS: Final = 2

_SLOW: Final = "xrpl-py"

_SignBytes = Callable[[bytes], bytes]


def require_xrpl_library(called: tuple[Callable[..., Any], ...] = _CALLED) -> None:
    """Refuse to start with another xrpl-py than the one that NEO was proven with.

    Args:
        called: What the venue calls of it.

    Raises:
        NotReadyError: It is another version, or something of it is no longer synchronous. The operator's fault.
    """
    mend = f"Install NEO with its pinned dependencies: xrpl-py=={XRPL_PY_VERSION}."
    try:
        found = importlib.metadata.version("xrpl-py")
    except importlib.metadata.PackageNotFoundError:
        found = "not known"
    if found != XRPL_PY_VERSION:
        raise NotReadyError(f"xrpl-py is version {found}, and NEO is proven with {XRPL_PY_VERSION}", mend)
    if waiting := [call.__qualname__ for call in called if inspect.iscoroutinefunction(call)]:
        raise NotReadyError(f"xrpl-py's {', '.join(waiting)} would have to be awaited", mend)


class PrivateKey(Unshown):
    """A private key in xrpl-py's form: 66 hex digits, of them ``ED`` before one of Ed25519, ``00`` of secp256k1."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    @property
    def is_ed25519(self) -> bool:
        """Which curve it is of."""
        return self.__text.startswith(_ED25519_PREFIX)

    def slow(self, message: bytes) -> bytes:
        """The signature by xrpl-py itself."""
        return bytes.fromhex(keypairs.sign(message, self.__text))

    def reveal(self) -> bytes:
        """Its 32 bytes, for a library and nothing else."""
        return bytes.fromhex(self.__text[_PREFIX_CHARS:])


class AccountSigner(Unshown):
    """Signs for one account. Made by :func:`open_signer`.

    Args:
        address: The account's.
        public_key: In hex.
        sign_bytes: Signs what :func:`~neo.chain.encoding.encode_for_signing` gives.
        library: What signs.
        notes: What is to be told of libraries that were passed over.
    """

    __slots__ = ("__sign_bytes", "_public_key", "address", "library", "notes")

    def __init__(
        self, address: str, public_key: str, sign_bytes: _SignBytes, library: str, notes: tuple[str, ...]
    ) -> None:
        self.address = address
        self.library = library
        self.notes = notes
        self._public_key = public_key
        self.__sign_bytes = sign_bytes

    def __repr__(self) -> str:
        return f"<signer for {self.address}>"

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction of the account's, given in the ledger's JSON form.

        Raises:
            UnencodableError: It is none that NEO sends, is another account's, or has a value that the ledger can't
                hold. Our fault.
        """
        if tx.get("Account") != self.address:
            raise UnencodableError("the transaction is another account's than the key")
        form = {**tx, "SigningPubKey": self._public_key}
        signature = self.__sign_bytes(encode_for_signing(form))
        blob = encode({**form, "TxnSignature": signature.hex()})
        return SignedTransaction(blob_hash(blob), blob.hex().upper())


def open_signer(seed: WalletSeed, address: str) -> AccountSigner:
    """A signer for an account, proven before it signs anything that leaves. It takes some 10 ms.

    Args:
        seed: The account's.
        address: The account's.

    Raises:
        NotReadyError: The seed is another account's, xrpl-py is unfit (see :func:`require_xrpl_library`), or NEO's
            encoder differs from its. The operator's fault, as is a broken installation.
    """
    require_xrpl_library()
    public_key, key = _derived(seed)
    derived = keypairs.derive_classic_address(public_key)
    if derived != address:
        raise NotReadyError(
            f"The seed of {seed.source} belongs to {derived}, not to {address}",
            "Name the account that the seed is of, or set the account's own seed.",
        )
    sample = _sample(address, public_key)
    message = encode_for_signing(sample)
    if message.hex().upper() != binarycodec.encode_for_signing(sample):
        raise NotReadyError("NEO encodes a transaction otherwise than xrpl-py", "Install NEO anew.")
    sign_bytes, library, notes = _fastest(key, message)
    return AccountSigner(address, public_key, sign_bytes, library, notes)


def _derived(seed: WalletSeed) -> tuple[str, PrivateKey]:
    """The public key, in hex, and the private one."""
    public_key, private_key = keypairs.derive_keypair(seed.reveal())
    return public_key, PrivateKey(private_key)


def _sample(address: str, public_key: str) -> dict[str, Any]:
    """A transaction with every field that an offer of ours has. Its last ledger was long ago: it could never apply."""
    return {
        "TransactionType": "OfferCreate",
        "Account": address,
        "Fee": "10",
        "Flags": 0x00010000,
        "Sequence": 1,
        "LastLedgerSequence": 1,
        "Expiration": 1,
        "OfferSequence": 1,
        "TakerGets": "1500000",
        "TakerPays": {"currency": "524C555344000000000000000000000000000000", "issuer": address, "value": "3.2512"},
        "SigningPubKey": public_key,
    }


def _fastest(key: PrivateKey, message: bytes) -> tuple[_SignBytes, str, tuple[str, ...]]:
    """What signs, its name, and what is to be told of those passed over."""
    expected = key.slow(message)
    notes = []
    for library, make in _ED25519_LIBRARIES if key.is_ed25519 else _SECP256K1_LIBRARIES:
        try:
            sign_bytes = make(key)
        except ImportError:
            notes.append(f"{library} is not there to sign fast")
            continue
        if sign_bytes(message) == expected:
            return sign_bytes, library, tuple(notes)
        notes.append(f"{library} signs otherwise than {_SLOW}, and is not used")
    return key.slow, _SLOW, tuple(notes)


# --- Libraries ---------------------------------------------------------------------------------------------------


def _half_hash(message: bytes) -> bytes:
    return hashlib.sha512(message).digest()[:32]


def _coincurve(key: PrivateKey) -> _SignBytes:
    import coincurve  # noqa: PLC0415 - not there on every Python

    native = coincurve.PrivateKey(key.reveal())
    return lambda message: native.sign(_half_hash(message), hasher=None)


def _cryptography_secp256k1(key: PrivateKey) -> _SignBytes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - 0.1 s, for those who sign
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415

    try:
        algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
    except UnsupportedAlgorithm:
        raise ImportError("built with an OpenSSL that knows no RFC 6979") from None
    native = ec.derive_private_key(int.from_bytes(key.reveal(), "big"), ec.SECP256K1())

    def sign(message: bytes) -> bytes:
        r, s = utils.decode_dss_signature(native.sign(_half_hash(message), algorithm))
        return utils.encode_dss_signature(r, min(s, _GROUP_ORDER - s))

    return sign


def _cryptography_ed25519(key: PrivateKey) -> _SignBytes:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - 0.1 s, for those who sign

    return ed25519.Ed25519PrivateKey.from_private_bytes(key.reveal()).sign


_Libraries = tuple[tuple[str, Callable[[PrivateKey], _SignBytes]], ...]

# The fastest first.
_SECP256K1_LIBRARIES: Final[_Libraries] = (("coincurve", _coincurve), ("cryptography", _cryptography_secp256k1))
_ED25519_LIBRARIES: Final[_Libraries] = (("cryptography", _cryptography_ed25519),)
