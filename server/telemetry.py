"""Count the server's work, for Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 5.0, 15.0, 60.0, 600.0)  # match duration buckets
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Telemetry:
    """Hold the counters; any thread may change them."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.matches = Counter(
            "patchwright_matches", "Matches that ended.", ["state"], registry=registry
        )
        self.match_seconds = Histogram(
            "patchwright_match_seconds",
            "Time from the request to the end of a match, the wait in the queue included.",
            ["budget"],
            buckets=SECONDS,
            registry=registry,
        )
        self.gestures = Counter(
            "patchwright_gestures", "Changes of the current preset.", ["kind"], registry=registry
        )
        self.osc_messages = Counter(
            "patchwright_osc_messages", "OSC messages received.", ["outcome"], registry=registry
        )
        self.subscribers = Gauge(
            "patchwright_osc_subscribers", "Clients subscribed to changes.", registry=registry
        )

    def exposition(self) -> bytes:
        """Return all counters in the text format of Prometheus."""
        return generate_latest(self._registry)
