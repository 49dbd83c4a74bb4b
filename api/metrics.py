"""Figures for Prometheus: of this process's requests, and from the database of all the rest.

What workers do is read from the database when it is asked for, so each web process tells the
same of it, however many there are of either.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from pipeline.queue.work import Work
from pipeline.queue.workers import Workers
from pipeline.sql import Database
from pipeline.totals import Totals

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0)


class Metrics:
    """What is told at `/metrics`."""

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "coachscore_requests",
            "Requests that this process answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "coachscore_request_seconds",
            "Seconds from a request to the end of its answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_Stored(database))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by the template of its route."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Stored(Collector):
    """Figures that the database holds."""

    def __init__(self, database: Database) -> None:
        self._work, self._workers = Work(database), Workers(database)
        self._totals = Totals(database)

    def describe(self) -> list[Metric]:
        """Nothing, so that nothing is read when this is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Everything, as it is now."""
        queue = self._work.figures()
        length = GaugeMetricFamily(
            "coachscore_queue_length", "Analyses in the queue, by what is done.", labels=["state"]
        )
        for state in ("waiting", "running"):
            length.add_metric([state], getattr(queue, state))
        yield length
        yield GaugeMetricFamily(
            "coachscore_queue_oldest_seconds",
            "For how long the oldest analysis has been waiting, 0 where none is.",
            queue.oldest_seconds,
        )
        yield GaugeMetricFamily("coachscore_workers", "Workers alive.", self._workers.alive())
        yield from self._counted()

    def _counted(self) -> Iterator[Metric]:
        analyses = CounterMetricFamily(
            "coachscore_analyses", "Analyses that ended, by result.", labels=["result"]
        )
        stages = SummaryMetricFamily(
            "coachscore_stage_seconds", "Seconds that stages took.", labels=["stage"]
        )
        uploads = CounterMetricFamily(
            "coachscore_uploads", "Files that became meetings.", labels=["medium"]
        )
        size = CounterMetricFamily(
            "coachscore_upload_bytes", "Bytes of those files.", labels=["medium"]
        )
        for one in self._totals.all():
            if one.name == "analysis":
                analyses.add_metric([one.label], one.count)
            elif one.name == "stage":
                stages.add_metric([one.label], one.count, one.amount)
            else:
                uploads.add_metric([one.label], one.count)
                size.add_metric([one.label], one.amount)
        yield from (analyses, stages, uploads, size)
