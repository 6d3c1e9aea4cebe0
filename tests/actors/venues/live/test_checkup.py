"""What ``neo doctor`` finds on the ledger's side, on a ledger server of the tests' own: each trouble by its name."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_faults import Plan, Strike, Trouble, nothing, scripted
from support.ledger_node import LedgerNode
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import config_with

from actors.plumbing.clock import VirtualClock
from actors.venues.live.checks import PATIENCE_S, Check
from actors.venues.live.checkup import KnownOrders, check_up
from actors.venues.live.live_host import endpoints_of
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.config import Config
from neo.ledger.amendments import identifier
from neo.ledger.entries import DISABLE_MASTER, LINE_AUTH, REQUIRE_AUTH

NOTHING_KNOWN = KnownOrders(frozenset(), frozenset())


def checked(
    prepare: Callable[[LiveWorld], object] = lambda _: None,
    *,
    servers: int = 1,
    offset_s: float = 0.0,
    plan: Plan = nothing,
    patience_s: float = PATIENCE_S,
    has: tuple[int, str] = (150_000_000, "300"),
    config: Config | None = None,
    **changed: Any,
) -> dict[str, Check]:
    """Every check by its name, some ledgers after the chain began and something was done to it."""
    chain = Chain(seed=1, xrp_drops=has[0], rlusd=Decimal(has[1]))
    live = LiveWorld(*(LedgerServer(chain, plan) for _ in range(servers)))
    settings = live.settings(config, **changed)

    async def main() -> list[Check]:
        async with trio.open_nursery() as nursery:
            for server in live.servers:
                await nursery.start(server.run)
            await nursery.start(chain.run)
            await trio.sleep(2 * chain.interval_s + 0.5)
            prepare(live)
            await trio.sleep(2 * chain.interval_s)

            def clock() -> float:
                return chain.newest.close_time_s + RIPPLE_EPOCH_UNIX_S + offset_s

            endpoints = endpoints_of(settings, live.dial)
            found = await check_up(endpoints, settings, NOTHING_KNOWN, clock, patience_s)
            nursery.cancel_scope.cancel()
        return found

    found = trio.run(main, clock=VirtualClock(math.inf))
    assert len({check.name for check in found}) == len(found)
    assert all(check.mend for check in found if check.passed is False)
    assert all(check.mend is None for check in found if check.passed is None)
    return {check.name: check for check in found}


def failed(found: dict[str, Check]) -> list[str]:
    """The names of those that failed."""
    return [name for name, check in found.items() if check.passed is False]


def test_a_sound_account_passes_every_check() -> None:
    """Thirteen of the ledger and one of each server, with the figures that were found."""
    found = checked(servers=2)
    assert failed(found) == []
    assert [name for name in found if name.startswith("endpoint ")] == [
        "endpoint ws://ledger0.test:6006",
        "endpoint ws://ledger1.test:6006",
    ]
    assert found["agreement"].told == "ws://ledger1.test:6006 has the same ledger"
    assert "150.000000 XRP and 300 of the token" in found["account"].told


def test_an_amendment_that_nobody_here_knows_is_noted_by_its_identifier_and_fails_nothing() -> None:
    """With what to do about it; without one the check says that all are known."""
    found = checked(lambda live: setattr(live.chain.ledger, "amendments", live.chain.ledger.amendments | {"Teleport"}))
    assert failed(found) == []
    assert found["amendments"].told == f"in force and not known here: {identifier('Teleport')}"
    assert "newer NEO" in (found["amendments"].mend or "")
    known = checked()["amendments"]
    assert (known.told, known.mend) == ("all in force are known here", None)


def test_a_lone_endpoint_is_no_failure_but_is_told() -> None:
    """Nobody confirms what it tells."""
    found = checked()
    assert found["agreement"].told == "only one endpoint, so nobody confirms it"
    assert failed(found) == []


@pytest.mark.parametrize(("offset_s", "told"), [(31.0, "31 s after"), (-31.0, "31 s before")])
def test_a_clock_that_is_wrong_fails_alone(offset_s: float, told: str) -> None:
    """Either way; up to 30 s a ledger's rounded time and its age explain."""
    found = checked(offset_s=offset_s)
    assert failed(found) == ["clock"]
    assert found["clock"].told.startswith(told)
    assert failed(checked(offset_s=math.copysign(30.0, offset_s))) == []


def test_a_freeze_is_told_whoever_it_is_meant_for() -> None:
    """Of our line, and of all lines."""
    own = checked(lambda live: live.chain.freeze(live.chain.account))
    everything = checked(lambda live: live.chain.freeze_all())
    assert failed(own) == failed(everything) == ["freeze"]
    assert own["freeze"].told == "frozen: own line"
    assert everything["freeze"].told == "frozen: everything"


def test_what_another_program_traded_is_told() -> None:
    """No journal has it, and it is minutes old at the most; what it left on the book is told beside it."""

    def trade(live: LiveWorld) -> None:
        live.chain.send(
            live.chain.account,
            TransactionType="OfferCreate",
            TakerGets="10000000",
            TakerPays=live.chain.token("30"),
        )

    found = checked(trade)
    assert failed(found) == ["open offers", "other programs"]
    assert found["other programs"].told.startswith("1 trades of the last 300 s are in no journal")


def test_an_account_that_was_just_set_up_is_nobody_elses() -> None:
    """Its flags, its line and its funds are its owner's to settle, minutes before the first session."""
    found = checked(lambda live: live.chain.spend_sequence())
    assert failed(found) == []


def test_an_account_that_is_not_there_leaves_the_rest_unlooked_at() -> None:
    """The servers are fit all the same, and nothing is said of what can't be known."""
    found = checked(account="rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", issuer="rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De")
    assert failed(found) == ["account"]
    assert found["trust line"].passed is None


@pytest.mark.parametrize(
    ("wrong", "variable"), [("account", "--account, NEO_ACCOUNT"), ("issuer", "--issuer, NEO_ISSUER")]
)
def test_which_of_the_two_addresses_the_ledger_does_not_have_is_told(wrong: str, variable: str) -> None:
    """With where that one comes from."""
    changed: dict[str, Any] = {wrong: "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"}
    found = checked(**changed)
    assert failed(found) == ["account"]
    told = f"its ledger does not have the {wrong} rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
    assert found["account"].told == f"ws://ledger0.test:6006: {told}"
    assert variable in (found["account"].mend or "")


def test_a_server_that_is_too_old_fails_with_its_version() -> None:
    """And nothing of the ledger is taken from it."""
    found = checked(server_version_min="99.0.0")
    assert failed(found) == ["endpoint ws://ledger0.test:6006", "agreement"]
    assert "99.0.0" in found["endpoint ws://ledger0.test:6006"].told
    assert found["account"].passed is None


# --- Each trouble, and its mend done -----------------------------------------------------------------------------


class Case(NamedTuple):
    """A ledger that is wrong in one thing, what is told of it, and the same with the mend followed."""

    name: str
    broken: dict[str, Any]
    told: str
    mend: str
    mended: dict[str, Any]


def of_issuer(**fields: int) -> Callable[[LiveWorld], object]:
    """The issuer sets something."""
    return lambda live: live.chain.send(live.chain.ledger.issuer, TransactionType="AccountSet", **fields)


def of_line(value: str) -> Callable[[LiveWorld], object]:
    """We set our line's limit."""
    return lambda live: live.chain.send(
        live.chain.account, TransactionType="TrustSet", LimitAmount=live.chain.token(value)
    )


def paid_in(xrp_drops: int = 0, tokens: str = "0") -> Callable[[LiveWorld], object]:
    """Somebody pays us."""
    return lambda live: live.chain.pay_in(xrp_drops=xrp_drops, tokens=tokens)


def guarded(*, is_authorized: bool) -> Callable[[LiveWorld], object]:
    """The issuer lets only those hold its token whom it has authorized."""

    def prepare(live: LiveWorld) -> None:
        accounts = live.chain.ledger.state.accounts
        accounts[live.chain.ledger.issuer].flags |= REQUIRE_AUTH
        line = accounts[live.chain.account].line
        assert line is not None
        line.flags |= LINE_AUTH[1 - line.holder_is_high] if is_authorized else 0

    return prepare


def master_disabled(live: LiveWorld) -> None:
    """We gave up our own key."""
    live.chain.ledger.state.accounts[live.chain.account].flags |= DISABLE_MASTER


def own_ask(live: LiveWorld) -> None:
    """An ask of ours rests, far from the market."""
    gets, pays = str(10_000_000), live.chain.token("300")
    live.chain.send(live.chain.account, TransactionType="OfferCreate", TakerGets=gets, TakerPays=pays)


# 1.945 RLUSD is an XRP's price in this market; the account begins with 150 XRP, worth 291.76, and 300 RLUSD, below 80 %
# of 400 each. Two offers lock up 0.4 XRP, and 2 are the buffer; a reserve is 1 XRP, and 0.2 for the line.
CASES = (
    Case(
        "tick size",
        {"prepare": of_issuer(TickSize=5)},
        "5, and prices have 6 digits",
        "Set strategy.price_digits to 5 or less",
        {"prepare": of_issuer(TickSize=5), "config": config_with(strategy={"price_digits": 5})},
    ),
    Case(
        "tick size",
        {"prepare": of_issuer(TickSize=4), "config": config_with(strategy={"price_digits": 5})},
        "4, and prices have 5 digits",
        "Trade a token of another issuer: strategy.price_digits is 5 or more",
        {"config": config_with(strategy={"price_digits": 5})},
    ),
    Case(
        "transfer rate",
        {"prepare": of_issuer(TransferRate=1_005_000_000)},
        "5000000 billionths are kept by the issuer",
        "Trade a token without a transfer fee",
        {"prepare": of_issuer(TransferRate=1_000_000_000)},
    ),
    Case(
        "trust line",
        {"prepare": of_line("0"), "unknown_age_s": 0},
        "the account's trust line has the limit 0",
        "Set a limit (TrustSet)",
        {"prepare": of_line("400"), "unknown_age_s": 0},
    ),
    Case(
        "authorization",
        {"prepare": guarded(is_authorized=False)},
        "the issuer has not authorized the account's trust line",
        "Ask the issuer for it",
        {"prepare": guarded(is_authorized=True)},
    ),
    Case(
        "master key",
        {"prepare": master_disabled},
        "the account's master key is disabled, and NEO signs with no other",
        "Enable it (AccountSet, ClearFlag 4, signed by its regular key), or name another account",
        {},
    ),
    Case(
        "open offers",
        {"prepare": own_ask, "unknown_age_s": 0},
        "1 rest, of which the database does not know those with the sequences ",
        'Cancel them, or set gateway.unknown_offers to "cancel" or "adopt"',
        {"prepare": own_ask, "unknown_age_s": 0, "unknown_offers": "cancel"},
    ),
    Case(
        "limits",
        {"has": (250_000_000, "300")},
        "above risk.max_xrp_exposure, so a session ends at once with risk_xrp_exposure",
        "XRP or more out of the account, or set risk.max_xrp_exposure to ",
        {"has": (250_000_000, "300"), "config": config_with(risk={"max_xrp_exposure": Decimal(500)})},
    ),
    Case(
        "limits",
        {"has": (150_000_000, "400.5")},
        "RLUSD 400.50 of 400: above risk.max_rlusd_exposure, so a session ends at once with risk_rlusd_exposure",
        "Pay 0.50 RLUSD or more out of the account, or set risk.max_rlusd_exposure to 400.50 or more",
        {"has": (150_000_000, "400")},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_trouble_fails_alone_and_passes_once_its_mend_is_done(case: Case) -> None:
    """What is told has the figures, and the mend is one that mends it."""
    found = checked(**case.broken)
    assert failed(found) == [case.name]
    assert case.told in found[case.name].told
    assert case.mend in (found[case.name].mend or "")
    assert failed(checked(**case.mended)) == []


def test_an_account_without_a_line_fails_by_that_and_by_what_it_lacks() -> None:
    """It holds no token, so no bid is possible either, which is told and fails nothing by itself."""
    found = checked(of_line("0"), has=(150_000_000, "0"), unknown_age_s=0)
    assert failed(found) == ["trust line"]
    assert found["trust line"].told == "the account has no trust line to the issuer"
    assert found["trust line"].mend == "Set one (TrustSet), with a limit"


def test_too_little_xrp_for_two_offers_is_told_with_what_is_missing() -> None:
    """0.15 XRP are free and 0.4 needed: with the 0.25 that the mend names both offers fit; an ask needs more yet."""
    found = checked(has=(1_350_000, "300"))
    assert failed(found) == ["reserve"]
    assert found["reserve"].told == "0.150000 XRP are free above it, and two offers lock up 0.400000"
    assert found["reserve"].mend == "Pay 0.25 XRP or more into the account"
    found = checked(paid_in(250_000), has=(1_350_000, "300"))
    assert failed(found) == []
    assert found["both sides"].passed
    # An ask of 3.01 RLUSD is 1.55 XRP, and 2 XRP stay free.
    assert found["both sides"].told.endswith("no asks can be placed")
    assert found["both sides"].mend == "Pay 3.55 XRP or more into the account"
    found = checked(paid_in(3_800_000), has=(1_350_000, "300"))
    assert found["both sides"].mend is None


def test_an_account_that_can_place_neither_side_fails() -> None:
    """With one of them it can begin, and trade its way to the other."""
    found = checked(has=(3_000_000, "1"))
    assert failed(found) == ["both sides"]
    assert "no asks and no bids can be placed" in found["both sides"].told
    assert found["both sides"].mend == "Pay 2.15 XRP and 2.01 RLUSD or more into the account"
    found = checked(paid_in(tokens="2.01"), has=(3_000_000, "1"))
    assert failed(found) == []


def test_balances_near_a_limit_are_noted_with_the_side_that_is_left() -> None:
    """Above 80 % of 400: a session runs, and quotes one side only."""
    found = checked(has=(150_000_000, "330"))
    assert failed(found) == []
    assert found["limits"].told.endswith(
        "RLUSD 330.00 of 400: above 80 % (risk.reduce_only_percent), so only bids are quoted"
    )
    mend = "Pay 10.00 RLUSD or more out of the account, or set risk.max_rlusd_exposure to 412.50 or more"
    assert found["limits"].mend == f"{mend}, and both sides are"
    assert checked(has=(150_000_000, "320"))["limits"].mend is None


def test_one_bad_endpoint_of_three_has_its_own_line() -> None:
    """The other two agree, and all of the ledger is looked at."""
    found = checked(lambda live: live.servers[1].stop(), servers=3)
    assert failed(found) == ["endpoint ws://ledger1.test:6006"]
    assert found["agreement"].told == "ws://ledger2.test:6006 has the same ledger"
    assert found["other programs"].passed


def test_two_endpoints_one_of_them_bad_are_no_agreement() -> None:
    """The good one is told as good, and nothing of the ledger is taken from it alone."""
    found = checked(lambda live: live.servers[0].stop(), servers=2)
    assert failed(found) == ["endpoint ws://ledger0.test:6006", "agreement"]
    assert found["endpoint ws://ledger1.test:6006"].passed
    assert "no other endpoint than ws://ledger1.test:6006" in found["agreement"].told
    assert found["network"].passed is found["account"].passed is None


@pytest.mark.parametrize(
    ("spoil", "told", "mend"),
    [
        (lambda node: setattr(node, "network_id", 1), "it is on network 1, not 0", "Check venue.network_id"),
        (lambda node: setattr(node, "build_version", "2.9.0"), "its version 2.9.0 is below 3.0.0-b1", "Update it"),
        (
            lambda node: setattr(node, "is_amendment_blocked", True),
            "it is amendment-blocked",
            "Update it",
        ),
        (lambda node: setattr(node, "server_state", "syncing"), "its state is syncing", "Wait, or use another"),
    ],
)
def test_an_unfit_endpoint_is_told_what_mends_that(spoil: Callable[[LedgerNode], None], told: str, mend: str) -> None:
    """Waiting mends no wrong network and no old version."""
    found = checked(lambda live: spoil(live.servers[0].node))
    name = "endpoint ws://ledger0.test:6006"
    assert failed(found) == [name, "agreement"]
    assert found[name].told.startswith(told)
    assert (found[name].mend or "").startswith(mend)


def test_a_server_that_was_started_a_moment_ago_is_asked_for_what_it_has() -> None:
    """It has two ledgers of the last minutes: the account's transactions before them nobody can ask it for."""
    found = checked(lambda live: live.servers[0].node.begin_anew())
    assert failed(found) == []


def test_what_was_found_before_the_time_ran_out_is_kept() -> None:
    """A server that answers everything but one request costs that check, and none of those before it."""
    found = checked(plan=scripted([Strike(Trouble.LOST, "account_tx", nth=None)]), patience_s=8.0)
    assert failed(found) == ["other programs"]
    assert found["other programs"].told == "the servers did not answer everything within 8 s"
    assert found["open offers"].passed


def test_a_server_that_says_nothing_is_told_by_its_own_line() -> None:
    """No answer is no good one."""
    found = checked(plan=scripted([Strike(Trouble.LOST, "server_info", nth=None)]), patience_s=8.0)
    assert failed(found) == ["endpoint ws://ledger0.test:6006", "agreement"]
    assert found["endpoint ws://ledger0.test:6006"].told == "did not answer in time"
    assert found["account"].passed is None
