"""A number for a monitoring system; the text that a scraper reads is made by Prometheus' own client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "Metric", "as_text"]


@dataclass
class Metric:
    """A gauge with its samples.

    Attributes:
        name: with its unit at the end.
        about: what it says, in one sentence.
        samples: a value for each choice of labels; the labels of all have the same names.
    """

    name: str
    about: str
    samples: dict[tuple[tuple[str, str], ...], float] = field(default_factory=dict)

    def add(self, value: float, **labels: str) -> None:
        """Add a sample."""
        self.samples[tuple(labels.items())] = value

    def increase(self, value: float, **labels: str) -> None:
        """Add to a sample, which is 0 before."""
        key = tuple(labels.items())
        self.samples[key] = self.samples.get(key, 0) + value


def as_text(metrics: Iterable[Metric]) -> str:
    """Metrics as a scraper reads them; one without samples is left out, for 0 would be an answer.

    Args:
        metrics: each name once.
    """
    registry = CollectorRegistry()
    registry.register(_Collected([metric for metric in metrics if metric.samples]))
    return generate_latest(registry).decode()


class _Collected(Collector):
    """Metrics that have been read already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each metric as the client knows them."""
        for metric in self._metrics:
            names = [name for name, _ in next(iter(metric.samples))]
            family = GaugeMetricFamily(metric.name, metric.about, labels=names)
            for labels, value in metric.samples.items():
                family.add_metric([text for _, text in labels], value)
            yield family
