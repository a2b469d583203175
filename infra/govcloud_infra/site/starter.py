"""A new site from one of the examples: its name, its bridge and its folder of departments changed, comments kept."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from govcloud_api.errors import ConfigError
from govcloud_infra.site import model, schema, source, words
from govcloud_infra.site.faults import Location

EXAMPLES = {"lab": "lab", "lab-ha": "lab-ha", "static": "static-example"}
"""Profile -> folder below `sites`."""
_DEPARTMENT = Path("static-example/departments/example.yaml")
_SCHEMA = schema.FILE.name


def files(sites: Path, profile: str, folder: Path, name: str) -> dict[Path, str]:
    """What belongs into `folder`, by path; `sites` holds the examples. Raises ConfigError for a name that cannot be."""
    try:
        TypeAdapter(model.Name).validate_python(name)
    except ValidationError as error:
        need = words.of_pattern(words.pattern(model.Name))
        raise ConfigError(f"a site's name must be {need}; found {name!r}: give another with --name") from error
    text = renamed((sites / EXAMPLES[profile] / "site.yaml").read_text(encoding="utf-8"), name)
    found = {folder / "departments" / "example.yaml": (sites / _DEPARTMENT).read_text(encoding="utf-8")}
    if not (folder.parent / _SCHEMA).is_file():
        text = text.replace(f"$schema=../{_SCHEMA}", f"$schema={_SCHEMA}", 1)
        found[folder / _SCHEMA] = schema.text()
    return {**found, folder / "site.yaml": text}


def renamed(text: str, name: str) -> str:
    """An example under another name. Pure."""
    read, lines = source.parse(text.encode()), text.splitlines(keepends=True)
    site = model.Site.model_validate(read.data)
    changes: list[tuple[Location, str | None, str]] = [
        (("metadata", "name"), site.name, name),
        (("spec", "network", "bridge"), site.spec.network.bridge, f"gc-{name}"),
        (("spec", "departments"), site.spec.departments, "departments"),
    ]
    for location, old, new in changes:
        if old is not None:
            index = read.at(location)[0] - 1
            lines[index] = _with_value(lines[index], old, new)
    return "".join(lines)


def _with_value(line: str, old: str, new: str) -> str:
    """The remark behind the value stays in its column when there is room."""
    key, _, rest = line.partition(f": {old}")
    remark = rest.lstrip(" ")
    column = len(line) - len(remark)
    return f"{key}: {new}".ljust(column - 1) + (" " if remark.strip() else "") + remark


def write(wanted: Mapping[Path, str]) -> None:
    """Write new files. Raises ConfigError, before anything is written, when one is there already."""
    there = [str(file) for file in wanted if file.exists() or file.is_symlink()]
    if there:
        raise ConfigError(f"nothing was written, for this is there already: {', '.join(there)}; give another folder")
    try:
        for file, text in wanted.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as out:
                out.write(text)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigError(f"{error.filename} is in the way: {error.strerror}; give another folder") from error
