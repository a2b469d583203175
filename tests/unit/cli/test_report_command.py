"""`govcloud report` from the command line to the file, on a ledger in memory."""

import csv
import io
import json
import stat
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from govcloud_cli.usage import report_source
from govcloud_kube import real
from govcloud_monitoring.accountant.days import Days
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.sums import DaySum
from support import focus_validator
from support.desk import Desk, OpenDesk, Tenancy
from support.months import UNIT, line, month

CLOSED = Days(
    first=date(2025, 11, 1),
    currency="CNY",
    lines=tuple(
        DaySum(
            day=date(2025, 11, 3), correction=False, **{each.name: getattr(sum_, each.name) for each in fields(sum_)}
        )
        for sum_ in (line("tax", "cpu", 300 * UNIT), line("roads", "memory", 100 * UNIT))
    ),
    department_names={"tax": "=cmd|'/c calc'!A1, Revenue"},
)
FOUND = month([line("tax", "cpu", 300 * UNIT), line("roads", "memory", 100 * UNIT)])


class Ledger(Tenancy):
    """A cluster whose ledger knows some months, by their first day."""

    known: dict[date, Month]

    def raw(self, method: str, path: str, *_: object, **__: object) -> bytes:
        prefix = f"{report_source.PROXY}/v1/months/"
        found: dict[str, Month | Days] = {f"{prefix}{first:%Y-%m}": each for first, each in self.known.items()}
        found[f"{report_source.PROXY}/v1/days/2025-11"] = CLOSED
        return json.dumps(found[path].plain()).encode() if path in found else super().raw(method, path)


@pytest.fixture
def desk(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    """Somebody who may read the ledger, in a folder of their own."""
    opened: Desk = open_desk()
    ledger = Ledger([], "anna", ())
    ledger.known = {FOUND.first: FOUND}
    opened.cluster = ledger
    monkeypatch.setattr(real, "connect", lambda *_words, **_more: ledger)
    monkeypatch.chdir(tmp_path)
    return opened


def test_text_is_for_people(desk: Desk):
    code, out, err = desk.run("report", "--month", "2025-11")
    assert (code, err) == (0, "")
    assert "the lines sum to the pools' cost exactly: 400.00000000 EUR" in out
    assert [row.split()[0] for row in out.splitlines() if "00.00" in row][:2] == ["tax", "roads"]


def test_without_a_month_it_is_the_current_one(desk: Desk):
    today = datetime.now(UTC).date().replace(day=1)
    assert isinstance(desk.cluster, Ledger)
    desk.cluster.known = {today: month([], first=today, closed_until=None)}
    code, out, _ = desk.run("report")
    assert code == 0
    assert f"{today:%B %Y}" in out


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("2025-13", "'2025-13' is no month; give year and month as in"),
        ("soon", "'soon' is no month"),
        ("9999-12", "9999-12 has not begun; the newest month that can be had is"),
    ],
)
def test_a_month_that_cannot_be_is_a_usage_error(typed: str, says: str, desk: Desk):
    code, out, err = desk.run("report", "--month", typed)
    assert (code, out) == (2, "")
    assert says in " ".join(err.split())
    assert "--month" in err


def test_one_department_in_every_form(desk: Desk):
    words = ("report", "--month", "2025-11", "--department", "tax")
    assert "tax bears 75.0 % of the whole" in desk.run(*words)[1]
    assert [each["department"] for each in desk.data(*words)["lines"]] == ["tax"]
    assert "roads" not in desk.run(*words, "-o", "csv")[1]
    page = desk.run(*words, "-o", "html")[1]
    assert page.startswith("<!doctype html>")
    assert "roads" not in page


@pytest.mark.parametrize("form", ["text", "html", "csv", "json"])
def test_a_file_has_what_standard_output_would(form: str, desk: Desk, tmp_path: Path):
    words = ("report", "--month", "2025-11", "-o", form)
    printed = desk.run(*words)[1]
    file = tmp_path / "found"
    file.write_text("old")
    file.chmod(0o644)
    assert desk.run(*words, "--file", file) == (0, "", f"written to {file}\n")
    assert file.read_bytes().decode() == printed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(tmp_path) == ["found", "kubeconfig"]


def test_a_link_to_a_file_stays_a_link(desk: Desk, tmp_path: Path):
    (tmp_path / "link").symlink_to("real")
    assert desk.run("report", "--month", "2025-11", "--file", "link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert "tax" in (tmp_path / "real").read_text()


@pytest.mark.parametrize(
    ("target", "says"),
    [("no/such/folder", "cannot be written: No such file"), ("/dev/null", "no file that could be replaced")],
)
def test_where_no_file_can_be_is_said(target: str, says: str, desk: Desk, tmp_path: Path):
    code, out, err = desk.run("report", "--month", "2025-11", "--file", target)
    assert (code, out) == (3, "")
    assert says in err
    assert "--file" in err
    assert Path("/dev/null").is_char_device()
    assert names(tmp_path) == ["kubeconfig"]


@pytest.mark.parametrize("form", ["text", "html", "csv", "json"])
def test_figures_that_do_not_add_up_are_loud_in_every_form(form: str, desk: Desk):
    assert isinstance(desk.cluster, Ledger)
    desk.cluster.known = {FOUND.first: month(FOUND.lines, pools={"workers": 7})}
    code, out, err = desk.run("report", "--month", "2025-11", "-o", form)
    assert code == 0
    assert "THE FIGURES DO NOT ADD UP" in (out if form == "text" else err)


def test_what_is_no_accountant_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Ledger, "raw", lambda *_words: b"<html>")
    code, _, err = desk.run("report", "--month", "2025-11")
    assert code == 9
    assert "is not the accountant" in err


def test_a_ledger_that_is_not_there_is_said(desk: Desk):
    code, _, err = desk.run("report", "--month", "2025-10")
    assert code == 5
    assert "2025-10" in err


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_focus_passes_the_standards_own_validator(desk: Desk, tmp_path: Path):
    code, _, err = desk.run(
        "report", "--month", "2025-11", "-o", "focus", "--file", "bill.csv", "--issuer", "The State"
    )
    assert (code, err) == (0, "written to bill.csv\n")
    bill = tmp_path / "bill.csv"
    rows = list(csv.DictReader(io.StringIO(bill.read_text(), newline="")))
    assert [(row["SubAccountId"], Decimal(row["BilledCost"])) for row in rows] == [("tax", 300), ("roads", 100)]
    assert {row["ProviderName"] for row in rows} == {"The State"}
    # Of a department that is gone there is only the code, and no name is a formula.
    assert [row["SubAccountName"] for row in rows] == ["'=cmd|'/c calc'!A1, Revenue", "roads"]
    assert focus_validator.verdict(bill, focus_validator.rules(tmp_path)).endswith("Validation succeeded.")


def test_focus_as_parquet_is_a_parquet_file(desk: Desk, tmp_path: Path):
    assert desk.run("report", "--month", "2025-11", "-o", "focus-parquet", "--file", "bill.parquet")[0] == 0
    content = (tmp_path / "bill.parquet").read_bytes()
    assert (content[:4], content[-4:]) == (b"PAR1", b"PAR1")


def test_focus_of_one_department_is_refused(desk: Desk):
    code, _, err = desk.run("report", "--month", "2025-11", "-o", "focus", "--department", "tax")
    assert code == 2
    assert "leave --department out" in err
