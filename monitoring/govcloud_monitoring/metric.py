"""One metric's name, unit, labels and meaning, said once: families, HELP texts and the reference page come from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Label values and the value that they have."""
Filled = TypeVar("Filled", GaugeMetricFamily, CounterMetricFamily)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A gauge or a counter. `unit` is the suffix of a gauge's name; empty where it is a count, a state or an info."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""

    def family(self, samples: Samples) -> GaugeMetricFamily:
        """The family, samples in the order of their label values. Raises ValueError on a wrong number of labels."""
        return self._filled(GaugeMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit), samples)

    def counter(self, samples: Samples) -> CounterMetricFamily:
        """The same of what only grows; `name` ends with _total."""
        return self._filled(CounterMetricFamily(self.name, self.help, labels=self.labels), samples)

    def _filled(self, family: Filled, samples: Samples) -> Filled:
        for values, value in sorted(samples):
            if len(values) != len(self.labels):
                message = f"{self.name} has the labels {self.labels}, got the values {values}; correct the caller"
                raise ValueError(message)
            family.add_metric(values, value)
        return family

    def value(self, value: float) -> GaugeMetricFamily:
        """The family of a metric without labels."""
        return self.family([((), value)])
