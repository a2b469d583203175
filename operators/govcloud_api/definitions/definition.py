"""What a kind's model does not say: names, columns of `kubectl get`, rules in CEL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from govcloud_api.v1alpha1 import model

Schema = dict[str, Any]
Rule = dict[str, str]
MAX_NAME_CHARS = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False

    def wire(self) -> Schema:
        """As in additionalPrinterColumns; priority 1 shows only with -o wide."""
        column = {"name": self.name, "type": self.type, "jsonPath": self.path}
        return column | ({"priority": 1} if self.wide else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a kind's model does not say."""

    model: type[model.Kind]
    plural: str
    short: str
    scope: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    """CEL on the whole object; sees only `metadata.name` of the metadata."""
    spec_rules: tuple[Rule, ...] = ()
    field_rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    """CEL by path of a field below the spec, e.g. `web.variables[]`; `[]` means each item."""
    selectable: tuple[str, ...] = ()
    """Fields by which objects can be listed (`spec.transferTo=health`), besides name and namespace."""

    @property
    def kind(self) -> str:
        """Kind as in manifests."""
        return self.model.__name__


READY = Column(name="Ready", path='.status.conditions[?(@.type=="Ready")].status')
REASON = Column(name="Reason", path='.status.conditions[?(@.type=="Ready")].reason')
AGE = Column(name="Age", path=".metadata.creationTimestamp", type="date")
SHORT_NAME: Rule = {
    "rule": f"size(self.metadata.name) <= {MAX_NAME_CHARS}",
    "message": f"the name has at most {MAX_NAME_CHARS} characters",
}


def unchanged(what: str) -> Rule:
    """Nothing below this field may be changed once it is there."""
    return {"rule": "self == oldSelf", "message": what}
