"""Conformance suite for the squared Earth Mover's Distance loss.

report = emd_conformance.run(loss, reduction="mean", computes="E/C")
print(report)

@emd_conformance.parametrize(loss, array="torch", grad="autograd")
def test_emd(check): check()
"""

from emd_conformance import exact
from emd_conformance._cases.case import Case
from emd_conformance._cases.load import SUITE_VERSION, vectors
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._judging.result import Finding, Result
from emd_conformance._reports.report import Report
from emd_conformance._right.assert_right import assert_right
from emd_conformance._run.infer import infer
from emd_conformance._run.parametrize import parametrize
from emd_conformance._run.run import run

__all__ = [
    "SUITE_VERSION",
    "Case",
    "Declaration",
    "Finding",
    "Report",
    "Result",
    "assert_right",
    "exact",
    "infer",
    "parametrize",
    "run",
    "vectors",
]
