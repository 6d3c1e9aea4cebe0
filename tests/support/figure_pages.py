"""``/metrics`` as Prometheus's own parser reads it, and whole sessions to make it of."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.looks import StatusLook
from support.sessions import journal_of, plan_for

from actors.operator.protocol import Status
from actors.session.session import start_session
from neo.messages import HaltRaised, MarketView, Message, Record

DURATION_S = 240


class Seen(msgspec.Struct, frozen=True):
    """A status as a session began to end, its journal up to there, and the view of its last ledger."""

    status: Status
    records: tuple[Record, ...]
    view: MarketView


def families(text: bytes) -> dict[str, Metric]:
    """Every family by its name, as the parser has it: a counter's without ``_total``."""
    return {family.name: family for family in text_string_to_metric_families(text.decode())}


def values(family: Metric, **labels: str) -> dict[tuple[str, ...], float]:
    """A family's values with these labels, by the rest of them but session and venue; of a histogram the counts."""
    return dict(_values(family, labels))


def _values(family: Metric, labels: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], float]]:
    for sample in family.samples:
        if family.type == "histogram" and not sample.name.endswith("_count"):
            continue
        if all(sample.labels.get(name) == value for name, value in labels.items()):
            rest = sorted(set(sample.labels) - {"session", "venue", *labels})
            yield tuple(sample.labels[name] for name in rest), sample.value


class _Views(StatusLook):
    """Keeps the views too, and takes a status as the session begins to end."""

    def __init__(self) -> None:
        super().__init__()
        self.views: list[MarketView] = []

    def is_due(self, message: Message) -> bool:
        if isinstance(message, MarketView):
            self.views.append(message)
        return isinstance(message, HaltRaised)

    def seen(self, database: Path) -> Seen:
        status = self.last
        records = journal_of(database, status.session_id)[: status.counts.records]
        (view,) = (view for view in self.views if view.ledger_index == status.ledger_index)
        return Seen(status, tuple(records), view)


@functools.cache
def sim_seen(duration_s: int = DURATION_S) -> Seen:
    """A whole simulated session."""
    with tempfile.TemporaryDirectory() as folder:
        database, look = Path(folder) / "neo.sqlite3", _Views()
        start_session(plan_for(database, duration_s=duration_s), look.watcher(look.is_due), lookout=look)
        return look.seen(database)


@functools.cache
def live_seen() -> Seen:
    """A whole session on two ledger servers in memory."""
    with tempfile.TemporaryDirectory() as folder:
        database, look = Path(folder) / "neo.sqlite3", _Views()
        chain = Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300))
        world = LiveWorld(LedgerServer(chain), LedgerServer(chain))
        world.run(world.plan(database, duration_s=120), look.watcher(look.is_due), lookout=look)
        return look.seen(database)
