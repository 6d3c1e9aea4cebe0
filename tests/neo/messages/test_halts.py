"""The list of halt reasons is a contract."""

from __future__ import annotations

from neo.messages.halts import HALT_FACTS, Halt, HaltReason, HaltRecord

CONTRACT = {
    "duration_elapsed",
    "engine_requested_halt",
    "risk_xrp_exposure",
    "risk_rlusd_exposure",
    "risk_rpc_failure",
    "risk_stale_ledger",
    "risk_gateway_unhealthy",
    "kill_switch",
    "reconciler_halt",
    "interrupted_sigint",
    "interrupted_sigterm",
    "interrupted_sigbreak",
    "interrupted_sighup",
    "interrupted_sigquit",
    "startup_failure",
    "actor_failure",
    "process_lost",
    "unexpected_halt",
}


def test_the_reasons_are_the_agreed_ones() -> None:
    """Dashboards parse these strings: none is missing, none is new, and each is described."""
    assert {str(reason) for reason in HaltReason} == CONTRACT
    assert set(HALT_FACTS) == set(HaltReason)


def test_each_class_of_ending_has_its_own_exit_code() -> None:
    """0 is for normal completion alone; no code is given twice, none is a shell's own (1, 2, 126, 127)."""
    codes = [facts.exit_code for facts in HALT_FACTS.values()]
    assert len(set(codes)) == len(codes)
    assert [reason for reason, facts in HALT_FACTS.items() if facts.exit_code == 0] == [HaltReason.DURATION_ELAPSED]
    assert not {1, 2, 126, 127} & set(codes)


def test_the_first_cause_wins_and_later_ones_are_kept() -> None:
    """A kill switch during a risk halt doesn't change why the session ended."""
    record = HaltRecord()
    risk = Halt(HaltReason.RISK_XRP_EXPOSURE, "115.20 > 100.0", "risk")
    kill = Halt(HaltReason.KILL_SWITCH, "operator", "control")
    assert record.raise_halt(risk)
    assert not record.raise_halt(kill)
    assert (record.first, record.secondary) == (risk, (kill,))
