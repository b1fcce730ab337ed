"""When a report was made, and with which versions of what was loaded by then."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

from emd_conformance._model import Report
from emd_conformance._vectors import SUITE_VERSION

LIBRARIES = ("numpy", "torch", "jax", "cupy")


def stamped(report: Report) -> Report:
    """Return the report with its date and versions; nothing is imported to find one."""
    loaded = {name: getattr(sys.modules.get(name), "__version__", None) for name in LIBRARIES}
    versions = {"vectors": SUITE_VERSION, "python": sys.version.split()[0]}
    versions |= {name: str(version) for name, version in loaded.items() if version is not None}
    return replace(report, date=datetime.now(UTC).isoformat(timespec="seconds"), versions=versions)
