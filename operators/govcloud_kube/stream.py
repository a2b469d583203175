"""An HTTP answer that comes bit by bit, as whole lines; what breaks it is told apart, see `endings`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import Any

import urllib3

from govcloud_kube import endings


@contextmanager
def broken(what: str) -> Iterator[None]:
    """Raises Silent or Disconnected for what goes wrong within on the wire; `what` says the verb and path."""
    try:
        yield
    except urllib3.exceptions.ReadTimeoutError as error:
        raise endings.Silent(f"{what}: nothing came for too long ({error})") from error
    except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
        raise endings.Disconnected(f"{what}: the connection broke ({error})") from error


def lines(answer: Any, what: str) -> Iterator[bytes]:
    """Lines that are not empty; what stands behind the last line break is dropped. Raises what `broken` does.

    The connection is closed in the end, unless the answer ended in order: then its pool has it back already.
    """
    rest = b""
    with closing(answer), broken(what):
        for chunk in answer.stream(decode_content=True):
            # An API server sends one event a chunk: nothing is cut, and nothing copied.
            if not rest and 0 < chunk.find(b"\n") == len(chunk) - 1:
                yield chunk[:-1]
                continue
            *whole, rest = (rest + chunk).split(b"\n")
            yield from filter(None, whole)
