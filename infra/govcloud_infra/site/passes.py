"""Every pass over a site that is well-formed, in one place. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from govcloud_infra.site import bundled, immutable, ranges, semantics, voters
from govcloud_infra.site.faults import Finding
from govcloud_infra.site.model import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a site is measured against: the site as it was last deployed, and the version of each bundled component."""

    deployed: Site | None = None
    bundle: Mapping[str, str] = field(default_factory=dict)


def findings(site: Site, standing: Standing | None = None) -> Iterator[Finding]:
    """Contradictions within the file, then with what stands; without `standing`, those within the file."""
    against = standing or Standing()
    yield from semantics.findings(site)
    yield from ranges.findings(site)
    yield from voters.findings(site, against.deployed)
    yield from bundled.findings(site, against.bundle, against.deployed)
    if against.deployed:
        yield from immutable.findings(site, against.deployed)
