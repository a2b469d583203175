"""Is what the site asks for in the bundle, and may it follow what runs? Pure."""

from collections.abc import Iterator, Mapping

from govcloud_infra.site.faults import Finding
from govcloud_infra.site.model import Site

_WHERE = ("spec", "kubernetes", "version")


def findings(site: Site, versions: Mapping[str, str], deployed: Site | None) -> Iterator[Finding]:
    """`versions` of the bundle's components, empty when there is no bundle yet; `deployed` as it stands."""
    wanted, bundled = site.spec.kubernetes.version, versions.get("kubernetes")
    if bundled is not None and wanted != bundled:
        yield _WHERE, f"is {wanted}, the bundle holds {bundled}; change one of them"
    if deployed and (problem := _skewed(wanted, deployed.spec.kubernetes.version)):
        yield _WHERE, problem


def _skewed(wanted: str, runs: str) -> str:
    new, old = _numbers(wanted), _numbers(runs)
    if new < old:
        return f"is {wanted}, the site runs {runs}; Kubernetes never goes back: put back {runs}"
    if new[0] != old[0] or new[1] - old[1] > 1:
        return f"is {wanted}, the site runs {runs}; go one minor version at a time: first v{old[0]}.{old[1] + 1}"
    # Programs and manifests would change in no safe order.
    return (
        "" if new == old else f"is {wanted}, the site runs {runs}; this version upgrades no site in place: keep {runs}"
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))
