"""What the dashboards ask: only series that exist, only labels that these have, and every label named in the legend."""

from __future__ import annotations

import re

import pytest

from support import scraped
from support.dashboards import Question, boards, questions
from support.promql import Impossible, labels, names, with_rules
from support.raw_series import PAGES

ASKED = list(questions())
RAW = {(job, name) for job, text in PAGES.items() for name, _ in scraped.samples(text)}


@pytest.mark.parametrize("question", ASKED, ids=lambda each: each.where)
def test_a_question_can_be_answered(question: Question):
    found = labels(question.asked, scraped.known())
    if not question.table:
        assert question.legend_labels == found, "each label in the legend, and nothing else"
    assert question.legend


@pytest.mark.parametrize("question", ASKED, ids=lambda each: each.where)
def test_every_label_of_a_table_is_a_column(question: Question):
    if question.table:
        [panel] = [
            panel
            for name, board in boards().items()
            for panel in board["panels"]
            if f"{name}: {panel['title']} " == question.where[:-1] and panel["type"] == "table"
        ]
        named = panel["transformations"][1]["options"]["renameByName"]
        assert labels(question.asked, scraped.known()) <= set(named)


def test_choices_are_values_of_labels_that_exist():
    choices = [each for board in boards().values() for each in board["templating"]["list"] if each["type"] == "query"]
    for choice in choices:
        found = re.fullmatch(r"label_values\((\w+), (\w+)\)", choice["query"])
        assert found
        assert found[2] == choice["name"]
        assert found[2] in scraped.known()[found[1]]


@pytest.mark.parametrize(("job", "name"), sorted(RAW))
def test_a_series_of_another_program_is_kept_and_wanted(job: str, name: str):
    assert scraped.kept(job, name), f"the scrape configuration of {job} drops it"
    wanted = {name for question in ASKED for name in names(question.asked)}
    recorded = {name for _, expression in scraped.rules() for name in names(expression)}
    assert name in wanted | recorded


def test_the_made_up_pages_show_every_metric_of_the_catalogue_with_its_labels():
    shown = {
        name: {label for label, _ in found}
        for text in scraped.pages().values()
        for name, found in scraped.samples(text)
    }
    assert {name: set(metric.labels) for name, metric in scraped.catalogue().items()} == {
        name: shown.get(name) for name in scraped.catalogue()
    }


def test_a_rate_has_the_window_that_grafana_finds_for_it():
    assert [
        each.where for each in ASKED if re.search(r"\brate\(", each.expr) and "$__rate_interval" not in each.expr
    ] == []
    for board in boards().values():
        targets = [target for panel in board["panels"] for target in panel.get("targets", ())]
        # Four scrapes long at least, only where the interval between scrapes is said.
        assert {target["interval"] for target in targets} == {"30s"}


KNOWN = {
    "a": frozenset({"x", "y", "job"}),
    "b": frozenset({"x"}),
    "c": frozenset({"x", "z"}),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", "x y job"),
        ("sum(a)", ""),
        ("sum by (x) (a)", "x"),
        ("sum without (x) (a)", "y job"),
        ("topk(3, a)", "x y job"),
        ("rate(a[5m]) > 0", "x y job"),
        ("max_over_time(sum by (y) (a)[1h:5m])", "y"),
        ("1 - b", "x"),
        ("a / on (x) group_left () b", "x y job"),
        ("a / on (x) group_left (z) c", "x y job z"),
        ("c * on (x) group_right (z) a", "x y job z"),
        ("b / on (x) c", "x"),
        ("a and on (x) c", "x y job"),
        ("b or c", "x z"),
        ('label_replace(b, "kind", "k", "", "")', "x kind"),
        ("b * scalar(sum(c))", "x"),
        ("vector(1)", ""),
        ("time() - b", "x"),
    ],
)
def test_labels_of_answers_are_found(expression: str, expected: str):
    assert labels(expression, KNOWN) == set(expected.split())


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("sum(", "sum"),
        ("d", "no series d"),
        ('a{z="1"}', "has no label"),
        ("sum by (z) (a)", "what is not there"),
        ("a / b", "never match"),
        ("a / on (z) c", "has no label"),
        ("a / on (x) group_left (q) c", "has no label"),
        ("b and c", "never match"),
        ("c / ignoring (z) b", "say it with on"),
    ],
)
def test_what_can_never_be_answered_is_refused(expression: str, why: str):
    with pytest.raises(Impossible, match=why):
        labels(expression, KNOWN)


def test_rules_may_build_on_rules_that_come_later():
    found = with_rules(KNOWN, [("late", "sum by (x) (early)"), ("early", "sum by (x, y) (a)")])
    assert (found["early"], found["late"]) == ({"x", "y"}, {"x"})
    with pytest.raises(Impossible, match="nothing provides"):
        with_rules(KNOWN, [("circle", "circle + 1")])
