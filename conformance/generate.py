"""Write the test vectors, with the same bytes on every machine: python conformance/generate.py [DIRECTORY]."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from emd_conformance._cases.load import SUITE_VERSION
from generator import (
    batches,
    contract,
    emd,
    grounds,
    hand,
    invalid,
    layouts,
    line,
    logits,
    masses,
    ordered,
    outputs,
    rare,
    separating,
    sizes,
    xemd,
)
from generator.cases import Entry

GROUPS: dict[str, Callable[[], Iterator[Entry]]] = {
    "line": line.cases,
    "positions": grounds.positions,
    "circle": grounds.circle,
    "tree": grounds.tree,
    "matrix": grounds.matrix,
    "emd": emd.cases,
    "logits": logits.cases,
    "cumulative-logits": outputs.cumulative,
    "conditional-logits": outputs.conditional,
    "xemd": xemd.cases,
    "off-simplex": contract.off_simplex,
    "empty": contract.empty,
    "invalid": lambda: chain(invalid.cases(), masses.invalid()),
    "hand": hand.cases,
    "one-hot": ordered.one_hot,
    "soft": ordered.soft,
    "near": ordered.near,
    "tiny": ordered.tiny,
    "large": ordered.large,
    "batch": batches.batch,
    "axes": lambda: chain(batches.axes(), layouts.axes()),
    "layout": layouts.layouts,
    "mass": masses.cases,
    "label-dtype": layouts.label_dtypes,
    "gradient": batches.gradient,
    "separating": separating.cases,
    "rare": rare.cases,
    "size": sizes.cases,
}


def render(entries: list[Entry]) -> bytes:
    """Return the text of a file of cases, each on one line."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return f'{{"cases": [\n{lines}\n]}}\n'.encode()


def write(directory: Path) -> None:
    """Write every group and the manifest."""
    directory.mkdir(parents=True, exist_ok=True)
    files: dict[str, Entry] = {}
    for name, group in GROUPS.items():
        entries = list(group())
        data = render(entries)
        (directory / f"{name}.json").write_bytes(data)
        files[f"{name}.json"] = {"cases": len(entries), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {"version": SUITE_VERSION, "cases": sum(entry["cases"] for entry in files.values()), "files": files}
    (directory / "MANIFEST.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    here = Path(__file__).parent / "emd_conformance" / "vectors" / f"v{SUITE_VERSION}"
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
