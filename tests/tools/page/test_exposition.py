"""What ``/metrics`` says of whole sessions, read by Prometheus's own parser, against what the sessions say elsewhere.

Method: the statuses of a simulated session and of one on ledger servers in memory, taken as they begin to end. What
must come out is worked out from the journal up to that moment, by a desk rebuilt from it, and from the last view.
"""

from __future__ import annotations

import platform
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.figure_pages import Seen, families, live_seen, sim_seen, values
from support.sessions import config_with

from actors.operator.protocol import TIMING_BOUNDS_S, EndpointHealth, ServiceHealth, Status
from neo.config.key_wiring import risk_limits
from neo.desk.desk import Desk
from neo.messages import Fill, OrderChanged, OrderIntended, OrderSubmitted, Side, TakerTraded, VenueMeasured
from neo.messages.halts import HaltReason
from tools.page.exposition import CONTENT_TYPE, exposed
from tools.page.session_figures import SESSION_FIGURES

EVERY = pytest.mark.parametrize("seen", [sim_seen, live_seen], ids=["sim", "live"])


def told_of(status: Status, **changed: Any) -> dict[str, Any]:
    """What is told of one session."""
    status = msgspec.structs.replace(status, **changed)
    return families(exposed({status.session_id: status}))


def drops(amount: int) -> float:
    return amount / 1e6


# --- Against the session -----------------------------------------------------------------------------------------


@EVERY
def test_what_only_rises_is_what_the_journal_has(seen: Any) -> None:
    """Fills and their amounts by side, orders, submissions, steps, ticks, ledgers, fees: to the last one."""
    one: Seen = seen()
    told, standing = told_of(one.status), Desk.replay(one.records).standing()
    fills = [record for record in one.records if isinstance(record, Fill)]
    for side in Side:
        ours = [fill for fill in fills if fill.side is side]
        assert values(told["neo_fills"])[side.value,] == len(ours)
        assert values(told["neo_traded_xrp"])[side.value,] == drops(sum(fill.xrp_drops for fill in ours))
        assert values(told["neo_traded_rlusd"])[side.value,] == float(sum((fill.rlusd for fill in ours), Decimal(0)))
    assert values(told["neo_taker_fills"])[()] == standing.taker_fills
    assert values(told["neo_ticks"])[()] == standing.ticks
    assert values(told["neo_ledgers_seen"])[()] == standing.ledgers
    assert values(told["neo_journal_records"])[()] == len(one.records)
    assert values(told["neo_fees_xrp"])[()] == drops(standing.xrp_fees_drops)
    intended = [record for record in one.records if isinstance(record, OrderIntended)]
    assert sum(values(told["neo_orders"]).values()) == len(intended)
    assert values(told["neo_orders"])["cancel",] == sum(order.cancels is not None for order in intended)
    results = Counter(each.preliminary_result for each in one.records if isinstance(each, OrderSubmitted))
    assert values(told["neo_submits"]) == {(result,): count for result, count in results.items()}
    steps = Counter(str(each.status) for each in one.records if isinstance(each, OrderChanged))
    assert {key[0]: count for key, count in values(told["neo_order_changes"]).items() if count} == steps
    trades = [each.trade for each in one.records if isinstance(each, TakerTraded)]
    assert values(told["neo_others_traded_xrp"])[()] == drops(sum(trade.xrp_drops for trade in trades))
    assert values(told["neo_others_won_xrp"])[()] == drops(sum(trade.won_drops for trade in trades))
    refused = {key[0]: count for key, count in values(told["neo_quotes_refused"]).items() if count}
    assert refused == standing.refused
    held = {key[0]: count for key, count in values(told["neo_ticks_held_back"]).items() if count}
    assert held == standing.held_back


def test_the_sessions_have_what_is_compared() -> None:
    """Or nothing would be compared with nothing."""
    for seen in (sim_seen(), live_seen()):
        kinds = Counter(type(record) for record in seen.records)
        assert all(kinds[kind] for kind in (Fill, OrderIntended, OrderSubmitted, OrderChanged, TakerTraded))


@EVERY
def test_money_is_that_of_the_last_ledger(seen: Any) -> None:
    """Equity by its four causes, which sum up to its change; balances by what they are for; prices and distances."""
    one: Seen = seen()
    told, view = told_of(one.status), one.view
    split = view.split
    assert split is not None
    causes = values(told["neo_equity_change_rlusd"])
    assert causes == {
        ("spread",): float(split.spread_captured_rlusd),
        ("revaluation",): float(split.inventory_revaluation_rlusd),
        ("fees",): float(split.fees_rlusd),
        ("capital",): float(split.capital_flows_rlusd),
    }
    equity, start = values(told["neo_equity_rlusd"])[()], values(told["neo_equity_start_rlusd"])[()]
    assert sum(causes.values()) == pytest.approx(equity - start)
    assert values(told["neo_result_rlusd"])[()] == pytest.approx(equity - start - causes["capital",])
    assert values(told["neo_holding_rlusd"])[()] == float(view.holding_rlusd or 0)
    held = values(told["neo_balance_xrp"])
    assert held["total",] == drops(view.xrp_total_drops)
    assert held["reserve",] == drops(view.balances.reserve_drops)
    assert held["offered",] == drops(sum(each.xrp_drops for each in view.own_offers if each.side is Side.SELL))
    assert held["free",] == pytest.approx(held["total",] - held["reserve",] - held["buffer",] - held["offered",])
    prices = values(told["neo_price_rlusd_per_xrp"])
    assert prices["best_bid",] == float(view.bids[0].price)
    assert prices["best_ask",] == float(view.asks[0].price)
    assert prices["mid",] == pytest.approx((prices["best_bid",] + prices["best_ask",]) / 2)
    quoted = values(told["neo_side_quoted"])
    for side, ours in (("bid", Side.BUY), ("ask", Side.SELL)):
        resting = [each for each in view.own_offers if each.side is ours and not each.pending]
        assert quoted[side,] == bool(resting)
        assert ((f"own_{side}",) in prices) == bool(resting)
        assert values(told["neo_offers"], side=side)["resting",] == len(resting)
    assert values(told["neo_ledger_index"])[()] == view.ledger_index


def test_limits_stand_beside_what_is_used_of_them() -> None:
    """Each by its key in the profile, and the use is the one over the other."""
    one = sim_seen()
    told, limits = told_of(one.status), risk_limits(config_with())
    exposure, most = values(told["neo_exposure_rlusd"]), values(told["neo_exposure_limit_rlusd"])
    uses = values(told["neo_limit_use_ratio"])
    assert most == {("xrp",): float(limits.max_xrp_exposure), ("rlusd",): float(limits.max_rlusd_exposure)}
    assert uses["risk.max_xrp_exposure",] == pytest.approx(exposure["xrp",] / most["xrp",])
    assert uses["risk.max_rlusd_exposure",] == pytest.approx(exposure["rlusd",] / most["rlusd",])
    fees = values(told["neo_fees_day_xrp"])[()]
    assert uses["risk.max_fees_day_xrp",] == pytest.approx(fees / values(told["neo_fees_day_limit_xrp"])[()])
    lost, loss_most = values(told["neo_loss_rlusd"]), values(told["neo_loss_limit_rlusd"])
    assert set(lost) == set(loss_most) == {("risk.max_session_loss_rlusd",), ("risk.max_drawdown_rlusd",)}
    room = min(loss_most[key] - lost[key] for key in lost)
    assert values(told["neo_loss_room_rlusd"])[()] == pytest.approx(room)
    assert lost["risk.max_session_loss_rlusd",] == pytest.approx(-values(told["neo_result_rlusd"])[()])
    assert uses["risk.max_drawdown_rlusd",] == pytest.approx(max(0.0, lost["risk.max_drawdown_rlusd",]) / 100)


def test_channels_are_told_with_their_peaks_bounds_and_losses() -> None:
    """As the session's own count of them has it."""
    one = sim_seen()
    told = told_of(one.status)
    for depth in one.status.channels:
        ours = {name: values(told[f"neo_channel_{name}"])[depth.name,] for name in ("waiting", "peak", "bound")}
        assert ours == {"waiting": depth.waiting, "peak": depth.peak, "bound": depth.bound}
        assert values(told["neo_channel_delivered"])[depth.name,] == depth.delivered
        assert values(told["neo_channel_dropped"])[depth.name,] == depth.dropped


@EVERY
def test_times_are_histograms_whose_buckets_rise_to_their_count(seen: Any) -> None:
    """So that a percentile can be had of them; the bounds are the product's own."""
    one: Seen = seen()
    told = told_of(one.status)
    names = {
        "close_to_wire": "neo_close_to_wire_seconds",
        "tick": "neo_tick_seconds",
        "gateway": "neo_gateway_handling_seconds",
        "journal_commit": "neo_journal_commit_seconds",
        "request": "neo_request_seconds",
    }
    assert one.status.timings
    for timing in one.status.timings:
        family = told[names[timing.name]]
        ours = [each for each in family.samples if not timing.label or timing.label in each.labels.values()]
        buckets = {each.labels["le"]: each.value for each in ours if each.name.endswith("_bucket")}
        assert [float(bound) for bound in buckets] == [*TIMING_BOUNDS_S, float("inf")]
        assert list(buckets.values()) == sorted(buckets.values())
        assert next(iter(buckets.values())) == timing.buckets[0]
        (count,) = (each.value for each in ours if each.name.endswith("_count"))
        (total,) = (each.value for each in ours if each.name.endswith("_sum"))
        assert buckets["+Inf"] == count == timing.count
        assert total == timing.sum_s


def test_a_real_venues_servers_are_told_apart() -> None:
    """State, lag, latency, what each was asked; a simulated ledger has no such thing."""
    one = live_seen()
    told = told_of(one.status)
    used, other = (each.endpoint for each in one.status.endpoints)
    assert values(told["neo_endpoint_state"], endpoint=used) == {("in use",): 1, ("ready",): 0, ("down",): 0}
    assert values(told["neo_endpoint_state"], endpoint=other)["ready",] == 1
    assert values(told["neo_endpoint_lag_ledgers"])[used,] == 0
    measured = [record for record in one.records if isinstance(record, VenueMeasured)][-1]
    for each in measured.requests:
        assert values(told["neo_endpoint_requests"], endpoint=each.endpoint)["request",] == each.requests
        assert values(told["neo_endpoint_requests"], endpoint=each.endpoint)["submit",] == each.submits
    assert values(told["neo_requests_minute"])[()] == measured.requests_minute
    assert values(told["neo_request_seconds"])["submit",] > 0
    assert values(told["neo_close_to_wire_seconds"])["total",] > 0
    simulated = told_of(sim_seen().status)
    assert [name for name in simulated if "endpoint" in name and simulated[name].samples] == []


# --- States ------------------------------------------------------------------------------------------------------


def test_an_ending_is_told_by_its_reason_beside_those_that_did_not_come() -> None:
    """A rate needs a 0 to begin from."""
    told = told_of(sim_seen().status)
    halts = values(told["neo_halts"])
    assert set(halts) == {(str(reason),) for reason in HaltReason}
    assert {key[0]: count for key, count in halts.items() if count} == {"duration_elapsed": 1}
    assert values(told["neo_session_halting"])[()] == 1
    assert set(values(told["neo_side_absent"])) <= {("ending", "bid"), ("ending", "ask")}


def test_a_pause_and_a_service_that_fails_are_told() -> None:
    """What an alert is made of; names are somebody's own words and come through whole."""
    name = 'hook "a"\\\n'
    broken = ServiceHealth(name=name, ok=False, detail="refused")
    told = told_of(sim_seen().status, paused=True, services=(broken,))
    assert values(told["neo_session_paused"])[()] == 1
    assert values(told["neo_service_ok"]) == {(name,): 0}


def test_a_server_that_is_down_and_tells_nothing_has_no_lag() -> None:
    """Not 0, which would look level."""
    down = EndpointHealth(
        endpoint="wss://one:443", state="down", detail="x", lag_ledgers=None, latency_ms=None, failures=3
    )
    told = told_of(sim_seen().status, endpoints=(down,))
    assert values(told["neo_endpoint_state"])["wss://one:443", "down"] == 1
    assert values(told["neo_endpoint_lag_ledgers"]) == values(told["neo_endpoint_latency_seconds"]) == {}
    assert values(told["neo_endpoint_failures"]) == {("wss://one:443",): 3}


def test_before_the_first_ledger_there_are_no_prices_and_no_money() -> None:
    """What is not known is left out, and what is told is told."""
    status = sim_seen().status
    moment = msgspec.structs.replace(status.moment, ledger=None)
    told = told_of(status, moment=moment, ledger_index=None, ledger_age_s=None)
    gone = {"neo_equity_rlusd", "neo_balance_xrp", "neo_limit_use_ratio", "neo_ledger_age_seconds", "neo_spread_bps"}
    assert all(not told[name].samples for name in gone)
    assert values(told["neo_session_elapsed_seconds"])[()] == status.elapsed_s


# --- The page ----------------------------------------------------------------------------------------------------


def test_several_sessions_are_told_apart_and_one_that_is_silent_is_told() -> None:
    """Every figure of a session has its name and its venue; the silent one has nothing but that it is."""
    sim, live = sim_seen().status, live_seen().status
    told = families(exposed({sim.session_id: sim, live.session_id: live, "silent": None}))
    assert values(told["neo_sessions"])[()] == 3
    up = {sample.labels["session"]: sample.value for sample in told["neo_session_up"].samples}
    assert up == {sim.session_id: 1, live.session_id: 1, "silent": 0}
    for name, family in told.items():
        if name not in {"neo_sessions", "neo_session_up", "neo_build_info"} and not name.startswith("neo_process"):
            places = {(sample.labels["session"], sample.labels["venue"]) for sample in family.samples}
            assert places <= {(sim.session_id, "sim"), (live.session_id, "live")}
    assert {sample.labels["venue"] for sample in told["neo_ticks"].samples} == {"sim", "live"}


@EVERY
def test_a_session_of_another_process_has_the_same_figures(seen: Any) -> None:
    """Its status comes over the control channel as JSON, and nothing of it is lost on the way."""
    status: Status = seen().status
    line = msgspec.json.Encoder(decimal_format="string").encode(status)
    read_back = msgspec.json.decode(line, type=Status)

    def own(text: bytes) -> list[bytes]:
        return [each for each in text.splitlines() if not each.startswith(b"neo_process")]

    assert own(exposed({"one": read_back})) == own(exposed({"one": status}))


def test_without_a_session_the_page_says_what_it_would_tell() -> None:
    """Every family is there with its help and its type; so Prometheus shows what they are."""
    text = exposed({})
    told = families(text)
    assert values(told["neo_sessions"])[()] == 0
    (build,) = told["neo_build_info"].samples
    assert build.labels["python"] == platform.python_version()
    for figures in SESSION_FIGURES.values():
        for figure in figures:
            assert f"# TYPE {figure.exported} {figure.kind}\n".encode() in text
            assert not told[figure.name].samples
            assert told[figure.name].documentation == figure.help


def test_the_content_type_names_the_format() -> None:
    """Of which Prometheus makes its choice of parser."""
    assert CONTENT_TYPE == "text/plain; version=0.0.4; charset=utf-8"


def test_a_longer_session_has_no_more_figures() -> None:
    """Nothing that grows with a session is a label: no order, no hash, no ledger."""
    short, long = (exposed({"one": sim_seen(duration_s).status}).decode() for duration_s in (120, 360))

    def lines(text: str) -> set[str]:
        found = {line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")}
        return {line for line in found if "session=" in line}

    names = {line.replace(sim_seen(360).status.session_id, "x") for line in lines(long)}
    before = {line.replace(sim_seen(120).status.session_id, "x") for line in lines(short)}
    # A side is quoted or not, and a message or an answer may come for the first time.
    new = {line for line in names - before if not line.startswith(("neo_side_absent", "neo_price", "neo_quote_dist"))}
    assert {line.partition("{")[0].removesuffix("_bucket") for line in new} <= {
        "neo_gateway_handling_seconds",
        "neo_submits_total",
    }
    assert len(names) < 500
