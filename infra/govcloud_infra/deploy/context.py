"""One site on one host, as every command needs it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle.store import Store
from govcloud_infra.components import departments
from govcloud_infra.health.health import CORE_WORKLOADS, Expected
from govcloud_infra.paths import REPOSITORY, SitePaths, site_paths
from govcloud_infra.site import deployed
from govcloud_infra.site.faults import Finding
from govcloud_infra.site.load import Findings, form_only, load
from govcloud_infra.site.model import Site
from govcloud_infra.site.passes import Standing, findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`site_file` is what `site` was read from, `departments` the folder of Department files."""

    site: Site
    site_file: Path
    paths: SitePaths
    departments: Path
    environ: Mapping[str, str] = field(repr=False)

    @property
    def expected(self) -> Expected:
        """What a healthy site shows. Raises ConfigError with all faults of the departments' files."""
        from govcloud_infra.components import platform  # brings Pulumi, which takes longer than all the rest

        return Expected(
            nodes=tuple(node.name for node in self.site.spec.nodes),
            workloads=CORE_WORKLOADS | platform.workload_names(REPOSITORY),
            departments=frozenset(item["metadata"]["name"] for item in departments.read(self.departments)),
        )


def open_site(site_file: Path, environ: Mapping[str, str]) -> Context:
    """Raises SiteInvalid with all faults of the file, measured also against the deployed site and the bundle.

    Departments are read when they are needed (`expected`).
    """
    return _open(site_file, environ, against_what_stands(environ))


def open_unmeasured(site_file: Path, environ: Mapping[str, str]) -> Context:
    """Raises SiteInvalid when the file is not well-formed; what it says may contradict itself or what stands.

    For commands that must work on such a site too: to destroy it, to find out what is wrong.
    """
    return _open(site_file, environ, form_only)


def against_what_stands(environ: Mapping[str, str]) -> Findings:
    """Every pass, as `site.load` takes it: `check(raw, file, against_what_stands(environ))` judges an edit."""

    def measured(site: Site) -> Iterator[Finding]:
        paths = site_paths(site.name, environ)
        return findings(site, Standing(deployed=deployed.load(paths.deployed), bundle=_bundled(paths)))

    return measured


def _bundled(paths: SitePaths) -> dict[str, str]:
    """Without a bundle, or with a broken one, there is nothing to compare: commands that use the bundle say so."""
    try:
        return Store(paths.bundle).versions()
    except BundleCorrupt:
        return {}


def _open(site_file: Path, environ: Mapping[str, str], passes: Findings) -> Context:
    site = load(site_file, passes)
    folder = site_file.parent / site.spec.departments
    paths = site_paths(site.name, environ)
    return Context(site=site, site_file=site_file, paths=paths, departments=folder, environ=environ)
