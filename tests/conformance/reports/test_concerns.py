"""A check counts for the clauses that it examines, and not for those that its case cites for other quantities."""

import pytest
from emd_conformance._judging.result import Result
from emd_conformance._reports.concerns import examined_clauses
from emd_conformance._reports.record import Record

CITED = ("1.2", "1.6", "2.2", "3.2", "3.6", "4.1", "5.1", "5.4", "5.10", "6.1", "6.2", "6.4", "7.1", "8.1")


@pytest.mark.parametrize(
    ("quantity", "declared", "wanted"),
    [
        ("value", {"computes": "E"}, ("1.2", "2.2", "4.1", "7.1", "8.1")),
        ("value", {"computes": "sqrt(E/C)", "reduction": "mean"}, ("1.2", "1.6", "2.2", "4.1", "7.1", "8.1")),
        ("value", {"computes": "W1"}, ("1.2", "2.2", "3.2", "7.1", "8.1")),
        ("value", {"computes": "0.5*XE + R"}, ("1.2", "2.2", "6.1", "6.2", "7.1", "8.1")),
        ("value", {"computes": "0.7*XE + 0.3*E"}, ("1.2", "2.2", "4.1", "6.1", "7.1", "8.1")),
        ("gradient", {"computes": "E"}, ("1.2", "2.2", "5.1", "5.4", "5.10", "7.1", "8.1")),
        ("gradient", {"computes": "W1"}, ("1.2", "2.2", "3.6", "5.4", "5.10", "7.1", "8.1")),
        ("gradient", {"computes": "XE"}, ("1.2", "2.2", "5.4", "5.10", "6.4", "7.1", "8.1")),
        ("rejection", {}, ("7.1", "8.1")),
        ("behaviour", {}, ("7.1", "8.1")),
    ],
)
def test_clauses_follow_from_the_quantity_and_the_declaration(quantity, declared, wanted):
    report = Record("loss", "", (), declared=declared)
    assert examined_clauses(report, Result("line/x", quantity, "pass", clauses=CITED)) == wanted


@pytest.mark.parametrize(("function", "wanted"), [("W1, the EMD on a line", ("3.2",)), ("", ())])
def test_reports_of_earlier_versions_have_no_declaration(function, wanted):
    """Then the words of the function tell what was asked, and without them no clause of a function counts."""
    result = Result("line/x", "value", "pass", clauses=("3.2", "4.1"))
    assert examined_clauses(Record("loss", "", (), function=function), result) == wanted
