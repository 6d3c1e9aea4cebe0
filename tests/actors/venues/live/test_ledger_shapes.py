"""The server that tests use answers as a real one did: every recorded request is asked again, and told apart by shape.

Method: the requests of three recorded conversations, with the recorded parties' names replaced by those of an embedded
network, in the same order. An answer must be a success or the same error, have every key that all recorded answers of
its kind have, no key that none of them has, and the same types. What differs is listed with its reason.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from support import conversations, ledger_node
from support.conversations import Exchange
from support.ledger_blobs import write_blob
from support.ledger_chain import US, Chain, Handed
from support.ledger_faults import Trouble
from support.ledger_node import LedgerNode
from support.ledger_streams import Subscriptions, server_status
from support.rpc_errors import RpcError
from support.wire_shapes import Shape

from neo.sim.accounts import ARBITRAGEUR, maker_addresses, taker_addresses

Json = dict[str, Any]
Kind = tuple[Any, Any, Any, Any]

NAMES = ("maker-session", "public-client", "busy-server")
COMMANDS = {*ledger_node._HANDLERS, "subscribe", "unsubscribe", "no_such_command"}

# Recorded requests whose answers differ in more than their shape, by the conversation and the request's number.
DIFFERENT = {
    ("maker-session", 154): "the embedded ledger has no tickets",
    ("maker-session", 272): "the offer that the marker names still rests here",
    ("maker-session", 292): "the first ledger of the network has no time; ours begins later",
}

# What our answers lack or have beside, by command and path.
UNLIKE = {
    ("server_info", ".result.info.counters is missing"): "asked for with counters, which tell nothing of the ledger",
    ("server_info", ".result.info.current_activities is missing"): "the same",
    ("subscribe", ".result.asks is never filled"): "the recorded stranger asked for a book with one side",
    (
        "account_tx",
        ".result.transactions[].tx_json.LastLedgerSequence has no example",
    ): "the recorded strangers name none",
    ("account_tx", ".result.transactions[].tx_json is of the kind 'AccountSet', of which there is no example"): (
        "how our account comes by its second sequence"
    ),
}


def _exchanges(name: str) -> Iterator[tuple[Exchange, int]]:
    """Every request with its answer, in the order of the answers, and how often the connection had ended before."""
    asked: dict[int, Json] = {}
    ends = 0
    for line in conversations.lines(name):
        if line.direction == "close":
            ends += 1
        if not isinstance(line.frame, dict) or not isinstance(line.frame.get("id"), int):
            continue
        if line.direction == "out":
            asked[line.frame["id"]] = line.frame
        elif line.direction == "in" and line.frame["id"] in asked and line.frame["type"] == "response":
            yield Exchange(asked[line.frame["id"]], line.frame), ends


def _kind(name: str, request: Json, answer: Json) -> Kind:
    """Answers of one kind have one shape; a client without rights is told less of the server."""
    detail = (answer.get("result") or {}).get("validated") if request.get("command") in {"tx", "ledger"} else None
    if request.get("command") == "submit" and "result" in answer:
        detail = answer["result"]["engine_result"][:3]
    if request.get("command") in {"server_info", "server_state", "ping"}:
        detail = name == "public-client"
    if request.get("command") == "account_info":
        detail = "queue" in request
    if request.get("command") == "subscribe":
        detail = "ledger" in request.get("streams", ()), "server" in request.get("streams", ()), "both" in str(request)
    return request.get("command"), answer["status"], answer.get("error"), detail


def _metas(value: Any) -> Iterator[Json]:
    """Every transaction's metadata in a message."""
    if isinstance(value, dict):
        if "AffectedNodes" in value:
            yield value
        for inner in value.values():
            yield from _metas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _metas(inner)


class _Learnt(NamedTuple):
    answers: dict[Kind, Shape]
    frames: dict[tuple[str, str | None], Shape]


@pytest.fixture(scope="module")
def learnt() -> _Learnt:
    """The shapes of all that was recorded."""
    answers: dict[Kind, list[Json]] = defaultdict(list)
    frames: dict[tuple[str, str | None], list[Json]] = defaultdict(list)
    for name in NAMES:
        for exchange, _ in _exchanges(name):
            answers[_kind(name, *exchange)].append(exchange.answer)
        for line in conversations.lines(name):
            if line.direction == "in" and isinstance(line.frame, dict) and line.frame.get("type") != "response":
                frames[line.frame["type"], line.frame.get("status")].append(line.frame)
    meta = Shape.of(_metas([*answers.values(), *frames.values()]))
    return _Learnt(
        {kind: Shape.of(examples, meta=meta) for kind, examples in answers.items()},
        {kind: Shape.of(examples, meta=meta) for kind, examples in frames.items()},
    )


class _World:
    """A market in which everything that the recorded requests ask about has happened at the same ledgers."""

    def __init__(self) -> None:
        self.chain = chain = Chain(has_crowd=False)
        self.maker, self.taker = maker_addresses(2)[0], taker_addresses()[0]
        self.hashes: list[str] = []
        chain.spend_sequence()
        for index in range(2, 102):
            self._happen(index)
            chain.close()
        self.waiting = chain.send(US, TransactionType="OfferCreate", TakerGets="4000000", TakerPays=chain.token("9.2"))

    def _happen(self, index: int) -> None:
        chain = self.chain
        if index == 9:
            for gets, pays in ((chain.token("594"), "300000000"), ("300000000", chain.token("606"))):
                chain.send(self.maker, TransactionType="OfferCreate", TakerGets=gets, TakerPays=pays)
        if 12 <= index <= 14:
            for level in range(5):
                price = 19 - level if index == 12 else 18 - level
                for gets, pays in (
                    (str(50_000_000 + 1_000_000 * level), chain.token(f"{100 + index + 2 * level}.5")),
                    (chain.token(f"{price}.5"), "10000000"),
                ):
                    sent = chain.send(US, TransactionType="OfferCreate", TakerGets=gets, TakerPays=pays)
                    self.hashes.append(sent)
        if index == 20:
            chain.send(self.taker, TransactionType="OfferCreate", TakerGets=chain.token("20.2"), TakerPays="10000000")
        if index in {30, 40, 50, 60}:
            chain.freeze(is_on=index in {30, 50}, is_deep=index >= 50)
        if index == 70:
            chain.pay_in(tokens="5")
        if index == 75:
            chain.send(US, TransactionType="OfferCancel", OfferSequence=chain.truth[index - 1].offers[-1].sequence)

    def names(self, name: str) -> list[tuple[str, str]]:
        """Each recorded name, and ours for it."""
        chain, theirs = self.chain, conversations.parties(name)
        crowd = theirs.get("accounts", {})
        rows = chain.rows(17)
        offer = rows.objects(US, "Offer", 1, None).rows[0]
        pool = chain.ledger.amm()
        assert pool is not None
        renamed = {
            theirs["issuer"]: chain.ledger.issuer,
            theirs["our_account"]: US,
            theirs.get("amm_account", "-"): pool.account,
            crowd.get("t0", "-"): ARBITRAGEUR,
            "A6F2D530932000FF668553E0D9C29449CB6F3D4D65E308E66BD9A9F9D29A5C49": offer["index"],
            "3027685D40832FEC6120341982ACDD14AB719C7ECF01A9ED5A11E139B8B186A3": offer["BookDirectory"],
            "6782F7E292EF670166F00458D300A0C6AFF2FA75576ABEB3C6897C6BC035FBFB": self._ask_hash(),
            "00E04BFB91547996BE9ED7C4D6D075E517CEF5BAB3449EF86876DF26149CEB2B": self.waiting,
            "C000000E00000000": f"C000000E{self._ask_place():04X}0000",
        }
        return [(recorded, ours) for recorded, ours in renamed.items() if recorded != "-"]

    def _ask_hash(self) -> str:
        return self.hashes[20]

    def _ask_place(self) -> int:
        found = self.chain.find_transaction(self._ask_hash())
        assert found is not None
        return found[1].place


@pytest.fixture
def world() -> _World:
    """The market."""
    return _World()


def _answer(node: LedgerNode, request: Json) -> Json:
    """What our server answers, a connection's subscriptions included."""
    command = request.get("command")
    if command not in {"subscribe", "unsubscribe"}:
        return node.answer(request)
    ours = Subscriptions()
    try:
        result = (ours.subscribe if command == "subscribe" else ours.unsubscribe)(node, request)
    except RpcError as error:
        return error.to_json(request)
    return {"api_version": 2, "id": request["id"], "result": result, "status": "success", "type": "response"}


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_request_gets_an_answer_of_the_recorded_shape(name: str, world: _World, learnt: _Learnt) -> None:
    """Or the recorded error, with the same fields beside it."""
    node = LedgerNode(world.chain)
    node.first_ledger = 2
    node.is_admin = name != "public-client"
    node.validated_index = 101
    renamed = world.names(name)
    found, asked = [], set()
    for (request, answer), ends in _exchanges(name):
        command = request.get("command")
        if command not in COMMANDS or (name, request["id"]) in DIFFERENT:
            continue
        if name == "maker-session" and ends == 1:
            node.begin_anew()
        if name == "maker-session" and request["id"] == 353:
            world.chain.close()
            node.validated_index += 1
        text = json.dumps(request)
        for theirs, ours in renamed:
            text = text.replace(theirs, ours)
        said = _answer(node, json.loads(text))
        marker, our_marker = ((each.get("result") or {}).get("marker") for each in (answer, said))
        if marker is not None and our_marker is not None:
            renamed.insert(0, (json.dumps(marker), json.dumps(our_marker)))
        asked.add(command)
        where = f"{command} {request['id']}"
        if said.get("error") != answer.get("error"):
            found.append(f"{where}: {said.get('error')}, not {answer.get('error')}")
            continue
        misfits = learnt.answers[_kind(name, request, answer)].misfits(said)
        found += [f"{where}: {each}" for each in misfits if (command, each) not in UNLIKE]
    assert not found, "\n".join(found)
    assert len(asked) >= (17 if name == "maker-session" else 4)


def _order(world: _World, **fields: Any) -> Json:
    """A transaction of ours that applies, but for what is changed."""
    chain = world.chain
    return {
        "TransactionType": "OfferCreate",
        "Account": US,
        "Fee": "12",
        "Flags": 0,
        "LastLedgerSequence": chain.ledger.index + 4,
        "Sequence": chain.next_sequence(US),
        "TakerGets": "3000000",
        "TakerPays": chain.token("6.6"),
    } | fields


def _recorded_flags(result: str) -> set[tuple[bool, ...]]:
    """What the real server said it did with a transaction, beside its result."""
    answers = [
        each.answer["result"]
        for name in NAMES
        for each in conversations.exchanges(name, "submit")
        if each.answer.get("result", {}).get("engine_result") == result
    ]
    return {tuple(each[name] for name in ("accepted", "applied", "broadcast", "kept", "queued")) for each in answers}


@pytest.mark.parametrize(
    ("result", "changes"),
    [
        ("tesSUCCESS", {}),
        ("tecUNFUNDED_OFFER", {"Account": "poor"}),
        ("tefPAST_SEQ", {"Sequence": 1}),
        ("tefMAX_LEDGER", {"LastLedgerSequence": 3}),
        ("terPRE_SEQ", {"Sequence": 900}),
        ("telINSUF_FEE_P", {"Fee": "1"}),
        ("temBAD_OFFER", {"TakerGets": "0"}),
        ("terQUEUED", {"queued": True}),
    ],
)
def test_a_transaction_gets_the_recorded_answer(result: str, changes: Json, world: _World, learnt: _Learnt) -> None:
    """Shape, class, code and what the server says that it did with it, for each kind of result."""
    changes = dict(changes)
    trouble = Trouble.QUEUED if changes.pop("queued", False) else None
    if changes.get("Account") == "poor":
        changes = {"Account": ARBITRAGEUR, "TakerGets": world.chain.token("1", US), "TakerPays": "1000000"}
        changes["Sequence"] = world.chain.next_sequence(ARBITRAGEUR)
    node = LedgerNode(world.chain)
    blob, tx_hash = write_blob(_order(world, **changes))
    request = {"id": 1, "command": "submit", "api_version": 2, "tx_blob": blob}
    answer = node.answer(request, trouble)
    said = answer["result"]
    assert said["engine_result"] == result
    assert said["tx_json"]["hash"] == tx_hash
    assert learnt.answers["submit", "success", None, result[:3]].misfits(answer) == []
    flags = tuple(said[name] for name in ("accepted", "applied", "broadcast", "kept", "queued"))
    assert flags in _recorded_flags(result)
    codes = {
        each.answer["result"]["engine_result_code"]
        for name in NAMES
        for each in conversations.exchanges(name, "submit")
        if each.answer.get("result", {}).get("engine_result") == result
    }
    assert {said["engine_result_code"]} == codes


def test_what_the_streams_tell_has_the_recorded_shape(world: _World, learnt: _Learnt) -> None:
    """Ledgers as they close, each with its transactions behind it, proposals, and the server's load."""
    node = LedgerNode(world.chain)
    everything = Subscriptions({"ledger", "transactions", "transactions_proposed", "server"}, {US}, {US}, {True, False})
    frames = [each for record in world.chain.records.values() for each in everything.of_close(node, record)]
    handed = world.chain.open[world.waiting]
    assert isinstance(handed, Handed)
    frames += [*everything.of_proposal(node, handed), server_status(node)]
    kinds = {(each["type"], each.get("status")) for each in frames}
    assert kinds == {
        ("ledgerClosed", None),
        ("transaction", "closed"),
        ("transaction", "proposed"),
        ("serverStatus", None),
    }
    misfits = [misfit for each in frames for misfit in learnt.frames[each["type"], each.get("status")].misfits(each)]
    # The recorded strangers' transactions of some kinds have neither.
    assert set(misfits) <= {".tx_json.Flags has no example", ".tx_json.LastLedgerSequence has no example"}


def test_a_shape_tells_what_is_missing_new_or_of_another_type() -> None:
    """What holds the server to the recordings must be able to fail."""
    shape = Shape.of([{"a": 1, "b": ["x"]}, {"a": 2.5, "b": [], "c": None}])
    assert shape.misfits({"a": 3, "b": ["y"]}) == []
    assert shape.misfits({"a": "3", "d": 1}) == [".a is str, not number", ".d has no example", ".b is missing"]
    assert shape.misfits({"a": 1, "b": [5]}) == [".b[] is number, not str"]
