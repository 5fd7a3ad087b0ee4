"""`report.json`: what was made, from what, how; the file that says a result is complete."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

REPORT_NAME = "report.json"
REPORT_FORMAT = 1


def report_text(values: Mapping[str, Any]) -> str:
    """Write a report as indented JSON.

    Args:
        values: plain values, numpy scalars and arrays; numbers that are not finite become null, for JSON has none.
    """
    return (
        json.dumps({"format": REPORT_FORMAT, **plain_values(values)}, indent=2, ensure_ascii=False, allow_nan=False)
        + "\n"
    )


def read_report(path: str | Path) -> dict[str, Any] | None:
    """Read a report; None when there is none, or it is damaged or of another format."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) and values.get("format") == REPORT_FORMAT else None


def plain_values(value: Any) -> Any:
    """Values as JSON can hold them: numpy's as Python's, numbers that are not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_values(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain_values(value.tolist())
    if isinstance(value, np.generic):
        return plain_values(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value
