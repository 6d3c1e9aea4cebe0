"""A tap's filters, and what it hides whatever it shows."""

from __future__ import annotations

import msgspec
import pytest

from actors.operator.filters import (
    MESSAGE_TYPES,
    FilterError,
    line_of,
    matches,
    parse_condition,
    parts_of,
    unknown_fields,
    unknown_parts,
    unknown_types,
)
from actors.operator.protocol import REASON_CHARS_MAX, trimmed_reason
from actors.plumbing.tap import Tapped, without_blobs
from neo.messages import Fill, Message, OrderSigned, PoisonSetAside, StopQuoting

FILL = {"type": "Fill", "side": "buy", "xrp_drops": 5, "taker": True, "mid_price": None, "standing": {"fills": 3}}

# Shaped like family seeds (the alphabet and the lengths), and nobody's.
SEEDS = ["s" + "n" * 28, "sEd" + "7" * 28]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("side=buy", True),
        ("side=sell", False),
        ("xrp_drops=5", True),
        ("taker=true", True),
        ("standing.fills=3", True),
        ("standing.none=3", False),
        ("side.buy=1", False),
        ("colour=red", False),
        ("mid_price=None", False),
        (" side = buy ", True),
    ],
)
def test_a_condition_compares_a_field_with_its_text(condition: str, holds: bool) -> None:
    """A nested field by its path; a field that is not there holds for nothing."""
    assert matches(FILL, [parse_condition(condition)]) is holds


def test_every_condition_must_hold() -> None:
    """Conditions are joined by "and", and none lets everything pass."""
    assert matches(FILL, [])
    assert not matches(FILL, [parse_condition("side=buy"), parse_condition("taker=false")])


@pytest.mark.parametrize("text", ["side", "=buy", ""])
def test_what_is_no_condition_is_told(text: str) -> None:
    """The form that is expected stands in the error."""
    with pytest.raises(FilterError, match="FIELD=VALUE"):
        parse_condition(text)


def test_types_are_known_by_name() -> None:
    """A mistyped name is told back instead of matching nothing for ever."""
    assert MESSAGE_TYPES["Fill"] is Fill
    assert Message not in MESSAGE_TYPES.values()
    assert unknown_types(["Fill", "Fil"]) == ["Fil"]


def test_a_field_that_no_message_has_is_known_as_such() -> None:
    """A filter with one would show nothing, for ever."""
    conditions = [parse_condition(text) for text in ("side=buy", "sied=buy", "standing.fills=3", "type=Fill")]
    assert unknown_fields(conditions, []) == ["sied"]
    assert unknown_fields(conditions, ["Fill"]) == ["sied", "standing"]
    assert unknown_fields(conditions, ["Fill", "SessionEnded"]) == ["sied"]


def test_parts_are_known_by_name() -> None:
    """The same for parts of a session."""
    assert unknown_parts(["risk", "rikS", "gateway"]) == ["rikS"]


@pytest.mark.parametrize(
    ("kind", "source", "target", "parts"),
    [
        ("QuotesWanted", "strategy", "risk", {"strategy", "risk"}),
        ("Durable", "persistence", "durable.gateway", {"persistence", "gateway"}),
        ("Fill", "journal", "", {"gateway", "persistence"}),
        ("SessionEnded", "journal", "", {"session", "persistence"}),
    ],
)
def test_the_parts_of_a_message_are_its_ends(kind: str, source: str, target: str, parts: set[str]) -> None:
    """Of one that is read back from the journal too, so that a tap by actor shows the past as it shows the present."""
    assert parts_of(Tapped(7, source, target, {"type": kind})) == parts


def test_a_signed_transaction_passes_by_its_length_only() -> None:
    """A blob is an order that anyone could send; its hash is public."""
    signed = OrderSigned(order_id="o1", tx_hash="AB", blob="12" * 50, sequence=1, last_ledger_sequence=2)
    shown = without_blobs(signed)
    assert isinstance(shown, OrderSigned)
    assert shown.blob == "[100 characters]"
    assert shown.tx_hash == "AB"


def test_every_message_that_carries_a_blob_is_covered() -> None:
    """Found by the field's name, so that a message yet to be thought of is covered too."""
    carriers = [kind for kind in MESSAGE_TYPES.values() if "blob" in kind.__struct_fields__]
    assert OrderSigned in carriers
    for kind in carriers:
        message = kind(**(dict.fromkeys(kind.__struct_fields__, 0) | {"blob": "1200" * 9}))
        assert b"1200" not in msgspec.json.encode(without_blobs(message))


def test_a_poison_message_passes_by_its_length_only() -> None:
    """Its body may hold a blob too."""
    poison = PoisonSetAside(actor="risk", kind="Append", body='{"blob":"1200"}', error="ValueError")
    assert b"1200" not in msgspec.json.encode(without_blobs(poison))


def test_other_messages_pass_as_they_are() -> None:
    """What has no blob is not even copied."""
    message = StopQuoting()
    assert without_blobs(message) is message


@pytest.mark.parametrize("seed", SEEDS)
def test_what_looks_like_a_wallets_secret_never_passes(seed: str) -> None:
    """Wherever in a message it stands, it is hidden before the line leaves."""
    line = line_of(Tapped(None, "gateway", "session", {"type": "X", "parts": [{"error": f"bad seed {seed}!"}]}))
    assert seed.encode() not in line
    assert b"[hidden]" in line


def test_hashes_and_addresses_are_no_secrets() -> None:
    """What an operator looks for in a tap stays readable."""
    tx_hash = "5316E4B4EC3632D8191C6FF4E0764363E4C847FFD205A0C61DC17AF5569125D6"
    line = line_of(Tapped(1, "gateway", "persistence", {"type": "X", "tx_hash": tx_hash, "account": "rEngine"}))
    assert tx_hash.encode() in line
    assert b"hidden" not in line


def test_the_names_of_fields_are_no_secret() -> None:
    """Some are a wallet's words, one after the other: a line whose names were hidden is no JSON any more."""
    words = "abandon ability able about above absent absorb abstract absurd abuse access accident"
    message = {"type": "X", **dict.fromkeys(words.split(), 1), "note": words}
    told = msgspec.json.decode(line_of(Tapped(None, "a", "b", message)))
    assert told["message"] == message | {"note": "[hidden]"}


def test_a_reason_is_one_line_of_bounded_length() -> None:
    """Control characters and line breaks could forge a line of the log."""
    assert trimmed_reason("  a\n\tb\x1b[31m ") == "a b[31m"
    assert len(trimmed_reason("x" * 10_000)) == REASON_CHARS_MAX
