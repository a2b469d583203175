"""Settings of a process from environment variables: every wrong one is named at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from govcloud_api.errors import ConfigError

Form = TypeVar("Form", bound=BaseModel)


class Serving(BaseModel):
    """Settings of every process that Prometheus scrapes; each has a `port` of its own for that."""

    model_config = ConfigDict(frozen=True)

    host: str = "0.0.0.0"  # noqa: S104 - inside a pod; who may connect is the NetworkPolicy's decision
    health_port: int = Field(default=9109, ge=0, le=65535)
    """In the clear, for the kubelet."""
    tls_folder: Path = Path("/etc/govcloud/tls")
    """tls.crt, tls.key and ca.crt; without them nothing is served."""
    revision: str = "unknown"
    """Source revision of the running code, for govcloud_build_info."""


def parsed(form: type[Form], prefix: str, environ: Mapping[str, str]) -> Form:
    """The form filled from variables; that of a field is `prefix` and its name in capitals.

    Raises ConfigError that names every wrong variable.
    """
    given = {
        name: environ[variable] for name in form.model_fields if (variable := f"{prefix}{name}".upper()) in environ
    }
    try:
        return form.model_validate(given)
    except ValidationError as error:
        faults = [f"{prefix}{each['loc'][0]}".upper() + f": {each['msg']}" for each in error.errors()]
        message = "\n".join([*faults, f"correct the variables {prefix}* of this process and start it again"])
        raise ConfigError(message) from error
