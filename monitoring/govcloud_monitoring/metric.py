"""One metric's name, unit, labels and meaning, said once: families, HELP texts and the reference page come from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A gauge. `unit` is the suffix of the name, or empty where the value is a count, a state or an info."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""

    def family(self, samples: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
        """The family, samples in the order of their label values. Raises ValueError on a wrong number of labels."""
        family = GaugeMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit)
        for values, value in sorted(samples):
            if len(values) != len(self.labels):
                message = f"{self.name} has the labels {self.labels}, got the values {values}; correct the caller"
                raise ValueError(message)
            family.add_metric(values, value)
        return family

    def value(self, value: float) -> GaugeMetricFamily:
        """The family of a metric without labels."""
        return self.family([((), value)])
