"""Results for people and for programs."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_cli import tables
from govcloud_cli.output import harmless, indented, show, table

CELLS = st.text(alphabet=st.characters(max_codepoint=0x2FF, categories=["L", "N", "P", "S"]), max_size=6)


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    assert table(("NAME", "CPU"), [("a", "1"), ("longer name", "500m")]).splitlines() == [
        "NAME          CPU",
        "a             1",
        "longer name   500m",
    ]


def test_a_table_without_rows_is_its_header() -> None:
    assert table(("A", "B"), []) == "A   B"


@settings(max_examples=50)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_columns_stand_below_one_another_and_no_line_ends_in_blanks(rows: list[tuple[str, str]]) -> None:
    lines = table(("HEAD", "TAIL"), rows).split("\n")
    start = lines[0].index("TAIL")
    assert len(lines) == len(rows) + 1
    for line, (first, second) in zip(lines[1:], rows, strict=True):
        assert line == line.rstrip()
        assert line.startswith(first)
        assert line[start:] == second


def test_a_row_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        table(("A", "B"), [("1", "2", "3")])


def test_programs_get_what_they_parse(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"b": [1, None, "ü"], "a": {"x": True}}
    show("json", data, "never")
    assert json.loads(capsys.readouterr().out) == data
    show("yaml", data, "never")
    out = capsys.readouterr().out
    assert yaml.safe_load(out) == data
    assert out.startswith("b:")
    show("text", data, "for people")
    assert capsys.readouterr().out == "for people\n"


def test_departments_as_a_table_whatever_is_known_of_them() -> None:
    new = {"spec": {"code": "tax", "displayName": "Tax"}}
    known = {
        "spec": {"code": "civil", "displayName": "Civil", "quota": {"hard": {"cpu": "8", "memory": "16Gi"}}},
        "status": {
            "quota": {"allocated": {"cpu": "2"}},
            "environments": 1,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    lines = tables.departments([new, known]).splitlines()
    assert [line.split() for line in lines] == [
        ["CODE", "NAME", "CPU", "MEMORY", "STORAGE", "ENVIRONMENTS", "READY"],
        ["tax", "Tax", "0/-", "0/-", "0/-", "0", "Unknown"],
        ["civil", "Civil", "2/8", "0/16Gi", "0/-", "1", "True"],
    ]


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x1b]0;title\x07", "\x9b1m", "\r", "\u202e", "\u200b", "\x00", "\x7f"])
def test_words_of_strangers_do_not_steer_the_terminal(hostile: str, capsys: pytest.CaptureFixture[str]) -> None:
    show("text", {}, f"a{hostile}b\n\tc")
    out = capsys.readouterr().out
    assert all(char.isprintable() or char in "\n\t" for char in out)
    assert out.startswith("a�")
    assert out.endswith("b\n\tc\n") or "b\n\tc\n" in out
    show("json", {"why": hostile}, "")
    assert json.loads(capsys.readouterr().out) == {"why": hostile}


def test_ordinary_words_stay_as_they_are() -> None:
    text = "Grüße, 東京 ✓ 12 €\n\tindented"
    assert harmless(text) == text


def test_further_lines_of_a_text_cannot_pass_for_ours() -> None:
    assert indented("one\nprice: 0.00") == "one\n    price: 0.00"
    assert indented("") == ""
    assert table(("A",), [("x\ny",)]).splitlines() == ["A", "x y"]
