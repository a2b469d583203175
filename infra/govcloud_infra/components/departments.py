"""The departments of a site: one or more Department objects a file, nothing else, all faults at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud_api import labels
from govcloud_api.errors import ConfigError, InvalidSpec
from govcloud_api.v1alpha1 import Department
from govcloud_infra.components.manifests import Object, read_file

# Files that somebody means to be read; a README beside them is nobody's fault.
_MEANT = {".yaml", ".yml", ".json"}


class DepartmentsInvalid(ConfigError):
    """The folder cannot be used; `faults` holds a line for each reason, its file first."""

    def __init__(self, folder: Path, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        lines = [f"  {fault}" for fault in self.faults]
        super().__init__("\n".join([f"the departments in {folder} cannot be used:", *lines]))


def read(folder: Path) -> list[Object]:
    """Every department, in the order of the files. Raises ConfigError naming each file that holds anything else.

    They are applied with the administrator's rights, so any other kind is refused here.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder of departments {folder}; make it, or change spec.departments")
    found: list[tuple[Path, Object]] = []
    faults: list[str] = []
    for file in sorted(file for file in folder.rglob("*") if file.suffix.lower() in _MEANT):
        try:
            found += [(file, item) for item in _objects(file)]
        except ConfigError as error:
            faults.append(str(error))
    faults += [f"{file}: {why}" for file, item in found for why in _faults(item)]
    faults += [f"{file}: {name} is described twice" for file, name in _repeated(found)]
    if faults:
        raise DepartmentsInvalid(folder, faults)
    return [item for _, item in found]


def _objects(file: Path) -> list[Object]:
    if file.suffix != ".yaml":
        raise ConfigError(f"{file}: only files called *.yaml are read; rename it, or move it elsewhere")
    try:
        return list(read_file(file, {}))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def _faults(item: Object) -> Iterator[str]:
    if (item["apiVersion"], item["kind"]) != (labels.API_VERSION, "Department"):
        yield f"holds a {item['kind']} ({item['apiVersion']}); only Departments belong here"
        return
    try:
        department = Department.parse(item)
    except InvalidSpec as error:
        yield str(error)
        return
    if department.metadata.name != department.spec.code:
        yield f"metadata.name is {department.metadata.name}, spec.code is {department.spec.code}; they must be the same"


def _repeated(found: list[tuple[Path, Object]]) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for file, item in found:
        name = str(item["metadata"].get("name"))
        if name in seen:
            yield file, name
        seen.add(name)
