"""Takes secrets out of what leaves the site. Pure.

Rather too much than too little: what is blotted out can still be asked for, what was sent cannot be called back.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

BLOT = "REDACTED"
_TELLING = r"(?:passw(?:or)?d|passphrase|secret|token|credential|(?:private|api|access|certificate|client)[_-]?key)"
_TELLING_NAME = re.compile(_TELLING, re.IGNORECASE)
_BASE64_NAME = re.compile(r"(?:[-_]data|^data|cabundle)$", re.IGNORECASE)
_BASE64 = r"[A-Za-z0-9+/_-]{40,}={0,2}"
# In quotes, in quotes within a string, a word, the rest of a line whose quote is never closed, whatever else.
_VALUE = r"""(?:\\"[\s\S]*?\\"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;}\]"']+|["'].*|\S+)"""
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Whole or torn, and with line ends written as two characters, as in JSON.
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|\Z)"), BLOT),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*"), BLOT),  # a service account's token
    (re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"), BLOT),  # a kubeadm token
    (re.compile(r"\b((?:bearer|basic)\s+)(?!REDACTED)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1{BLOT}"),
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s@\"']*:[^/\s\"']*@", re.IGNORECASE), rf"\1{BLOT}@"),
    (re.compile(rf"(--[\w-]*{_TELLING}[\w-]*[ =]){_VALUE}", re.IGNORECASE), rf"\1{BLOT}"),
    (re.compile(rf"([\w.-]*{_TELLING}[\w.-]*\\?[\"']?\s*[:=]\s*){_VALUE}", re.IGNORECASE), rf"\1{BLOT}"),
    (
        re.compile(rf"([\w.-]*(?:[-_]data|cabundle|\bdata|\bkey)\\?[\"']?\s*[:=]\s*[\"']?){_BASE64}", re.IGNORECASE),
        rf"\1{BLOT}",
    ),
)
_DROPPED = frozenset({"managedFields", "kubectl.kubernetes.io/last-applied-configuration"})


def text(found: str, known: Iterable[str] = ()) -> str:
    """Without keys, tokens, passwords, and without the `known` secrets of the site."""
    for secret in sorted(known, key=len, reverse=True):
        found = found.replace(secret, BLOT)
    for pattern, instead in _PATTERNS:
        found = pattern.sub(instead, found)
    return found


def value(found: Any, known: Iterable[str] = ()) -> Any:
    """The same for JSON: what stands under the name of a secret goes whole; environment variables keep their names."""
    secrets = tuple(known)
    if isinstance(found, dict):
        return {str(key): _under(str(key), item, secrets) for key, item in found.items() if key not in _DROPPED}
    if isinstance(found, list):
        before = [None, *found]
        return [BLOT if _asks(last) else value(item, secrets) for last, item in zip(before, found, strict=False)]
    return text(found, secrets) if isinstance(found, str) else found


def lines(found: str, known: Iterable[str] = ()) -> str:
    """Of a file with a JSON document a line; a line that is none is treated as text."""
    secrets = tuple(known)
    return "".join(f"{_json_line(line, secrets)}\n" for line in found.splitlines())


def is_secret(item: dict[str, Any]) -> bool:
    """A Kubernetes object that never leaves the site."""
    return item.get("kind") in ("Secret", "SecretList", "ConfigMap", "ConfigMapList")


def _asks(word: Any) -> bool:
    """Is it an option, as `--token`, whose value is the next word of a command?"""
    return isinstance(word, str) and word.startswith("-") and "=" not in word and bool(_TELLING_NAME.search(word))


def _under(name: str, found: Any, known: tuple[str, ...]) -> Any:
    if name == "env" and isinstance(found, list):
        return [_variable(item, known) for item in found]
    if isinstance(found, str) and (_TELLING_NAME.search(name) or _is_base64(name, found)):
        return BLOT
    return value(found, known)


def _variable(item: Any, known: tuple[str, ...]) -> Any:
    return {**value(item, known), "value": BLOT} if isinstance(item, dict) and "value" in item else value(item, known)


def _is_base64(name: str, found: str) -> bool:
    return bool(_BASE64_NAME.search(name) and re.fullmatch(_BASE64, found.strip()))


def _json_line(line: str, known: tuple[str, ...]) -> str:
    try:
        return json.dumps(value(json.loads(line), known), ensure_ascii=False)
    except ValueError:
        return text(line, known)
