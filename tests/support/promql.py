"""Which labels the answer of a PromQL expression has, found without data: a label that cannot be there is a fault.

Rules of the language: https://prometheus.io/docs/prometheus/latest/querying/operators/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import promql_parser as promql

Labels = frozenset[str]
Known = Mapping[str, Labels]
"""Labels of each series by its name."""
SET_OPERATORS = {"and", "or", "unless"}
KEEPING_AGGREGATIONS = {"topk", "bottomk"}
SCALARS = {"scalar", "time", "pi"}


class Impossible(Exception):
    """An expression that can never answer, or a label that its answer cannot have."""


def names(expression: str) -> set[str]:
    """Names of all series that the expression asks for. Raises Impossible when it is no PromQL."""
    return {selector.name for selector in _selectors(_parsed(expression)) if selector.name}


def labels(expression: str, known: Known) -> Labels:
    """Labels of its answer; none for a scalar. Raises Impossible."""
    return _labels(_parsed(expression), known) or frozenset()


def of_job(name: str, job: str) -> str:
    """Under which a series stands in `Known` that has more labels in one job than in others."""
    return f"{name} of {job}"


def with_rules(known: Known, rules: Iterable[tuple[str, str]]) -> dict[str, Labels]:
    """`known` and what these rules (name, expression) record, in whatever order they build on each other."""
    found, waiting = dict(known), list(rules)
    while waiting:
        ready = [rule for rule in waiting if names(rule[1]) <= set(found)]
        if not ready:
            raise Impossible(f"nothing provides what these rules need: {waiting}")
        found |= {name: labels(expression, found) for name, expression in ready}
        waiting = [rule for rule in waiting if rule not in ready]
    return found


def _parsed(expression: str) -> Any:
    try:
        return promql.parse(expression)
    except ValueError as error:
        raise Impossible(f"{expression}: {error}") from error


def _selectors(expression: Any) -> Iterator[promql.VectorSelector]:
    found: list[promql.VectorSelector] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        elif isinstance(node, promql.MatrixSelector):
            found.append(node.vector_selector)
        return True

    promql.walk(expression, visit)
    return iter(found)


def _labels(node: Any, known: Known) -> Labels | None:
    """None for a scalar."""
    match node:
        case promql.NumberLiteral() | promql.StringLiteral():
            return None
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(node.expr, known)
        case promql.MatrixSelector():
            return _of_series(node.vector_selector, known)
        case promql.VectorSelector():
            return _of_series(node, known)
        case promql.AggregateExpr():
            return _of_aggregation(node, known)
        case promql.Call():
            return _of_call(node, known)
        case promql.BinaryExpr():
            return _of_operator(node, known)
    raise Impossible(f"{type(node).__name__} is not understood here; teach it")


def _of_series(node: Any, known: Known) -> Labels:
    if node.name not in known:
        raise Impossible(f"there is no series {node.name}")
    matchers = node.matchers.matchers
    jobs = [matcher.value for matcher in matchers if matcher.name == "job" and matcher.op == promql.MatchOp.Equal]
    found = known.get(of_job(node.name, *jobs), known[node.name]) if jobs else known[node.name]
    _refuse(found, {matcher.name for matcher in matchers}, f"{node.name} has no label")
    return found


def _of_aggregation(node: Any, known: Known) -> Labels:
    inner = _labels(node.expr, known) or frozenset()
    if node.modifier is None:
        return inner if str(node.op) in KEEPING_AGGREGATIONS else frozenset()
    named = set(node.modifier.labels)
    _refuse(inner, named, f"{node.op} by what is not there:")
    without = node.modifier.type == promql.AggModifierType.Without
    return inner - named if without else frozenset(named)


def _of_call(node: Any, known: Known) -> Labels | None:
    inner = [_labels(argument, known) for argument in node.args]
    if node.func.name in SCALARS:
        return None
    if node.func.name == "label_replace":
        return (inner[0] or frozenset()) | {node.args[1].val}
    return next((each for each in inner if each is not None), frozenset())


def _of_operator(node: Any, known: Known) -> Labels | None:
    left, right = _labels(node.lhs, known), _labels(node.rhs, known)
    if left is None or right is None:
        return left if right is None else right
    operator, modifier = str(node.op), node.modifier
    matching = modifier.matching if modifier else None
    if matching is not None:
        if matching.type != promql.LabelModifierType.Include:
            raise Impossible(
                f"{operator} ignoring {matching.labels}: say it with on (...), which new labels do not break"
            )
        _refuse(left, set(matching.labels), f"the left of {operator} has no label")
        _refuse(right, set(matching.labels), f"the right of {operator} has no label")
    elif operator != "or" and left != right:
        raise Impossible(f"the sides of {operator} never match: {sorted(left)} and {sorted(right)}")
    if operator in SET_OPERATORS:
        return left | right if operator == "or" else left
    return _of_match(node, left, right) if matching is not None else left


def _of_match(node: Any, left: Labels, right: Labels) -> Labels:
    modifier = node.modifier
    included = set(modifier.group_labels or ())
    match modifier.card:
        case promql.VectorMatchCardinality.ManyToOne:
            _refuse(right, included, "the right has no label")
            return left | included
        case promql.VectorMatchCardinality.OneToMany:
            _refuse(left, included, "the left has no label")
            return right | included
    return frozenset(modifier.matching.labels)


def _refuse(there: Labels, asked: set[str], what: str) -> None:
    if missing := asked - there:
        raise Impossible(f"{what} {sorted(missing)}; there are {sorted(there)}")
