"""Model -> JSON Schema 2020-12, for editors and other programs. `python -m govcloud_infra.site.schema` writes the file.

It knows the form of a file. Rules between fields are `govcloud validate`'s alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

from govcloud_infra.site.model import Site

Schema = dict[str, Any]
FILE = Path("sites/site.schema.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Schema:
    """Every field with its description; keys that do not exist are refused."""
    source = Site.model_json_schema(by_alias=True)
    kinds = source.pop("$defs")
    body = _tidy(source, kinds) | {"$defs": {name: _tidy(kind, kinds) for name, kind in sorted(kinds.items())}}
    return {"$schema": _DIALECT, "title": "govcloud site file", **body}


def text() -> str:
    """Content of the committed file."""
    return json.dumps(schema(), indent=2) + "\n"


def _tidy(node: Schema, kinds: Schema) -> Schema:
    """Without the titles that pydantic makes of names, and with a description wherever a kind has one."""
    result = {key: value for key, value in node.items() if key != "title"}
    if result.get("default", ...) is None:
        del result["default"]
    if "$ref" in result:
        result.setdefault("description", kind_of(result, kinds)["description"])
    if "items" in result:
        result["items"] = _tidy(result["items"], kinds)
    if "anyOf" in result:
        result["anyOf"] = [_tidy(option, kinds) for option in result["anyOf"]]
    if "properties" in result:
        result["properties"] = {name: _tidy(child, kinds) for name, child in result["properties"].items()}
    return result


def kind_of(node: Schema, kinds: Schema) -> Schema:
    """What a `$ref` points to."""
    found: Schema = kinds[node["$ref"].rpartition("/")[2]]
    return found


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.exit(0)
