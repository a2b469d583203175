"""`deployed.json`: the site as it was last deployed, so that a later file can be measured against it."""

import os
from pathlib import Path

from pydantic import ValidationError

from govcloud_api.errors import ConfigError
from govcloud_infra.site.faults import dotted
from govcloud_infra.site.model import Site

_ADVICE = (
    "what stands can no longer be compared with the site file. "
    "See that the file describes the site as it stands, delete this one, and run `govcloud deploy`: it is written anew"
)


def save(site: Site, file: Path) -> None:
    """Write atomically: a kill at any instant leaves the old or the new record."""
    unfinished = file.with_name(f".{file.name}.new")
    with unfinished.open("w", encoding="utf-8") as out:
        out.write(site.model_dump_json(by_alias=True, indent=2) + "\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)


def load(file: Path) -> Site | None:
    """What `save` wrote; None when nothing was deployed yet. Raises ConfigError when it cannot be read."""
    try:
        return Site.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        found = "; ".join(f"{dotted(item['loc']) or 'it'}: {item['msg']}" for item in error.errors()[:3])
        raise ConfigError(f"{file} cannot be used ({found}); {_ADVICE}") from error
    except (IsADirectoryError, NotADirectoryError) as error:
        raise ConfigError(f"{file} cannot be used ({error.strerror}); {_ADVICE}") from error
