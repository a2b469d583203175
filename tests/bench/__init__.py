"""Measurements; what tests stand on (`support`) is found as in tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
