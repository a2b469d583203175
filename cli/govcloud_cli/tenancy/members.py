"""Members of an environment as they are typed: `anna=editor`, `group:tax:testers=viewer`. Pure."""

_ROLES = ("editor", "viewer")
_GROUP = "group:"


def parse(text: str) -> dict[str, str]:
    """In wire form. Raises ValueError that says how to write one."""
    who, _, role = text.rpartition("=")
    if not who or role not in _ROLES:
        raise ValueError(f"{text!r} is no member; write NAME=editor, NAME=viewer or group:NAME=editor")
    if who.startswith(_GROUP):
        return {"kind": "Group", "name": who.removeprefix(_GROUP), "role": role}
    return {"kind": "User", "name": who, "role": role}


def checked(text: object) -> object:
    """The text as it is, once it can be read. Raises ValueError."""
    if isinstance(text, str):
        parse(text)
    return text


def text(member: dict[str, str]) -> str:
    """Inverse of `parse`."""
    return f"{_GROUP if member['kind'] == 'Group' else ''}{member['name']}={member['role']}"
