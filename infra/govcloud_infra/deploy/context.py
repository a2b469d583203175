"""One site on one host, as every command needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govcloud_infra.components import departments, platform
from govcloud_infra.deploy.health import CORE_WORKLOADS, Expected
from govcloud_infra.paths import REPOSITORY, SitePaths, site_paths
from govcloud_infra.site.load import load
from govcloud_infra.site.model import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`departments` is the folder of Department files."""

    site: Site
    paths: SitePaths
    departments: Path
    environ: Mapping[str, str] = field(repr=False)

    @property
    def expected(self) -> Expected:
        """What a healthy site shows. Raises ConfigError with all faults of the departments' files."""
        return Expected(
            nodes=tuple(node.name for node in self.site.spec.nodes),
            workloads=CORE_WORKLOADS | platform.workload_names(REPOSITORY),
            departments=frozenset(item["metadata"]["name"] for item in departments.read(self.departments)),
        )


def open_site(site_file: Path, environ: Mapping[str, str]) -> Context:
    """Raises SiteInvalid with all faults of the file. Departments are read when they are needed (`expected`)."""
    site = load(site_file)
    folder = site_file.parent / site.spec.departments
    return Context(site=site, paths=site_paths(site.name, environ), departments=folder, environ=environ)
