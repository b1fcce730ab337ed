"""Examine the losses of published packages and write a table of the verdicts.

Run as `python tests/benchmarks/real_packages.py [FILE]`. Each loss is examined with its full declaration, and once more
without the convention in question, to see whether the diagnosis names that convention. `published_packages.py` lists
the losses.
"""

import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from math import ceil, log10
from pathlib import Path

import emd_conformance
from emd_conformance import Report
from published_packages import DEVIATES, PACKAGES, Package


def grade(report: Report) -> str:
    """Return how many decimal digits are lost compared with subtracting first and then summing."""
    grades = [r.grade for r in report.examined if r.status == "pass" and r.quantity == "value"]
    if not grades or report.verdict not in ("conforms", DEVIATES):
        return "—"
    return (
        "full"
        if max(grades) <= 1
        else "none where p is near t"
        if max(grades) > 1e15
        else f"-{ceil(10 * log10(max(grades))) / 10} digits"
    )


def said(package: Package, declared: Report) -> str:
    """Return the verdict and the findings without the declaration."""
    report = package.undeclared() if package.without else declared
    findings = [f"{f.kind} {f.id}" for f in report.findings if f.kind != "advice"]
    return f"{report.verdict}; {'; '.join(findings)}" if findings else report.verdict


def rows(before: list[str]) -> Iterator[str]:
    """Yield the rows of the table; a package that cannot be examined here keeps its row from `before`."""
    for package in PACKAGES:
        if package.missing:
            cells = [package.name, "", f"`{package.callable}`", package.command, f"not examined: {package.missing}"]
            kept = [line for line in before if line.startswith(f"| {package.name} |") and package.command in line]
            yield from kept or ["| " + " | ".join([*cells, "", "", "", "", package.note]) + " |"]
            continue
        report = package.declared()
        failed = sum(result.failed for result in report.examined)
        checks = f"{len(report.examined)}" + (f", {failed} wrong" if failed else "")
        cells = [package.name, version(package.name), f"`{package.callable}`", package.command, report.verdict]
        yield (
            "| "
            + " | ".join([*cells, report.function, checks, grade(report), said(package, report), package.note])
            + " |"
        )


HEAD = """# Verdicts on published packages

Written by `python tests/benchmarks/real_packages.py docs/packages.md` on {today}, with vectors v{vectors}. Some
packages cannot be imported together. They are examined in separate environments: the command keeps the rows of packages
that it cannot import. A verdict holds only for the version, the declaration and the function in its row: not every
loss that conforms to its declaration is the squared EMD. The column "undeclared" shows what the suite reports when the
convention in question is not declared.

| package | version | callable | declaration | verdict | as | checks | accuracy | undeclared | advice |
|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    head = HEAD.format(today=date.today().isoformat(), vectors=emd_conformance.SUITE_VERSION)
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    before = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
    text = head + "\n".join(rows(before)) + "\n"
    if file is not None:
        file.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
