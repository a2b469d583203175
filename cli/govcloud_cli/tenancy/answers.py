"""A request from a file: a YAML map with the names of the options; every fault at once, with its line."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from govcloud_api.errors import ConfigError
from govcloud_api.v1alpha1 import model
from govcloud_cli.tenancy import members
from govcloud_infra.site import messages, source
from govcloud_infra.site.faults import Fault, Location, dotted, render

_TextMember = Annotated[str, BeforeValidator(members.checked)]


class Answers(BaseModel):
    """What may stand in the file; `type` and `environment` say what the other commands say by their name."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"))

    department: model.Code | None = None
    name: model.ObjectName | None = None
    product: model.Product | None = None
    purpose: model.Purpose | None = None
    size: model.Size | None = None
    cpu: model.Quantity | None = None
    memory: model.Quantity | None = None
    storage: model.Quantity | None = None
    pods: Annotated[int, Field(ge=1, le=1000)] | None = None
    tier: model.ObjectName | None = None
    data_class: model.DataClass | None = None
    members: Annotated[list[_TextMember], Field(max_length=64)] | None = None
    hosts: Annotated[list[model.Host], Field(max_length=16)] | None = None
    egress: model.Egress | None = None
    days: Annotated[int, Field(ge=1, le=365)] | None = None
    to: model.Code | None = None
    why: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    current_use: Annotated[str, Field(max_length=2000)] | None = None
    tried: Annotated[str, Field(max_length=2000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFile:
    """What the file says, by the names that the commands' options have in Python."""

    file: Path
    said: Mapping[str, Any] = field(default_factory=dict)


def load(file: Path) -> AnswerFile:
    """Read a file of answers. Raises ConfigError with every fault as `file:line:column: key: what is wrong`."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(source.MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; give the path of a file of answers") from error
    read = source.parse(raw)
    if not read.faults and not isinstance(read.data, dict):
        raise _invalid(file, [Fault(line=1, column=1, path="", message="must be a map, such as `product: forms`")])
    faults = list(read.faults)
    if isinstance(read.data, dict):
        faults += _faults(read)
    if faults:
        raise _invalid(file, faults)
    parsed = Answers.model_validate(read.data)
    return AnswerFile(file=file, said=parsed.model_dump(exclude_none=True))


def _faults(read: source.Source) -> Iterator[Fault]:
    try:
        Answers.model_validate(read.data)
    except pydantic.ValidationError as error:
        for item in error.errors(include_url=False):
            location: Location = tuple(item["loc"])
            line, column = read.at(location)
            yield Fault(line=line, column=column, path=dotted(location), message=_message(item, location))


def _message(item: Any, location: Location) -> str:
    if item["type"] == "extra_forbidden":
        return f"is no answer that is asked for{_did_you_mean(str(location[-1]))}"
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    return messages.message(item, location)


def _did_you_mean(key: str) -> str:
    known = [str(entry.alias) for entry in Answers.model_fields.values()]
    close = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"


def _invalid(file: Path, faults: list[Fault]) -> ConfigError:
    ordered = sorted(faults, key=lambda fault: (fault.line, fault.column, fault.path))
    count = "1 fault" if len(ordered) == 1 else f"{len(ordered)} faults"
    return ConfigError("\n".join([f"{file} cannot be used ({count}):", *[render(file, fault) for fault in ordered]]))
