"""Forms of values in words, for messages and for the reference page. Pure."""

from typing import Any, get_args

from govcloud_infra.site import model

_NAMED: tuple[tuple[Any, str], ...] = (
    (model.Name, "at most 11 lower-case letters, digits and dashes, a letter first"),
    (model.Bridge, "2 to 15 lower-case letters, digits and dashes, a letter first"),
    (model.Version, "a version such as v1.36.3"),
    (model.Domain, "at most 32 lower-case letters, digits and dashes"),
    (model.Server, "a host name or an address"),
    (model.User, "a user name such as ops"),
    (model.Calendar, "a calendar event such as *-*-* 00/6:00:00"),
    (model.Folder, "an absolute path such as /var/lib/local-path"),
    (model.FilePath, "a path without blanks, such as ~/.ssh/id_ed25519"),
    (model.RelativePath, "a path without blanks, such as ../departments"),
    (model.HostKey, "a public key as in known_hosts, such as ssh-ed25519 AAAAC3NzaC1l"),
)


def pattern(kind: Any) -> str:
    """Of one of the model's kinds of text."""
    return str(get_args(kind)[1].pattern)


_BY_PATTERN = {pattern(kind): text for kind, text in _NAMED} | {
    model.ADDRESS_PATTERN: "an IPv4 address such as 10.77.0.11",
    model.RANGE_PATTERN: "an IPv4 range named by its first address, such as 10.78.0.0/16",
}


def of_pattern(wanted: str) -> str:
    """What a text must be, behind "must be"; a pattern without words stands for itself."""
    return _BY_PATTERN.get(wanted, f"text that matches {wanted}")


ADDRESS = of_pattern(model.ADDRESS_PATTERN)
RANGE = of_pattern(model.RANGE_PATTERN)
