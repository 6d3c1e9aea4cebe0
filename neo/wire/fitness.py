"""Whether a server is fit to trade through, and which of several is the one to use: pure judgements of what it tells.

Nothing is asked that only the main network has: a stand-alone server may tell no network, has no peers, and its history
may begin late.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

import msgspec

from neo.wire.answers import ServerInfo

# A server is level with the network in these states; in the others it is still on its way. Source: xrpl.org,
# "Server States".
_LEVEL_STATES = frozenset({"full", "proposing", "validating"})

# The main network's. A server whose settings name no network is on it, or stands alone, and tells none.
_MAIN_NETWORK_ID = 0

_VERSION = re.compile(r"(?:[a-z]+-)?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,40}))?(?:\+.*)?")
_PART = re.compile(r"\d{1,9}|[A-Za-z]+")

Version = tuple[tuple[int, int, int], bool, tuple[tuple[int, int, str], ...]]
"""Compares as versions do: the numbers; then a release after whatever led to it; then what led to it, in order."""


def parse_version(text: str) -> Version | None:
    """A version that can be compared, such as of ``3.0.0-b1`` or ``3.4.1``; None if it is none.

    ``3.0.0-b1`` comes before ``3.0.0-b10``, that before ``3.0.0-rc1``, and that before ``3.0.0``. What stands behind a
    plus sign is how it was built, and does not count.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    numbers = (int(match[1]), int(match[2]), int(match[3]))
    parts = _PART.findall(match[4] or "")
    before = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
    return numbers, match[4] is None, before


class Unfitness(enum.Enum):
    """Why a server is not fit."""

    OLD_VERSION = "old_version"
    AMENDMENT_BLOCKED = "amendment_blocked"
    WRONG_NETWORK = "wrong_network"
    NOT_LEVEL = "not_level"
    NO_LEDGER = "no_ledger"
    STALE_LEDGER = "stale_ledger"
    HISTORY_GAP = "history_gap"


# What waiting may mend.
PASSING = frozenset({Unfitness.NOT_LEVEL, Unfitness.NO_LEDGER, Unfitness.STALE_LEDGER, Unfitness.HISTORY_GAP})


# What does not keep a server from telling truly which ledger is the validated one.
_STILL_A_WITNESS = frozenset({Unfitness.HISTORY_GAP})


class Unfit(msgspec.Struct, frozen=True):
    """One thing that makes a server unfit, with its figures."""

    problem: Unfitness
    what: str


class FitnessLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a server must be.

    Raises:
        ValueError: The least version is none.

    Args:
        build_version_min: The least version.
        network_id: The network's; 0 for the main network and for a stand-alone ledger, which need not tell it.
        validated_age_s_max: How old its newest validated ledger may be.
        lag_ledgers_max: How far it may be behind the one that is farthest.
    """

    build_version_min: str
    network_id: int = _MAIN_NETWORK_ID
    validated_age_s_max: int = 20
    lag_ledgers_max: int = 2

    def __post_init__(self) -> None:
        if parse_version(self.build_version_min) is None:
            raise ValueError(f"{self.build_version_min!r} is no version: write one such as 3.4.1")


def is_level(server_state: str | None) -> bool:
    """Whether a server in this state is level with the network."""
    return server_state in _LEVEL_STATES


def unfit_reasons(
    info: ServerInfo, limits: FitnessLimits, needs_from: int | None = None, needs_to: int | None = None
) -> tuple[Unfit, ...]:
    """Everything that makes a server unfit; none if it is fit.

    Args:
        info: What it told.
        limits: What it must be.
        needs_from: The first ledger that it is going to be asked about; None if none before its newest.
        needs_to: The last one; its newest if None.
    """
    found = [*_of_its_build(info, limits), *_of_its_state(info, limits)]
    if info.validated is not None and needs_from is not None:
        last = max(needs_from, info.validated.ledger_index if needs_to is None else needs_to)
        if not info.complete_ledgers.covers(needs_from, last):
            what = f"does not have all ledgers from {needs_from} to {last}"
            found.append(Unfit(Unfitness.HISTORY_GAP, what))
    return tuple(found)


def _of_its_build(info: ServerInfo, limits: FitnessLimits) -> list[Unfit]:
    found = []
    version, least = parse_version(info.build_version), parse_version(limits.build_version_min)
    assert least is not None
    if version is None or version < least:
        what = f"its version {info.build_version} is below {limits.build_version_min}"
        found.append(Unfit(Unfitness.OLD_VERSION, what))
    if info.is_amendment_blocked:
        found.append(Unfit(Unfitness.AMENDMENT_BLOCKED, "it is amendment-blocked"))
    network_id = _MAIN_NETWORK_ID if info.network_id is None else info.network_id
    if network_id != limits.network_id:
        found.append(Unfit(Unfitness.WRONG_NETWORK, f"it is on network {network_id}, not {limits.network_id}"))
    return found


def _of_its_state(info: ServerInfo, limits: FitnessLimits) -> list[Unfit]:
    found = []
    # One that only relays tells no state: it has nothing but validated ledgers to tell of.
    if not is_level(info.server_state) and not (info.is_relay and info.server_state is None):
        found.append(Unfit(Unfitness.NOT_LEVEL, f"its state is {info.server_state}"))
    if info.validated is None:
        found.append(Unfit(Unfitness.NO_LEDGER, "it has no validated ledger"))
    elif info.validated.age_s > limits.validated_age_s_max:
        age_s = info.validated.age_s
        what = f"its newest ledger is {age_s} s old, more than {limits.validated_age_s_max} s"
        found.append(Unfit(Unfitness.STALE_LEDGER, what))
    return found


# --- Choice ------------------------------------------------------------------------------------------------------


class Candidate(msgspec.Struct, frozen=True):
    """An endpoint that may be used, in the order of the settings: its newest ledger, and what makes it unfit."""

    name: str
    newest_ledger: int | None
    unfit: tuple[Unfit, ...]


def may_witness(unfit: Sequence[Unfit]) -> bool:
    """Whether what a server tells of its newest ledger counts, though it may not be the one to use."""
    return all(each.problem in _STILL_A_WITNESS for each in unfit)


def lag_ledgers(candidates: Sequence[Candidate]) -> dict[str, int]:
    """How many ledgers each is behind the one that is farthest; those without a ledger are left out."""
    newest = {each.name: each.newest_ledger for each in candidates if each.newest_ledger is not None}
    farthest = max(newest.values(), default=0)
    return {name: farthest - index for name, index in newest.items()}


def in_order_of_use(candidates: Sequence[Candidate], lag_ledgers_max: int) -> list[str]:
    """The fit ones, best first: in the order of the settings, but those that lag too far come last, farthest first."""
    lags = lag_ledgers(candidates)
    fit = [each.name for each in candidates if not each.unfit]
    level = [name for name in fit if lags[name] <= lag_ledgers_max]
    behind = sorted((name for name in fit if lags[name] > lag_ledgers_max), key=lambda name: lags[name])
    return level + behind


# Our offers rest while nobody is there to hear of them, and a server that is started anew may be the only one: an
# attempt every eight seconds is soon enough for the session to outlive that, and no burden.
_BACKOFF_FIRST_S = 1.0
_BACKOFF_MOST_S = 8.0
# A server that cut us off for asking too much turned us away at once, and let us in again after a pause of five
# seconds; each further time it will be longer. What makes one unfit that seemed fit takes somebody's hand.
_BACKOFF_LONG_FIRST_S = 10.0
_BACKOFF_LONG_MOST_S = 60.0


def backoff_s(failures: int, *, is_long: bool) -> float:
    """How long to leave an endpoint alone after so many failures in a row (1 or more), in seconds.

    Args:
        failures: So many.
        is_long: It wants fewer requests of us, or was unfit: to come back soon is of no use.
    """
    first_s, most_s = _BACKOFF_FIRST_S, _BACKOFF_MOST_S
    if is_long:
        first_s, most_s = _BACKOFF_LONG_FIRST_S, _BACKOFF_LONG_MOST_S
    return min(most_s, first_s * 2.0 ** min(failures - 1, 10))
