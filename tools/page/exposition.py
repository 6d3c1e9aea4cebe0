"""``/metrics``: the statuses of the sessions that run, as Prometheus reads them."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from actors.operator.protocol import Status
from tools.page.figure import Figure, FigureKind, Unit, cumulated
from tools.page.session_figures import SESSION_FIGURES

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
"""What :func:`exposed` writes."""

SESSION_LABELS: Final = ("session", "venue")
"""What every figure of a session has."""

_PACKAGE: Final = "neo-engine"


def _own(name: str, what: str, *labels: str) -> Figure:
    return Figure(name=name, kind=FigureKind.GAUGE, unit=Unit.NONE, what=what, source="the page", labels=labels)


SESSIONS: Final = _own("neo_sessions", "Sessions that run")
SESSION_UP: Final = _own("neo_session_up", "1 if a session that runs answered, 0 if it did not in time", "session")
BUILD: Final = _own("neo_build_info", "1 with the version of NEO and of Python", "version", "python")

PAGE_FIGURES: Final = (SESSIONS, SESSION_UP, BUILD)
"""What is told without a session, too."""


class Sessions(Collector):
    """The statuses of one moment.

    Args:
        statuses: By session; None of one that did not answer in time.
    """

    def __init__(self, statuses: Mapping[str, Status | None]) -> None:
        self._statuses = statuses

    def collect(self) -> Iterator[Metric]:
        """Every family, those without a value too: what they are stands in their help."""
        yield _gauges(SESSIONS, [((), len(self._statuses))])
        yield _gauges(SESSION_UP, [((name,), int(told is not None)) for name, told in self._statuses.items()])
        yield _gauges(BUILD, [((metadata.version(_PACKAGE), platform.python_version()), 1)])
        statuses = [status for status in self._statuses.values() if status is not None]
        for figures in SESSION_FIGURES.values():
            for figure in figures:
                yield _family(figure, statuses)


def exposed(statuses: Mapping[str, Status | None]) -> bytes:
    """The page's text.

    Args:
        statuses: By session; None of one that did not answer in time.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Sessions(statuses))
    # Of the process that serves this: with `neo run --page` the session's own. Linux alone tells it.
    ProcessCollector(namespace="neo", registry=registry)
    return generate_latest(registry)


def _gauges(figure: Figure, values: Sequence[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(figure.name, figure.help, labels=figure.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def _family(figure: Figure, statuses: Sequence[Status]) -> Metric:
    labels = (*SESSION_LABELS, *figure.labels)
    if figure.kind is FigureKind.HISTOGRAM:
        return _histogram(figure, labels, statuses)
    made = CounterMetricFamily if figure.kind is FigureKind.COUNTER else GaugeMetricFamily
    family = made(figure.name, figure.help, labels=labels)
    for status in statuses:
        for own, value in figure.values(status):
            if value is not None:
                family.add_metric((status.session_id, status.venue, *own), float(value))
    return family


def _histogram(figure: Figure, labels: tuple[str, ...], statuses: Sequence[Status]) -> Metric:
    family = HistogramMetricFamily(figure.name, figure.help, labels=labels)
    for status in statuses:
        for one in status.timings:
            if one.name == figure.timed:
                own = (one.label,) if figure.labels else ()
                family.add_metric((status.session_id, status.venue, *own), cumulated(one), one.sum_s)
    return family
