"""A real API server, and the bundle's Prometheus and promtool."""

from support.apiserver import apiserver
from support.promtool import prometheus, promtool

__all__ = ["apiserver", "prometheus", "promtool"]
