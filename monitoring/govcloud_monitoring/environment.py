"""Settings of a process from environment variables: every wrong one is named at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from govcloud_api.errors import ConfigError

Form = TypeVar("Form", bound=BaseModel)


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
