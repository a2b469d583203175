"""The FinOps Foundation's validator of FOCUS files, in a process of its own, without a network.

It is focus-validator 1.0.0, the last for Python 3.11. Its rules for 1.0 name four columns as drafts of the standard did
and ask one of them of a column that 1.0 has not: `rules` puts that right and changes nothing else.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RENAMED = {
    "InvoiceIssuer": "InvoiceIssuerName",
    "Provider": "ProviderName",
    "Publisher": "PublisherName",
    "ResourceID": "ResourceId",
    "ChargeType": "ChargeCategory",
}
"""Names of drafts, and those of FOCUS 1.0."""
VERSION = "1.0"


def package() -> Path:
    """The folder of the installed validator."""
    found = sorted((Path(sys.prefix) / "focus-validator").glob("lib/python*/site-packages/focus_validator"))
    if not found:
        pytest.fail("focus-validator is not there: make tools installs it into an environment of its own")
    return found[0]


def rules(folder: Path) -> Path:
    """A copy of the validator's rules in `folder` with the names of FOCUS 1.0."""
    copied = Path(shutil.copytree(package() / "rules" / "version_sets" / VERSION, folder / "rules" / VERSION))
    for rule in copied.glob("*.yaml"):
        words = rule.read_text()
        for draft, final in RENAMED.items():
            words = words.replace(f"column_id: {draft}\n", f"column_id: {final}\n").replace(
                f" {draft} IN", f" {final} IN"
            )
        rule.write_text(words)
    return copied.parent


def verdict(file: Path, rule_sets: Path) -> str:
    """What the validator says of a file; ends with `Validation succeeded.` or `Validation failed!`."""
    python = Path(sys.prefix) / "focus-validator" / "bin" / "python"
    command = [python, "-m", "focus_validator.main", "--data-file", str(file)]
    options = ["--validate-version", VERSION, "--rule-set-path", str(rule_sets)]
    # It reads its list of currencies from a path beside the package.
    ended = subprocess.run([*command, *options], cwd=package().parent, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout.strip()
