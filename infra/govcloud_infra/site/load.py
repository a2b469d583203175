"""`site.yaml` to a checked `Site`: all faults at once, each with its line."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from govcloud_infra.site import messages, model, passes, source
from govcloud_infra.site.faults import Fault, Finding, Location, SiteInvalid, dotted

Findings = Callable[[model.Site], Iterable[Finding]]


def form_only(_: model.Site) -> Iterable[Finding]:
    """No pass: what is well-formed will do, though it may contradict itself or what stands."""
    return ()


def load(file: Path, findings: Findings = passes.findings) -> model.Site:
    """Read and check a site file; `findings` are the passes over a site that is well-formed.

    Raises SiteInvalid with every fault found; a missing or unreadable file is one fault too.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(source.MAX_BYTES + 1)  # a device or a wrong file may have no end
    except OSError as error:
        problem = f"cannot be read: {error.strerror}; give the path of a site file, such as sites/lab/site.yaml"
        raise SiteInvalid(file, [Fault(line=1, column=1, path="", message=problem)]) from error
    return check(raw, file, findings)


def check(raw: bytes, file: Path, findings: Findings = passes.findings) -> model.Site:
    """As `load`, on text that stands in `file` or would stand there."""
    read = source.parse(raw)
    if read.faults and read.data is None:
        raise SiteInvalid(file, read.faults)
    faults = [*read.faults]
    try:
        site = model.Site.model_validate(read.data)
    except ValidationError as error:
        raise SiteInvalid(file, [*faults, *_from_pydantic(error, read)]) from error
    faults += [_fault(read, location, message) for location, message in findings(site)]
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
        yield _fault(read, location, messages.message(item, location))
