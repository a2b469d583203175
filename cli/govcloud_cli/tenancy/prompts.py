"""Questions to a person on a terminal, one an answer, with the price while the answers are given."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from govcloud_api import requests
from govcloud_api.errors import InvalidSpec

Forecast = Callable[[Mapping[str, Any]], str]
"""What is said so far -> a line about its price and who decides; empty when nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer that is asked for: the name of its option, the words, how it is read, and what Enter means."""

    key: str
    text: str
    kind: click.ParamType[Any] | None = None
    default: Any = None
    required: bool = True
    tells_price: bool = False


PURPOSES = click.Choice(["production", "staging", "test", "development", "sandbox"])
SIZES = click.Choice(["small", "medium", "large"])
CREATE = (
    Question(key="product", text="Product (short name of what will run there)"),
    Question(key="purpose", text="Purpose", kind=PURPOSES, default="sandbox", tells_price=True),
    Question(key="size", text="Size", kind=SIZES, default="small", required=False, tells_price=True),
    Question(key="why", text="Why (whoever decides reads this)"),
)
CHANGE = (
    Question(key="why", text="Why (whoever decides reads this)"),
    Question(key="current_use", text="What of the present quota is used", default="", required=False),
    Question(key="tried", text="What was tried to get along", default="", required=False),
)
WHY = (Question(key="why", text="Why (whoever decides reads this)"),)
EXTEND = (Question(key="days", text="For how many days from now", kind=click.IntRange(1, 365), default=30), *WHY)
TRANSFER = (Question(key="to", text="Code of the department that gets it"), *WHY)


def on_terminal() -> bool:
    """Is there a person to ask?"""
    return sys.stdin.isatty() and sys.stderr.isatty()


def complete(said: Mapping[str, Any], questions: tuple[Question, ...], forecast: Forecast) -> dict[str, Any]:
    """`said`, with an answer to each question that is still open. Raises click.Abort at Ctrl-C and Ctrl-D."""
    given = dict(said)
    for question in questions:
        if given.get(question.key) not in (None, ""):
            continue
        given[question.key] = _ask(question)
        if question.tells_price and (line := forecast(given)):
            click.echo(f"  {line}", err=True)
    return given


def _ask(question: Question) -> Any:
    return click.prompt(
        question.text, type=question.kind, default=question.default, err=True, value_proc=_proc(question)
    )


def _proc(question: Question) -> Callable[[str], Any] | None:
    """The product's form is checked at once; everything else is checked by its type, or by the API server."""
    return _product if question.key == "product" else None


def _product(text: str) -> str:
    try:
        requests.build_environment_request(
            requests.Wish(department="dept-x", product=text, purpose="sandbox", why="form")
        )
    except InvalidSpec as error:
        raise click.BadParameter("use up to 20 lower-case letters, digits and dashes, a letter first") from error
    return text
