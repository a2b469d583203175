"""May a site file be used? All that stands in its way, for people and for programs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from govcloud_api.errors import ConfigError
from govcloud_infra.components import departments
from govcloud_infra.deploy.context import Context, open_site, open_unmeasured
from govcloud_infra.site.faults import SiteInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`context` is there when the file is well-formed, `errors` are empty when the site may be deployed."""

    site_file: Path
    context: Context | None
    departments: int
    errors: tuple[ConfigError, ...]

    def text(self) -> str:
        """Of a valid site."""
        plain = self.plain()
        counts = [
            _count(plain["controlPlanes"], "control plane"),
            _count(plain["workers"], "worker"),
            _count(self.departments, "department"),
        ]
        what = f"site {plain['site']}, {', '.join(counts)}, Kubernetes {plain['kubernetes']}"
        return f"{self.site_file} is valid: {what}"

    def plain(self) -> dict[str, Any]:
        """For programs; what is not known is null."""
        site = self.context.site if self.context else None
        return {
            "file": str(self.site_file),
            "valid": not self.errors,
            "site": site.name if site else None,
            "kubernetes": site.spec.kubernetes.version if site else None,
            "controlPlanes": len(site.control_planes) if site else None,
            "workers": len(site.workers) if site else None,
            "departments": self.departments,
            "faults": [fault for error in self.errors for fault in _faults(error)],
        }

    def raise_errors(self) -> None:
        """Raises ConfigError with everything at once, if there is anything."""
        if self.errors:
            raise ConfigError("\n".join(str(error) for error in self.errors)) from self.errors[0]


def check(site_file: Path, environ: Mapping[str, str]) -> Verdict:
    """Look at the site file, at what stands, and at the departments; changes nothing."""
    errors: list[ConfigError] = []
    count, context = 0, None
    try:
        context = open_site(site_file, environ)
    except ConfigError as error:
        errors.append(error)
        context = _well_formed(site_file, environ)
    if context:
        try:
            count = len(departments.read(context.departments))
        except ConfigError as error:
            errors.append(error)
    return Verdict(site_file=site_file, context=context, departments=count, errors=tuple(errors))


def _well_formed(site_file: Path, environ: Mapping[str, str]) -> Context | None:
    try:
        return open_unmeasured(site_file, environ)
    except ConfigError:
        return None


def _faults(error: ConfigError) -> list[dict[str, Any]]:
    if isinstance(error, SiteInvalid):
        return [{"file": str(error.file), **asdict(fault)} for fault in error.faults]
    lines = error.faults if isinstance(error, departments.DepartmentsInvalid) else (str(error),)
    return [{"message": line} for line in lines]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
