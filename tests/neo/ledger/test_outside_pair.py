"""Whatever an account does outside the pair while offers rest: no money is made or lost, and every reserve is owed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_world import ALICE, BOB, CAROL, ISSUER, START_S, World, frozen, rlusd

from neo.ledger import EXCHANGE_3_0, Ledger, directory
from neo.ledger.entries import LINE_RESERVE, Account, Offer, TrustLine
from neo.ledger.other_entries import OtherEntry

WHO = (ALICE, BOB, CAROL)
TRIES = 12

who = st.sampled_from(WHO)
drops = st.integers(1, 400_000_000).map(str)
tokens = st.integers(1, 900).map(lambda number: rlusd(str(number)))
number = st.integers(1, TRIES)
pick = st.integers(0, 9)  # of what there is of a kind, which one


def made(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Transactions of one type, with fields drawn."""
    return st.tuples(st.just(kind), st.fixed_dictionaries(fields))


STEPS = st.one_of(
    made("CheckCreate", Destination=who, SendMax=st.one_of(drops, tokens)),
    made("CheckCash", pick=pick, Amount=st.one_of(drops, tokens)),
    made("CheckCash", pick=pick, DeliverMin=st.one_of(drops, tokens)),
    made("CheckCancel", pick=pick),
    made(
        "EscrowCreate",
        Destination=who,
        Amount=st.one_of(drops, tokens),
        FinishAfter=st.just(START_S),
        CancelAfter=st.integers(START_S + 1, START_S + 40),
    ),
    made("EscrowFinish", pick=pick),
    made("EscrowCancel", pick=pick),
    made(
        "PaymentChannelCreate", Destination=who, Amount=drops, SettleDelay=number, PublicKey=st.just("ED" + "01" * 32)
    ),
    made("PaymentChannelClaim", pick=pick, Balance=drops, Flags=st.sampled_from((0, 0x20000))),
    made("PaymentChannelFund", pick=pick, Amount=drops),
    made("NFTokenMint", NFTokenTaxon=number),
    made("DepositPreauth", Authorize=who),
    made("SignerListSet", SignerQuorum=st.just(0)),
    made("Payment", Destination=who, Amount=st.one_of(drops, tokens)),
    made("OfferCreate", TakerGets=drops, TakerPays=tokens),
    made("OfferCreate", TakerGets=tokens, TakerPays=drops),
    made("TrustSet", LimitAmount=st.integers(0, 900).map(lambda value: rlusd(str(value)))),
)


def resolved(world: World, sender: str, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The transaction, with the entry that it is about named by its place, and sent by whom it mostly is sent."""
    named = {name: value for name, value in fields.items() if name != "pick"}
    if named.get("Destination") == sender:
        named["Destination"] = WHO[(WHO.index(sender) + 1) % len(WHO)]
    if "pick" in fields:
        about = "Check" if kind.startswith("Check") else "Escrow" if kind.startswith("Escrow") else "PayChannel"
        there = [entry for entry in world.ledger.state.others.values() if entry.kind == about]
        if there:
            entry = there[fields["pick"] % len(there)]
            sender = entry.word("Destination") if kind == "CheckCash" else entry.word("Account")
            key = entry.key.hex()
            owner = {"Owner": entry.word("Account"), "OfferSequence": entry.fields["Sequence"]}
            named |= {"Check": {"CheckID": key}, "Escrow": owner, "PayChannel": {"Channel": key}}[about]
    return world.tx(sender, kind, **named)


def locked(world: World) -> tuple[int, Decimal]:
    """The drops and the tokens in escrows and channels."""
    all_drops, all_tokens = 0, Decimal(0)
    for entry in world.ledger.state.others.values():
        value: Any = entry.fields.get("Amount") if entry.kind in ("Escrow", "PayChannel") else None
        if isinstance(value, str):
            all_drops += int(value) - int(entry.word("Balance") if entry.kind == "PayChannel" else 0)
        elif value is not None:
            all_tokens += Decimal(value["value"])
    return all_drops, all_tokens


def owed_for(world: World, account: Account) -> int:
    """How many entries an account owes a reserve for, counted one by one."""
    count = 0
    for entry in directory.contents(account.owned):
        if isinstance(entry, TrustLine):
            side = entry.holder_is_high if account is entry.holder else 1 - entry.holder_is_high
            count += bool(entry.flags & LINE_RESERVE[side])
        elif isinstance(entry, OtherEntry):
            count += any(owner is account and name == "OwnerNode" for owner, name, _ in entry.pages)
        else:
            count += isinstance(entry, Offer)
    pages = (entry for entry in world.ledger.state.others.values() if entry.kind == "NFTokenPage")
    return count + sum(entry.key[:20] == account.id for entry in pages)


@settings(deadline=None, max_examples=120)
@given(steps=st.lists(st.tuples(who, STEPS), min_size=4, max_size=4 * TRIES), low=st.booleans())
def test_no_money_is_made_or_lost_and_every_reserve_is_owed(
    steps: list[tuple[str, tuple[str, dict[str, Any]]]], low: bool
) -> None:
    """Drops held, locked and burnt as fees are always those of the start; tokens held and locked too, without a fee.

    Tokens may end in the last digit of the ledger's sums. An owner count is what the directories and pages come to.
    A ledger that is saved and read back goes on the same.
    """
    world = World(amendments=EXCHANGE_3_0, drops=500_000_000 if low else 1_000_000_000)
    assert world.do(ISSUER, "AccountSet", SetFlag=17) == "tesSUCCESS"
    accounts = world.ledger.state.accounts
    begun = sum(account.drops for account in accounts.values()) + world.burnt_drops
    for place, (sender, (kind, fields)) in enumerate(steps):
        if place % 8 == 7:
            world.ledger.close(START_S + place)
        world.apply(resolved(world, sender, kind, fields))
        held_drops, held_tokens = locked(world)
        assert sum(account.drops for account in accounts.values()) + held_drops + world.burnt_drops == begun
        balances = [world.ledger.token_balance(address) or Decimal(0) for address in accounts if address != ISSUER]
        assert abs(sum(balances) + held_tokens - 4000) < Decimal("1e-9")
        assert all(account.owner_count == owed_for(world, account) for account in accounts.values())
    assert frozen(Ledger.from_state(world.ledger.to_state())) == frozen(world.ledger)
