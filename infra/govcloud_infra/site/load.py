"""`site.yaml` to a checked `Site`: all faults at once, each with its line."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from govcloud_infra.site import model, semantics, source
from govcloud_infra.site.faults import Fault, Location, SiteInvalid, dotted

_EXPECTED = {
    "ip_v4_address": "an IPv4 address such as 10.77.0.11",
    "ip_v4_network": "an IPv4 range named by its first address, such as 10.78.0.0/16",
    "string_type": "text",
    "model_type": "a map of keys and values",
    "tuple_type": "a list",
}


def load(file: Path) -> model.Site:
    """Read and check a site file.

    Raises SiteInvalid with every fault found; a missing or unreadable file is one fault too.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(source.MAX_BYTES + 1)  # a device or a wrong file may have no end
    except OSError as error:
        problem = f"cannot be read: {error.strerror}; give the path of a site file, such as sites/lab/site.yaml"
        raise SiteInvalid(file, [Fault(line=1, column=1, path="", message=problem)]) from error
    read = source.parse(raw)
    if read.faults and read.data is None:
        raise SiteInvalid(file, read.faults)
    faults = [*read.faults]
    try:
        site = model.Site.model_validate(read.data)
    except ValidationError as error:
        raise SiteInvalid(file, [*faults, *_from_pydantic(error, read)]) from error
    faults += [_fault(read, location, message) for location, message in semantics.findings(site)]
    if faults:
        raise SiteInvalid(file, faults)
    return site


def _fault(read: source.Source, location: Location, message: str) -> Fault:
    line, column = read.at(location)
    return Fault(line=line, column=column, path=dotted(location), message=message)


def _from_pydantic(error: ValidationError, read: source.Source) -> Iterator[Fault]:
    items = error.errors(include_url=False)
    refused = {fault.path for fault in read.faults}
    for item in items:
        location = tuple(item["loc"])
        if item.get("input") is None and dotted(location) in refused:
            continue  # the value was refused already, and has no type of its own
        if item["type"] == "too_short" and any(len(other["loc"]) > len(location) for other in items):
            continue  # the list is short only because its items have faults of their own
        yield _fault(read, location, _message(item, location))


def _message(item: Any, location: Location) -> str:
    kind, value = item["type"], item.get("input")
    shown = "" if isinstance(value, dict | list) else f"; found {value!r}"[:80]
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return f"is not a key that exists here{_did_you_mean(location)}"
    if kind == "literal_error":
        return f"must be {item['ctx']['expected']}{shown}"
    if kind == "string_pattern_mismatch":
        return f"must match {item['ctx']['pattern']}{shown}"
    if kind in ("too_short", "too_long"):
        limit, count = ("min", "at least") if kind == "too_short" else ("max", "at most")
        return f"must have {count} {item['ctx'][f'{limit}_length']} items; found {item['ctx']['actual_length']}"
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}{shown}"
    return f"{item['msg'][0].lower()}{item['msg'][1:]}{shown}"


def _did_you_mean(location: Location) -> str:
    *parents, key = location
    owner = _owner(tuple(parents))
    known = [field.alias or name for name, field in owner.model_fields.items()] if owner else []
    close = difflib.get_close_matches(str(key), known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known here: {', '.join(known)}"


def _owner(parents: Location) -> type[BaseModel] | None:
    owners: dict[Location, type[BaseModel]] = {
        (): model.Site,
        ("metadata",): model.Metadata,
        ("spec",): model.Spec,
        ("spec", "network"): model.Network,
        ("spec", "kubernetes"): model.Kubernetes,
        ("spec", "nodes"): model.Node,
    }
    return owners.get(tuple(part for part in parents if not isinstance(part, int)))
