"""Which keys the model knows, and where: derived from its annotations, so that a new field is known at once. Pure."""

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from govcloud_infra.site import model
from govcloud_infra.site.faults import Location, dotted


def owner(location: Location) -> type[BaseModel] | None:
    """The model whose keys stand at `location`; None when it is no map of the model."""
    found: type[BaseModel] | None = model.Site
    for part in location:
        if isinstance(part, str):
            found = _fields(found).get(part) if found else None
    return found


def known(kind: type[BaseModel] | None) -> list[str]:
    """Its keys as they are written."""
    return [field.alias or name for name, field in kind.model_fields.items()] if kind else []


def did_you_mean(location: Location) -> str:
    """What to say about a key that does not exist: one like it here, its place elsewhere, or all that exist here."""
    *parents, key = location
    here = known(owner(tuple(parents)))
    if close := difflib.get_close_matches(str(key), here, n=1):
        return f"; did you mean {close[0]}?"
    if places := [dotted(place) for place in _places(model.Site, ()) if place[-1] == key]:
        return f"; did you mean {' or '.join(places)}?"
    return f"; known here: {', '.join(here)}"


def _places(kind: type[BaseModel], parents: Location) -> Iterator[Location]:
    for key, inner in _fields(kind).items():
        yield (*parents, key)
        if inner:
            yield from _places(inner, (*parents, key))


def _fields(kind: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    """Each key with the model of its value, or of the items of its list."""
    fields = kind.model_fields.items()
    return {field.alias or name: next(_models(field.annotation), None) for name, field in fields}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
