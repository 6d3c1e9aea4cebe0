"""What a signed replacement costs: encoding and signing against xrpl-py's own, in the same run.

Method: the same offer, in turns, several rounds; the shortest time of each is compared, since whatever else the machine
does only adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from xrpl.constants import CryptoAlgorithm
from xrpl.core import binarycodec, keypairs
from xrpl.core.addresscodec import encode_seed

from actors.venues.live.signer import open_signer
from actors.venues.live.wallet_seed import WalletSeed
from neo.chain.encoding import encode

ROUNDS = 8
CALLS = 20

# The least ratios that the venue counts on: both replacements of a ledger well under a millisecond.
ENCODING_LEAST = 20
SIGNING_LEAST = 5  # where coincurve is not there; with it about ten times that


def shortest_us(work: Callable[[], object]) -> float:
    """Microseconds of one call."""
    begun_s = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - begun_s) / CALLS * 1e6


@pytest.mark.bench
@pytest.mark.parametrize("algorithm", [CryptoAlgorithm.SECP256K1, CryptoAlgorithm.ED25519])
def test_encoding_and_signing_are_many_times_faster_than_xrpl_pys(algorithm: CryptoAlgorithm) -> None:
    """Ratios of times, theirs to ours; signing is all from the form to the blob."""
    seed = encode_seed(b"a benchmark only", algorithm)
    public_key, private_key = keypairs.derive_keypair(seed)
    signer = open_signer(WalletSeed(seed, "a benchmark"), keypairs.derive_classic_address(public_key))
    form = {
        "TransactionType": "OfferCreate",
        "Account": signer.address,
        "Fee": "12",
        "Flags": 65536,
        "Sequence": 7,
        "LastLedgerSequence": 105,
        "Expiration": 800_000_000,
        "OfferSequence": 5,
        "TakerGets": "1500000",
        "TakerPays": {
            "currency": "524C555344000000000000000000000000000000",
            "issuer": signer.address,
            "value": "3.25",
        },
    }

    def theirs() -> str:
        unsigned = {**form, "SigningPubKey": public_key}
        message = bytes.fromhex(binarycodec.encode_for_signing(unsigned))
        return binarycodec.encode({**unsigned, "TxnSignature": keypairs.sign(message, private_key)})

    assert signer.sign(form).blob == theirs()
    works: dict[str, Callable[[], object]] = {
        "encode": lambda: encode(form),
        "xrpl-py encode": lambda: binarycodec.encode(form),
        "sign": lambda: signer.sign(form),
        "xrpl-py sign": theirs,
    }
    rounds = [{name: shortest_us(work) for name, work in works.items()} for _ in range(ROUNDS)]
    best = {name: min(each[name] for each in rounds) for name in works}
    ratios = {name: best[f"xrpl-py {name}"] / best[name] for name in ("encode", "sign")}
    print(f"{algorithm.value}, {signer.library}")
    for name, ratio in ratios.items():
        print(f"{name:<8} {best[name]:8.1f} us, xrpl-py {best[f'xrpl-py {name}']:8.1f} us: {ratio:6.1f} times")
    assert ratios["encode"] > ENCODING_LEAST
    assert ratios["sign"] > SIGNING_LEAST
