"""What a tick costs, counted and not timed: the same figures on a busy machine as on an idle one.

Two counts of one short session, each as what a longer one has more than a shorter one, for each tick more, so that what
starts and ends a session cancels out:

- *steps*: bytecodes that the interpreter executes, by the part of the engine that executes them or has them executed.
  Python's own tracing tells of each. What shared code does (the ledger, money, the standard library) belongs to the
  part that called it; so a preview is what trying offers costs, wherever that is written.
- *instructions*: what the processor executes for the whole session, with all that C code does, as valgrind counts them.
  Not by part, as the interpreter runs every part in the same few C functions.

``PYTHONPATH=tests python -m support.work_counts`` tells both beside the budget (``tests/bench/budget.toml``);
``--write`` makes them the budget of this Python, and adds what a longer session takes of time and memory, which is only
told (``docs/speed.md``) and held to nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import tomli

ROOT: Final = Path(__file__).parents[2]
BUDGET: Final = ROOT / "tests" / "bench" / "budget.toml"
WRITE: Final = "PYTHONPATH=tests uv run python -m support.work_counts --write"

MARGIN: Final = 0.05
"""So much more a part may cost before a change has to say so; from run to run counts differ by a fiftieth of that."""

# Of the smallest part a twentieth is a handful of bytecodes: nobody's business.
_SLIGHT: Final = 50

TOTAL: Final = "the whole session"

# Whose code is whose; the first that fits. What fits nowhere belongs to the part that called it.
_PARTS: Final = (
    ("neo/desk/preflight.py", "preview"),
    ("neo/network/account_view.py", "report to our account"),
    ("neo/network/applied_trades.py", "report to our account"),
    ("neo/sim/", "crowd and ledger"),
    ("neo/network/", "crowd and ledger"),
    ("actors/venues/", "crowd and ledger"),
    ("actors/gateway.py", "gateway and desk"),
    ("neo/desk/", "gateway and desk"),
    ("actors/strategy.py", "strategy and risk"),
    ("actors/risk.py", "strategy and risk"),
    ("neo/strategy/", "strategy and risk"),
    ("neo/risk/", "strategy and risk"),
    ("neo/watch/", "strategy and risk"),
    ("actors/persistence.py", "persistence and store"),
    ("actors/store/", "persistence and store"),
    ("actors/telemetry.py", "telemetry and analysis"),
    ("neo/analysis/", "telemetry and analysis"),
    ("actors/plumbing/", "Trio and mailboxes"),
    ("actors/session/", "session"),
    # Looks for a kill file in real time, so its count says nothing.
    ("actors/operator/", ""),
)
_TRIO: Final = "Trio and mailboxes"
_UNKNOWN: Final = "session"

_SHORT_S: Final = 160
_LONG_S: Final = 480
_TIMED_S: Final = 7200
_TIMED_ROUNDS: Final = 3
_LEDGER_S: Final = 4
_SEED: Final = 7

Counts = Mapping[str, float]
"""By part, a tick."""


class _Thread:
    """Counts the bytecodes of one thread."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._owners: dict[CodeType, str | None] = {}
        self._steps: dict[str, Callable[..., Any]] = {}
        self._parts: dict[Any, str] = {}

    def enter(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any]:  # noqa: ARG002 - sys.settrace's signature
        part = self._owner(frame.f_code)
        if part is None:
            part = _UNKNOWN if frame.f_back is None else self._parts.get(frame.f_back.f_trace, _UNKNOWN)
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._steps.get(part) or self._step_of(part)

    def _owner(self, code: CodeType) -> str | None:
        if code not in self._owners:
            self._owners[code] = part_of(code.co_filename)
        return self._owners[code]

    def _step_of(self, part: str) -> Callable[..., Any]:
        counted = self.counted

        def step(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
            if event == "opcode":
                counted[part] += 1
            return step

        self._steps[part] = step
        self._parts[step] = part
        return step


def part_of(file: str) -> str | None:
    """The part that a source file is of; None if it is anybody's."""
    if "/site-packages/trio/" in file.replace(os.sep, "/"):
        return _TRIO
    try:
        path = Path(file).relative_to(ROOT).as_posix()
    except ValueError:
        return None
    return next((part for start, part in _PARTS if path.startswith(start)), None)


def steps_per_tick() -> Counts:
    """The bytecodes of a tick, by part."""
    return _per_tick(_counted(_SHORT_S), _counted(_LONG_S))


def instructions_per_tick() -> float:
    """The processor's instructions of a tick. Needs valgrind."""
    short, long = ({TOTAL: _instructions(duration_s)} for duration_s in (_SHORT_S, _LONG_S))
    return _per_tick(short, long)[TOTAL]


def time_and_memory() -> tuple[int, int]:
    """Microseconds of processor time a tick, in the best of some sessions of two hours; and the peak, in MB."""
    rounds = [json.loads(_child("timed", _TIMED_S, ()).stdout) for _ in range(_TIMED_ROUNDS)]
    ticks = _TIMED_S / _LEDGER_S
    return round(min(spent_s for spent_s, _ in rounds) / ticks * 1e6), round(min(peak for _, peak in rounds) / 1e6)


def has_valgrind() -> bool:
    """Whether instructions can be counted here."""
    return shutil.which("valgrind") is not None


def python_version() -> str:
    """The Python that a budget is of: another compiles the same source to other bytecodes."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def interpreter() -> str:
    """The build whose instructions a budget counts: the same Python compiled otherwise takes others."""
    built = sysconfig.get_config_var("CONFIG_ARGS") or ""
    how = "optimized" if "--enable-optimizations" in built else "plain"
    return f"{platform.python_version()} {how}, {platform.python_compiler()}, {platform.machine()}"


def read_budget(file: Path = BUDGET) -> dict[str, Any]:
    """The budget of each Python, by its version."""
    return dict(tomli.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def overspent(budget: Counts, spent: Counts) -> list[str]:
    """What costs more than it may, a line each: the part, both figures, and what to do about it."""
    over = [
        f"{part}: {spent.get(part, 0.0):,.0f} a tick, {spent.get(part, 0.0) / allowed - 1:+.1%} of {allowed:,.0f}"
        for part, allowed in budget.items()
        if spent.get(part, 0.0) > max(allowed * (1 + MARGIN), allowed + _SLIGHT)
    ]
    new = [f"{part}: {cost:,.0f} a tick, and no budget" for part, cost in spent.items() if part not in budget]
    mend = f"Make it cheaper; or write the new budget with `{WRITE}` and say in the commit what it pays for."
    return [*over, *new, mend] if over or new else []


def budget_text(budget: Mapping[str, Any]) -> str:
    """The file of a budget."""
    lines = [
        "# What a tick of a simulated session may cost, by Python: see tests/support/work_counts.py.",
        f"# {WRITE}",
    ]
    for version in sorted(budget):
        own = budget[version]
        lines += ["", f'["{version}"]']
        lines += [f'interpreter = "{own["interpreter"]}"']
        lines += [f"{key} = {own[key]}" for key in ("instructions", "cpu_us", "peak_mb") if key in own]
        lines += ["", f'["{version}".steps]', *(f'"{part}" = {cost}' for part, cost in sorted(own["steps"].items()))]
    return "\n".join(lines) + "\n"


def _per_tick(short: Mapping[str, int], long: Mapping[str, int]) -> Counts:
    ticks = (_LONG_S - _SHORT_S) / _LEDGER_S
    return {part: (long[part] - short.get(part, 0)) / ticks for part in long if part}


def _counted(duration_s: int) -> dict[str, int]:
    counted: dict[str, int] = json.loads(_child("steps", duration_s, ()).stdout)
    return counted


def _instructions(duration_s: int) -> int:
    command = ("valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}")
    told = _child("plain", duration_s, command).stderr
    found = re.search(r"I +refs: +([\d,]+)", told)
    assert found is not None, told
    return int(found[1].replace(",", ""))


def _child(way: str, duration_s: int, before: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """One session in a process of its own, in which nothing depends on chance."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*before, sys.executable, "-m", "support.work_counts", "--session", way, str(duration_s), folder],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), str(ROOT)))},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done


def _session(way: str, duration_s: int, folder: Path) -> None:
    """In the child: one session, whose bytecodes are counted, or whose time is taken, or neither."""
    from loguru import logger  # noqa: PLC0415 - the parent needs none of it
    from support.sessions import Blind, plan_for  # noqa: PLC0415 - the same

    from actors.session.parts import SessionParts  # noqa: PLC0415 - the same
    from actors.session.session import start_session  # noqa: PLC0415 - the same
    from neo.messages.halts import HaltReason  # noqa: PLC0415 - the same

    logger.remove()
    # Valgrind keeps the last signal to itself, and Trio refuses to listen to none.
    parts = SessionParts(signals={signal.SIGTERM: HaltReason.INTERRUPTED_SIGTERM})
    plan = plan_for(folder / "neo.sqlite3", seed=_SEED, duration_s=duration_s)
    threads: list[_Thread] = []

    def begin(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
        thread = _Thread()
        threads.append(thread)
        sys.settrace(thread.enter)
        return thread.enter(frame, event, arg)

    if way == "steps":
        threading.settrace(begin)
        sys.settrace(begin)
    began_s = time.process_time()
    try:
        summary = start_session(plan, Blind(), parts=parts)
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]  # its own way to say that nothing traces
    spent_s = time.process_time() - began_s
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED, summary.halt_detail
    told = [spent_s, _peak_bytes()] if way == "timed" else sum((thread.counted for thread in threads), Counter())
    print(json.dumps(told))  # noqa: T201 - to the parent


def _peak_bytes() -> int:
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Measure, and tell or write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="make what is measured the budget of this Python")
    parser.add_argument("--session", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.session is not None:
        way, duration_s, folder = given.session
        _session(way, int(duration_s), Path(folder))
        return
    budget = read_budget()
    own: dict[str, Any] = {
        "interpreter": interpreter(),
        "steps": {part: round(cost) for part, cost in sorted(steps_per_tick().items())},
    }
    if has_valgrind():
        own["instructions"] = round(instructions_per_tick())
    before = budget.get(python_version(), {})
    told = {**own["steps"], TOTAL: sum(own["steps"].values())}
    for part, cost in told.items():
        print(f"{cost:12,d} bytecodes a tick  (budget {before.get('steps', {}).get(part, 0):,d})  {part}")  # noqa: T201
    print(f"{own.get('instructions', 0):12,d} instructions a tick  (budget {before.get('instructions', 0):,d})")  # noqa: T201
    if given.write:
        own["cpu_us"], own["peak_mb"] = time_and_memory()
        BUDGET.write_text(budget_text({**budget, python_version(): own}), encoding="utf-8")


if __name__ == "__main__":
    main()
