"""What NEO signs and sends is byte for byte what the ledger reads: by real hashes, and by xrpl-py's codec.

Method: every transaction of our kinds in the recorded conversations, whose hash the server itself told; two thousand
random ones and the edges of amounts, encoded by xrpl-py as well.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import conversations
from xrpl.core import binarycodec
from xrpl.core.addresscodec import encode_classic_address

from neo.chain.encoding import UnencodableError, blob_hash, encode, encode_for_signing, fee_drops

RLUSD = {"currency": "524C555344000000000000000000000000000000", "issuer": "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"}
OFFER = {
    "TransactionType": "OfferCreate",
    "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
    "Fee": "10",
    "Sequence": 7,
    "LastLedgerSequence": 105,
    "TakerGets": "1500000",
    "TakerPays": {**RLUSD, "value": "3.25"},
}


# --- Real ones ---------------------------------------------------------------------------------------------------


def recorded(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every signed transaction in a frame, with its hash."""
    if isinstance(value, dict):
        form = value.get("tx_json") or value.get("transaction")
        if isinstance(form, dict) and form.get("TxnSignature"):
            told = {name: field for name, field in form.items() if name[0].isupper()}
            if "DeliverMax" in told:  # version 2 of the API calls a payment's Amount so
                told["Amount"] = told.pop("DeliverMax")
            if tx_hash := value.get("hash") or form.get("hash"):  # what is asked has none yet
                yield tx_hash, told
        for inner in value.values():
            yield from recorded(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from recorded(inner)


def test_the_hash_of_every_recorded_transaction_of_our_kinds_is_the_one_that_the_server_told() -> None:
    """All but those that others sent without a last ledger or with fields that ours never have."""
    hashes: dict[str, str] = {}
    for name in conversations.NAMES:
        for line in conversations.lines(name):
            for tx_hash, form in recorded(line.frame):
                try:
                    hashes[tx_hash] = blob_hash(encode(form))
                except UnencodableError:
                    assert (
                        "LastLedgerSequence" not in form or form["TransactionType"] not in KINDS or "Tag" in str(form)
                    )
    assert len(hashes) > 150
    assert [told for told, ours in hashes.items() if told != ours] == []


# --- Random ones -------------------------------------------------------------------------------------------------

KINDS = ("OfferCreate", "OfferCancel", "Payment", "TicketCreate")


def random_address(chance: random.Random) -> str:
    return encode_classic_address(bytes(chance.choice([0, 0, 1, 5])).ljust(20, chance.randbytes(1)))


def random_uint32(chance: random.Random) -> int:
    return chance.choice([0, 1, 2**32 - 1, chance.getrandbits(32), chance.getrandbits(16)])


def random_amount(chance: random.Random, *, drops: bool) -> Any:
    if drops:
        return str(chance.choice([0, 1, 10**17, chance.randrange(10**17), chance.randrange(10**9)]))
    digits = str(chance.randrange(10 ** chance.randint(1, 16)))
    value = format(Decimal(digits).scaleb(-chance.randint(0, 20)), "f")
    currency = chance.choice([RLUSD["currency"], "USD", "a$1", "01" + chance.randbytes(19).hex().upper()])
    return {"currency": currency, "issuer": random_address(chance), "value": value}


def random_form(chance: random.Random, kind: str) -> dict[str, Any]:
    """A transaction of ours with any of the fields that it may have, in any order."""
    form: dict[str, Any] = {
        "TransactionType": kind,
        "Account": random_address(chance),
        "Fee": random_amount(chance, drops=True),
        "SigningPubKey": chance.randbytes(33).hex().upper(),
        "TxnSignature": chance.randbytes(chance.choice([64, 70, 71, 72])).hex().upper(),
    }
    numbers = ["Sequence", "LastLedgerSequence"]
    numbers += [name for name in ("Flags", "NetworkID", "TicketSequence") if chance.random() < 0.5]
    if kind == "OfferCreate":
        gives_drops = chance.random() < 0.5
        form["TakerGets"] = random_amount(chance, drops=gives_drops)
        form["TakerPays"] = random_amount(chance, drops=not gives_drops)
        numbers += [name for name in ("Expiration", "OfferSequence") if chance.random() < 0.5]
    elif kind == "Payment":
        form |= {"Amount": random_amount(chance, drops=chance.random() < 0.5), "Destination": random_address(chance)}
    else:
        numbers.append("OfferSequence" if kind == "OfferCancel" else "TicketCount")
    items = [*form.items(), *((name, random_uint32(chance)) for name in numbers)]
    chance.shuffle(items)
    return dict(items)


@pytest.mark.parametrize("kind", KINDS)
def test_random_transactions_are_byte_for_byte_those_of_xrpl_py(kind: str) -> None:
    """Signed and for signing, 500 of each kind."""
    chance = random.Random(kind)
    for _ in range(500):
        form = random_form(chance, kind)
        assert encode(form).hex().upper() == binarycodec.encode(form), form
        assert encode_for_signing(form).hex().upper() == binarycodec.encode_for_signing(form), form


@pytest.mark.parametrize("kind", KINDS)
def test_the_fee_is_read_back_from_what_is_sent(kind: str) -> None:
    """Wherever the other fields push it, to the drop."""
    chance = random.Random(f"fee of {kind}")
    for _ in range(200):
        form = random_form(chance, kind)
        assert fee_drops(encode(form)) == int(form["Fee"]), form


@pytest.mark.parametrize(
    "blob", ["", "12", "120007", "1200075000", "12000768", "1200076800000000000000", "12000768" + "00" * 8]
)
def test_what_is_no_transaction_of_ours_has_no_fee(blob: str) -> None:
    """Cut off before its fee or in it, with a field that ours never have, or with a fee that is no XRP."""
    with pytest.raises(ValueError, match="a blob"):
        fee_drops(bytes.fromhex(blob))


@given(st.integers(0, 10**18), st.integers(-105, 85))
def test_any_amount_that_is_taken_is_read_back_as_itself(mantissa: int, exponent: int) -> None:
    """And none is refused that the ledger could hold: 16 digits, the first of them at 1e-81 to 1e95."""
    digits = str(mantissa).rstrip("0")
    first = exponent + len(str(mantissa)) - 1
    form = {**OFFER, "TakerPays": {**RLUSD, "value": f"{mantissa}e{exponent}"}}
    if mantissa and (len(digits) > 16 or not -81 <= first <= 95):
        with pytest.raises(UnencodableError):
            encode(form)
    else:
        read = binarycodec.decode(encode(form).hex())["TakerPays"]["value"]
        assert Decimal(read) == Decimal(mantissa).scaleb(exponent)


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        ("0", 0x8000000000000000),
        ("0.000", 0x8000000000000000),
        # 1 is 1000000000000000e-15: exponent -15 + 97 = 82.
        ("1", 0xC000000000000000 | 82 << 54 | 10**15),
        ("1.0", 0xC000000000000000 | 82 << 54 | 10**15),
        ("001", 0xC000000000000000 | 82 << 54 | 10**15),
        ("9999999999999999e80", 0xC000000000000000 | 177 << 54 | 9999999999999999),
        ("1e95", 0xC000000000000000 | 177 << 54 | 10**15),
        ("1000000000000000e-96", 0xC000000000000000 | 1 << 54 | 10**15),
        ("1E-81", 0xC000000000000000 | 1 << 54 | 10**15),
    ],
)
def test_amounts_at_the_edges_have_the_bits_that_the_documentation_gives(value: str, bits: int) -> None:
    """Source: xrpl.org, "Token Amount Format": not XRP, sign, eight bits of exponent + 97, 54 of the digits."""
    encoded = encode({**OFFER, "TakerPays": {**RLUSD, "value": value}})
    assert bits.to_bytes(8, "big") + bytes.fromhex(RLUSD["currency"]) in encoded


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("TakerPays", {**RLUSD, "value": "12345678901234567"}, "17 digits"),
        ("TakerPays", {**RLUSD, "value": "9.9999999999999999"}, "17 digits"),
        ("TakerPays", {**RLUSD, "value": "1e96"}, "too large"),
        ("TakerPays", {**RLUSD, "value": "9e-82"}, "too small"),
        ("TakerPays", {**RLUSD, "value": "-1"}, "without a sign"),
        ("TakerPays", {**RLUSD, "value": "NaN"}, "no amount"),
        ("TakerPays", {**RLUSD, "value": "1" * 201}, "no amount"),
        ("TakerPays", {**RLUSD, "value": "\u0661"}, "no amount"),
        ("TakerPays", {**RLUSD, "value": 1.5}, "no amount"),
        ("TakerPays", {**RLUSD, "currency": "XRP", "value": "1"}, "no currency"),
        ("TakerPays", {**RLUSD, "currency": "00" * 20, "value": "1"}, "no currency"),
        ("TakerPays", {**RLUSD, "currency": "RLUSD", "value": "1"}, "no currency"),
        ("TakerPays", {**RLUSD, "issuer": "rIssuer", "value": "1"}, "no address"),
        ("TakerPays", {"mpt_issuance_id": "00" * 24, "value": "1"}, "currency, issuer and value"),
        ("TakerGets", "100000000000000001", "more than there can be"),
        ("TakerGets", "1.5", "whole drops"),
        ("TakerGets", "-1", "whole drops"),
        ("TakerGets", "1e6", "whole drops"),
        ("TakerGets", "\u0661", "whole drops"),
        ("TakerGets", 1500000, "whole drops"),
        ("Fee", {**RLUSD, "value": "1"}, "whole drops"),
        ("Sequence", -1, "no whole number"),
        ("Sequence", 2**32, "no whole number"),
        ("Sequence", "7", "no whole number"),
        ("Sequence", True, "no whole number"),
        ("Account", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi", "mistyped"),
        ("Account", None, "no address"),
        ("SigningPubKey", "0G", "hex digits"),
        ("SigningPubKey", "00" * 193, "at most 192 bytes"),
    ],
)
def test_a_value_that_the_ledger_could_not_hold_exactly_is_refused_by_its_fields_name(
    field: str, value: Any, words: str
) -> None:
    with pytest.raises(UnencodableError, match=rf"^OfferCreate\.{field}: .*{words}"):
        encode({**OFFER, field: value})


def test_an_address_that_is_none_is_not_repeated() -> None:
    """It may be a seed, pasted into the wrong place."""
    with pytest.raises(UnencodableError) as refused:
        encode({**OFFER, "Account": "snoPBrXtMeMyMHUVTgbuqAfg1SUTb"})
    assert "snoPB" not in str(refused.value)


# --- Kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"TransactionType": "AccountDelete"}, "'AccountDelete' is none of"),
        ({"OfferSequnce": 4}, "OfferCreate with OfferSequnce"),
        ({"Destination": OFFER["Account"]}, "OfferCreate with Destination"),
    ],
)
def test_a_form_that_is_none_of_ours_is_refused(change: dict[str, Any], words: str) -> None:
    """A field is never left out on the way to a signature."""
    with pytest.raises(UnencodableError, match=words):
        encode({**OFFER, **change})


@pytest.mark.parametrize("field", ["LastLedgerSequence", "Fee", "Sequence", "TakerGets", "Account"])
def test_a_form_without_what_it_needs_is_refused(field: str) -> None:
    """The last ledger above all: the fate of a transaction that could apply at any time would never be known."""
    with pytest.raises(UnencodableError, match=f"OfferCreate without {field}"):
        encode({name: value for name, value in OFFER.items() if name != field})
