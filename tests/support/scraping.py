"""A real Prometheus with jobs as they are deployed, but for addresses, pauses, and where its Secret is mounted."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support import apiserver as servers
from support.manifests import objects
from support.mounted import Site

MONITORING = Path(__file__).parents[2] / "monitoring"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The HTTP API of a running Prometheus."""

    url: str

    def get(self, path: str) -> Any:
        """The data of an answer; None while Prometheus is starting."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - loopback, ours
                return json.load(answer)["data"]
        except urllib.error.URLError:
            return None

    def query(self, expression: str) -> dict[str, float]:
        """Values of an instant query by the label department."""
        data = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression})) or {"result": []}
        return {each["metric"].get("department", ""): float(each["value"][1]) for each in data["result"]}


def deployed(site: Site) -> dict[str, Any]:
    """The whole configuration, with the files of a site's Prometheus."""
    (config,) = [each for each in objects(MONITORING / "deploy/31-prometheus-config.yaml")]
    text = config["data"]["prometheus.yml"].replace("/etc/prometheus/tls/", f"{site.prometheus.folder}/")
    return dict(yaml.safe_load(text))


def job(port: int, site: Site, of: str, name: str = "", **changes: Any) -> dict[str, Any]:
    """The job `of` as it is deployed, at an address of a test's own."""
    [found] = [each for each in deployed(site)["scrape_configs"] if each["job_name"] == of]
    kept = {key: value for key, value in found.items() if key not in ("kubernetes_sd_configs", "relabel_configs")}
    own = {"job_name": name or of, "scrape_interval": "1s", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
    return kept | own | changes


@contextmanager
def scraping(program: Path, folder: Path, *jobs: dict[str, Any], **more: Any) -> Iterator[Prometheus]:
    """Runs with all our rules and alerts, `jobs`, and `more` parts of a configuration."""
    files = [str(MONITORING / "rules/*.yaml"), str(MONITORING / "alerts/*.yaml")]
    times = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    config = {"global": times, "rule_files": files, "scrape_configs": list(jobs)} | more
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    url = f"127.0.0.1:{servers.free_port()}"
    command = [str(program), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with servers.process([*command, f"--web.listen-address={url}"], folder / "prometheus.log"):
        yield Prometheus(f"http://{url}")
