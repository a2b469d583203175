"""What the accountant answers, as JSON and back: one way for every form. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from govcloud_api.errors import ApiUnavailable

Form = TypeVar("Form")


def plain(form: TypeAdapter[Form], value: Form) -> dict[str, Any]:
    """For the wire."""
    return dict(form.dump_python(value, mode="json"))


def parsed(form: TypeAdapter[Form], document: bytes) -> Form:
    """From the wire. Raises ApiUnavailable for something else."""
    try:
        return form.validate_json(document)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"what answers in the ledger's place is not the accountant: {first['msg']} at {first['loc']}"
        raise ApiUnavailable(f"{message}; do this program and the cloud have the same version?") from error
