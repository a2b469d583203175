"""What departments are called in exports: of those that are there and can be read, in one line."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from govcloud_monitoring.accountant.departments import display_names
from support.accounting import Tiers

DEPARTMENT = Tiers().list("", "Department")[0]


def called(code: str, name: str) -> Mapping[str, object]:
    return DEPARTMENT | {"metadata": {"name": code}, "spec": DEPARTMENT["spec"] | {"code": code, "displayName": name}}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Revenue Office", "Revenue Office"),
        ("Ministère de l'Économie", "Ministère de l'Économie"),
        ("Revenue\r\nOffice\t", "Revenue Office"),
        ("Revenue\u202eeciffO\u0007", "Revenue eciffO"),
        ("\u200b", None),
    ],
)
def test_a_name_is_one_line_of_what_can_be_read(name: str, shown: str | None):
    assert display_names([dict(called("tax", name))], ["tax"]) == ({"tax": shown} if shown else {})


def test_only_what_is_asked_for_and_what_can_be_read():
    broken = dict(called("roads", "")) | {"spec": {"code": "roads", "displayName": "Roads"}}
    found = [dict(called("tax", "Revenue")), broken, dict(called("health", "Health"))]
    assert display_names(found, ["tax", "roads", "gone", ""]) == {"tax": "Revenue"}
