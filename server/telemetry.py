"""Count what the server does, for Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 5.0, 15.0, 60.0, 600.0)  # of a match
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Telemetry:
    """The counters; each may be moved from any thread."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.matches = Counter(
            "patchwright_matches", "Matches that ended, by how.", ["state"], registry=registry
        )
        self.match_seconds = Histogram(
            "patchwright_match_seconds",
            "From asking to the end, the wait in line included.",
            ["budget"],
            buckets=SECONDS,
            registry=registry,
        )
        self.gestures = Counter(
            "patchwright_gestures", "What moved the instrument.", ["kind"], registry=registry
        )
        self.osc_messages = Counter(
            "patchwright_osc_messages", "Packets and messages.", ["outcome"], registry=registry
        )
        self.subscribers = Gauge(
            "patchwright_osc_subscribers", "Who is told of changes.", registry=registry
        )

    def exposition(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self._registry)
