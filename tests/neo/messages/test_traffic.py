"""Traffic: what the actors send is never changed on its way, can be written down whole, and takes a poison apart again.

Method: every message of the catalogue, made of any values by its fields' types.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cli_feed as feed
from support import invented
from support.any_message import CATALOGUE, any_of, parts_of

from neo.messages import (
    Append,
    CancelResting,
    Finish,
    HaltRequested,
    MarketView,
    Message,
    MoveCapital,
    OrdersAllowed,
    QuotesWanted,
    Reconcile,
    Reconciled,
    Record,
    RestingGone,
    StopQuoting,
    WalCheckpointed,
)
from neo.messages.halts import BrokenLimit, Halt, HaltReason

D = Decimal
NAMES = sorted(CATALOGUE)
# What is no record: those are tried in the journal's own bytes.
TRAFFIC = [name for name in NAMES if CATALOGUE[name] not in get_args(Record)]

# As a poison's body and the operator's channel are written.
encode = msgspec.json.Encoder(decimal_format="string").encode


# --- Every message -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRAFFIC)
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_message_is_read_as_it_was_written(name: str, data: st.DataObject) -> None:
    """A poison is kept as its JSON: whoever looks into it gets the message back, to the last digit."""
    message = data.draw(any_of(CATALOGUE[name]))
    assert msgspec.json.decode(encode(message), type=CATALOGUE[name]) == message


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2, deadline=None)
@given(st.data())
def test_a_message_is_written_with_its_name(name: str, data: st.DataObject) -> None:
    """The tag is the class's own name and comes first: a reader knows what it reads."""
    told = json.loads(encode(data.draw(any_of(CATALOGUE[name]))))
    assert next(iter(told.items())) == ("type", name)


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_made_by_names_and_not_by_places(name: str) -> None:
    """Two amounts of one type can't be swapped; and none that has to be told is forgotten."""
    kind: type[Any] = CATALOGUE[name]
    fields = kind.__struct_fields__
    if fields:
        with pytest.raises(TypeError, match="positional"):
            kind(*range(len(fields)))
    if len(fields) > len(kind.__struct_defaults__):
        with pytest.raises(TypeError, match="Missing required argument"):
            kind()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2, deadline=None)
@given(st.data())
def test_nobody_changes_a_message(name: str, data: st.DataObject) -> None:
    """Several actors hold the same one; each field of it stays what it was."""
    message = data.draw(any_of(CATALOGUE[name]))
    for field in message.__struct_fields__:
        with pytest.raises(AttributeError, match="immutable"):
            setattr(message, field, getattr(message, field))


@pytest.mark.parametrize("name", NAMES)
def test_no_part_of_a_message_is_a_list(name: str) -> None:
    """A tuple within stays as it is, and each part is frozen as the whole is."""
    for part in parts_of(CATALOGUE[name]):
        assert part not in (list, set, bytearray)
        assert getattr(part, "__origin__", None) not in (list, set)
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            assert part.__struct_config__.frozen


@pytest.mark.parametrize("name", NAMES)
def test_no_amount_or_price_of_a_message_is_a_float(name: str) -> None:
    """The one float that travels is a duration of the machine's."""
    assert (float in parts_of(CATALOGUE[name])) is (CATALOGUE[name] is WalCheckpointed)


# --- One by one --------------------------------------------------------------------------------------------------


@given(st.lists(st.one_of([any_of(kind) for kind in get_args(Record)]), max_size=4))
@settings(max_examples=25, deadline=None)
def test_an_append_keeps_its_records_in_order_and_of_their_kinds(records: list[Any]) -> None:
    """All kinds in one batch: each comes back as what it was."""
    batch = Append(records=tuple(records), sender="gateway", batch=7, wants_receipt=True)
    again = msgspec.json.decode(encode(batch), type=Append)
    assert again == batch
    assert [type(record) for record in again.records] == [type(record) for record in records]


@pytest.mark.parametrize("kind", [StopQuoting, CancelResting, Reconcile, Finish])
def test_an_order_without_words_is_told_by_its_name_alone(kind: type[Message]) -> None:
    """A plain command is readable in a journal, and two of them are the same command."""
    assert encode(kind()) == b'{"type":"%b"}' % kind.__name__.encode()
    assert kind() == kind()


def test_a_view_that_was_written_before_equity_was_split_is_read() -> None:
    """A tap of an older session may have kept one."""
    view = json.loads(encode(feed.view(1)))
    del view["split"]
    assert msgspec.convert(view, MarketView).split is None


def test_a_halt_takes_all_its_numbers_along() -> None:
    """Through the message that asks for it and through the verdict that found it."""
    halt = Halt(HaltReason.KILL_SWITCH, "5.20 > 5", "loss limit", BrokenLimit("risk.x", D(5), D("5.2"), D("0.2")))
    asked = msgspec.json.decode(encode(HaltRequested(halt=halt)), type=HaltRequested)
    verdict = msgspec.structs.replace(feed.orders(1), halt=halt)
    assert asked.halt == msgspec.json.decode(encode(verdict), type=OrdersAllowed).halt == halt


def test_what_a_tick_wants_has_the_ledger_that_it_was_decided_on() -> None:
    """Risk judges by the same view as the strategy saw, and not by a newer one."""
    view = feed.view(3)
    wanted = QuotesWanted(tick=1, view=view, anchor_price=None, quotes=(), withdraw=("o1",), held_back=())
    assert msgspec.json.decode(encode(wanted), type=QuotesWanted).view == view


def test_an_answer_tells_what_could_not_be_done() -> None:
    """Offers that are left by their orders' ids, in order; none is an empty answer and not a missing one."""
    assert msgspec.json.decode(b'{"type":"RestingGone","left":["o2","o1"]}', type=RestingGone).left == ("o2", "o1")
    assert not msgspec.json.decode(b'{"type":"RestingGone","left":[]}', type=RestingGone).left
    stood = invented.standing()
    assert msgspec.json.decode(encode(Reconciled(standing=stood)), type=Reconciled).standing == stood


def test_capital_is_moved_in_one_asset_with_its_sign() -> None:
    """Below zero is a withdrawal; the amounts keep drops and digits."""
    moved = MoveCapital(order_id="c1", xrp_drops=0, rlusd=D("-12.5000"))
    assert json.loads(encode(moved)) == {"type": "MoveCapital", "order_id": "c1", "xrp_drops": 0, "rlusd": "-12.5000"}
