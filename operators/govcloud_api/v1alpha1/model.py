"""What all kinds share: frozen models with camelCase wire names, bounded words, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from govcloud_api import errors, quantity

Code = Annotated[str, Field(min_length=2, max_length=20, pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$")]
"""Code of a department; part of namespace names, so it may not end with a dash."""
Product = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$")]
ObjectName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
Sentence = Annotated[str, Field(max_length=1000)]
Moment = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
        json_schema_extra={"format": "date-time"},
    ),
]
"""RFC 3339 with seconds; written in UTC. The format alone lets a small `t` through, which CEL cannot read: such an
object could never be changed again, not even its status."""
Quantity = Annotated[
    str,
    Field(
        max_length=quantity.MAX_CHARS,
        pattern=quantity.PATTERN,
        json_schema_extra={"x-kubernetes-int-or-string": True, "minimum": 0},
    ),
    BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
]
Purpose = Literal["production", "staging", "test", "development", "sandbox"]
Size = Literal["small", "medium", "large"]
Role = Literal["owner", "approver", "finance", "auditor", "steward", "member-manager"]
DataClass = Literal["public", "internal", "confidential", "secret"]
"""How much harm a leak does, least first; a place holds nothing above its own class."""
DATA_CLASSES: tuple[DataClass, ...] = ("public", "internal", "confidential", "secret")
Egress = Literal["closed", "internal", "public"]
"""Where pods may connect to besides their own namespace: nowhere, other machines of the site, everywhere."""
_UNSEEN = "\\x00-\\x20\\x7f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""Spaces and what cannot be seen, spelled out: `\\s` is another set in Go than here, and names are compared by eye."""
UserName = Annotated[str, Field(min_length=1, max_length=253, pattern=f"^[^{_UNSEEN}]+$")]
Host = Annotated[
    str,
    Field(max_length=253, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"),
]
"""DNS name in lower case."""
Day = Annotated[str, Field(max_length=10, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""Date as YYYY-MM-DD."""
SpecHash = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
Uid = Annotated[str, Field(min_length=1, max_length=64)]


class Model(BaseModel):
    """Base of everything a person writes: unknown fields are an error, nothing changes after parsing."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def wire(self) -> dict[str, Any]:
        """The JSON form, without fields that are not set."""
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")


class Observed(Model):
    """Base of everything the cluster writes: a newer version may hold fields this one does not know."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Condition(Observed):
    """metav1.Condition."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    status: Literal["True", "False", "Unknown"]
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    message: Annotated[str, Field(max_length=4096)]
    observed_generation: Annotated[int, Field(ge=0)] = 0
    last_transition_time: Moment


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


class Metadata(Observed):
    """The part of ObjectMeta that govcloud reads."""

    name: str
    namespace: str | None = None
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    finalizers: list[str] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Kind(Observed):
    """Base of the kinds: an object with metadata, parsed from its wire form."""

    metadata: Metadata

    @classmethod
    def parse(cls, obj: Mapping[str, Any]) -> Self:
        """The object as a frozen value. Raises InvalidSpec naming every wrong field by its path."""
        try:
            return cls.model_validate(dict(obj))
        except pydantic.ValidationError as error:
            raise errors.InvalidSpec(f"{cls.__name__} {_name(obj)}: {faults(error)}") from error


def faults(error: pydantic.ValidationError) -> str:
    """All faults of a validation in one line: `spec.size: Input should be 'small', ...; spec.product: ...`."""
    found = [f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    return "; ".join(found)


def _name(obj: Mapping[str, Any]) -> str:
    metadata = obj.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""
