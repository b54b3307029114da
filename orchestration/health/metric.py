"""A number for a monitoring system, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Metric:
    """A gauge with its samples.

    Attributes:
        name: with its unit at the end.
        about: what it says, in one sentence.
        samples: a value for each choice of labels.
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
    """Metrics as a scraper reads them; one without samples is left out.

    Args:
        metrics: each name once.
    """
    lines: list[str] = []
    for metric in metrics:
        if metric.samples:
            lines += [f"# HELP {metric.name} {metric.about}", f"# TYPE {metric.name} gauge"]
            lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in metric.samples.items()]
    return "\n".join([*lines, ""])


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"
